//! `[[Target]]`, `[[Target|label]]` and `![[Target]]`. Each is decided for itself: it is none where CommonMark has a link, code or HTML.

use super::{lines::Lines, mask::Mask};
use crate::text::html;
use comrak::{
    Arena,
    nodes::{Ast, AstNode, NodeValue, NodeWikiLink, Sourcepos},
};
use std::{borrow::Cow, collections::HashSet, ops::Range};

/// The longest one, in bytes: CommonMark's limit of a label.
const MAX_LENGTH: usize = 1000;

/// Two places of a text: line and byte column, from 1.
type Span = ((usize, usize), (usize, usize));

/// The body with all that may be a name in double brackets hidden, but for what CommonMark makes a link of. `parse` gives the tree of a text.
pub(super) fn hidden<'b, 'a>(body: &'b str, mask: &Mask, parse: impl Fn(&str) -> &'a AstNode<'a>) -> Cow<'b, str> {
    let mut found = candidates(body);
    if found.is_empty() {
        return Cow::Borrowed(body);
    }
    let labels = labels(body);
    let is_doubtful = |range: &Range<usize>| {
        let content = body[range.clone()].trim_matches(['!', '[', ']']);
        body[range.end..].starts_with(['(', '[']) || labels.contains(&label(content))
    };
    if found.iter().any(is_doubtful) {
        let links = Links::of(parse(body));
        let starts: Vec<usize> = std::iter::once(0).chain(body.match_indices('\n').map(|(at, _)| at + 1)).collect();
        found.retain(|range| {
            let line = starts.partition_point(|start| *start <= range.start);
            let column = |at: usize| at - starts[line - 1] + 1;
            !(is_doubtful(range) && links.touch((line, column(range.start)), (line, column(range.end) - 1)))
        });
    }
    if found.is_empty() {
        return Cow::Borrowed(body);
    }
    let mut out = String::with_capacity(body.len());
    let mut from = 0;
    for range in found {
        out.push_str(&body[from..range.start]);
        out.push_str(&mask.hide(&body[range.clone()]));
        from = range.end;
    }
    out.push_str(&body[from..]);
    Cow::Owned(out)
}

/// What has the form of one, wherever it stands.
fn candidates(body: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut line = CurrentLine::default();
    let mut at = 0;
    while let Some(offset) = body[at..].find("[[") {
        let start = at + offset;
        at = start + 1;
        let before = body[..start].strip_suffix('!');
        if is_escaped(&body[..start]) {
            continue;
        }
        let inside = &body[start + 2..];
        // Code and tags are not looked into: they go before links.
        let Some(end) = inside.find(['[', ']', '\n', '`', '<']).filter(|end| inside[*end..].starts_with("]]")) else {
            continue;
        };
        let name = inside[..end].split('|').next().unwrap_or_default().trim();
        if name.is_empty() || name == "#" || name.starts_with('^') || end > MAX_LENGTH {
            continue;
        }
        at = start + 2 + end + 2;
        if line.at(body, start).in_label(body, start, at) {
            continue;
        }
        found.push(start - usize::from(before.is_some_and(|before| !is_escaped(before)))..at);
    }
    found
}

/// The line that was looked at last: each is looked through once, however many names it has.
#[derive(Default)]
struct CurrentLine {
    start: usize,
    end: usize,
    /// Where the last `]:` in it stands: what may end the label of a definition.
    label_end: Option<usize>,
}

impl CurrentLine {
    /// The line of a place, which is none before the places that were asked for.
    fn at(&mut self, body: &str, at: usize) -> &Self {
        if at >= self.end {
            self.start = body[self.end..at].rfind('\n').map_or(self.start, |newline| self.end + newline + 1);
            self.end = body[at..].find('\n').map_or(body.len(), |length| at + length);
            self.label_end = body[self.start..self.end].rfind("]:").map(|found| self.start + found);
        }
        self
    }

    /// Whether a name stands in what would be the label of a definition. No label has brackets, and without them it must not become one.
    fn in_label(&self, body: &str, start: usize, end: usize) -> bool {
        self.label_end.is_some_and(|label| label >= end)
            && body[self.start..start].rfind(['[', ']']).is_some_and(|at| body[self.start + at..].starts_with('['))
    }
}

/// Whether what follows a text is escaped.
fn is_escaped(before: &str) -> bool {
    (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
}

/// What may be a label of a definition.
fn labels(body: &str) -> HashSet<String> {
    let mut labels = HashSet::new();
    for (end, _) in body.match_indices("]:") {
        let start = body[..end].rfind(['[', ']']).filter(|start| body[*start..].starts_with('['));
        labels.extend(start.filter(|start| end - start <= MAX_LENGTH).map(|start| label(&body[start + 1..end])));
    }
    labels
}

/// A label as CommonMark compares it.
pub(crate) fn label(text: &str) -> String {
    caseless::default_case_fold_str(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Where CommonMark has links and images.
struct Links {
    /// By their starts; each with the furthest end so far.
    spans: Vec<Span>,
}

impl Links {
    fn of<'a>(root: &'a AstNode<'a>) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        for node in root.descendants() {
            let data = node.data();
            if matches!(data.value, NodeValue::Link(_) | NodeValue::Image(_)) {
                let Sourcepos { start, end } = data.sourcepos;
                spans.push(((start.line, start.column), (end.line, end.column)));
            }
        }
        spans.sort_unstable();
        let mut furthest = (0, 0);
        for (_, end) in &mut spans {
            furthest = furthest.max(*end);
            *end = furthest;
        }
        Self { spans }
    }

    fn touch(&self, start: (usize, usize), end: (usize, usize)) -> bool {
        let before = self.spans.partition_point(|(from, _)| *from <= end);
        before.checked_sub(1).and_then(|last| self.spans.get(last)).is_some_and(|(_, furthest)| *furthest >= start)
    }
}

/// Makes links of the names that are hidden in a text, in lines where they are hidden, too.
pub(super) fn split<'a>(arena: &'a Arena<'a>, node: &'a AstNode<'a>, mask: &Mask, lines: &Lines<'_>) {
    let at = node.data().sourcepos;
    let Some(text) = node.data().value.text().map(str::to_owned) else { return };
    let (open, close) = (pair(mask, b'['), pair(mask, b']'));
    let line = lines.get(at.start.line);
    let mut column = at.start.column.saturating_sub(1);
    let mut rest = text.as_str();
    let mut parts: Vec<&'a AstNode<'a>> = Vec::new();
    let words = |text: &str, at: Sourcepos| -> &'a AstNode<'a> {
        arena.alloc(Ast::new_with_sourcepos(NodeValue::Text(text.to_owned().into()), at).into())
    };
    while let Some(start) = rest.find(&open)
        && let Some(length) = rest[start..].find(&close)
    {
        let (before, link) = rest.split_at(start);
        let (link, after) = link.split_at(length + close.len());
        let mark = char::from(mask.hidden(b'!'));
        let embed = before.ends_with(mark);
        let before = before.strip_suffix(mark).unwrap_or(before);
        if !before.is_empty() {
            parts.push(words(&mask.show(before), at));
        }
        // Names stand in the line in the same order. Their words may be others there, as NUL is, so these are not searched for.
        let found = line.get(column..).and_then(|line| line.find(&open)).map_or(column, |found| column + found);
        column = found + link.len();
        let from = found - usize::from(embed).min(found);
        let at = Sourcepos { start: (at.start.line, from + 1).into(), end: (at.start.line, column).into() };
        let (url, label) = meant(&mask.show(&link[open.len()..link.len() - close.len()]));
        let value = NodeValue::WikiLink(NodeWikiLink { url, embed });
        let new: &'a AstNode<'a> = arena.alloc(Ast::new_with_sourcepos(value, at).into());
        new.append(words(&label, at));
        parts.push(new);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(words(&mask.show(rest), at));
    }
    for part in parts {
        node.insert_before(part);
    }
    node.detach();
}

fn pair(mask: &Mask, sign: u8) -> String {
    char::from(mask.hidden(sign)).to_string().repeat(2)
}

/// Target and label of what stands between the brackets. In a table the bar between the two is escaped.
pub(crate) fn meant(written: &str) -> (String, String) {
    let plain = |text: &str| html::unescape(&unescaped(text.trim())).into_owned();
    match written.split_once('|') {
        Some((target, label)) => {
            let target = plain(target.strip_suffix('\\').unwrap_or(target));
            let label = Some(plain(label)).filter(|label| !label.is_empty()).unwrap_or_else(|| target.clone());
            (target, label)
        }
        None => (plain(written), plain(written)),
    }
}

/// Without the backslashes before signs.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(match chars.peek() {
            Some(next) if c == '\\' && next.is_ascii_punctuation() => chars.next().unwrap_or(c),
            _ => c,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_form_of_a_name_is_found_and_no_more() {
        let found =
            |text: &str| -> Vec<String> { candidates(text).into_iter().map(|range| text[range].to_owned()).collect() };
        assert_eq!(found("a [[b]] ![[c.png|9]] [[[d]]]"), ["[[b]]", "![[c.png|9]]", "[[d]]"]);
        assert_eq!(found(r"\\[[a]] \![[b]]"), ["[[a]]", "[[b]]"]);
        for none in
            [r"\[[a]]", "[[]]", "[[ ]]", "[[#]]", "[[|a]]", "[[^1]]", "[[a\nb]]", "`[[` a `]]`", "[[a]", "[[a[b]]"]
        {
            assert_eq!(found(none), [""; 0], "{none}");
        }
    }

    #[test]
    fn labels_are_compared_without_their_case_in_every_script() {
        assert_eq!(label(" ẞ\tx"), label("SS x"));
        assert_eq!(labels("[SS]: ./a.md\n"), HashSet::from([label("ẞ")]));
        assert_ne!(label("İ"), label("I"));
    }

    #[test]
    fn target_and_label_are_told_apart() {
        let of = |text: &str| meant(text);
        assert_eq!(of("a b"), ("a b".into(), "a b".into()));
        assert_eq!(of(r"a\|b"), ("a".into(), "b".into()));
        assert_eq!(of(r"a&amp;b | c\*d"), ("a&b".into(), "c*d".into()));
        assert_eq!(of("a|"), ("a".into(), "a".into()));
    }
}
