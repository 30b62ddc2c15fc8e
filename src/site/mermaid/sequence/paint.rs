//! Drawing a sequence: rows are placed from top to bottom, then everything is drawn from the back to the front.

use super::{
    columns::{BAR, width},
    read::{Event, Person, Sequence, Side},
};
use crate::site::mermaid::{
    graph::{Line, Tip, draw_tip},
    svg::{Anchor, Canvas, num},
    text::{LINE, Label},
};

/// How high a message to oneself is.
const LOOP: f64 = 24.0;

/// A part of the picture with its place.
enum Part<'a> {
    Message { from: f64, to: f64, y: f64, label: &'a Label, line: Line, tips: (Tip, Tip) },
    Own { x: f64, y: f64, label: &'a Label, line: Line, tip: Tip },
    Note { left: f64, y: f64, size: (f64, f64), label: &'a Label },
    Title { left: f64, y: f64, kind: &'static str, label: &'a Label },
}

struct Frame<'a> {
    kind: &'static str,
    label: &'a Label,
    top: f64,
    /// The columns that it reaches over, and how many frames are inside.
    from: f64,
    to: f64,
    inner: u8,
    dividers: Vec<(f64, &'a Label)>,
}

struct Stage<'a> {
    columns: &'a [f64],
    y: f64,
    parts: Vec<Part<'a>>,
    open: Vec<Frame<'a>>,
    closed: Vec<(Frame<'a>, f64)>,
    /// For everybody, since when they are at work, how often over.
    working: Vec<Vec<f64>>,
    bars: Vec<(f64, f64, f64)>,
}

/// Draws a sequence.
pub(super) fn paint(sequence: &Sequence, columns: &[f64], canvas: &mut Canvas) {
    let head = sequence.people.iter().map(height).fold(0.0, f64::max);
    let mut stage = Stage {
        columns,
        y: head + 12.0,
        parts: Vec::new(),
        open: Vec::new(),
        closed: Vec::new(),
        working: vec![Vec::new(); sequence.people.len()],
        bars: Vec::new(),
    };
    for event in &sequence.events {
        stage.event(event);
    }
    for person in 0..columns.len() {
        while !stage.working[person].is_empty() {
            stage.rest(person);
        }
    }
    let bottom = stage.y + 14.0;
    if let Some(title) = &sequence.title {
        let middle = f64::midpoint(columns[0], columns[columns.len() - 1]);
        canvas.text("title", "", (middle, -22.0), Anchor::Middle, title);
    }
    for (frame, end) in stage.closed.iter().filter(|(frame, _)| frame.kind == "rect") {
        let (left, size) = frame.place(*end);
        canvas.rect("group", "", (left, frame.top), size, 3.0);
    }
    for (person, x) in sequence.people.iter().zip(columns) {
        canvas.line("hair", (*x, height(person)), (*x, bottom));
        canvas.speak(person.label.text());
    }
    for (x, from, to) in &stage.bars {
        canvas.rect("node", "", (*x, *from), (BAR, (to - from).max(4.0)), 2.0);
    }
    for (frame, end) in &stage.closed {
        frame.draw(*end, canvas);
    }
    for part in &stage.parts {
        part.draw(canvas);
    }
    for (person, x) in sequence.people.iter().zip(columns) {
        draw_person(canvas, person, *x, 0.0, head);
        draw_person(canvas, person, *x, bottom, 0.0);
    }
}

fn height(person: &Person) -> f64 {
    person.label.height + if person.actor { 44.0 } else { 20.0 }
}

/// Somebody, standing on a line if there is one, else hanging from `y`.
fn draw_person(canvas: &mut Canvas, person: &Person, x: f64, y: f64, line: f64) {
    let high = height(person);
    let top = if line > 0.0 { y + line - high } else { y };
    if !person.actor {
        let wide = width(&person.label);
        canvas.rect("node", "", (x - wide / 2.0, top), (wide, high), 4.0);
        return canvas.label("", "", (x, top + high / 2.0), &person.label);
    }
    canvas.circle("node", "", (x, top + 8.0), 7.0);
    let (neck, hip) = (top + 15.0, top + 28.0);
    let data = format!(
        "M{x} {n}V{h}M{l} {a}H{r}M{x} {h}L{l} {f}M{x} {h}L{r} {f}",
        x = num(x),
        n = num(neck),
        h = num(hip),
        l = num(x - 10.0),
        r = num(x + 10.0),
        a = num(neck + 4.0),
        f = num(hip + 10.0),
    );
    canvas.path("line", "", &data, &[]);
    canvas.label("", "", (x, top + high - person.label.height / 2.0 - 2.0), &person.label);
}

impl<'a> Stage<'a> {
    fn event(&mut self, event: &'a Event) {
        match event {
            Event::Message { from, to, label, line, tips } if from == to => {
                let x = self.columns[*from] + self.edge(*from, true);
                self.touch(self.columns[*from], self.columns[*from] + label.width + 44.0);
                self.y += 8.0 + (label.height - LOOP).max(0.0) / 2.0;
                self.parts.push(Part::Own { x, y: self.y, label, line: *line, tip: tips.1 });
                self.y += LOOP.max(f64::midpoint(label.height, LOOP)) + 8.0;
            }
            Event::Message { from, to, label, line, tips } => {
                let (a, b) = (self.columns[*from], self.columns[*to]);
                self.touch(a.min(b), a.max(b));
                self.y += label.height + 10.0;
                let right = a < b;
                let (a, b) = (a + self.edge(*from, right), b + self.edge(*to, !right));
                self.parts.push(Part::Message { from: a, to: b, y: self.y, label, line: *line, tips: *tips });
                self.y += 10.0;
            }
            Event::Note { from, to, side, label } => {
                let size = (label.width + 20.0, label.height + 12.0);
                let (a, b) = (self.columns[*from], self.columns[*to]);
                let (left, wide) = match side {
                    Side::Left => (a - 12.0 - size.0, size.0),
                    Side::Right => (b + 12.0, size.0),
                    Side::Over if from == to => (a - size.0 / 2.0, size.0),
                    Side::Over => {
                        let wide = size.0.max(b - a + 40.0);
                        (f64::midpoint(a, b) - wide / 2.0, wide)
                    }
                };
                self.touch(left, left + wide);
                self.y += 8.0;
                self.parts.push(Part::Note { left, y: self.y, size: (wide, size.1), label });
                self.y += size.1 + 4.0;
            }
            Event::Begin(person) => {
                let since = self.y - 10.0;
                self.working[*person].push(since);
            }
            Event::End(person) => self.rest(*person),
            Event::Open { kind, label } => {
                self.y += 10.0;
                let frame = Frame {
                    kind,
                    label,
                    top: self.y,
                    from: f64::INFINITY,
                    to: f64::NEG_INFINITY,
                    inner: 0,
                    dividers: Vec::new(),
                };
                self.open.push(frame);
                self.y += if *kind == "rect" { 4.0 } else { 22.0 };
            }
            Event::Divide(label) => {
                self.y += 8.0;
                let y = self.y;
                if let Some(frame) = self.open.last_mut() {
                    frame.dividers.push((y, label));
                    self.y += LINE;
                }
            }
            Event::Close => self.close(),
        }
    }

    fn close(&mut self) {
        let Some(mut frame) = self.open.pop() else { return };
        if frame.from > frame.to {
            frame.from = self.columns[0];
            frame.to = self.columns[self.columns.len() - 1];
        }
        let heading = frame.label.width + 84.0;
        frame.to = frame.to.max(frame.from + heading - 2.0 * frame.margin());
        self.touch(frame.from, frame.to);
        if let Some(around) = self.open.last_mut() {
            around.inner = around.inner.max(frame.inner + 1);
        }
        self.y += 8.0;
        let (left, _) = frame.place(self.y);
        if frame.kind != "rect" {
            self.parts.push(Part::Title { left, y: frame.top, kind: frame.kind, label: frame.label });
        }
        self.closed.push((frame, self.y));
        self.y += 4.0;
    }

    /// Frames that are open reach over what happens in them.
    fn touch(&mut self, from: f64, to: f64) {
        for frame in &mut self.open {
            frame.from = frame.from.min(from);
            frame.to = frame.to.max(to);
        }
    }

    /// How far from their line somebody's bar ends.
    fn edge(&self, person: usize, right: bool) -> f64 {
        let depth = f64::from(u8::try_from(self.working[person].len()).unwrap_or(u8::MAX));
        match (depth > 0.0, right) {
            (false, _) => 0.0,
            (true, true) => BAR / 2.0 + (depth - 1.0) * BAR / 2.0,
            (true, false) => -BAR / 2.0,
        }
    }

    fn rest(&mut self, person: usize) {
        let Some(since) = self.working[person].pop() else { return };
        let depth = f64::from(u8::try_from(self.working[person].len()).unwrap_or(u8::MAX));
        let x = self.columns[person] - BAR / 2.0 + depth * BAR / 2.0;
        // What is begun within lies over what began before.
        self.bars.insert(0, (x, since, self.y - 6.0));
    }
}

impl Frame<'_> {
    fn margin(&self) -> f64 {
        22.0 + 10.0 * f64::from(self.inner)
    }

    fn place(&self, end: f64) -> (f64, (f64, f64)) {
        let margin = self.margin();
        (self.from - margin, (self.to - self.from + 2.0 * margin, end - self.top))
    }

    fn draw(&self, end: f64, canvas: &mut Canvas) {
        if self.kind == "rect" {
            return;
        }
        let (left, size) = self.place(end);
        canvas.rect("line thin", "", (left, self.top), size, 3.0);
        for (y, label) in &self.dividers {
            canvas.line("line thin dashed", (left, *y), (left + size.0, *y));
            if !label.is_empty() {
                canvas.text(
                    "",
                    "",
                    (left + size.0 / 2.0, y + LINE / 2.0 + 2.0),
                    Anchor::Middle,
                    &format!("[{}]", label.text()),
                );
            }
        }
    }
}

impl Part<'_> {
    fn draw(&self, canvas: &mut Canvas) {
        match self {
            Self::Message { from, to, y, label, line, tips } => {
                let (head, tail) = (((to - from).signum(), 0.0), ((from - to).signum(), 0.0));
                let inset = |tip: Tip| if tip == Tip::Arrow { 7.0 } else { 0.0 };
                canvas.line(line.class(), (from - tail.0 * inset(tips.0), *y), (to - head.0 * inset(tips.1), *y));
                draw_tip(canvas, tips.1, (*to, *y), head);
                draw_tip(canvas, tips.0, (*from, *y), tail);
                canvas.label("", "", (f64::midpoint(*from, *to), y - label.height / 2.0 - 3.0), label);
            }
            Self::Own { x, y, label, line, tip } => {
                let (end, out) = (y + LOOP, x + 34.0);
                let data = format!(
                    "M{x} {y}C{out} {y} {out} {end} {back} {end}",
                    x = num(*x),
                    y = num(*y),
                    out = num(out),
                    end = num(end),
                    back = num(x + 6.0)
                );
                canvas.path(line.class(), "", &data, &[(*x, *y), (out, end)]);
                draw_tip(canvas, *tip, (*x, end), (-1.0, 0.0));
                let mut row = y + LOOP / 2.0 - label.height / 2.0 + LINE / 2.0;
                for text in &label.lines {
                    canvas.text("", "", (x + 32.0, row), Anchor::Start, text);
                    row += LINE;
                }
            }
            Self::Note { left, y, size, label } => {
                canvas.rect("note", "", (*left, *y), *size, 2.0);
                canvas.label("", "", (left + size.0 / 2.0, y + size.1 / 2.0), label);
            }
            Self::Title { left, y, kind, label } => {
                let wide = crate::site::mermaid::text::width(kind) + 16.0;
                let (x, end) = (left + wide, y + 20.0);
                canvas.polygon(
                    "group",
                    "",
                    &[(*left, *y), (x + 6.0, *y), (x + 6.0, end - 6.0), (x, end), (*left, end)],
                );
                canvas.text("strong", "", (left + 8.0, y + 10.0), Anchor::Start, kind);
                if !label.is_empty() {
                    canvas.text("", "", (x + 14.0, y + 11.0), Anchor::Start, &format!("[{}]", label.text()));
                }
            }
        }
    }
}
