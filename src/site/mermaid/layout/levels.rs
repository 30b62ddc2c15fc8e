//! Groups in groups: each level is laid out by itself, the innermost first.

use super::{
    Direction, Edge, End, Input, MAX_EDGES, MAX_NESTING, MAX_NODES, Placed, Route,
    layers::{Bond, Item, Kind, Plan, arrange},
};
use std::collections::HashMap;

/// Room between the border of a group and what is in it.
const PADDING: f64 = 14.0;

/// One group, or at 0 the whole graph.
struct Level {
    parent: Option<usize>,
    direction: Direction,
    title: (f64, f64),
    members: Vec<End>,
    /// What it is to become, and then is.
    items: Vec<Item>,
    bonds: Vec<Bond>,
    /// The edge of each bond.
    edges: Vec<usize>,
    plan: Plan,
    /// On screen.
    content: (f64, f64),
    inset: (f64, f64),
    size: (f64, f64),
    /// Where an edge crosses its border, across the direction, from the middle.
    ports: HashMap<usize, f64>,
}

/// An edge, by the levels that it passes.
struct Passage {
    /// The level where its ends are beside each other.
    level: usize,
    from: Vec<(usize, End)>,
    to: Vec<(usize, End)>,
    /// Whether its beginning is above its end.
    forward: bool,
}

/// Places a graph.
pub(in super::super) fn place(input: &Input) -> Result<Placed, String> {
    if input.nodes.len() + input.groups.len() > MAX_NODES || input.edges.len() > MAX_EDGES {
        return Err(format!("the diagram is too large: {MAX_NODES} nodes and {MAX_EDGES} edges are the most"));
    }
    let mut levels = levels(input)?;
    let mut passages: Vec<Option<Passage>> = input.edges.iter().map(|edge| passage(&levels, edge)).collect();
    set_directions(&mut levels, &passages, input);
    orient(&levels, &mut passages);
    let mut inward: Vec<usize> = (0..levels.len()).collect();
    inward.sort_by_key(|level| std::cmp::Reverse(depth(&levels, *level)));
    for level in &inward {
        fill(&mut levels, *level, input, &passages);
        finish(&mut levels[*level])?;
    }
    inward.reverse();
    Ok(collect(&levels, &inward, input, &passages))
}

fn levels(input: &Input) -> Result<Vec<Level>, String> {
    let level = |parent, direction, title| Level {
        parent,
        direction,
        title,
        members: Vec::new(),
        items: Vec::new(),
        bonds: Vec::new(),
        edges: Vec::new(),
        plan: Plan::default(),
        content: (0.0, 0.0),
        inset: (0.0, 0.0),
        size: (0.0, 0.0),
        ports: HashMap::new(),
    };
    let mut levels = vec![level(None, input.direction, (0.0, 0.0))];
    for (at, group) in input.groups.iter().enumerate() {
        let parent = group.group.filter(|parent| *parent < at).map_or(0, |parent| parent + 1);
        levels.push(level(Some(parent), input.direction, group.title));
        if depth(&levels, at + 1) > MAX_NESTING {
            return Err(format!("groups nest more than {MAX_NESTING} deep"));
        }
        levels[parent].members.push(End::Group(at));
    }
    for (at, node) in input.nodes.iter().enumerate() {
        let level = node.group.map_or(0, |group| group + 1).min(levels.len() - 1);
        levels[level].members.push(End::Node(at));
    }
    Ok(levels)
}

fn depth(levels: &[Level], level: usize) -> usize {
    std::iter::successors(Some(level), |level| levels[*level].parent).count() - 1
}

/// From an end outwards: the levels, and what it is a part of on each.
fn chain(levels: &[Level], end: End) -> Vec<(usize, End)> {
    let home = levels.iter().position(|level| level.members.contains(&end)).unwrap_or(0);
    let mut chain = vec![(home, end)];
    let mut level = home;
    while let Some(parent) = levels[level].parent {
        chain.push((parent, End::Group(level - 1)));
        level = parent;
    }
    chain
}

fn passage(levels: &[Level], edge: &Edge) -> Option<Passage> {
    let (mut from, mut to) = (chain(levels, edge.from), chain(levels, edge.to));
    let level = from.iter().map(|(level, _)| *level).find(|level| to.iter().any(|(other, _)| other == level))?;
    let upto = |chain: &mut Vec<(usize, End)>| {
        let end = chain.iter().position(|(other, _)| *other == level).map_or(chain.len(), |at| at + 1);
        chain.truncate(end);
    };
    upto(&mut from);
    upto(&mut to);
    (from.last() != to.last()).then_some(Passage { level, from, to, forward: true })
}

/// A group runs as it says, unless edges pass its border: then it runs as what is around it.
fn set_directions(levels: &mut [Level], passages: &[Option<Passage>], input: &Input) {
    let mut crossed = vec![false; levels.len()];
    for passage in passages.iter().flatten() {
        for chain in [&passage.from, &passage.to] {
            for (level, _) in &chain[..chain.len() - 1] {
                crossed[*level] = true;
            }
        }
    }
    for at in 1..levels.len() {
        let around = levels[levels[at].parent.unwrap_or(0)].direction;
        let own = input.groups[at - 1].direction.filter(|_| !crossed[at]);
        levels[at].direction = own.unwrap_or(around);
    }
}

/// Which edges run against the layers, so that no circle is left.
fn orient(levels: &[Level], passages: &mut [Option<Passage>]) {
    for (at, level) in levels.iter().enumerate() {
        let index: HashMap<usize, usize> =
            level.members.iter().enumerate().map(|(at, member)| (key(*member), at)).collect();
        let mut next: Vec<Vec<(usize, usize)>> = vec![Vec::new(); level.members.len()];
        for (edge, passage) in passages.iter().enumerate() {
            let Some(passage) = passage.as_ref().filter(|passage| passage.level == at) else { continue };
            let ends =
                [&passage.from, &passage.to].map(|chain| chain.last().and_then(|(_, end)| index.get(&key(*end))));
            if let [Some(from), Some(to)] = ends {
                next[*from].push((*to, edge));
            }
        }
        // 0: not seen, 1: on the way here, 2: done.
        let mut state = vec![0_u8; next.len()];
        for start in starts(&next) {
            let mut stack = vec![(start, 0)];
            while let Some((node, out)) = stack.pop() {
                if out == 0 {
                    if state[node] != 0 {
                        continue;
                    }
                    state[node] = 1;
                }
                let Some((to, edge)) = next[node].get(out).copied() else {
                    state[node] = 2;
                    continue;
                };
                stack.push((node, out + 1));
                if state[to] == 1 {
                    if let Some(passage) = &mut passages[edge] {
                        passage.forward = false;
                    }
                } else if state[to] == 0 {
                    stack.push((to, 0));
                }
            }
        }
    }
}

/// Where to begin: with what nothing leads to, then in the order in which the edges were written.
fn starts(next: &[Vec<(usize, usize)>]) -> Vec<usize> {
    let mut led_to = vec![false; next.len()];
    for (to, _) in next.iter().flatten() {
        led_to[*to] = true;
    }
    let mut starts: Vec<usize> = (0..next.len()).collect();
    starts.sort_by_key(|at| (led_to[*at], next[*at].first().map_or(usize::MAX, |(_, edge)| *edge)));
    starts
}

/// Nodes and groups in one row of numbers.
const fn key(end: End) -> usize {
    match end {
        End::Node(at) => at * 2,
        End::Group(at) => at * 2 + 1,
    }
}

/// Gives a level its items and bonds; the levels inside it are done.
fn fill(levels: &mut [Level], at: usize, input: &Input, passages: &[Option<Passage>]) {
    let direction = levels[at].direction;
    let mut items = Vec::new();
    let mut index = HashMap::new();
    for member in &levels[at].members {
        let (size, beside) = match *member {
            End::Node(node) => (input.nodes[node].size, input.nodes[node].beside),
            End::Group(group) => (levels[group + 1].size, 0.0),
        };
        let (width, height) = direction.turn(size);
        index.insert(key(*member), items.len());
        items.push(Item { left: width / 2.0, right: width / 2.0 + beside, half: height / 2.0, kind: Kind::Real });
    }
    let (mut bonds, mut edges) = (Vec::new(), Vec::new());
    for (edge, passage) in passages.iter().enumerate() {
        let Some(passage) = passage else { continue };
        let find = |chain: &[(usize, End)]| chain.iter().find(|(level, _)| *level == at).map(|(_, end)| *end);
        // Where the edge meets an item, which for a group is where it leaves it.
        let meet = |end: End| match end {
            End::Group(group) => levels[group + 1].ports.get(&edge).copied().unwrap_or(0.0),
            End::Node(_) => 0.0,
        };
        let ends = if passage.level == at { (find(&passage.from), find(&passage.to)) } else { (None, None) };
        let bond = if let (Some(from), Some(to)) = ends {
            let (upper, lower) = if passage.forward { (from, to) } else { (to, from) };
            let label = direction.turn(input.edges[edge].label);
            let length = input.edges[edge].length;
            Bond {
                upper: index[&key(upper)],
                lower: index[&key(lower)],
                upper_at: meet(upper),
                lower_at: meet(lower),
                label,
                length,
            }
        } else {
            let (inner, is_from) = match (find(&passage.from), find(&passage.to)) {
                (Some(inner), _) => (inner, true),
                (None, Some(inner)) => (inner, false),
                (None, None) => continue,
            };
            let port = items.len();
            let inside = index[&key(inner)];
            let leaves_below = is_from == passage.forward;
            let kind = if leaves_below { Kind::BottomPort } else { Kind::TopPort };
            items.push(Item { left: 4.0, right: 4.0, half: 0.0, kind });
            let (upper, lower) = if leaves_below { (inside, port) } else { (port, inside) };
            let (upper_at, lower_at) = if leaves_below { (meet(inner), 0.0) } else { (0.0, meet(inner)) };
            Bond { upper, lower, upper_at, lower_at, label: (0.0, 0.0), length: 1 }
        };
        bonds.push(bond);
        edges.push(edge);
    }
    let level = &mut levels[at];
    (level.items, level.bonds, level.edges) = (items, bonds, edges);
}

/// Lays a level out and says how large it is.
fn finish(level: &mut Level) -> Result<(), String> {
    level.plan = arrange(&level.items, &level.bonds)?;
    level.content = level.direction.turn(level.plan.size);
    if level.parent.is_some() {
        let title = if level.title.1 > 0.0 { level.title.1 + 6.0 } else { 0.0 };
        let width = (level.content.0 + 2.0 * PADDING).max(level.title.0 + 2.0 * PADDING).max(48.0);
        level.size = (width, (level.content.1 + 2.0 * PADDING + title).max(40.0));
        level.inset = ((width - level.content.0) / 2.0, PADDING + title);
    }
    let (inset, size) = (level.direction.turn(level.inset), level.direction.turn(level.size));
    for (bond, edge) in level.bonds.iter().zip(&level.edges) {
        let port = [bond.upper, bond.lower].into_iter().find(|item| level.items[*item].kind != Kind::Real);
        if let Some(port) = port {
            level.ports.insert(*edge, inset.0 + level.plan.centers[port].0 - size.0 / 2.0);
        }
    }
    Ok(())
}

/// Everything on screen, from the outermost level inwards.
fn collect(levels: &[Level], outward_first: &[usize], input: &Input, passages: &[Option<Passage>]) -> Placed {
    let mut placed = Placed {
        nodes: vec![(0.0, 0.0); input.nodes.len()],
        groups: vec![((0.0, 0.0), (0.0, 0.0)); input.groups.len()],
        edges: vec![None; input.edges.len()],
    };
    let mut origins = vec![(0.0, 0.0); levels.len()];
    for at in outward_first {
        let level = &levels[*at];
        for (item, member) in level.members.iter().enumerate() {
            let center = on_screen(level, origins[*at], level.plan.centers[item]);
            match *member {
                End::Node(node) => placed.nodes[node] = center,
                End::Group(group) => {
                    let inner = &levels[group + 1];
                    let corner = (center.0 - inner.size.0 / 2.0, center.1 - inner.size.1 / 2.0);
                    placed.groups[group] = (corner, inner.size);
                    origins[group + 1] = (corner.0 + inner.inset.0, corner.1 + inner.inset.1);
                }
            }
        }
    }
    for (edge, passage) in passages.iter().enumerate() {
        let Some(passage) = passage else { continue };
        let (upper, lower) = if passage.forward { (&passage.from, &passage.to) } else { (&passage.to, &passage.from) };
        let down = upper.iter().map(|(level, _)| *level);
        let up = lower.iter().rev().skip(1).map(|(level, _)| *level);
        let (mut points, mut label) = (Vec::new(), (0.0, 0.0));
        for at in down.chain(up) {
            let level = &levels[at];
            let Some(bond) = level.edges.iter().position(|other| *other == edge) else { continue };
            points.extend(level.plan.ways[bond].iter().map(|point| on_screen(level, origins[at], *point)));
            if at == passage.level {
                label = on_screen(level, origins[at], level.plan.labels[bond]);
            }
        }
        if !passage.forward {
            points.reverse();
        }
        placed.edges[edge] = Some(Route { points, vertical: levels[passage.level].direction.is_vertical(), label });
    }
    placed
}

fn on_screen(level: &Level, origin: (f64, f64), point: (f64, f64)) -> (f64, f64) {
    let (x, y) = level.direction.point(point, level.plan.size.1);
    (origin.0 + x, origin.1 + y)
}
