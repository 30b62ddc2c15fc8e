//! Diagrams made of things and lines between them: what they look like.

use super::{
    layout::{self, Direction, End, Input, Placed, Route},
    shapes,
    svg::{Anchor, Canvas, num},
    text::{LINE, Label},
};
use std::collections::HashMap;

/// A diagram that `layout` can place.
#[derive(Default)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    pub groups: Vec<Group>,
    pub edges: Vec<Edge>,
    pub direction: Direction,
}

#[derive(Default)]
pub(super) struct Node {
    pub label: Label,
    pub shape: Shape,
    pub group: Option<usize>,
    pub style: Style,
    /// Below the label, parted by lines: the members of a class, the columns of a table.
    pub parts: Vec<Vec<String>>,
}

#[derive(Default)]
pub(super) struct Group {
    pub label: Label,
    pub group: Option<usize>,
    pub direction: Option<Direction>,
    pub style: Style,
}

pub(super) struct Edge {
    pub from: End,
    pub to: End,
    pub label: Label,
    pub line: Line,
    pub tips: (Tip, Tip),
    /// What stands beside its beginning and its end.
    pub ends: (String, String),
    pub length: usize,
}

/// Colours that the author chose, checked.
#[derive(Clone, Debug, Default)]
pub(super) struct Style {
    pub fill: Option<String>,
    pub stroke: Option<String>,
    pub color: Option<String>,
    pub dashed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    #[default]
    Box,
    Round,
    Stadium,
    Subroutine,
    Cylinder,
    Circle,
    DoubleCircle,
    Diamond,
    Hexagon,
    Flag,
    LeanRight,
    LeanLeft,
    Trapezoid,
    TrapezoidUp,
    Note,
    /// Where states begin and end, and bars that part and join them.
    Start,
    Stop,
    Bar,
    /// Only the text.
    Text,
    /// A heading and its parts.
    Card,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Line {
    #[default]
    Solid,
    Dashed,
    Thick,
    Hidden,
}

/// What stands at the end of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tip {
    #[default]
    None,
    Arrow,
    Open,
    Circle,
    Cross,
    Triangle,
    Diamond,
    DiamondFilled,
    /// How many: one, none or one, one or more, none or more.
    One,
    MaybeOne,
    Many,
    MaybeMany,
}

impl Edge {
    pub(super) fn new(from: End, to: End) -> Self {
        Self {
            from,
            to,
            label: Label::default(),
            line: Line::Solid,
            tips: (Tip::None, Tip::Arrow),
            ends: (String::new(), String::new()),
            length: 1,
        }
    }
}

impl Graph {
    /// Places everything and draws it.
    pub(super) fn draw(self, canvas: &mut Canvas) -> Result<(), String> {
        if self.nodes.is_empty() && self.groups.is_empty() {
            return Err("the diagram has nothing in it".to_owned());
        }
        let placed = layout::place(&self.input())?;
        for (group, (corner, size)) in self.groups.iter().zip(&placed.groups) {
            canvas.rect("group", &group.style.of_shape(), *corner, *size, 6.0);
            canvas.speak(group.label.text());
        }
        for (edge, route) in self.edges.iter().zip(&placed.edges) {
            if let Some(route) = route {
                draw_edge(canvas, edge, route);
            } else if let (End::Node(node), true) = (edge.from, edge.from == edge.to) {
                self.draw_loop(canvas, edge, node, &placed);
            }
        }
        // At the side of its group, where fewer lines pass than in the middle.
        for (group, (corner, _)) in self.groups.iter().zip(&placed.groups) {
            let at = (corner.0 + 14.0 + group.label.width / 2.0, corner.1 + group.label.height / 2.0 + 7.0);
            canvas.label("strong", &group.style.of_text(), at, &group.label);
        }
        for (node, center) in self.nodes.iter().zip(&placed.nodes) {
            shapes::draw(canvas, node, *center, self.direction);
            canvas.speak(node.label.text());
        }
        // Above the lines and what they cross.
        for (edge, route) in self.edges.iter().zip(&placed.edges) {
            if let Some(route) = route.as_ref().filter(|_| edge.line != Line::Hidden) {
                canvas.label_on_line(route.label, &edge.label);
            }
        }
        Ok(())
    }

    fn input(&self) -> Input {
        let mut beside = HashMap::new();
        for edge in &self.edges {
            if let (End::Node(node), true) = (edge.from, edge.from == edge.to) {
                beside.insert(
                    node,
                    44.0 + if self.direction.is_vertical() { edge.label.width } else { edge.label.height },
                );
            }
        }
        let node = |(at, node): (usize, &Node)| layout::Node {
            size: node.size(self.direction),
            beside: beside.get(&at).copied().unwrap_or(0.0),
            group: node.group,
        };
        let group = |group: &Group| layout::Group {
            group: group.group,
            title: (group.label.width, group.label.height),
            direction: group.direction,
        };
        // Between the same two things, the second line needs a place of its own to pass.
        let mut pairs = HashMap::new();
        let mut edges = Vec::new();
        for edge in &self.edges {
            let key = |end: End| match end {
                End::Node(at) => (0, at),
                End::Group(at) => (1, at),
            };
            let count = pairs.entry((key(edge.from).min(key(edge.to)), key(edge.from).max(key(edge.to)))).or_insert(0);
            *count += 1;
            let room = usize::from(!edge.ends.0.is_empty()) + usize::from(!edge.ends.1.is_empty());
            let length = edge.length.max(usize::from(*count > 1) + 1).max(2 * usize::from(room > 0) + 1);
            let label =
                if edge.label.is_empty() { (0.0, 0.0) } else { (edge.label.width + 12.0, edge.label.height + 2.0) };
            edges.push(layout::Edge { from: edge.from, to: edge.to, label, length });
        }
        Input {
            nodes: self.nodes.iter().enumerate().map(node).collect(),
            groups: self.groups.iter().map(group).collect(),
            edges,
            direction: self.direction,
        }
    }

    /// From a node back to itself, at its side.
    fn draw_loop(&self, canvas: &mut Canvas, edge: &Edge, node: usize, placed: &Placed) {
        let (x, y) = placed.nodes[node];
        let (w, h) = self.nodes[node].size(self.direction);
        let out = 40.0;
        let (a, b, control, label) = if self.direction.is_vertical() {
            let (x, dy) = (x + w / 2.0, (h / 4.0).min(12.0));
            let middle = (x + out * 0.75 + 6.0 + edge.label.width / 2.0, y);
            ((x, y - dy), (x, y + dy), [(x + out, y - dy * 2.0), (x + out, y + dy * 2.0)], middle)
        } else {
            let (y, dx) = (y + h / 2.0, (w / 4.0).min(12.0));
            let middle = (x, y + out * 0.75 + 4.0 + edge.label.height / 2.0);
            ((x - dx, y), (x + dx, y), [(x - dx * 2.0, y + out), (x + dx * 2.0, y + out)], middle)
        };
        let data = format!(
            "M{} {}C{} {} {} {} {} {}",
            num(a.0),
            num(a.1),
            num(control[0].0),
            num(control[0].1),
            num(control[1].0),
            num(control[1].1),
            num(b.0),
            num(b.1)
        );
        canvas.path(edge.line.class(), "", &data, &[a, b, control[0], control[1]]);
        draw_tip(canvas, edge.tips.1, b, unit(control[1], b));
        canvas.label_on_line(label, &edge.label);
    }
}

impl Line {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Solid | Self::Hidden => "line",
            Self::Dashed => "line dashed",
            Self::Thick => "line thick",
        }
    }
}

impl Style {
    /// The attribute for a shape.
    pub(super) fn of_shape(&self) -> String {
        let mut style = String::new();
        for (name, value) in [("fill", &self.fill), ("stroke", &self.stroke)] {
            if let Some(value) = value {
                style = format!("{style}{name}:{value};");
            }
        }
        if self.dashed {
            style.push_str("stroke-dasharray:5 4;");
        }
        if style.is_empty() { style } else { format!(" style=\"{}\"", style.trim_end_matches(';')) }
    }

    /// The attribute for the text on it.
    pub(super) fn of_text(&self) -> String {
        self.color.as_ref().map(|color| format!(" style=\"fill:{color}\"")).unwrap_or_default()
    }
}

impl Node {
    /// Its size on screen.
    pub(super) fn size(&self, direction: Direction) -> (f64, f64) {
        let (w, h) = (self.label.width, self.label.height.max(LINE));
        match self.shape {
            Shape::Box | Shape::Round | Shape::Note => (w + 30.0, h + 20.0),
            Shape::Stadium => (w + 36.0, h + 18.0),
            Shape::Subroutine => (w + 46.0, h + 20.0),
            Shape::Cylinder => (w + 30.0, h + 36.0),
            Shape::Circle => square((w * w + h * h).sqrt() + 12.0),
            Shape::DoubleCircle => square((w * w + h * h).sqrt() + 24.0),
            Shape::Diamond => (w + h + 32.0, (w + h) * 0.62 + 30.0),
            Shape::Hexagon => (w + 48.0, h + 20.0),
            Shape::Flag => (w + 44.0, h + 20.0),
            Shape::LeanRight | Shape::LeanLeft | Shape::Trapezoid | Shape::TrapezoidUp => (w + 60.0, h + 20.0),
            Shape::Start | Shape::Stop => (18.0, 18.0),
            Shape::Bar if direction.is_vertical() => (72.0, 7.0),
            Shape::Bar => (7.0, 72.0),
            Shape::Text => (w + 8.0, h + 4.0),
            Shape::Card => {
                let widest = self.parts.iter().flatten().map(|line| super::text::width(line)).fold(w, f64::max);
                let rows = |part: &Vec<String>| 10.0 + LINE * f64::from(u16::try_from(part.len()).unwrap_or(u16::MAX));
                (widest + 28.0, h + 14.0 + self.parts.iter().map(rows).sum::<f64>())
            }
        }
    }
}

const fn square(side: f64) -> (f64, f64) {
    (side, side)
}

fn unit(from: (f64, f64), to: (f64, f64)) -> (f64, f64) {
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    let length = x.hypot(y);
    if length > 0.0 { (x / length, y / length) } else { (0.0, 1.0) }
}

/// How much of the line its tip takes.
const fn reach(tip: Tip) -> f64 {
    match tip {
        Tip::Arrow => 7.0,
        Tip::Triangle => 13.0,
        Tip::Diamond | Tip::DiamondFilled => 18.0,
        Tip::Circle => 8.0,
        _ => 0.0,
    }
}

fn draw_edge(canvas: &mut Canvas, edge: &Edge, route: &Route) {
    if edge.line == Line::Hidden || route.points.len() < 2 {
        return;
    }
    let mut points = route.points.clone();
    let last = points.len() - 1;
    // Curves begin and end along the layout, so a tip points along it.
    let along = |from: (f64, f64), to: (f64, f64)| {
        if route.vertical { (0.0, (to.1 - from.1).signum()) } else { ((to.0 - from.0).signum(), 0.0) }
    };
    let (head, tail) = (along(points[last - 1], points[last]), along(points[1], points[0]));
    let (to, from) = (points[last], points[0]);
    let back = |point: (f64, f64), to: (f64, f64), by: f64| (point.0 - to.0 * by, point.1 - to.1 * by);
    points[last] = back(to, head, reach(edge.tips.1));
    points[0] = back(from, tail, reach(edge.tips.0));
    let mut data = format!("M{} {}", num(points[0].0), num(points[0].1));
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let straight = if route.vertical { (x0 - x1).abs() < 0.5 } else { (y0 - y1).abs() < 0.5 };
        data.push_str(&if straight {
            format!("L{} {}", num(x1), num(y1))
        } else if route.vertical {
            let y = num(f64::midpoint(y0, y1));
            format!("C{} {y} {} {y} {} {}", num(x0), num(x1), num(x1), num(y1))
        } else {
            let x = num(f64::midpoint(x0, x1));
            format!("C{x} {} {x} {} {} {}", num(y0), num(y1), num(x1), num(y1))
        });
    }
    canvas.path(edge.line.class(), "", &data, &points);
    draw_tip(canvas, edge.tips.1, to, head);
    draw_tip(canvas, edge.tips.0, from, tail);
    for (text, at, towards) in [(&edge.ends.0, from, tail), (&edge.ends.1, to, head)] {
        if !text.is_empty() {
            let away = back(at, towards, 22.0);
            let (x, anchor) = if route.vertical { (away.0 + 8.0, Anchor::Start) } else { (away.0, Anchor::Middle) };
            canvas.text("small", "", (x, if route.vertical { away.1 } else { away.1 - 11.0 }), anchor, text);
        }
    }
}

/// Draws what stands at a point, looking in a direction.
pub(super) fn draw_tip(canvas: &mut Canvas, tip: Tip, at: (f64, f64), to: (f64, f64)) {
    let point = |back: f64, side: f64| (at.0 - to.0 * back - to.1 * side, at.1 - to.1 * back + to.0 * side);
    let stroke = |canvas: &mut Canvas, from: (f64, f64), to: (f64, f64)| canvas.line("line", from, to);
    match tip {
        Tip::None => {}
        Tip::Arrow => canvas.polygon("tip", "", &[at, point(9.0, 4.5), point(9.0, -4.5)]),
        Tip::Open => {
            stroke(canvas, at, point(9.0, 5.0));
            stroke(canvas, at, point(9.0, -5.0));
        }
        Tip::Circle => canvas.circle("hollow", "", point(4.5, 0.0), 4.0),
        Tip::Cross => {
            stroke(canvas, point(4.0, 5.0), point(12.0, -5.0));
            stroke(canvas, point(4.0, -5.0), point(12.0, 5.0));
        }
        Tip::Triangle => canvas.polygon("hollow", "", &[at, point(14.0, 7.0), point(14.0, -7.0)]),
        Tip::Diamond => canvas.polygon("hollow", "", &[at, point(9.0, 5.5), point(18.0, 0.0), point(9.0, -5.5)]),
        Tip::DiamondFilled => canvas.polygon("tip", "", &[at, point(9.0, 5.5), point(18.0, 0.0), point(9.0, -5.5)]),
        Tip::One => {
            stroke(canvas, point(6.0, 6.0), point(6.0, -6.0));
            stroke(canvas, point(11.0, 6.0), point(11.0, -6.0));
        }
        Tip::MaybeOne => {
            stroke(canvas, point(6.0, 6.0), point(6.0, -6.0));
            canvas.circle("hollow", "", point(14.0, 0.0), 4.5);
        }
        Tip::Many | Tip::MaybeMany => {
            stroke(canvas, point(12.0, 0.0), point(0.0, 7.0));
            stroke(canvas, point(12.0, 0.0), point(0.0, -7.0));
            if tip == Tip::Many {
                stroke(canvas, point(14.0, 6.0), point(14.0, -6.0));
            } else {
                canvas.circle("hollow", "", point(17.0, 0.0), 4.5);
            }
        }
    }
}
