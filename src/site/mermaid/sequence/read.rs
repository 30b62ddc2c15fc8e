//! What a sequence diagram says.

use crate::site::mermaid::{
    graph::{Line, Tip},
    lines::Source,
    text::{self, Label},
};

/// More than anybody draws.
const MAX_PEOPLE: usize = 60;
const MAX_EVENTS: usize = 1_000;
const MAX_FRAMES: usize = 20;

/// How wide a message may be.
const ROOM: f64 = 380.0;

#[derive(Default)]
pub(super) struct Sequence {
    pub title: Option<String>,
    pub people: Vec<Person>,
    pub events: Vec<Event>,
}

pub(super) struct Person {
    id: String,
    pub label: Label,
    /// Drawn as a figure.
    pub actor: bool,
}

pub(super) enum Event {
    Message {
        from: usize,
        to: usize,
        label: Label,
        line: Line,
        tips: (Tip, Tip),
    },
    /// Beside or over people.
    Note {
        from: usize,
        to: usize,
        side: Side,
        label: Label,
    },
    Begin(usize),
    End(usize),
    /// A frame opens, is divided, closes.
    Open {
        kind: &'static str,
        label: Label,
    },
    Divide(Label),
    Close,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
    Over,
}

const FRAMES: [&str; 7] = ["loop", "alt", "opt", "par", "critical", "break", "rect"];

/// Longer ones stand first.
const ARROWS: [(&str, Line, (Tip, Tip)); 10] = [
    ("<<-->>", Line::Dashed, (Tip::Arrow, Tip::Arrow)),
    ("<<->>", Line::Solid, (Tip::Arrow, Tip::Arrow)),
    ("-->>", Line::Dashed, (Tip::None, Tip::Arrow)),
    ("->>", Line::Solid, (Tip::None, Tip::Arrow)),
    ("--x", Line::Dashed, (Tip::None, Tip::Cross)),
    ("--)", Line::Dashed, (Tip::None, Tip::Open)),
    ("-->", Line::Dashed, (Tip::None, Tip::None)),
    ("-x", Line::Solid, (Tip::None, Tip::Cross)),
    ("-)", Line::Solid, (Tip::None, Tip::Open)),
    ("->", Line::Solid, (Tip::None, Tip::None)),
];

#[derive(Default)]
struct Reader {
    sequence: Sequence,
    /// What `end` closes: a frame, or a box around people, which is not drawn.
    open: Vec<bool>,
    /// The number of the next message, and how much it grows.
    number: Option<(u32, u32)>,
}

/// Reads a sequence diagram.
pub(super) fn read(source: &Source<'_>) -> Result<Sequence, String> {
    let mut reader = Reader::default();
    for statement in source.statements() {
        reader
            .statement(statement)
            .ok_or_else(|| format!("`{statement}` cannot be read as a part of a sequence diagram"))?;
        let sequence = &reader.sequence;
        if sequence.people.len() > MAX_PEOPLE || sequence.events.len() > MAX_EVENTS || reader.open.len() > MAX_FRAMES {
            return Err("the diagram is too large".to_owned());
        }
    }
    for frame in reader.open.drain(..).rev() {
        if frame {
            reader.sequence.events.push(Event::Close);
        }
    }
    Ok(reader.sequence)
}

impl Reader {
    fn statement(&mut self, statement: &str) -> Option<()> {
        // Whoever is created on the way stands there from the beginning.
        let statement = statement.strip_prefix("create ").map_or(statement, str::trim_start);
        let (word, rest) = statement.split_once(char::is_whitespace).unwrap_or((statement, ""));
        let rest = rest.trim();
        if let Some(kind) = FRAMES.into_iter().find(|kind| *kind == word) {
            self.open.push(true);
            let label = if kind == "rect" { Label::default() } else { Label::new(rest) };
            self.sequence.events.push(Event::Open { kind, label });
            return Some(());
        }
        match word {
            "participant" | "actor" => self.declare(rest, word == "actor")?,
            "destroy" | "link" | "links" | "properties" | "details" => {}
            "box" => self.open.push(false),
            "end" => {
                if self.open.pop() == Some(true) {
                    self.sequence.events.push(Event::Close);
                }
            }
            "else" | "and" | "option" => self.sequence.events.push(Event::Divide(Label::new(rest))),
            "activate" => {
                let person = self.person(rest);
                self.sequence.events.push(Event::Begin(person));
            }
            "deactivate" => {
                let person = self.person(rest);
                self.sequence.events.push(Event::End(person));
            }
            "title" | "title:" => self.sequence.title = Some(text::plain(rest.trim_start_matches(':'))),
            "autonumber" => {
                let mut numbers = rest.split_whitespace().filter_map(|number| number.parse().ok());
                self.number = (rest != "off").then(|| (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1)));
            }
            "Note" | "note" => self.note(rest)?,
            _ => self.message(statement)?,
        }
        Some(())
    }

    /// `A as Alice`
    fn declare(&mut self, rest: &str, actor: bool) -> Option<()> {
        let (id, label) = rest.split_once(" as ").unwrap_or((rest, rest));
        // `A@{ "type": "database" }`
        let id = id.split('@').next().unwrap_or_default();
        let at = self.person(id);
        let person = self.sequence.people.get_mut(at)?;
        person.label = Label::new(label.split("@{").next().unwrap_or_default());
        person.actor = actor;
        Some(())
    }

    fn person(&mut self, id: &str) -> usize {
        let id = id.trim();
        let people = &mut self.sequence.people;
        people.iter().position(|person| person.id == id).unwrap_or_else(|| {
            people.push(Person { id: id.to_owned(), label: Label::new(id), actor: false });
            people.len() - 1
        })
    }

    /// `over A,B: text`, `left of A: text`
    fn note(&mut self, rest: &str) -> Option<()> {
        let (place, text) = rest.split_once(':')?;
        let (side, names) = [("over", Side::Over), ("left of", Side::Left), ("right of", Side::Right)]
            .into_iter()
            .find_map(|(word, side)| place.trim().strip_prefix(word).map(|names| (side, names)))?;
        let (first, second) = names.split_once(',').unwrap_or((names, names));
        let (from, to) = (self.person(first), self.person(second));
        self.sequence.events.push(Event::Note {
            from: from.min(to),
            to: from.max(to),
            side,
            label: Label::within(text, ROOM),
        });
        Some(())
    }

    /// `A->>+B: text`
    fn message(&mut self, statement: &str) -> Option<()> {
        let head = statement.split(':').next().unwrap_or_default();
        let (at, (arrow, line, tips)) = head.char_indices().find_map(|(at, _)| {
            ARROWS.iter().find(|(arrow, ..)| head[at..].starts_with(arrow)).map(|found| (at, *found))
        })?;
        let rest = &statement[at + arrow.len()..];
        let (to, label) = rest.split_once(':').unwrap_or((rest, ""));
        let to = to.trim();
        let (mark, to) = to.strip_prefix(['+', '-']).map_or(("", to), |name| (&to[..1], name));
        if to.trim().is_empty() || statement[..at].trim().is_empty() {
            return None;
        }
        let (from, to) = (self.person(&statement[..at]), self.person(to));
        let mut text = label.trim().to_owned();
        if let Some((number, step)) = &mut self.number {
            text = format!("{number}. {text}");
            *number = number.saturating_add(*step);
        }
        self.sequence.events.push(Event::Message { from, to, label: Label::within(&text, ROOM), line, tips });
        match mark {
            "+" => self.sequence.events.push(Event::Begin(to)),
            "-" => self.sequence.events.push(Event::End(from)),
            _ => {}
        }
        Some(())
    }
}
