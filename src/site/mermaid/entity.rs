//! `erDiagram`: entities, what they consist of, and how many belong to how many.

use super::{
    graph::{Edge, Graph, Line, Node, Shape, Tip},
    layout::{Direction, End},
    lines::Source,
    text::{self, Label},
};
use std::collections::HashMap;

/// Reads an entity diagram.
pub(super) fn read(source: &Source<'_>) -> Result<Graph, String> {
    let mut reader = Reader::default();
    for statement in source.statements() {
        reader
            .statement(statement)
            .ok_or_else(|| format!("`{statement}` cannot be read as a part of an entity diagram"))?;
    }
    Ok(reader.graph)
}

#[derive(Default)]
struct Reader {
    graph: Graph,
    entities: HashMap<String, usize>,
    body: Option<usize>,
}

/// How many, as it is drawn on the left and on the right, and as it is said.
const COUNTS: [(&str, &str, Tip); 4] =
    [("||", "||", Tip::One), ("|o", "o|", Tip::MaybeOne), ("}|", "|{", Tip::Many), ("}o", "o{", Tip::MaybeMany)];

impl Reader {
    fn statement(&mut self, statement: &str) -> Option<()> {
        if let Some(entity) = self.body {
            if statement == "}" {
                self.body = None;
            } else {
                self.attribute(entity, statement);
            }
            return Some(());
        }
        if let Some(direction) = statement.strip_prefix("direction ") {
            self.graph.direction = Direction::named(direction.trim()).unwrap_or_default();
            return Some(());
        }
        if ["classDef ", "class ", "style "].iter().any(|word| statement.starts_with(word)) {
            return Some(());
        }
        if let Some((name, rest)) =
            statement.split_once('{').filter(|(name, _)| !name.contains("--") && !name.contains(".."))
        {
            let entity = self.named(name)?;
            match rest.trim() {
                "" => self.body = Some(entity),
                "}" => {}
                rest => self.attribute(entity, rest.trim_end_matches('}')),
            }
            return Some(());
        }
        if self.relation(statement).is_some() {
            return Some(());
        }
        self.named(statement).map(drop)
    }

    fn named(&mut self, name: &str) -> Option<usize> {
        let name = name.trim();
        let (id, label) = match name.split_once('[') {
            Some((id, label)) => (id.trim(), label.trim_end_matches(']')),
            None => (name, name),
        };
        let id = id.trim_matches('"');
        let simple = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':');
        if id.is_empty() || !id.chars().all(simple) {
            return None;
        }
        let graph = &mut self.graph;
        Some(*self.entities.entry(id.to_owned()).or_insert_with(|| {
            graph.nodes.push(Node { label: Label::new(label), shape: Shape::Card, ..Node::default() });
            graph.nodes.len() - 1
        }))
    }

    /// `type name PK "comment"`
    fn attribute(&mut self, entity: usize, text: &str) {
        let text = text.split('"').next().unwrap_or_default();
        let line = text::plain(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        let parts = &mut self.graph.nodes[entity].parts;
        match parts.first_mut() {
            Some(part) => part.push(line),
            None => parts.push(vec![line]),
        }
    }

    /// `A ||--o{ B : text`
    fn relation(&mut self, statement: &str) -> Option<()> {
        let (relation, label) =
            statement.split_once(" : ").or_else(|| statement.split_once(':')).unwrap_or((statement, ""));
        let (at, line) = match (relation.find("--"), relation.find("..")) {
            (Some(solid), _) => (solid, Line::Solid),
            (None, dashed) => (dashed?, Line::Dashed),
        };
        let (left, right) = (relation[..at].trim_end(), relation[at + 2..].trim_start());
        let (left, first) =
            COUNTS.iter().find_map(|(mark, _, tip)| left.strip_suffix(mark).map(|rest| (rest, *tip)))?;
        let (right, second) =
            COUNTS.iter().find_map(|(_, mark, tip)| right.strip_prefix(mark).map(|rest| (rest, *tip)))?;
        let (from, to) = (self.named(left)?, self.named(right)?);
        let label = Label::new(label);
        self.graph.edges.push(Edge {
            label,
            line,
            tips: (first, second),
            length: 2,
            ..Edge::new(End::Node(from), End::Node(to))
        });
        Some(())
    }
}
