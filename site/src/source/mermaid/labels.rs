//! Labels that Mermaid writes as HTML: each becomes text of the drawing in its place, with nothing but what it looks like.

use super::{
    cascade::{self, LabelSheet, Look, Path, SIZE},
    measure,
};
use crate::text::{
    dom::{self, Element, Node},
    html,
};
use std::{borrow::Cow, mem};
use unicode_linebreak::{BreakOpportunity, linebreaks};

/// What facts of requirements begin with.
const FACTS: [&str; 6] = ["ID: ", "Text: ", "Risk: ", "Verification: ", "Type: ", "Doc Ref: "];
/// What the renderer writes for a character by its name that an author wrote: `ﬂ°name¶ß`, or with a number.
const NAMED: [(&str, &str); 3] = [("ﬂ°°", "&#"), ("ﬂ°", "&"), ("¶ß", ";")];
/// A reference may stand for the `&` of another; so often.
const MAX_NAMED: usize = 3;
/// The room around a text in a place of its own, in pixels.
const FITTED_SPACE: f64 = 4.0;
/// No text is made smaller than this to fit into its place, in pixels; how high its lines are then, as a part of its size.
const FITTED_SIZE: f64 = 10.0;
const FITTED_LINE: f64 = 1.15;
const SOFT_HYPHEN: char = '\u{ad}';

/// Puts text in the place of each label of a drawing. `has_facts`: of requirements.
pub(super) fn place(root: &mut Element<'_>, sheet: &LabelSheet<'_>, has_facts: bool) {
    inside(root, None, sheet, has_facts);
}

fn inside<'a>(element: &mut Element<'a>, parent: Option<&Path<'_>>, sheet: &LabelSheet<'_>, has_facts: bool) {
    let mut children = mem::take(&mut element.children);
    if element.is("switch") {
        choose(element, &mut children);
    }
    let path = Path::new(element, parent);
    for node in &mut children {
        let Node::Element(child) = node else { continue };
        if !child.is("foreignObject") {
            inside(child, Some(&path), sheet, has_facts);
        } else if let Some(group) = label(&Path::new(child, Some(&path)), sheet, has_facts) {
            *child = group;
        }
    }
    element.children = children;
}

/// Of the ways to show the same, text of the drawing comes before HTML.
fn choose<'a>(element: &mut Element<'a>, ways: &mut Vec<Node<'a>>) {
    let is = |node: &Node<'_>, name: &str| node.element().is_some_and(|element| element.is(name));
    element.name = "g".into();
    let Some(at) = ways.iter().position(|way| is(way, "foreignObject")) else { return };
    if !ways.iter().any(|way| is(way, "text")) {
        return;
    }
    let place = ways.remove(at);
    ways.retain(|way| !is(way, "foreignObject"));
    let size = |name: &str| place.element()?.attr(name)?.parse::<f64>().ok();
    if let Some(fitting) = size("width").zip(size("height")).and_then(|room| fit(ways, room)) {
        *ways = fitting;
    }
}

/// The lines of a text, broken where they are wider than the place that is theirs, and smaller where they are too many for it; none, if
/// they fit as they are.
fn fit<'a>(texts: &[Node<'a>], (width, height): (f64, f64)) -> Option<Vec<Node<'a>>> {
    let texts = || texts.iter().filter_map(Node::element).filter(|text| text.is("text"));
    let first = texts().next()?;
    let style = first.attr("style").unwrap_or_default();
    let written = super::colours::declared(style, "font-size")?.strip_suffix("px")?.parse::<f64>().ok()?;
    let words: Vec<String> = texts().map(|text| html::unescape(&dom::text(&text.children)).into_owned()).collect();
    let room = width - 2.0 * FITTED_SPACE;
    if room.is_nan() || room <= 0.0 || words.iter().all(|line| measure::width(line, written, "") <= room) {
        return None;
    }
    let broken = |size: f64| words.iter().flat_map(|line| narrow(line, size, room)).collect::<Vec<_>>();
    let mut size = written;
    while size - 1.0 >= FITTED_SIZE && count(broken(size).len()) * size * FITTED_LINE > height - FITTED_SPACE {
        size -= 1.0;
    }
    let lines = broken(size);
    let middle = (count(lines.len()) - 1.0) / 2.0;
    let lines = lines.iter().enumerate().map(|(at, line)| {
        let mut text = first.clone();
        text.set("style", format!("{style};font-size:{size}px"));
        for span in text.children.iter_mut().filter_map(Node::element_mut) {
            span.set("dy", format!("{}", (count(at) - middle) * size * FITTED_LINE));
            span.children = vec![Node::Text(html::escape(line).into_owned().into())];
        }
        Node::Element(text)
    });
    Some(lines.collect())
}

/// A line as several that are no wider than this, broken within words where a word alone is wider.
fn narrow(line: &str, size: f64, room: f64) -> Vec<String> {
    let fits = |part: &str| measure::width(part.trim_end_matches(' '), size, "") <= room;
    let mut lines = wrapped(line, fits, true);
    let last = lines.pop().unwrap_or_default();
    lines.into_iter().map(|line| broken(line.trim())).chain([last.trim().to_owned()]).collect()
}

/// The parts of a line that fit, each with the spaces behind it: one word at least, unless words break, too.
fn wrapped(line: &str, fits: impl Fn(&str) -> bool, words_break: bool) -> Vec<&str> {
    let (mut parts, mut start, mut end) = (Vec::new(), 0, 0);
    for next in breakable(line) {
        if end > start && !fits(&line[start..next]) {
            parts.push(&line[start..end]);
            start = end;
        }
        if words_break && !fits(&line[start..next]) {
            for (at, c) in line[start..next].char_indices().map(|(at, c)| (at + end, c)) {
                if at > start && !fits(&line[start..at + c.len_utf8()]) {
                    parts.push(&line[start..at]);
                    start = at;
                }
            }
        }
        end = next;
    }
    parts.push(&line[start..]);
    parts
}

/// The group that shows a label; none, if it shows nothing.
fn label<'a>(path: &Path<'_>, sheet: &LabelSheet<'_>, has_facts: bool) -> Option<Element<'a>> {
    let number = |name: &str| path.element.attr(name)?.parse::<f64>().ok().filter(|number| number.is_finite());
    let (width, height) = (number("width")?, number("height")?);
    if !(width > 0.0 && height > 0.0) {
        return None;
    }
    let texts = cascade::innermost(path, &mut |inner| {
        let look = sheet.look(inner);
        let limit = limit(path.element).unwrap_or(width);
        let lines = lines(&inner.element.children, look, limit);
        let first = height / 2.0 - look.line() * (count(lines.len()) - 1.0) / 2.0;
        let ground = is_on_line(inner, path).then(|| ground(width, height));
        let texts = lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(|(at, line)| {
            // Facts of requirements stand below each other; where their middle is was reckoned from how wide they are.
            let is_fact = has_facts && FACTS.iter().any(|fact| line.starts_with(fact));
            let x = if is_fact { 0.0 } else { width / 2.0 };
            text(line, (x, count(at).mul_add(look.line(), first)), is_fact, look)
        });
        let texts: Vec<Element<'a>> = texts.collect();
        (!texts.is_empty()).then(|| ground.into_iter().chain(texts).map(Node::Element).collect::<Vec<_>>())
    })?;
    let mut group = Element::new("g");
    let own = path.element.attr("transform").map(str::to_owned);
    let (x, y) = (number("x").unwrap_or(0.0), number("y").unwrap_or(0.0));
    let moved = (x != 0.0 || y != 0.0).then(|| format!("translate({x},{y})"));
    let transform: Vec<String> = own.into_iter().chain(moved).collect();
    if !transform.is_empty() {
        group.set("transform", transform.join(" "));
    }
    let is_on_line = texts.first().and_then(Node::element).is_some_and(|first| first.is("rect"));
    group.set("class", if is_on_line { "pmx-label-on-line" } else { "pmx-label" });
    group.children = texts;
    Some(group)
}

fn count(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Whether a label stands on a line, and hides it. `inner`: what has its words.
fn is_on_line(inner: &Path<'_>, label: &Path<'_>) -> bool {
    let content = std::iter::successors(Some(inner), |path| path.parent)
        .take_while(|path| !std::ptr::eq(path.element, label.element));
    let classes = content.filter_map(|path| path.element.attr("class"));
    inner.is_within("edgeLabel")
        && classes.into_iter().any(|classes| classes.contains("edgeLabel") || classes.contains("labelBkg"))
}

/// What hides a line behind words. A rule of the drawing makes it half transparent, so that the line would run through the words.
fn ground<'a>(width: f64, height: f64) -> Element<'a> {
    let mut ground = Element::new("rect");
    for (name, value) in [("x", 0.0), ("y", 0.0), ("width", width), ("height", height)] {
        ground.set(name, value.to_string());
    }
    ground.set("style", "fill:var(--pmx-color-bg);stroke:none;opacity:0.92");
    ground
}

fn text<'a>(line: &str, (x, y): (f64, f64), is_fact: bool, look: &Look) -> Element<'a> {
    let mut text = Element::new("text");
    text.set("x", x.to_string());
    text.set("y", y.to_string());
    if !is_fact {
        text.set("text-anchor", "middle");
    }
    text.set("dominant-baseline", "central");
    let mut style = Vec::new();
    let unusual = |value: &&str| !matches!(*value, "normal" | "400");
    style.extend(look.weight().filter(unusual).map(|weight| format!("font-weight:{weight}")));
    style.extend(look.style().filter(unusual).map(|style| format!("font-style:{style}")));
    if look.size() != SIZE {
        style.push(format!("font-size:{}px", look.size()));
    }
    // `style` is stronger than a rule, which may be about the shape around it.
    style.extend(look.colour().map(|colour| format!("fill:{colour}")));
    text.set("style", html::escape(&style.join(";")).into_owned());
    text.children.push(Node::Text(html::escape(line).into_owned().into()));
    text
}

/// How wide a label may be before its lines break.
fn limit(label: &Element<'_>) -> Option<f64> {
    let content = label.children.iter().find_map(Node::element)?;
    let style = content.attr("style")?;
    let pixels = |name| super::colours::declared(style, name)?.strip_suffix("px")?.trim().parse::<f64>().ok();
    match (pixels("width"), pixels("max-width")) {
        (Some(width), Some(most)) => Some(width.min(most)),
        (width, most) => width.or(most),
    }
}

/// The lines of a label. Some are empty.
fn lines(nodes: &[Node<'_>], look: &Look, limit: f64) -> Vec<String> {
    let (breaks, keeps_spaces) = look.white_space();
    let mut written = String::new();
    gather(nodes, keeps_spaces, &mut written);
    let mut lines = Vec::new();
    for line in written.trim_end_matches('\n').split('\n') {
        let line = if keeps_spaces { line } else { line.trim_matches(' ') };
        let fits = |part: &str| {
            let part = if keeps_spaces { part } else { part.trim_end_matches(' ') };
            measure::width(part, look.size(), look.weight().unwrap_or_default()) <= limit
        };
        if !breaks || fits(line) {
            lines.push(line.to_owned());
            continue;
        }
        let mut parts = wrapped(line, fits, false);
        let last = parts.pop().unwrap_or_default();
        lines.extend(parts.into_iter().map(broken));
        lines.push(last.to_owned());
    }
    lines
}

/// Where a line may break, and its end.
fn breakable(line: &str) -> impl Iterator<Item = usize> {
    linebreaks(line)
        .filter(|(at, chance)| *chance == BreakOpportunity::Mandatory || !line[..*at].ends_with('/'))
        .map(|(at, _)| at)
}

fn broken(line: &str) -> String {
    match line.strip_suffix(SOFT_HYPHEN) {
        Some(line) => format!("{line}-"),
        None => line.to_owned(),
    }
}

/// The words of a label: what is shown for references and breaks, with one space for many unless they are kept.
fn gather(nodes: &[Node<'_>], keeps_spaces: bool, out: &mut String) {
    for node in nodes {
        match node {
            Node::Text(text) => {
                // A break that an author wrote as `\n`.
                for (at, part) in text.split("\\n").enumerate() {
                    if at > 0 {
                        out.push('\n');
                    }
                    for c in shown(part).chars() {
                        let is_space = c.is_ascii_whitespace();
                        if keeps_spaces || !is_space {
                            out.push(c);
                        } else if !out.ends_with([' ', '\n']) && !out.is_empty() {
                            out.push(' ');
                        }
                    }
                }
            }
            Node::Element(element) if element.is("br") => out.push('\n'),
            Node::Element(element) => {
                let is_block = matches!(&*element.name, "p" | "div" | "li");
                if is_block && !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                gather(&element.children, keeps_spaces, out);
            }
            Node::Other(_) => {}
        }
    }
}

/// A text with the characters that are written by their names.
fn shown(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..MAX_NAMED {
        if !text.contains(['&', 'ﬂ', '¶']) {
            break;
        }
        let written = NAMED.iter().fold(text.clone().into_owned(), |text, (from, to)| text.replace(from, to));
        text = Cow::Owned(html::unescape(&written).into_owned());
    }
    text
}
