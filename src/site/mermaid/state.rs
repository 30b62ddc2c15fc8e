//! `stateDiagram`: nodes, groups of them, and where they begin and end.

use super::{
    graph::{Edge, Graph, Group, Line, Node, Shape, Tip},
    layout::{Direction, End},
    lines::Source,
    style::Classes,
    text::Label,
};
use std::collections::HashMap;

/// Reads a state diagram.
pub(super) fn read(source: &Source<'_>) -> Result<Graph, String> {
    let mut reader = Reader::default();
    for statement in source.statements() {
        reader
            .statement(statement)
            .ok_or_else(|| format!("`{statement}` cannot be read as a part of a state diagram"))?;
    }
    Ok(reader.finish())
}

#[derive(Default)]
struct Reader {
    graph: Graph,
    /// By name, and for `[*]` by group and whether it begins or ends.
    nodes: HashMap<String, usize>,
    groups: HashMap<String, usize>,
    open: Vec<usize>,
    classes: Classes,
    /// The node that a note of several lines is about, and its lines.
    note: Option<(String, String)>,
}

impl Reader {
    fn statement(&mut self, statement: &str) -> Option<()> {
        if let Some((about, text)) = &mut self.note {
            if statement == "end note" {
                let (about, text) = (about.clone(), text.clone());
                self.note = None;
                self.add_note(&about, &text);
            } else {
                text.push_str(statement);
                text.push_str("<br>");
            }
            return Some(());
        }
        let (word, rest) = statement.split_once(char::is_whitespace).unwrap_or((statement, ""));
        let rest = rest.trim();
        match word {
            "}" => {
                self.open.pop();
            }
            "--" | "hide" | "scale" => {}
            "direction" => match self.open.last() {
                Some(group) => self.graph.groups[*group].direction = Direction::named(rest),
                None => self.graph.direction = Direction::named(rest).unwrap_or_default(),
            },
            "classDef" => self.classes.define(rest),
            "class" => self.classes.apply(rest),
            "style" => self.classes.style(rest),
            "note" => self.note(rest)?,
            "state" => self.state(rest)?,
            _ if statement.contains("-->") => self.transition(statement)?,
            _ => {
                // `name : description`
                let (name, text) = statement.split_once(':').unwrap_or((statement, ""));
                let node = self.node(name)?;
                if !text.trim().is_empty() {
                    self.graph.nodes[node].label = Label::new(text);
                }
            }
        }
        Some(())
    }

    /// `state "text" as name`, `state name <<fork>>`, `state name {`
    fn state(&mut self, rest: &str) -> Option<()> {
        let (rest, opens) = rest.strip_suffix('{').map_or((rest, false), |rest| (rest.trim(), true));
        let (name, text) = match rest.split_once(" as ") {
            Some((text, name)) => (name.trim(), text.trim()),
            None => (rest, rest),
        };
        if opens {
            let group = Group { label: Label::new(text), group: self.open.last().copied(), ..Group::default() };
            self.groups.insert(name.to_owned(), self.graph.groups.len());
            self.open.push(self.graph.groups.len());
            self.graph.groups.push(group);
            return Some(());
        }
        let (name, kind) = name.split_once("<<").or_else(|| name.split_once("[[")).unwrap_or((name, ""));
        let node = self.node(name.trim())?;
        let node = &mut self.graph.nodes[node];
        match kind.trim_end_matches(['>', ']']) {
            "fork" | "join" => node.shape = Shape::Bar,
            "choice" => {
                node.shape = Shape::Diamond;
                node.label = Label::default();
            }
            _ if text != name => node.label = Label::new(text),
            _ => {}
        }
        Some(())
    }

    fn transition(&mut self, statement: &str) -> Option<()> {
        let (from, rest) = statement.split_once("-->")?;
        let (to, label) = rest.split_once(" : ").or_else(|| rest.split_once(':')).unwrap_or((rest, ""));
        let from = if from.trim() == "[*]" { self.edge_of_all(true) } else { self.node(from)? };
        let to = if to.trim() == "[*]" { self.edge_of_all(false) } else { self.node(to)? };
        self.graph.edges.push(Edge { label: Label::new(label), ..Edge::new(End::Node(from), End::Node(to)) });
        Some(())
    }

    /// Where everything begins or ends in the group that is open.
    fn edge_of_all(&mut self, begins: bool) -> usize {
        let key = format!("[*]{:?}{begins}", self.open.last());
        let shape = if begins { Shape::Start } else { Shape::Stop };
        let group = self.open.last().copied();
        *self.nodes.entry(key).or_insert_with(|| {
            self.graph.nodes.push(Node { shape, group, ..Node::default() });
            self.graph.nodes.len() - 1
        })
    }

    fn node(&mut self, name: &str) -> Option<usize> {
        let (name, class) = name.trim().split_once(":::").unwrap_or((name.trim(), ""));
        if name.is_empty() || name.contains(['{', '}']) {
            return None;
        }
        if !class.is_empty() {
            self.classes.add(name, class);
        }
        let group = self.open.last().copied();
        Some(*self.nodes.entry(name.to_owned()).or_insert_with(|| {
            self.graph.nodes.push(Node { label: Label::new(name), shape: Shape::Round, group, ..Node::default() });
            self.graph.nodes.len() - 1
        }))
    }

    /// `right of name : text`, or lines up to `end note`
    fn note(&mut self, rest: &str) -> Option<()> {
        let about = rest.strip_prefix("right of").or_else(|| rest.strip_prefix("left of"))?.trim();
        match about.split_once(':') {
            Some((about, text)) => self.add_note(about.trim(), text),
            None => self.note = Some((about.to_owned(), String::new())),
        }
        Some(())
    }

    fn add_note(&mut self, about: &str, text: &str) {
        let Some(node) = self.node(about) else { return };
        let group = self.graph.nodes[node].group;
        self.graph.nodes.push(Node { label: Label::new(text), shape: Shape::Note, group, ..Node::default() });
        let note = self.graph.nodes.len() - 1;
        self.graph.edges.push(Edge {
            line: Line::Dashed,
            tips: (Tip::None, Tip::None),
            ..Edge::new(End::Node(node), End::Node(note))
        });
    }

    fn finish(mut self) -> Graph {
        for (name, node) in &self.nodes {
            self.graph.nodes[*node].style = self.classes.of(name);
        }
        // A state that has states in it is a group: what was drawn to its node goes to the group.
        let groups: HashMap<usize, usize> =
            self.nodes.iter().filter_map(|(name, node)| self.groups.get(name).map(|group| (*node, *group))).collect();
        super::merge(&mut self.graph, &groups);
        self.graph
    }
}
