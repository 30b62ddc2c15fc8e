//! `{{ … }}`: values of a Block and of its Source in what is written.
//!
//! `{{ block.name }}` and `{{ source.name }}` name where the value comes from; `{{ name: fallback }}` looks in the
//! Block, then in the Source, and else takes the fallback. What has neither value nor fallback stays as it was written.
//! Values are escaped for where they are put. Code, scripts and style sheets keep their braces.

use super::TagPlace;
use crate::{
    diagnostic::{Diagnostic, Position},
    text::{dom::Node, html, nearest},
};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The longest expression, in bytes: more is no expression. It bounds the search for its end.
const MAX_EXPRESSION: usize = 4096;

/// What expressions can name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'v> {
    /// The Block's topmatter.
    pub block: &'v Map<String, Value>,
    /// The Source's frontmatter.
    pub source: &'v Map<String, Value>,
    /// What is known of the Source without its frontmatter saying it: its `title`, `id`, `route`, ….
    pub facts: &'v [(&'v str, &'v str)],
}

/// Where the text of a Block stands, for the places of findings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockText<'w> {
    /// The whole Source.
    pub text: &'w str,
    /// The Block's first line, from 1.
    pub line: usize,
    /// The Block's marked HTML.
    pub html: &'w str,
    /// Of this HTML, in its order.
    pub tags: &'w [TagPlace],
}

/// `{{ name }}` or `{{ name: fallback }}`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expression<'t> {
    /// With its braces.
    pub text: &'t str,
    pub name: &'t str,
    /// As it was written, without the white space around it.
    pub fallback: Option<&'t str>,
}

impl Values<'_> {
    /// The value of `block.…`, `source.…`, or of a bare name, as text.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        if let Some(path) = name.strip_prefix("block.") {
            return within(self.block, path);
        }
        if let Some(path) = name.strip_prefix("source.") {
            return within(self.source, path).or_else(|| self.fact(path));
        }
        within(self.block, name).or_else(|| within(self.source, name)).or_else(|| self.fact(name))
    }

    fn fact(&self, name: &str) -> Option<String> {
        self.facts.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }

    /// The nearest name that there is.
    fn nearest(&self, name: &str) -> Option<String> {
        let (scope, key) = name.split_once('.')?;
        let map = if scope == "block" { self.block } else { self.source };
        let names = map.keys().map(|key| (key.as_str(), key.as_str()));
        nearest::likest(key, names).map(|key| format!("{scope}.{key}"))
    }
}

/// A value by its path of keys, as text.
fn within(map: &Map<String, Value>, path: &str) -> Option<String> {
    let mut keys = path.split('.');
    let first = map.get(keys.next()?)?;
    as_text(keys.try_fold(first, |value, key| value.get(key))?)
}

/// A value as readers see it; mappings have no text.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(value) => Some(value.to_string()),
        Value::String(value) => Some(value.clone()),
        Value::Array(values) => {
            let texts: Option<Vec<_>> = values.iter().filter(|value| !value.is_array()).map(as_text).collect();
            texts.map(|texts| texts.join(", "))
        }
        Value::Object(_) => None,
    }
}

/// The text with what `value` gives for its expressions; `None` leaves one as it is. `None` if nothing changes.
pub(crate) fn interpolate<'t>(
    text: &'t str,
    value: &mut dyn FnMut(&Expression<'t>) -> Option<String>,
) -> Option<String> {
    // Nearly all texts have none, and one byte is soon looked for.
    if !text.as_bytes().contains(&b'{') {
        return None;
    }
    let mut out = String::new();
    let (mut done, mut at) = (0, 0);
    while let Some(open) = text[at..].find("{{") {
        let start = at + open;
        let found = expression(&text[start..]);
        match found.as_ref().and_then(&mut *value) {
            Some(new) => {
                out.push_str(&text[done..start]);
                out.push_str(&new);
                at = start + found.map_or(2, |found| found.text.len());
                done = at;
            }
            None => at = start + found.map_or(2, |found| found.text.len()),
        }
    }
    (done > 0).then(|| {
        out.push_str(&text[done..]);
        out
    })
}

/// The expression that a text starts with.
pub(crate) fn expression(text: &str) -> Option<Expression<'_>> {
    let inside = text.strip_prefix("{{")?;
    let start = inside.trim_start();
    let length = start
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .filter(|length| *length > 0 && start.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))?;
    let (name, rest) = start.split_at(length);
    let rest = rest.trim_start();
    let bare = rest.starts_with("}}");
    if !bare && !rest.starts_with(':') {
        return None;
    }
    let limit = (0..=MAX_EXPRESSION.min(rest.len())).rev().find(|at| rest.is_char_boundary(*at))?;
    let end = rest[..limit].find("}}")?;
    let fallback = (!bare).then(|| rest[1..end].trim());
    let length = text.len() - rest.len() + end + 2;
    Some(Expression { text: &text[..length], name, fallback })
}

/// Puts values into a Block. `used`: the finding's place is looked up in what was written.
pub(crate) fn fill<'a>(
    nodes: &mut [Node<'a>],
    values: Values<'_>,
    written: BlockText<'_>,
    findings: &mut Vec<Diagnostic>,
) {
    for node in nodes {
        match node {
            Node::Text(text) => {
                if let Some(new) = filled(text, values, written, findings) {
                    *text = Cow::Owned(new);
                }
            }
            // It has its own Source's values already.
            Node::Element(element) if element.attr("data-pathmx-include").is_some() => {}
            Node::Element(element) => {
                for value in element.attributes.iter_mut().filter_map(|attribute| attribute.value.as_mut()) {
                    if let Some(new) = filled(value, values, written, findings) {
                        *value = Cow::Owned(new);
                    }
                }
                if !matches!(&*element.name, "code" | "pre" | "script" | "style" | "textarea") {
                    fill(&mut element.children, values, written, findings);
                }
            }
            Node::Other(_) => {}
        }
    }
}

/// What an expression in the text of a page stands for.
pub(crate) enum Meant {
    /// For itself: it is none of ours.
    Itself,
    /// Plain text.
    Value(String),
    /// For what its author wrote instead.
    Fallback(String),
    /// For something that is not there.
    Nothing,
}

/// What an expression in this text stands for, outside of templates.
pub(crate) fn meant(expression: &Expression<'_>, text: &str, values: Values<'_>) -> Meant {
    let named = expression.name.starts_with("block.") || expression.name.starts_with("source.");
    if !named && expression.fallback.is_none() {
        return Meant::Itself;
    }
    // `style={{color: "red"}}` is code in prose.
    if !named && text.contains("={{") && text.contains(&["=", expression.text].concat()) {
        return Meant::Itself;
    }
    match (values.get(expression.name), expression.fallback) {
        (Some(value), _) => Meant::Value(value),
        (None, Some(fallback)) => Meant::Fallback(fallback.to_owned()),
        (None, None) => Meant::Nothing,
    }
}

/// Words with their values; what has none is left out. `None` if nothing changes.
pub(crate) fn plain(text: &str, values: Values<'_>) -> Option<String> {
    interpolate(text, &mut |expression| match meant(expression, text, values) {
        Meant::Itself => None,
        Meant::Value(value) | Meant::Fallback(value) => Some(value),
        Meant::Nothing => Some(String::new()),
    })
}

/// One text of a page, outside of templates.
pub(crate) fn filled(
    text: &str,
    values: Values<'_>,
    written: BlockText<'_>,
    findings: &mut Vec<Diagnostic>,
) -> Option<String> {
    interpolate(text, &mut |expression| match meant(expression, text, values) {
        Meant::Itself => None,
        Meant::Value(value) => Some(html::escape(&value).into_owned()),
        Meant::Fallback(written) => Some(written),
        Meant::Nothing => {
            let message = format!("`{{{{ {} }}}}` has no value here", expression.name);
            let finding = Diagnostic::warning("values/unresolved", written.find(expression.text), message);
            findings.push(match values.nearest(expression.name) {
                Some(name) => finding.hint(format!("there is `{name}`")),
                None => finding.hint("give it a fallback: `{{ name: fallback }}`"),
            });
            None
        }
    })
}

impl BlockText<'_> {
    /// Byte at which the Block starts.
    fn start(&self) -> usize {
        self.text
            .match_indices('\n')
            .nth(self.line.saturating_sub(2))
            .filter(|_| self.line > 1)
            .map_or(0, |(at, _)| at + 1)
    }

    /// The first place in the Block that has this text; the Block's own if there is none.
    pub(crate) fn find(&self, wanted: &str) -> Position {
        let start = self.start();
        match self.text[start..].find(wanted) {
            Some(at) => Position::of(self.text, start + at),
            None => self.block(),
        }
    }

    /// The place of the Block.
    pub(crate) fn block(&self) -> Position {
        Position { line: self.line.max(1), column: 1 }
    }

    /// Where an element of the Block's HTML was written; none, if nobody kept it.
    pub(crate) fn tag(&self, at: Option<u32>) -> Option<Position> {
        let at = at?;
        let found = self.tags.binary_search_by_key(&at, |tag| tag.at).ok()?;
        self.tags.get(found).map(|tag| tag.position)
    }

    /// The start tag that begins at this byte of the Block's HTML, as it was written; none, if it has an address in it.
    pub(crate) fn start_tag(&self, at: Option<u32>) -> Option<&str> {
        let rest = self.html.get(usize::try_from(at?).ok()?..)?;
        let tag = rest.get(..=rest.find('>')?)?;
        (tag.starts_with('<') && !tag.contains('\0')).then_some(tag)
    }
}

/// Whether a value says what readers tick off.
pub(crate) fn is_completion(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::String(_) => true,
        Value::Object(map) => map.get("label").is_none_or(Value::is_string),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::dom;
    use proptest::prelude::*;
    use serde_json::json;

    fn page(html: &str) -> (String, Vec<Diagnostic>) {
        let block = json!({"tone": "a < b", "list": ["x", 2], "nested": {"deep": true}, "both": "block"});
        let source = json!({"both": "source", "title": "Written"});
        let values = Values {
            block: block.as_object().unwrap(),
            source: source.as_object().unwrap(),
            facts: &[("title", "Fact"), ("id", "x.y")],
        };
        let mut findings = Vec::new();
        let mut nodes = dom::parse(html);
        fill(&mut nodes, values, BlockText { text: html, line: 1, html, tags: &[] }, &mut findings);
        let mut out = String::new();
        dom::write(&nodes, &mut out);
        (out, findings)
    }

    #[test]
    fn values_come_from_the_block_then_the_source_then_the_fallback() {
        for (html, expected) in [
            ("<p>{{ block.tone }}</p>", "<p>a &lt; b</p>"),
            ("{{block.list}} {{ block.nested.deep }}", "x, 2 true"),
            ("{{ source.title }} {{ source.id }} {{ source.both }}", "Written x.y source"),
            ("{{ both: no }} {{ none: yes, (a) | b }}", "block yes, (a) | b"),
            ("<a title=\"{{ block.tone }}\">x</a>", "<a title=\"a &lt; b\">x</a>"),
            ("<code>{{ block.tone }}</code>", "<code>{{ block.tone }}</code>"),
            ("${{ secrets.KEY }} {{ both }} {{ a b }} {{", "${{ secrets.KEY }} {{ both }} {{ a b }} {{"),
        ] {
            assert_eq!(page(html), (expected.to_owned(), Vec::new()), "{html}");
        }
    }

    #[test]
    fn what_has_no_value_stays_and_is_named() {
        let (html, findings) = page("one\n{{ block.ton }}");
        assert_eq!(html, "one\n{{ block.ton }}");
        assert_eq!((findings[0].code, findings[0].line), ("values/unresolved", 2));
        assert_eq!(findings[0].hint.as_deref(), Some("there is `block.tone`"));
    }

    proptest! {
        #[test]
        fn any_text_passes(text in "(\\{\\{|\\}\\}|[a-c.: {}é\n]){0,40}") {
            prop_assert_eq!(interpolate(&text, &mut |_| None), None);
            if let Some(new) = interpolate(&text, &mut |found| Some(found.text.to_owned())) {
                prop_assert_eq!(new, text);
            }
        }
    }
}
