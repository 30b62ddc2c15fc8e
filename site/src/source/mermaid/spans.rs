//! Puts back what characters of private use stand for (`inline`): emphasis as parts of a text, and formulas as MathML in the place of the text that they
//! stand in.

use super::{
    colours,
    inline::{LabelCharacters, LabelItem, LabelMark, MAX_OPEN, Meaning},
    measure,
};
use crate::text::{
    dom::{Element, Node},
    html,
};
use std::fmt::Write as _;

/// How large text is that does not say so, in pixels.
const SIZE: f64 = 16.0;
/// How high the place of a line with a formula is, as a part of how large its text is. Higher ones stand out of it on both sides alike.
const LINE: f64 = 1.5;
/// How far above a baseline the middle of text lies, as a part of its size.
const MIDDLE: f64 = 0.35;

/// Puts everything back. `sheet`: the rules of the drawing, which say of some texts where they stand.
pub(super) fn restore(nodes: &mut Vec<Node<'_>>, inline: &LabelCharacters, sheet: &str) {
    let mut out = Vec::with_capacity(nodes.len());
    // A label of several lines is several texts of one group; what is open in one of them goes on in the next.
    let mut open = Vec::new();
    for mut node in std::mem::take(nodes) {
        if let Node::Element(element) = &mut node {
            for value in element.attributes.iter_mut().filter_map(|attribute| attribute.value.as_mut()) {
                if value.chars().any(|c| inline.meaning(c).is_some()) {
                    *value = html::escape(&inline.words(&html::unescape(value))).into_owned().into();
                }
            }
            if !element.is("text") {
                restore(&mut element.children, inline, sheet);
            } else if has_formula(&element.children, inline) {
                lines(element, inline, sheet, &mut open, &mut out);
                continue;
            } else {
                spans(&mut element.children, inline, &mut open);
            }
        }
        out.push(node);
    }
    *nodes = out;
}

fn has_formula(nodes: &[Node<'_>], inline: &LabelCharacters) -> bool {
    let is_formula = |c| matches!(inline.meaning(c), Some(Meaning::LabelItem(LabelItem { is_formula: true, .. })));
    nodes.iter().any(|node| match node {
        Node::Text(text) => text.chars().any(is_formula),
        Node::Element(element) => has_formula(&element.children, inline),
        Node::Other(_) => false,
    })
}

/// Cuts a text where something is put back, and gives each part with the style of what is open around it.
fn parts(text: &str, inline: &LabelCharacters, open: &mut Vec<LabelMark>, mut part: impl FnMut(&str, &str)) {
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let Some(meaning) = inline.meaning(c) else { continue };
        if plain < at {
            part(&text[plain..at], &style(open));
        }
        plain = at + c.len_utf8();
        match meaning {
            Meaning::LabelItem(item) => part(&item.html, &style(open)),
            Meaning::Begin(mark) if open.len() < MAX_OPEN => open.push(mark),
            Meaning::Begin(_) => {}
            Meaning::End(mark) => {
                let last = open.iter().rposition(|known| *known == mark);
                open.truncate(last.unwrap_or(open.len()));
            }
        }
    }
    if plain < text.len() {
        part(&text[plain..], &style(open));
    }
}

fn style(open: &[LabelMark]) -> String {
    let declarations = open.iter().map(|mark| match mark {
        LabelMark::Bold => "font-weight:bold",
        LabelMark::Italic => "font-style:italic",
        LabelMark::Code => "font-family:var(--pmx-font-mono)",
        LabelMark::Underlined => "text-decoration:underline",
        LabelMark::Struck => "text-decoration:line-through",
        LabelMark::Low => "baseline-shift:sub;vertical-align:sub;font-size:75%",
        LabelMark::High => "baseline-shift:super;vertical-align:super;font-size:75%",
    });
    declarations.collect::<Vec<_>>().join(";")
}

fn spans(nodes: &mut Vec<Node<'_>>, inline: &LabelCharacters, open: &mut Vec<LabelMark>) {
    let mut out = Vec::with_capacity(nodes.len());
    for mut node in std::mem::take(nodes) {
        match &mut node {
            Node::Text(text) if !open.is_empty() || text.chars().any(|c| inline.meaning(c).is_some()) => {
                parts(text, inline, open, |part, style| {
                    let text = Node::Text(part.to_owned().into());
                    if style.is_empty() {
                        return out.push(text);
                    }
                    let mut span = Element::new("tspan");
                    span.set("style", style.to_owned());
                    span.children.push(text);
                    out.push(Node::Element(span));
                });
                continue;
            }
            Node::Element(element) => spans(&mut element.children, inline, open),
            Node::Text(_) | Node::Other(_) => {}
        }
        out.push(node);
    }
    *nodes = out;
}

/// A line of a text: where it stands, and what is in it.
#[derive(Default)]
struct LabelLine {
    x: f64,
    y: f64,
    /// What of `y` is a shift, which the first shift inside of the line takes the place of.
    shift: f64,
    html: String,
    /// As it was measured.
    measured: String,
}

/// The lines of a text with formulas, each as HTML in the place of the line.
fn lines<'a>(
    text: &Element<'a>,
    inline: &LabelCharacters,
    sheet: &str,
    open: &mut Vec<LabelMark>,
    out: &mut Vec<Node<'a>>,
) {
    let written = text.attr("style").unwrap_or_default().to_owned();
    let declared = |name: &str| colours::declared(&written, name).or_else(|| text.attr(name));
    let size = declared("font-size").and_then(|size| size.trim_end_matches("px").parse().ok()).unwrap_or(SIZE);
    let anchor = declared("text-anchor").map(str::to_owned).or_else(|| anchor_of(text, sheet)).unwrap_or_default();
    let middle = match declared("dominant-baseline") {
        Some("central" | "middle") => 0.0,
        Some("hanging" | "text-before-edge") => size / 2.0,
        _ => -size * MIDDLE,
    };
    let shift = length(text, "dy", size);
    let first =
        LabelLine { x: length(text, "x", size), y: length(text, "y", size) + shift, shift, ..LabelLine::default() };
    let mut lines = vec![first];
    gather(&text.children, size, inline, open, &mut lines);

    for line in lines.iter().filter(|line| !line.html.trim().is_empty()) {
        let (width, height) = ((measure::ems(&line.measured) + 1.0) * size, LINE * size);
        let (left, class) = match &*anchor {
            "middle" => (line.x - width / 2.0, "pmx-diagram-line pmx-diagram-line-middle"),
            "end" => (line.x - width, "pmx-diagram-line pmx-diagram-line-end"),
            _ => (line.x, "pmx-diagram-line"),
        };
        let mut place = Element::new("foreignObject");
        for (name, value) in [("x", left), ("y", line.y + middle - height / 2.0), ("width", width), ("height", height)]
        {
            place.set(name, format!("{value:.1}"));
        }
        if let Some(transform) = text.attr("transform") {
            place.set("transform", transform.to_owned());
        }
        let mut style = format!("font-size:{size}px");
        for (name, property) in [("fill", "color"), ("font-weight", "font-weight"), ("font-style", "font-style")] {
            if let Some(value) = declared(name) {
                let _ = write!(style, ";{property}:{value}");
            }
        }
        let mut content = Element::new("div");
        content.set("class", class);
        content.set("style", style);
        content.children.push(Node::Text(format!("<span>{}</span>", line.html).into()));
        place.children.push(Node::Element(content));
        out.push(Node::Element(place));
    }
}

/// A length in pixels; 0 where there is none.
fn length(element: &Element<'_>, name: &str, size: f64) -> f64 {
    let Some(value) = element.attr(name) else { return 0.0 };
    let ems = value.strip_suffix("em").and_then(|ems| ems.trim().parse::<f64>().ok()).map(|ems| ems * size);
    ems.or_else(|| value.trim_end_matches("px").parse().ok()).unwrap_or(0.0)
}

/// Where the rules of a drawing anchor a text.
fn anchor_of(text: &Element<'_>, sheet: &str) -> Option<String> {
    let classes: Vec<String> = text.attr("class")?.split_ascii_whitespace().map(|class| format!(".{class}")).collect();
    let rules = sheet.split('}').filter_map(|rule| rule.rsplit_once('{'));
    let mut anchors = rules.filter(|(selectors, _)| {
        selectors.split(',').any(|selector| classes.iter().any(|class| selector.trim_end().ends_with(&**class)))
    });
    anchors.find_map(|(_, body)| colours::declared(body, "text-anchor").map(str::to_owned))
}

fn gather(
    nodes: &[Node<'_>],
    size: f64,
    inline: &LabelCharacters,
    open: &mut Vec<LabelMark>,
    lines: &mut Vec<LabelLine>,
) {
    for node in nodes {
        match node {
            Node::Text(text) => {
                let Some(line) = lines.last_mut() else { return };
                line.measured.push_str(&html::unescape(text));
                parts(text, inline, open, |part, style| {
                    let _ = match style {
                        "" => write!(line.html, "{part}"),
                        style => write!(line.html, "<span style=\"{style}\">{part}</span>"),
                    };
                });
            }
            Node::Element(element) => {
                if ["x", "y", "dy"].iter().any(|name| element.attr(name).is_some()) {
                    let (x, y) = lines.last().map_or((0.0, 0.0), |last| {
                        let is_shifted_anew = last.html.is_empty() && element.attr("dy").is_some();
                        (last.x, if is_shifted_anew { last.y - last.shift } else { last.y })
                    });
                    let shift = length(element, "dy", size);
                    lines.push(LabelLine {
                        x: if element.attr("x").is_some() { length(element, "x", size) } else { x },
                        y: if element.attr("y").is_some() { length(element, "y", size) } else { y } + shift,
                        shift,
                        ..LabelLine::default()
                    });
                }
                gather(&element.children, size, inline, open, lines);
            }
            Node::Other(_) => {}
        }
    }
}
