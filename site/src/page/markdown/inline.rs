//! What stands within a line: links, names, values, icons, comments.

use super::rewrite::{Rest, Rewriter, Writing};
use crate::{
    source::{
        self, Place,
        media::{Caption, Medium},
        standard,
        values::{self, Meant},
        wikilinks,
    },
    text::html,
};
use std::ops::ControlFlow;

/// Where something may begin that is not written as it is.
const SIGNS: [char; 9] = ['\\', '`', '<', '[', ']', '=', '{', ':', '!'];

/// So many links of a line, the next ones, may be the one that stands where the text is read: they come in its order.
const LOOK_AHEAD: usize = 64;

/// What has no end on the line that is rewritten: each is looked for in vain but once.
#[derive(PartialEq, Eq)]
enum OpenDelimiter {
    /// A run of so many backticks.
    Code(usize),
    Quote(char),
}

/// A link that includes, as it is written.
pub(super) struct Include<'t> {
    pub label: &'t str,
    pub length: usize,
}

impl Rewriter<'_, '_, '_> {
    /// Writes the first `length` bytes of a text.
    pub(super) fn inline(&mut self, text: &str, length: usize, writing: &mut Writing<'_>) -> Rest {
        let line = &text[..length];
        let mut unclosed = Vec::new();
        let mut at = 0;
        while let Some(c) = line[at..].chars().next() {
            let rest = &line[at..];
            let copied = match c {
                '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
                '`' => {
                    let run = rest.len() - rest.trim_start_matches('`').len();
                    code_end(rest, run, &mut unclosed)
                }
                '<' if rest.starts_with("<!--") => match writing.comment(&text[at..], line[..at].trim().is_empty()) {
                    Some(Rest::Solution) => return Rest::Solution,
                    Some(Rest::From(end)) => {
                        let is_start = writing.is_at_line();
                        writing.trim_line(!is_start);
                        at += end;
                        if at >= length {
                            return Rest::From(at);
                        }
                        if is_start {
                            at += line[at..].len() - line[at..].trim_start_matches([' ', '\t']).len();
                        }
                        continue;
                    }
                    None => 1,
                },
                _ => match self.other(rest, line, writing, &mut unclosed) {
                    Some(length) => {
                        at += length;
                        continue;
                    }
                    None => c.len_utf8() + rest[c.len_utf8()..].find(SIGNS).unwrap_or(rest.len() - c.len_utf8()),
                },
            };
            writing.out.push_str(&rest[..copied]);
            at += copied;
        }
        Rest::From(length)
    }

    /// Writes something else for what a text begins with, and says how long that is.
    fn other(
        &mut self,
        rest: &str,
        line: &str,
        writing: &mut Writing<'_>,
        unclosed: &mut Vec<OpenDelimiter>,
    ) -> Option<usize> {
        match rest.as_bytes().first()? {
            b'<' => standard_tag(rest),
            b'!' if rest.starts_with("![[") => Some(1 + self.named(&rest[1..], writing)?),
            b'[' if rest.starts_with("[[") => self.named(rest, writing),
            b'[' => self.include(rest, writing).or_else(|| {
                writing.out.push('[');
                Some(1 + directive(&rest[1..]))
            }),
            b']' if rest.starts_with("](") => {
                writing.out.push_str("](");
                Some(2 + self.target(&rest[2..], writing))
            }
            b'=' => self.attribute(rest, writing, unclosed),
            b'{' if rest.starts_with("{{") => value(rest, line, writing),
            b':' => {
                let (length, label) = source::icon(rest)?;
                writing.out.push_str(label);
                let is_alone = label.is_empty() && (writing.out.ends_with([' ', '\n']) || writing.out.is_empty());
                Some(length + usize::from(is_alone && rest[length..].starts_with(' ')))
            }
            _ => None,
        }
    }

    /// A name in double brackets, if the parser saw a link there.
    fn named(&mut self, text: &str, writing: &mut Writing<'_>) -> Option<usize> {
        let inside = text.strip_prefix("[[")?;
        // No name has brackets in it.
        let end = inside.find(['[', ']']).filter(|end| inside[*end..].starts_with("]]"))?;
        let (target, label) = wikilinks::meant(&inside[..end]);
        let links = &self.of.node.source.links;
        let is_it = |number: &usize| {
            let link = links.get(*number);
            link.is_some_and(|link| link.place.is_name() && link.target == target)
        };
        let found = writing.found.iter().take(LOOK_AHEAD).position(is_it);
        let found = found.and_then(|at| writing.found.remove(at));
        let Some(number) = found else {
            // What is named here is a heading of the Source itself.
            let heading = target.strip_prefix('#').filter(|_| self.includes.page.settings.wikilinks)?;
            let label = if label == target { heading } else { &label };
            writing.out.push_str(&format!("[{}](#{})", escaped(label), source::slug(heading)));
            return Some(end + 4);
        };
        let address = self.of.addresses.get(number).map_or("", String::as_str);
        if links.get(number).is_some_and(|link| link.place == Place::Medium) {
            let words = Caption::of(&label, &target).words;
            let (sign, words) = match Medium::of(&target) {
                Some(Medium::Picture) => ("!", words),
                _ => ("", if words.is_empty() { &*target } else { words }),
            };
            writing.out.push_str(&format!("{sign}[{}]({})", escaped(words), destination(address)));
        } else if address == "#" {
            // A name that nothing has is words.
            writing.out.push_str(&escaped(&label));
        } else {
            writing.out.push_str(&format!("[{}]({})", escaped(&label), destination(address)));
        }
        Some(end + 4)
    }

    /// An include that stays a link: among other words, or where the page has a link, too.
    fn include(&mut self, text: &str, writing: &mut Writing<'_>) -> Option<usize> {
        let links = &self.of.node.source.links;
        let at = writing
            .found
            .iter()
            .take(LOOK_AHEAD)
            .position(|number| links.get(*number).is_some_and(|link| link.place == Place::Include))?;
        let include = include(text)?;
        let number = writing.found.remove(at)?;
        let address = self.of.addresses.get(number).map_or("", String::as_str);
        let title = || self.includes.title(self.of, number).map(|title| escaped(&title));
        let label = Some(include.label.to_owned()).filter(|label| !label.is_empty()).or_else(title);
        writing.out.push_str(&format!("[{}]({})", label.as_deref().unwrap_or(address), destination(address)));
        Some(include.length)
    }

    /// The target of an inline link; how long it is.
    fn target(&self, text: &str, writing: &mut Writing<'_>) -> usize {
        let lead = text.len() - text.trim_start().len();
        let target = target(&text[lead..]);
        let bare = target.trim_start_matches('<').trim_end_matches('>');
        match self.addresses.get(&*html::unescape(bare)) {
            Some(address) => {
                writing.out.push_str(&text[..lead]);
                writing.out.push_str(&destination(address));
            }
            None => writing.out.push_str(&text[..lead + target.len()]),
        }
        lead + target.len()
    }

    /// A quoted value after `=`, if it is a link.
    fn attribute(&self, text: &str, writing: &mut Writing<'_>, unclosed: &mut Vec<OpenDelimiter>) -> Option<usize> {
        let quote = text[1..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
        if unclosed.contains(&OpenDelimiter::Quote(quote)) {
            return None;
        }
        let Some(end) = text[2..].find(quote) else {
            unclosed.push(OpenDelimiter::Quote(quote));
            return None;
        };
        let address = self.addresses.get(&*html::unescape(&text[2..2 + end]))?;
        writing.out.push_str(&format!("={quote}{}{quote}", html::escape(address)));
        Some(end + 3)
    }
}

/// The end of a code span that starts with a run of backticks; of the run alone if it is not closed on this line.
fn code_end(text: &str, run: usize, unclosed: &mut Vec<OpenDelimiter>) -> usize {
    if unclosed.contains(&OpenDelimiter::Code(run)) {
        return run;
    }
    let mut at = run;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let length = text.len() - start - text[start..].trim_start_matches('`').len();
        at = start + length;
        if length == run {
            return at;
        }
    }
    unclosed.push(OpenDelimiter::Code(run));
    run
}

/// What stands for a value, as the page has it.
fn value(text: &str, line: &str, writing: &mut Writing<'_>) -> Option<usize> {
    let expression = values::expression(text)?;
    match values::meant(&expression, line, writing.values) {
        Meant::Itself | Meant::Nothing => return None,
        Meant::Value(value) => writing.out.push_str(&escaped(&value)),
        Meant::Fallback(written) => writing.out.push_str(&written),
    }
    Some(expression.text.len())
}

/// The length of a tag of an element that PathMX brings itself.
fn standard_tag(text: &str) -> Option<usize> {
    let name = text.strip_prefix('<')?;
    let name = name.strip_prefix('/').unwrap_or(name);
    standard::is_standard(&html::tag_name(name).to_ascii_lowercase())
        .then(|| text.find('>').map(|end| end + 1))
        .flatten()
}

/// The include that a text begins with: `[@include: Label](./x.md)` or `[Label][@include.name]`.
pub(super) fn include(text: &str) -> Option<Include<'_>> {
    let close = text.strip_prefix('[')?.find(']')? + 1;
    let (label, after) = (&text[1..close], &text[close + 1..]);
    let directive = directive(label);
    if after.starts_with("[@include") {
        return Some(Include { label: label[directive..].trim(), length: close + 2 + after.find(']')? });
    }
    let inside = after.strip_prefix('(')?;
    let lead = inside.len() - inside.trim_start().len();
    let end = lead + target(&inside[lead..]).len();
    let end = end + inside[end..].find(')')?;
    let label = if directive == 0 && label.starts_with(['@', '>']) { "" } else { label[directive..].trim() };
    Some(Include { label, length: close + 3 + end })
}

/// The length of `@include: ` and the like at the start of a label: what is left is the label.
fn directive(label: &str) -> usize {
    let known = ["@include", "@image", ">embed", ">button"].iter().find_map(|name| label.strip_prefix(name));
    let Some(rest) = known else { return 0 };
    let Some(colon) = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))) else {
        return 0;
    };
    match rest[colon..].strip_prefix(':') {
        Some(after) => label.len() - after.trim_start_matches(' ').len(),
        None => 0,
    }
}

/// A link's target: in angle brackets, or up to a space or the parenthesis that is not its own.
fn target(text: &str) -> &str {
    if let Some(inner) = text.strip_prefix('<') {
        let end = inner.find(['>', '<', '\n']).filter(|end| inner[*end..].starts_with('>'));
        return end.map_or("", |end| &text[..end + 2]);
    }
    let mut open = 0_usize;
    let end = text.char_indices().try_for_each(|(at, c)| match c {
        '(' => {
            open += 1;
            ControlFlow::Continue(())
        }
        ')' if open > 0 => {
            open -= 1;
            ControlFlow::Continue(())
        }
        ')' => ControlFlow::Break(at),
        c if c.is_whitespace() => ControlFlow::Break(at),
        _ => ControlFlow::Continue(()),
    });
    match end {
        ControlFlow::Break(at) => &text[..at],
        ControlFlow::Continue(()) => text,
    }
}

/// An address as the target of a link.
pub(super) fn destination(address: &str) -> String {
    let mut depth = 0_i32;
    let is_balanced = address.chars().all(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth >= 0
    });
    if is_balanced && depth == 0 && !address.contains(char::is_whitespace) && !address.is_empty() {
        return address.to_owned();
    }
    format!("<{}>", address.replace('<', "%3C").replace('>', "%3E"))
}

/// Words as Markdown that reads as they do.
pub(super) fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        if matches!(c, '\\' | '[' | ']' | '*' | '_' | '`' | '<' | '|') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// What a link to a Block leads to.
pub(super) fn anchor(id: &str) -> String {
    format!("<a id=\"{}\"></a>", html::escape(id))
}

/// Whether a line is an [`anchor`].
pub(super) fn is_anchor(line: &str) -> bool {
    line.starts_with("<a id=\"") && line.ends_with("\"></a>") && line.matches('<').count() == 2
}
