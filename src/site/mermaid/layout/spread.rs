//! Where items stand in their layer: near what they are bound to, and never too near to each other.

use super::layers::{Graph, Kind};

/// Room between two things, and beside an edge that passes.
const GAP: f64 = 36.0;
const PASSING_GAP: f64 = 18.0;

/// Rounds of giving and taking; the picture rests well before.
const ROUNDS: usize = 60;

/// The place of each item across the layers.
pub(super) fn spread(graph: &Graph) -> Vec<f64> {
    let mut xs = vec![0.0; graph.items.len()];
    for layer in &graph.layers {
        let mut at = 0.0;
        let mut last: Option<usize> = None;
        for item in layer {
            at += last.map_or(0.0, |last| apart(graph, last, *item));
            xs[*item] = at;
            last = Some(*item);
        }
        for item in layer {
            xs[*item] -= at / 2.0;
        }
    }
    for round in 0..ROUNDS {
        let (up, down) = match round {
            _ if round + 20 >= ROUNDS => (true, true),
            _ if round % 2 == 0 => (true, false),
            _ => (false, true),
        };
        let count = graph.layers.len();
        for at in 0..count {
            settle(graph, &mut xs, if up { at } else { count - 1 - at }, up, down);
        }
    }
    xs
}

/// How far the middles of neighbours must be apart.
fn apart(graph: &Graph, left: usize, right: usize) -> f64 {
    let (a, b) = (graph.items[left], graph.items[right]);
    let gap = if a.kind == Kind::Real && b.kind == Kind::Real { GAP } else { PASSING_GAP };
    a.right + gap + b.left
}

/// Moves a layer to where its links pull it, keeping order and distances: the exact least squares, found by joining
/// neighbours that push each other into blocks.
fn settle(graph: &Graph, xs: &mut [f64], layer: usize, up: bool, down: bool) {
    struct Block {
        place: f64,
        weight: f64,
        count: usize,
    }
    let layer = &graph.layers[layer];
    let mut blocks: Vec<Block> = Vec::new();
    let mut offsets = Vec::with_capacity(layer.len());
    let mut offset = 0.0;
    for (at, item) in layer.iter().enumerate() {
        if at > 0 {
            offset += apart(graph, layer[at - 1], *item);
        }
        offsets.push(offset);
        let (wanted, weight) = pull(graph, xs, *item, up, down);
        blocks.push(Block { place: wanted - offset, weight, count: 1 });
        while let [.., before, last] = blocks.as_mut_slice() {
            if before.place <= last.place {
                break;
            }
            let weight = before.weight + last.weight;
            before.place = (before.place * before.weight + last.place * last.weight) / weight;
            before.weight = weight;
            before.count += last.count;
            blocks.pop();
        }
    }
    let mut items = layer.iter().zip(&offsets);
    for block in &blocks {
        for (item, offset) in items.by_ref().take(block.count) {
            xs[*item] = block.place + offset;
        }
    }
}

/// Where its links want an item to be, and how much. What only passes is pulled hardest, so that long edges are straight.
fn pull(graph: &Graph, xs: &[f64], item: usize, up: bool, down: bool) -> (f64, f64) {
    let (mut sum, mut weight) = (0.0, 0.0);
    let passing = |item: usize| graph.items[item].kind == Kind::Passing;
    let mut add = |other: usize, at: f64| {
        let strength = match (passing(item), passing(other)) {
            (true, true) => 8.0,
            (true, false) | (false, true) => 2.0,
            (false, false) => 1.0,
        };
        sum += at * strength;
        weight += strength;
    };
    if up {
        for link in &graph.up[item] {
            let link = graph.links[*link];
            add(link.upper, xs[link.upper] + link.upper_at - link.lower_at);
        }
    }
    if down {
        for link in &graph.down[item] {
            let link = graph.links[*link];
            add(link.lower, xs[link.lower] + link.lower_at - link.upper_at);
        }
    }
    if weight > 0.0 { (sum / weight, weight) } else { (xs[item], 0.05) }
}
