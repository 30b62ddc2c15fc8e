//! Where the tree has formulas that the parser does not see as such, and dollars that are none.
//!
//! A dollar opens a formula if no letter, digit or `_` stands before it and no space behind; it closes one if no space stands before it and
//! no letter, digit, `_` or `{` behind. That is GitHub's rule, and the half of it that the parser knows is pandoc's; `{` makes a variable of
//! a shell. A dollar in brackets or quotes of its own, `($)`, is a sign, and code, HTML and links bind tighter ([`Spans`]). Two lines `$$` in
//! one container hold a formula between them whatever its lines look like, as long as these are no code, HTML, heading or divider.

use super::{lines::Lines, mask::Mask};
use comrak::nodes::{AstNode, NodeValue, Sourcepos};
use std::{
    borrow::Cow,
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet, HashSet},
};

/// The fence that takes the place of `$$`, longer than any that a formula would hold.
const FENCE: &str = "``````";
/// What opens and closes a formula of several lines.
const DOLLARS: &str = "$$";

/// What stands between and around brackets or quotes that hold one sign.
const PAIRS: [(char, char); 7] = [('(', ')'), ('[', ']'), ('{', '}'), ('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’')];

/// A place in a text: line and byte column, from 1.
type FormulaPlace = (usize, usize);

/// What binds tighter than a formula, in the tree of the text without its dollars. Each list is in order and no two of it overlap.
#[derive(Debug, Default)]
pub(super) struct Spans {
    code: Vec<(FormulaPlace, FormulaPlace)>,
    /// Code, HTML.
    leaves: Vec<(FormulaPlace, FormulaPlace)>,
    /// Links and images, those in others left out.
    links: Vec<(FormulaPlace, FormulaPlace)>,
}

impl Spans {
    pub(super) fn of<'a>(root: &'a AstNode<'a>) -> Self {
        let mut spans = Self::default();
        let add = |list: &mut Vec<(FormulaPlace, FormulaPlace)>, span: (FormulaPlace, FormulaPlace)| {
            if list.last().is_none_or(|last| last.1 < span.0) {
                list.push(span);
            }
        };
        for node in root.descendants() {
            let data = node.data();
            let span = ends(&data.sourcepos);
            match &data.value {
                NodeValue::Code(_) => {
                    add(&mut spans.code, span);
                    add(&mut spans.leaves, span);
                }
                NodeValue::HtmlInline(_) => add(&mut spans.leaves, span),
                NodeValue::Link(_) | NodeValue::Image(_) => add(&mut spans.links, span),
                _ => {}
            }
        }
        spans
    }

    /// Whether one of these dollars stands in something in which the other does not, or code stands between them.
    fn part(&self, (opening, closing): (FormulaPlace, FormulaPlace)) -> bool {
        let around = |list: &[(FormulaPlace, FormulaPlace)], place: FormulaPlace| {
            let next = list.partition_point(|span| span.0 <= place);
            next.checked_sub(1).filter(|index| list.get(*index).is_some_and(|span| place <= span.1))
        };
        let first = self.code.partition_point(|span| span.0 < opening);
        around(&self.leaves, opening) != around(&self.leaves, closing)
            || around(&self.links, opening) != around(&self.links, closing)
            || self.code.get(first).is_some_and(|span| span.1 <= closing)
    }
}

const fn ends(at: &Sourcepos) -> (FormulaPlace, FormulaPlace) {
    ((at.start.line, at.start.column), (at.end.line, at.end.column))
}

/// What a tree says of dollars.
#[derive(Debug, Default)]
pub(super) struct DollarSurvey {
    /// Dollars that open no formula though the parser thinks so.
    pub prose: Vec<FormulaPlace>,
    /// Lines `$$` that open and close a formula which the parser took apart.
    pub formulas: Vec<(usize, usize)>,
    /// Lines at which a fence of a formula opens.
    pub fenced: HashSet<usize>,
}

/// Looks for dollars. `refused`: lines that open no formula.
pub(super) fn find<'a>(
    root: &'a AstNode<'a>,
    lines: &Lines<'_>,
    refused: &BTreeSet<usize>,
    spans: &LazyCell<Spans, impl FnOnce() -> Spans>,
) -> DollarSurvey {
    let mut found = DollarSurvey::default();
    // Lines that no formula reaches over, and those that open one which is whole.
    let mut hard = vec![false; lines.count() + 2];
    let mut whole = HashSet::new();
    let mut open = Vec::new();
    for node in root.descendants() {
        let data = node.data();
        let at = data.sourcepos;
        let is_hard = match &data.value {
            NodeValue::CodeBlock(code) => {
                if code.fenced && code.closed && code.info == "math" {
                    found.fenced.insert(at.start.line);
                }
                code.fenced
            }
            NodeValue::Heading(heading) => !heading.setext || heading.level == 2,
            NodeValue::HtmlBlock(_) | NodeValue::ThematicBreak => true,
            NodeValue::Math(math) => {
                let (opening, closing) = ends(&at);
                let may_part = || math.literal.contains(['`', '<', '[', ']', ':', '@', '.']);
                let is_blank = math.display_math && math.literal.trim().is_empty();
                if math.dollar_math
                    && (is_blank || is_prose(node, lines) || may_part() && spans.part((opening, closing)))
                {
                    found.prose.push(opening);
                    if math.display_math {
                        found.prose.push((opening.0, opening.1 + 1));
                    }
                } else if math.display_math {
                    whole.insert(at.start.line);
                }
                false
            }
            NodeValue::Text(text) if text == DOLLARS && is_alone(node, lines) => {
                open.push(node);
                false
            }
            _ => false,
        };
        if is_hard {
            let end = at.end.line.min(lines.count());
            hard[at.start.line.min(end)..=end].fill(true);
        }
    }
    let mut last = 0;
    for node in open {
        let line = node.data().sourcepos.start.line;
        if line <= last || hard[line.min(hard.len() - 1)] || refused.contains(&line) {
            continue;
        }
        if let Some(close) = closing(node, line, lines, &hard, &whole) {
            found.formulas.push((line, close));
            last = close;
        }
    }
    found
}

/// Whether a formula stands where none can.
fn is_prose<'a>(node: &'a AstNode<'a>, lines: &Lines<'_>) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = node.previous_sibling();
    let before = before.and_then(|before| before.data().value.text().and_then(|text| text.chars().next_back()));
    let behind = node.next_sibling();
    let behind = behind.and_then(|behind| behind.data().value.text().and_then(|text| text.chars().next()));
    if before.is_some_and(is_word) || behind.is_some_and(|c| is_word(c) || c == '{') {
        return true;
    }
    let (opening, closing) = ends(&node.data().sourcepos);
    is_sign(opening, lines) || is_sign(closing, lines)
}

/// Whether a dollar is all that brackets or quotes hold.
fn is_sign((line, column): FormulaPlace, lines: &Lines<'_>) -> bool {
    let (before, rest) = lines.get(line).split_at_checked(column.saturating_sub(1)).unwrap_or_default();
    let around = before.chars().next_back().zip(rest.strip_prefix('$').and_then(|rest| rest.chars().next()));
    around.is_some_and(|around| PAIRS.contains(&around))
}

/// Whether a text `$$` is all of its line.
fn is_alone<'a>(node: &'a AstNode<'a>, lines: &Lines<'_>) -> bool {
    let starts_line = node
        .previous_sibling()
        .is_none_or(|before| matches!(before.data().value, NodeValue::SoftBreak | NodeValue::LineBreak));
    let in_block = node.parent().is_some_and(|above| {
        matches!(&above.data().value, NodeValue::Paragraph)
            || matches!(&above.data().value, NodeValue::Heading(heading) if heading.setext)
    });
    let start = node.data().sourcepos.start;
    let rest = lines.get(start.line).get(start.column.saturating_sub(1)..);
    starts_line && in_block && rest.is_some_and(|rest| rest.trim_end() == DOLLARS)
}

/// The line that closes the formula which opens at `line`, in the container of its paragraph.
fn closing<'a>(
    node: &'a AstNode<'a>,
    line: usize,
    lines: &Lines<'_>,
    hard: &[bool],
    whole: &HashSet<usize>,
) -> Option<usize> {
    let container = node.parent()?.parent()?;
    let end = match &container.data().value {
        NodeValue::Document => lines.count(),
        _ => container.data().sourcepos.end.line.min(lines.count()),
    };
    let is_quote =
        |above: &&'a AstNode<'a>| matches!(above.data().value, NodeValue::BlockQuote | NodeValue::Callout(_));
    let quotes = node.ancestors().filter(is_quote).count();
    let mut is_filled = false;
    for (number, is_hard) in hard.iter().enumerate().take(end + 1).skip(line + 1) {
        if *is_hard || whole.contains(&number) {
            return None;
        }
        let mut rest = lines.get(number);
        for _ in 0..quotes {
            rest = rest.trim_start_matches([' ', '\t']).strip_prefix('>')?;
        }
        if rest.trim() == DOLLARS {
            return is_filled.then_some(number);
        }
        is_filled |= !rest.trim().is_empty();
    }
    None
}

/// The text with these dollars hidden.
pub(super) fn as_prose(text: &str, prose: &[FormulaPlace], mask: &Mask) -> String {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut bytes = text.as_bytes().to_vec();
    for (line, column) in prose {
        let at = starts.get(line.wrapping_sub(1)).map_or(text.len(), |start| start + column.saturating_sub(1));
        if let Some(byte) = bytes.get_mut(at).filter(|byte| **byte == b'$') {
            *byte = mask.hidden(b'$');
        }
    }
    // ASCII took the place of ASCII.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The text with fences in place of the lines `$$` that open and close formulas. No line comes or goes.
pub(super) fn fenced<'t>(text: &'t str, formulas: &BTreeMap<usize, usize>) -> Cow<'t, str> {
    if formulas.is_empty() {
        return Cow::Borrowed(text);
    }
    let closing: HashSet<usize> = formulas.values().copied().collect();
    let mut out = String::with_capacity(text.len() + formulas.len() * 2 * FENCE.len());
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let fence = match index + 1 {
            number if formulas.contains_key(&number) => Some([FENCE, "math"].concat()),
            number if closing.contains(&number) => Some(FENCE.to_owned()),
            _ => None,
        };
        match fence.and_then(|fence| Some((fence, line.rfind(DOLLARS)?))) {
            Some((fence, at)) => {
                let parts = [&line[..at], &fence, &line[at + DOLLARS.len()..]];
                out.extend(parts);
            }
            None => out.push_str(line),
        }
    }
    Cow::Owned(out)
}

/// Makes words of what still stands where no formula can.
pub(super) fn leave<'a>(root: &'a AstNode<'a>, lines: &Lines<'_>, mask: &Mask) {
    for node in root.descendants() {
        let words = match &node.data().value {
            NodeValue::Math(math) if math.dollar_math && !math.display_math => Some(format!("${}$", math.literal)),
            _ => None,
        };
        if let Some(words) = words.filter(|_| is_prose(node, lines)) {
            node.data_mut().value = NodeValue::Text(mask.show(&words).into_owned().into());
        }
    }
}
