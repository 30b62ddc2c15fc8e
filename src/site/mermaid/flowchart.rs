//! `flowchart` and `graph`.

use super::{
    graph::{Edge, Graph, Group, Line, Node, Shape, Tip},
    layout::{Direction, End},
    lines::Source,
    style::Classes,
    text::Label,
};
use std::collections::HashMap;

/// Reads a flowchart. What cannot be read is an error that names the line.
pub(super) fn read(source: &Source<'_>) -> Result<Graph, String> {
    let mut reader = Reader::default();
    let direction = source.after_kind();
    reader.graph.direction = Direction::named(direction).unwrap_or_default();
    for statement in source.statements() {
        reader.statement(statement).ok_or_else(|| format!("`{statement}` cannot be read as a part of a flowchart"))?;
    }
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    graph: Graph,
    /// Nodes by name; groups take precedence once they are known.
    nodes: HashMap<String, usize>,
    groups: HashMap<String, usize>,
    open: Vec<usize>,
    classes: Classes,
}

impl Reader {
    fn statement(&mut self, statement: &str) -> Option<()> {
        let (word, rest) = statement.split_once(char::is_whitespace).unwrap_or((statement, ""));
        let rest = rest.trim();
        match word {
            "subgraph" => self.open_group(rest),
            "end" if rest.is_empty() => {
                self.open.pop();
            }
            "direction" if Direction::named(rest).is_some() => {
                if let Some(group) = self.open.last() {
                    self.graph.groups[*group].direction = Direction::named(rest);
                }
            }
            "classDef" => self.classes.define(rest),
            "class" => self.classes.apply(rest),
            "style" => self.classes.style(rest),
            "linkStyle" | "click" | "href" | "accTitle" | "accDescr" => {}
            _ => self.chain(statement)?,
        }
        Some(())
    }

    fn open_group(&mut self, text: &str) {
        let (id, title) = match text.find(['[', '"']) {
            Some(at) if text.as_bytes()[at] == b'[' => (text[..at].trim(), text[at + 1..].trim_end_matches(']')),
            Some(_) => (text.trim_matches('"'), text),
            None => (text, text),
        };
        let group = Group { label: Label::new(title), group: self.open.last().copied(), ..Group::default() };
        let at = self.graph.groups.len();
        self.groups.entry(id.to_owned()).or_insert(at);
        self.graph.groups.push(group);
        self.open.push(at);
    }

    /// `a --> b & c -- text --> d`
    fn chain(&mut self, statement: &str) -> Option<()> {
        let mut rest = statement.trim();
        let mut before = self.nodes(&mut rest)?;
        while !rest.is_empty() {
            let link = Link::read(&mut rest)?;
            let after = self.nodes(&mut rest)?;
            for from in &before {
                for to in &after {
                    let (from, to) = (self.nodes[from], self.nodes[to]);
                    self.graph.edges.push(Edge {
                        label: link.label.clone(),
                        line: link.line,
                        tips: link.tips,
                        length: link.length,
                        ..Edge::new(End::Node(from), End::Node(to))
                    });
                }
            }
            before = after;
        }
        Some(())
    }

    /// Nodes joined by `&`, with what they look like.
    fn nodes(&mut self, rest: &mut &str) -> Option<Vec<String>> {
        let mut found = Vec::new();
        loop {
            found.push(self.node(rest)?);
            match rest.strip_prefix('&') {
                Some(next) => *rest = next.trim_start(),
                None => return Some(found),
            }
        }
    }

    fn node(&mut self, rest: &mut &str) -> Option<String> {
        let id = take_id(rest);
        if id.is_empty() {
            return None;
        }
        let at = *self.nodes.entry(id.to_owned()).or_insert_with(|| {
            self.graph.nodes.push(Node { label: Label::new(id), ..Node::default() });
            self.graph.nodes.len() - 1
        });
        if let Some(group) = self.open.last() {
            self.graph.nodes[at].group.get_or_insert(*group);
        }
        if let Some(attributes) = rest.strip_prefix("@{") {
            let end = attributes.find('}')?;
            attribute_list(&mut self.graph.nodes[at], &attributes[..end]);
            *rest = &attributes[end + 1..];
        } else if let Some((shape, text, length)) = shape(rest) {
            self.graph.nodes[at].shape = shape;
            self.graph.nodes[at].label = Label::new(text);
            *rest = &rest[length..];
        }
        if let Some(class) = rest.strip_prefix(":::") {
            let length = class.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(class.len());
            self.classes.add(id, &class[..length]);
            *rest = &class[length..];
        }
        *rest = rest.trim_start();
        Some(id.to_owned())
    }

    /// What was taken for a node may have been a group.
    fn finish(mut self) -> Graph {
        let mut group_of = HashMap::new();
        for (id, node) in &self.nodes {
            if let Some(group) = self.groups.get(id) {
                group_of.insert(*node, *group);
            }
        }
        for (id, node) in &self.nodes {
            self.graph.nodes[*node].style = self.classes.of(id);
        }
        for (id, group) in &self.groups {
            self.graph.groups[*group].style = self.classes.of(id);
        }
        super::merge(&mut self.graph, &group_of);
        self.graph
    }
}

/// A node's name: letters, digits, `_`, and single `-` or `.` between them.
fn take_id<'a>(rest: &mut &'a str) -> &'a str {
    let text = *rest;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let next = text[at + c.len_utf8()..].chars().next();
        let joint = matches!(c, '-' | '.') && at > 0 && next.is_some_and(char::is_alphanumeric) && !links(&text[at..]);
        if !(c.is_alphanumeric() || matches!(c, '_' | '$' | '/' | '*' | '#' | '+' | '\'') || joint) {
            break;
        }
        end = at + c.len_utf8();
    }
    *rest = &text[end..];
    // `A o--o B`: the blank decides, not the letter.
    &text[..end]
}

fn links(text: &str) -> bool {
    text.starts_with("--") || text.starts_with("-.") || text.starts_with("==")
}

/// The outline that brackets mean, what is in them, and how long they are.
fn shape(text: &str) -> Option<(Shape, &str, usize)> {
    const SHAPES: [(&str, &str, Shape); 14] = [
        ("(((", ")))", Shape::DoubleCircle),
        ("((", "))", Shape::Circle),
        ("([", "])", Shape::Stadium),
        ("[[", "]]", Shape::Subroutine),
        ("[(", ")]", Shape::Cylinder),
        ("[/", "/]", Shape::LeanRight),
        ("[/", "\\]", Shape::Trapezoid),
        ("[\\", "\\]", Shape::LeanLeft),
        ("[\\", "/]", Shape::TrapezoidUp),
        ("{{", "}}", Shape::Hexagon),
        ("[", "]", Shape::Box),
        ("(", ")", Shape::Round),
        ("{", "}", Shape::Diamond),
        (">", "]", Shape::Flag),
    ];
    for (open, close, shape) in SHAPES {
        let Some(inside) = text.strip_prefix(open) else { continue };
        let from = quoted(inside);
        let Some(end) = inside[from..].find(close).map(|at| from + at) else { continue };
        // `[/a\]` and `[/a/]` differ in their end only: the first bracket that closes decides.
        if matches!(shape, Shape::LeanRight | Shape::LeanLeft) && inside[from..end].contains(']') {
            continue;
        }
        return Some((shape, &inside[..end], open.len() + end + close.len()));
    }
    None
}

/// How long the quoted text is that this begins with.
fn quoted(text: &str) -> usize {
    let trimmed = text.trim_start();
    let skipped = text.len() - trimmed.len();
    trimmed.strip_prefix('"').and_then(|rest| rest.find('"')).map_or(0, |end| skipped + end + 2)
}

/// `@{ shape: diamond, label: "x" }`
fn attribute_list(node: &mut Node, list: &str) {
    for (key, value) in list.split(',').filter_map(|pair| pair.split_once(':')) {
        let value = value.trim();
        match key.trim() {
            "label" => node.label = Label::new(value),
            "shape" => {
                node.shape = match value.trim_matches('"') {
                    "rounded" | "event" => Shape::Round,
                    "stadium" | "terminal" | "pill" => Shape::Stadium,
                    "subproc" | "subprocess" | "subroutine" | "fr-rect" | "framed-rectangle" => Shape::Subroutine,
                    "cyl" | "cylinder" | "database" | "db" | "das" | "h-cyl" | "disk" | "lin-cyl" => Shape::Cylinder,
                    "circle" | "circ" => Shape::Circle,
                    "dbl-circ" | "double-circle" => Shape::DoubleCircle,
                    "diamond" | "diam" | "decision" | "question" => Shape::Diamond,
                    "hex" | "hexagon" | "prepare" => Shape::Hexagon,
                    "odd" => Shape::Flag,
                    "lean-r" | "lean-right" | "in-out" => Shape::LeanRight,
                    "lean-l" | "lean-left" | "out-in" => Shape::LeanLeft,
                    "trap-b" | "trapezoid" | "priority" => Shape::Trapezoid,
                    "trap-t" | "inv-trapezoid" | "manual" => Shape::TrapezoidUp,
                    "start" | "sm-circ" | "small-circle" => Shape::Start,
                    "stop" | "fr-circ" | "framed-circle" => Shape::Stop,
                    "fork" | "join" => Shape::Bar,
                    "text" => Shape::Text,
                    "comment" | "brace" | "note" => Shape::Note,
                    _ => Shape::Box,
                };
            }
            _ => {}
        }
    }
}

struct Link {
    label: Label,
    line: Line,
    tips: (Tip, Tip),
    length: usize,
}

impl Link {
    /// `-->`, `-.->`, `==>`, `o--x`, `~~~`, with text in or after it.
    fn read(rest: &mut &str) -> Option<Self> {
        let mut text = rest.trim_start();
        // `e1@-->` names an edge.
        if let Some((id, after)) = text.split_once('@')
            && !id.is_empty()
            && id.chars().all(char::is_alphanumeric)
        {
            text = after;
        }
        let tip = |c: char| match c {
            '<' | '>' => Some(Tip::Arrow),
            'o' => Some(Tip::Circle),
            'x' => Some(Tip::Cross),
            _ => None,
        };
        let first = text.chars().next()?;
        let back = tip(first).filter(|_| links(&text[1..]));
        if back.is_some() {
            text = &text[1..];
        }
        if text.starts_with("~~~") {
            let bare = text.trim_start_matches('~');
            let length = (text.len() - bare.len()).saturating_sub(2);
            *rest = bare.trim_start();
            return Some(Self { label: Label::default(), line: Line::Hidden, tips: (Tip::None, Tip::None), length });
        }
        let (line, body) = [(Line::Dashed, "-."), (Line::Thick, "=="), (Line::Solid, "--")]
            .into_iter()
            .find(|(_, open)| text.starts_with(open))?;
        let (marks, after) = stroke(text, line);
        let ends = after.chars().next().and_then(|c| tip(c).filter(|_| c != '<')).filter(|_| {
            // `a --x b` ends in a cross, `a --xyz` does not.
            after.starts_with('>') || after[1..].starts_with([' ', '|']) || after.len() == 1
        });
        let closed = ends.is_some() || (marks >= if line == Line::Dashed { 3 } else { body.len() + 1 });
        let (tip_at_end, marks, label, after) = if closed {
            let after = &after[usize::from(ends.is_some())..];
            let (label, after) = bar_label(after);
            (ends, marks, label, after)
        } else {
            inner_label(&text[marks..], line, tip)?
        };
        let length = match line {
            Line::Dashed => marks.saturating_sub(2),
            _ => marks.saturating_sub(if tip_at_end.is_some() { 1 } else { 2 }),
        };
        *rest = after.trim_start();
        let tips = (back.unwrap_or(Tip::None), tip_at_end.unwrap_or(Tip::None));
        Some(Self { label, line, tips, length: length.clamp(1, 8) })
    }
}

/// How long the strokes of a link are that this begins with, and what follows.
fn stroke(text: &str, line: Line) -> (usize, &str) {
    let length = match line {
        Line::Dashed => {
            let dots = text[1..].len() - text[1..].trim_start_matches('.').len();
            1 + dots + usize::from(text[1 + dots..].starts_with('-'))
        }
        Line::Thick => text.len() - text.trim_start_matches('=').len(),
        _ => text.len() - text.trim_start_matches('-').len(),
    };
    (length, &text[length..])
}

/// `|text|` after a link.
fn bar_label(after: &str) -> (Label, &str) {
    let trimmed = after.trim_start();
    let Some(inside) = trimmed.strip_prefix('|') else { return (Label::default(), after) };
    match inside.find('|') {
        Some(end) => (Label::new(&inside[..end]), &inside[end + 1..]),
        None => (Label::default(), after),
    }
}

type Inner<'a> = (Option<Tip>, usize, Label, &'a str);

/// `text -->` after `--`.
fn inner_label(text: &str, line: Line, tip: impl Fn(char) -> Option<Tip>) -> Option<Inner<'_>> {
    let mark = match line {
        Line::Dashed => ".-",
        Line::Thick => "==",
        _ => "--",
    };
    let from = quoted(text);
    let at = from + text[from..].find(mark)?;
    let strokes = &text[at..];
    let length = strokes.len()
        - strokes.trim_start_matches(if line == Line::Thick { &['='][..] } else { &['-', '.'][..] }).len();
    let after = &strokes[length..];
    let end = after.chars().next().and_then(|c| tip(c).filter(|_| c != '<'));
    let end = end.filter(|_| after.starts_with('>') || after.len() == 1 || after[1..].starts_with(' '));
    let marks = if line == Line::Dashed { length + 1 } else { length };
    Some((end, marks, Label::new(&text[..at]), &after[usize::from(end.is_some())..]))
}
