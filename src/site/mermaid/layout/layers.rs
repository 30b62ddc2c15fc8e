//! One level: items in layers from top to bottom.

use super::{order, spread};

/// Between layers, and between layers of which one holds only what edges pass through.
const GAP: f64 = 44.0;
const SMALL_GAP: f64 = 20.0;

/// More passing places than any picture needs.
const MAX_VERTICES: usize = 6_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Real,
    /// On the upper or lower border; something outside is bound to it.
    TopPort,
    BottomPort,
    /// Where an edge passes a layer.
    Passing,
}

/// Something with a place in a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    /// How far it reaches from its middle.
    pub left: f64,
    pub right: f64,
    pub half: f64,
    pub kind: Kind,
}

/// An edge between two items, of which one is above the other. There are no circles.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bond {
    pub upper: usize,
    pub lower: usize,
    /// Where it meets them, from their middle.
    pub upper_at: f64,
    pub lower_at: f64,
    pub label: (f64, f64),
    pub length: usize,
}

/// A level laid out.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub centers: Vec<(f64, f64)>,
    pub size: (f64, f64),
    /// The points of each bond, downwards.
    pub ways: Vec<Vec<(f64, f64)>>,
    pub labels: Vec<(f64, f64)>,
}

/// Items and passing places with what binds them.
pub(super) struct Graph {
    pub items: Vec<Item>,
    pub layers: Vec<Vec<usize>>,
    pub links: Vec<Link>,
    pub up: Vec<Vec<usize>>,
    pub down: Vec<Vec<usize>>,
}

/// Between neighbouring layers.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub upper: usize,
    pub lower: usize,
    pub upper_at: f64,
    pub lower_at: f64,
}

/// Lays a level out.
pub(super) fn arrange(items: &[Item], bonds: &[Bond]) -> Result<Plan, String> {
    if items.is_empty() {
        return Ok(Plan::default());
    }
    let ranks = rank(items, bonds);
    let (mut graph, chains, middles) = chain(items, bonds, &ranks)?;
    order::reduce_crossings(&mut graph);
    let xs = spread::spread(&graph);
    Ok(plan(&graph, bonds, &chains, &middles, &xs, items.len()))
}

const fn span(bond: &Bond) -> usize {
    let length = if bond.length == 0 { 1 } else { bond.length };
    length + if bond.label.0 > 0.0 { 1 } else { 0 }
}

/// The layer of each item: as far up as what is above it allows, then down to what is below it.
fn rank(items: &[Item], bonds: &[Bond]) -> Vec<usize> {
    let mut waiting = vec![0_usize; items.len()];
    let (mut below, mut above) = (vec![Vec::new(); items.len()], vec![Vec::new(); items.len()]);
    for (at, bond) in bonds.iter().enumerate() {
        waiting[bond.lower] += 1;
        below[bond.upper].push(at);
        above[bond.lower].push(at);
    }
    let mut sorted: Vec<usize> = (0..items.len()).filter(|item| waiting[*item] == 0).collect();
    let mut ranks = vec![0; items.len()];
    let mut at = 0;
    while let Some(item) = sorted.get(at).copied() {
        at += 1;
        for bond in &below[item] {
            let bond = &bonds[*bond];
            ranks[bond.lower] = ranks[bond.lower].max(ranks[item] + span(bond));
            waiting[bond.lower] -= 1;
            if waiting[bond.lower] == 0 {
                sorted.push(bond.lower);
            }
        }
    }
    for item in sorted.iter().rev() {
        let lowest =
            below[*item].iter().map(|bond| ranks[bonds[*bond].lower].saturating_sub(span(&bonds[*bond]))).min();
        if let Some(lowest) = lowest.filter(|_| above[*item].len() < below[*item].len()) {
            ranks[*item] = ranks[*item].max(lowest);
        }
    }
    let last = ranks.iter().copied().max().unwrap_or(0);
    for (item, rank) in items.iter().zip(&mut ranks) {
        match item.kind {
            Kind::TopPort => *rank = 0,
            Kind::BottomPort => *rank = last,
            Kind::Real | Kind::Passing => {}
        }
    }
    ranks
}

type Chains = (Graph, Vec<Vec<usize>>, Vec<Option<usize>>);

/// Gives every bond a place in each layer that it passes, and its label one of them.
fn chain(items: &[Item], bonds: &[Bond], ranks: &[usize]) -> Result<Chains, String> {
    let mut graph =
        Graph { items: items.to_vec(), layers: Vec::new(), links: Vec::new(), up: Vec::new(), down: Vec::new() };
    let mut ranks = ranks.to_vec();
    let (mut chains, mut middles) = (Vec::new(), Vec::new());
    for bond in bonds {
        let (top, bottom) = (ranks[bond.upper], ranks[bond.lower]);
        let mut chain = vec![bond.upper];
        let mut middle = None;
        for rank in top + 1..bottom {
            let labelled = bond.label.0 > 0.0 && rank == usize::midpoint(top, bottom);
            let (width, height) = if labelled { bond.label } else { (8.0, 0.0) };
            if labelled {
                middle = Some(graph.items.len());
            }
            chain.push(graph.items.len());
            ranks.push(rank);
            graph.items.push(Item { left: width / 2.0, right: width / 2.0, half: height / 2.0, kind: Kind::Passing });
        }
        chain.push(bond.lower);
        for (at, pair) in chain.windows(2).enumerate() {
            let upper_at = if at == 0 { bond.upper_at } else { 0.0 };
            let lower_at = if at + 2 == chain.len() { bond.lower_at } else { 0.0 };
            graph.links.push(Link { upper: pair[0], lower: pair[1], upper_at, lower_at });
        }
        chains.push(chain);
        middles.push(middle);
        if graph.items.len() > MAX_VERTICES {
            return Err("the diagram is too large: its edges pass too many layers".to_owned());
        }
    }
    graph.up = vec![Vec::new(); graph.items.len()];
    graph.down = vec![Vec::new(); graph.items.len()];
    for (at, link) in graph.links.iter().enumerate() {
        graph.down[link.upper].push(at);
        graph.up[link.lower].push(at);
    }
    graph.layers = vec![Vec::new(); ranks.iter().max().map_or(1, |last| last + 1)];
    // In the order in which a walk along the edges meets them, neighbours begin as neighbours.
    let mut seen = vec![false; graph.items.len()];
    for start in 0..graph.items.len() {
        if !graph.up[start].is_empty() {
            continue;
        }
        let mut stack = vec![start];
        while let Some(item) = stack.pop() {
            if std::mem::replace(&mut seen[item], true) {
                continue;
            }
            graph.layers[ranks[item]].push(item);
            stack.extend(graph.down[item].iter().rev().map(|link| graph.links[*link].lower));
        }
    }
    Ok((graph, chains, middles))
}

fn plan(
    graph: &Graph,
    bonds: &[Bond],
    chains: &[Vec<usize>],
    middles: &[Option<usize>],
    xs: &[f64],
    count: usize,
) -> Plan {
    let mut tops = Vec::new();
    let mut y = 0.0;
    let mut rank_of = vec![0; graph.items.len()];
    for (rank, layer) in graph.layers.iter().enumerate() {
        let height = layer.iter().map(|item| graph.items[*item].half * 2.0).fold(0.0, f64::max);
        let real = |layer: &[usize]| layer.iter().any(|item| graph.items[*item].kind == Kind::Real);
        tops.push((y, y + height));
        for item in layer {
            rank_of[*item] = rank;
        }
        if let Some(next) = graph.layers.get(rank + 1) {
            y += height + if real(layer) && real(next) { GAP } else { SMALL_GAP };
        } else {
            y += height;
        }
    }
    let least = (0..xs.len()).map(|item| xs[item] - graph.items[item].left).fold(f64::INFINITY, f64::min);
    let most = (0..xs.len()).map(|item| xs[item] + graph.items[item].right).fold(f64::NEG_INFINITY, f64::max);
    let center = |item: usize| {
        let (top, bottom) = tops[rank_of[item]];
        (xs[item] - least, f64::midpoint(top, bottom))
    };
    let mut ways = Vec::new();
    let mut labels = Vec::new();
    for ((bond, chain), middle) in bonds.iter().zip(chains).zip(middles) {
        let mut way = Vec::new();
        for (at, item) in chain.iter().enumerate() {
            let (x, y) = center(*item);
            let (top, bottom) = tops[rank_of[*item]];
            if at == 0 {
                way.extend([(x + bond.upper_at, y + graph.items[*item].half), (x + bond.upper_at, bottom)]);
            } else if at + 1 == chain.len() {
                way.extend([(x + bond.lower_at, top), (x + bond.lower_at, y - graph.items[*item].half)]);
            } else {
                way.extend([(x, top), (x, bottom)]);
            }
        }
        way.dedup();
        labels.push(middle.map_or_else(|| between(&way), center));
        ways.push(way);
    }
    Plan { centers: (0..count).map(center).collect(), size: (most - least, y), ways, labels }
}

fn between(way: &[(f64, f64)]) -> (f64, f64) {
    let (first, last) = (way.first().copied().unwrap_or_default(), way.last().copied().unwrap_or_default());
    (f64::midpoint(first.0, last.0), f64::midpoint(first.1, last.1))
}
