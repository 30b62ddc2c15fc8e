//! Writing SVG: shapes with classes, numbers with one decimal.

use super::text::{LINE, Label};
use crate::site::html::escape;
use std::fmt::Write as _;

/// How much room there is around a diagram.
const MARGIN: f64 = 8.0;

/// More of them would be heard by nobody.
const MAX_SPOKEN: usize = 300;

/// A drawing: it grows to hold what is put on it.
pub(super) struct Canvas {
    body: String,
    least: (f64, f64),
    most: (f64, f64),
    /// What is written on it, for those who hear it.
    spoken: Vec<String>,
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    pub(super) const fn new() -> Self {
        Self {
            body: String::new(),
            least: (f64::INFINITY, f64::INFINITY),
            most: (f64::NEG_INFINITY, f64::NEG_INFINITY),
            spoken: Vec::new(),
        }
    }

    /// Makes room for a rectangle.
    pub(super) const fn cover(&mut self, x: f64, y: f64, width: f64, height: f64) {
        self.least = (self.least.0.min(x), self.least.1.min(y));
        self.most = (self.most.0.max(x + width), self.most.1.max(y + height));
    }

    pub(super) fn speak(&mut self, text: String) {
        if !text.is_empty() {
            self.spoken.push(text);
        }
    }

    pub(super) fn rect(&mut self, class: &str, style: &str, at: (f64, f64), size: (f64, f64), round: f64) {
        self.cover(at.0, at.1, size.0, size.1);
        let (x, y, w, h) = (num(at.0), num(at.1), num(size.0), num(size.1));
        let round = if round > 0.0 { format!(" rx=\"{}\"", num(round)) } else { String::new() };
        let _ = write!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{round}{style}/>"
        );
    }

    pub(super) fn circle(&mut self, class: &str, style: &str, center: (f64, f64), radius: f64) {
        self.cover(center.0 - radius, center.1 - radius, radius * 2.0, radius * 2.0);
        let _ = write!(
            self.body,
            "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"{style}/>",
            num(center.0),
            num(center.1),
            num(radius)
        );
    }

    pub(super) fn polygon(&mut self, class: &str, style: &str, points: &[(f64, f64)]) {
        self.body.push_str("<path class=\"");
        self.body.push_str(class);
        self.body.push_str("\" d=\"");
        for (at, (x, y)) in points.iter().enumerate() {
            self.cover(*x, *y, 0.0, 0.0);
            let _ = write!(self.body, "{}{} {}", if at == 0 { 'M' } else { 'L' }, num(*x), num(*y));
        }
        let _ = write!(self.body, "Z\"{style}/>");
    }

    /// A path whose data the caller wrote; `points` are those that it must have room for.
    pub(super) fn path(&mut self, class: &str, style: &str, data: &str, points: &[(f64, f64)]) {
        for (x, y) in points {
            self.cover(*x, *y, 0.0, 0.0);
        }
        let _ = write!(self.body, "<path class=\"{class}\" d=\"{data}\"{style}/>");
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let data = format!("M{} {}L{} {}", num(from.0), num(from.1), num(to.0), num(to.1));
        self.path(class, "", &data, &[from, to]);
    }

    /// One line of text; `at` is on its middle line.
    pub(super) fn text(&mut self, class: &str, style: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let width = super::text::width(text);
        let from = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        self.cover(from, at.1 - LINE / 2.0, width, LINE);
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "",
            Anchor::End => "end",
        };
        let class = [anchor, class].join(" ");
        let class = match class.trim() {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        // Letters stand a third of their size below the middle.
        let _ = write!(
            self.body,
            "<text{class} x=\"{}\" y=\"{}\"{style}>{}</text>",
            num(at.0),
            num(at.1 + 4.9),
            escape(text)
        );
    }

    /// Lines around a middle point.
    pub(super) fn label(&mut self, class: &str, style: &str, center: (f64, f64), label: &Label) {
        let mut y = center.1 - label.height / 2.0 + LINE / 2.0;
        for line in &label.lines {
            self.text(class, style, (center.0, y), Anchor::Middle, line);
            y += LINE;
        }
    }

    /// A label that hides the line below it.
    pub(super) fn label_on_line(&mut self, center: (f64, f64), label: &Label) {
        if label.is_empty() {
            return;
        }
        let (w, h) = (label.width + 8.0, label.height);
        self.rect("behind", "", (center.0 - w / 2.0, center.1 - h / 2.0), (w, h), 3.0);
        self.label("", "", center, label);
    }

    /// The drawing as an element, named for those who do not see it.
    pub(super) fn finish(self, kind: &str, title: Option<&str>, description: Option<&str>) -> String {
        let (x, y) = (self.least.0.min(self.most.0) - MARGIN, self.least.1.min(self.most.1) - MARGIN);
        let (w, h) = (self.most.0 - x + MARGIN, self.most.1 - y + MARGIN);
        let (x, y, w, h) = if w.is_finite() && h.is_finite() { (x, y, w, h) } else { (0.0, 0.0, 16.0, 16.0) };
        let mut name = title.map_or_else(|| kind.to_owned(), |title| format!("{kind}: {title}"));
        if let Some(description) = description {
            name = format!("{name}. {description}");
        } else if title.is_none() && !self.spoken.is_empty() {
            name.push_str(": ");
            for (at, text) in self.spoken.iter().enumerate() {
                if name.len() + text.len() > MAX_SPOKEN {
                    name.push_str(", …");
                    break;
                }
                name.push_str(if at > 0 { ", " } else { "" });
                name.push_str(text);
            }
        }
        format!(
            "<svg class=\"pmx-mermaid-svg\" role=\"img\" aria-label=\"{}\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" \
             height=\"{}\" viewBox=\"{} {} {} {}\">{}</svg>",
            escape(&name),
            num(w.ceil()),
            num(h.ceil()),
            num(x),
            num(y),
            num(w.ceil()),
            num(h.ceil()),
            self.body
        )
    }
}

/// A number as short as one decimal allows.
pub(super) fn num(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // No minus before zero.
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}
