//! Places the nodes of a graph in layers, with its groups, and finds the way of each edge.
//!
//! Every group is laid out by itself and is one box for the group around it. An edge that leaves a group goes through a
//! port at its border, so it passes between what is inside. Coordinates of a layer are those of a graph that runs from
//! top to bottom; only at the end are they turned to where the graph really runs.

mod layers;
mod levels;
mod order;
mod spread;

pub(super) use levels::place;

/// Beyond this a diagram is no picture any more.
pub(super) const MAX_NODES: usize = 400;
pub(super) const MAX_EDGES: usize = 800;

/// Groups in groups.
pub(super) const MAX_NESTING: usize = 12;

/// Where a graph runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Direction {
    #[default]
    Down,
    Up,
    Right,
    Left,
}

impl Direction {
    /// As Mermaid names it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "TB" | "TD" | "v" => Self::Down,
            "BT" | "^" => Self::Up,
            "LR" | ">" => Self::Right,
            "RL" | "<" => Self::Left,
            _ => return None,
        })
    }

    pub(super) const fn is_vertical(self) -> bool {
        matches!(self, Self::Down | Self::Up)
    }

    /// A size on screen as a size of the layout, and back.
    const fn turn(self, size: (f64, f64)) -> (f64, f64) {
        if self.is_vertical() { size } else { (size.1, size.0) }
    }

    /// A point of the layout on screen, in a picture of that height along the layout's direction.
    fn point(self, (x, y): (f64, f64), height: f64) -> (f64, f64) {
        match self {
            Self::Down => (x, y),
            Self::Up => (x, height - y),
            Self::Right => (y, x),
            Self::Left => (height - y, x),
        }
    }
}

/// What is to be placed.
#[derive(Debug, Default)]
pub(super) struct Input {
    pub nodes: Vec<Node>,
    pub groups: Vec<Group>,
    pub edges: Vec<Edge>,
    pub direction: Direction,
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub size: (f64, f64),
    /// Room to be left beside it, for edges that lead back to it.
    pub beside: f64,
    pub group: Option<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The group around it; one that stands before it.
    pub group: Option<usize>,
    /// The size of its title.
    pub title: (f64, f64),
    pub direction: Option<Direction>,
}

/// A node or a group, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Node(usize),
    Group(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Edge {
    pub from: End,
    pub to: End,
    /// The size of its label; zero without one.
    pub label: (f64, f64),
    /// How many layers it spans at least.
    pub length: usize,
}

/// Where everything is, on screen.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// The middle of each node.
    pub nodes: Vec<(f64, f64)>,
    /// Corner and size of each group.
    pub groups: Vec<((f64, f64), (f64, f64))>,
    /// The way of each edge; none for one from a thing to itself, or to what is around it.
    pub edges: Vec<Option<Route>>,
}

/// The way of an edge from its beginning to its end.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// Between them it goes straight, or in a curve that leaves and arrives in the direction of the layout.
    pub points: Vec<(f64, f64)>,
    pub vertical: bool,
    /// The middle of its label.
    pub label: (f64, f64),
}
