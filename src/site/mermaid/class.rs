//! `classDiagram`.

use super::{
    graph::{Edge, Graph, Group, Line, Node, Shape, Tip},
    layout::{Direction, End},
    lines::Source,
    style::Classes,
    text::{self, Label},
};
use std::collections::HashMap;

/// Reads a class diagram.
pub(super) fn read(source: &Source<'_>) -> Result<Graph, String> {
    let mut reader = Reader::default();
    for statement in source.statements() {
        reader
            .statement(statement)
            .ok_or_else(|| format!("`{statement}` cannot be read as a part of a class diagram"))?;
    }
    for (name, class) in &reader.classes {
        reader.graph.nodes[*class].style = reader.styles.of(name);
    }
    Ok(reader.graph)
}

#[derive(Default)]
struct Reader {
    graph: Graph,
    classes: HashMap<String, usize>,
    /// The class whose body is open.
    body: Option<usize>,
    namespace: Option<usize>,
    styles: Classes,
}

/// What stands at one end of a relation.
const TIPS: [(&str, &str, Tip); 4] =
    [("<|", "|>", Tip::Triangle), ("*", "*", Tip::DiamondFilled), ("o", "o", Tip::Diamond), ("<", ">", Tip::Open)];

impl Reader {
    fn statement(&mut self, statement: &str) -> Option<()> {
        if let Some(class) = self.body {
            if statement == "}" {
                self.body = None;
            } else {
                self.member(class, statement);
            }
            return Some(());
        }
        let (word, rest) = statement.split_once(char::is_whitespace).unwrap_or((statement, ""));
        let rest = rest.trim();
        match word {
            "class" => self.class(rest)?,
            "}" => self.namespace = None,
            "namespace" => {
                self.graph.groups.push(Group { label: Label::new(rest.trim_end_matches('{')), ..Group::default() });
                self.namespace = Some(self.graph.groups.len() - 1);
            }
            "direction" => self.graph.direction = Direction::named(rest).unwrap_or_default(),
            "note" => self.note(rest)?,
            "classDef" => self.styles.define(rest),
            "cssClass" => self.styles.apply(&rest.replace('"', "")),
            "style" => self.styles.style(rest),
            "click" | "link" | "callback" => {}
            _ if statement.starts_with("<<") => {
                let (mark, name) = statement[2..].split_once(">>")?;
                let class = self.named(name)?;
                self.annotate(class, mark);
            }
            _ => {
                if self.relation(statement).is_none() {
                    let (name, member) = statement.split_once(':')?;
                    let class = self.named(name)?;
                    self.member(class, member.trim());
                }
            }
        }
        Some(())
    }

    /// `name`, `name~T~`, `name["label"]`, `name { … }`, `name:::style`
    fn class(&mut self, rest: &str) -> Option<()> {
        let (name, body) = match rest.split_once('{') {
            Some((name, body)) => (name.trim(), Some(body.trim())),
            None => (rest, None),
        };
        let (name, label) = match name.split_once('[') {
            Some((name, label)) => (name, Some(label.trim_end_matches(']'))),
            None => (name, None),
        };
        let class = self.named(name)?;
        if let Some(label) = label {
            self.graph.nodes[class].label = Label::new(label);
        }
        match body {
            Some("") => self.body = Some(class),
            Some(members) => {
                for member in
                    members.trim_end_matches('}').split(';').map(str::trim).filter(|member| !member.is_empty())
                {
                    self.member(class, member);
                }
            }
            None => {}
        }
        Some(())
    }

    fn named(&mut self, name: &str) -> Option<usize> {
        let (name, style) = name.trim().split_once(":::").unwrap_or((name.trim(), ""));
        let name = name.trim_matches('`');
        let simple = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '$' | ' ' | ',' | '/');
        if name.is_empty() || !name.chars().all(simple) {
            return None;
        }
        let id = name.split('~').next().unwrap_or_default().trim();
        if !style.is_empty() {
            self.styles.add(id, style);
        }
        let (graph, group) = (&mut self.graph, self.namespace);
        Some(*self.classes.entry(id.to_owned()).or_insert_with(|| {
            let parts = vec![Vec::new(), Vec::new()];
            graph.nodes.push(Node {
                label: Label::new(&generic(name)),
                shape: Shape::Card,
                group,
                parts,
                ..Node::default()
            });
            graph.nodes.len() - 1
        }))
    }

    fn member(&mut self, class: usize, member: &str) {
        if let Some(mark) = member.strip_prefix("<<").and_then(|rest| rest.strip_suffix(">>")) {
            return self.annotate(class, mark);
        }
        let method = usize::from(member.contains(')'));
        let member = generic(&text::plain(member));
        if let Some(part) = self.graph.nodes[class].parts.get_mut(method) {
            part.push(member.trim_end_matches(['$', '*']).to_owned());
        }
    }

    fn annotate(&mut self, class: usize, mark: &str) {
        let node = &mut self.graph.nodes[class];
        node.label = Label::new(&format!("«{}»<br>{}", mark.trim(), node.label.text()));
    }

    /// `A "1" *-- "many" B : text`
    fn relation(&mut self, statement: &str) -> Option<()> {
        let (relation, label) =
            statement.split_once(" : ").or_else(|| statement.split_once(':')).unwrap_or((statement, ""));
        let (at, mark) = ["--", ".."].iter().filter_map(|mark| relation.find(mark).map(|at| (at, *mark))).min()?;
        let (mut left, mut right) = (&relation[..at], &relation[at + 2..]);
        let mut tips = (Tip::None, Tip::None);
        for (begins, ends, tip) in TIPS {
            let word = |text: &str| begins == "o" && text.ends_with(|c: char| c.is_alphanumeric());
            if let Some(rest) = left.strip_suffix(begins).filter(|rest| !word(rest)).filter(|_| tips.0 == Tip::None) {
                (left, tips.0) = (rest, tip);
            }
            if let Some(rest) = right.strip_prefix(ends).filter(|_| tips.1 == Tip::None)
                && (ends != "o" || rest.starts_with(' '))
            {
                (right, tips.1) = (rest, tip);
            }
        }
        let (left, first) = quoted(left);
        let (right, second) = quoted(right);
        let from = self.named(left)?;
        let to = self.named(right)?;
        let line = if mark == ".." { Line::Dashed } else { Line::Solid };
        self.graph.edges.push(Edge {
            label: Label::new(label),
            line,
            tips,
            ends: (first, second),
            ..Edge::new(End::Node(from), End::Node(to))
        });
        Some(())
    }

    /// `"text"`, `for name "text"`
    fn note(&mut self, rest: &str) -> Option<()> {
        let (about, text) = match rest.strip_prefix("for ") {
            Some(rest) => rest.trim().split_once(char::is_whitespace)?,
            None => ("", rest),
        };
        self.graph.nodes.push(Node { label: Label::new(text), shape: Shape::Note, ..Node::default() });
        let note = self.graph.nodes.len() - 1;
        if !about.is_empty() {
            let class = self.named(about)?;
            let tips = (Tip::None, Tip::None);
            self.graph.edges.push(Edge { line: Line::Dashed, tips, ..Edge::new(End::Node(class), End::Node(note)) });
        }
        Some(())
    }
}

/// `List~T~` as it is meant.
fn generic(name: &str) -> String {
    let mut open = false;
    let turn = |c: char| {
        if c != '~' {
            return c;
        }
        open = !open;
        if open { '<' } else { '>' }
    };
    name.chars().map(turn).collect()
}

/// A name, and what stands beside it in quotes.
fn quoted(side: &str) -> (&str, String) {
    match (side.find('"'), side.rfind('"')) {
        (Some(from), Some(to)) if to > from => {
            let name = if side[..from].trim().is_empty() { &side[to + 1..] } else { &side[..from] };
            (name.trim(), text::plain(&side[from..=to]))
        }
        _ => (side.trim(), String::new()),
    }
}
