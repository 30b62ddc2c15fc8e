//! The order within layers: as few edges as possible cross.

use super::layers::Graph;

/// How often the layers are gone through. Pictures get no better after that.
const SWEEPS: usize = 16;

/// Puts the items of each layer in an order with few crossings.
pub(super) fn reduce_crossings(graph: &mut Graph) {
    let mut places = vec![0; graph.items.len()];
    let mut best = graph.layers.clone();
    let mut least = usize::MAX;
    for sweep in 0..SWEEPS {
        note(&graph.layers, &mut places);
        let crossings: usize = (1..graph.layers.len()).map(|layer| crossings(graph, layer, &places)).sum();
        if crossings < least {
            least = crossings;
            best.clone_from(&graph.layers);
        }
        if crossings == 0 {
            break;
        }
        let count = graph.layers.len();
        for at in 0..count {
            let (layer, down) = if sweep % 2 == 0 { (at, true) } else { (count - 1 - at, false) };
            sort(graph, layer, down, &mut places);
        }
    }
    graph.layers = best;
}

fn note(layers: &[Vec<usize>], places: &mut [usize]) {
    for layer in layers {
        for (place, item) in layer.iter().enumerate() {
            places[*item] = place;
        }
    }
}

/// Sorts a layer by where the neighbours in the layer before it stand.
fn sort(graph: &mut Graph, layer: usize, down: bool, places: &mut [usize]) {
    let mean = |item: usize| {
        let links = if down { &graph.up[item] } else { &graph.down[item] };
        let at = |link: &usize| {
            let link = graph.links[*link];
            let (other, offset) = if down { (link.upper, link.upper_at) } else { (link.lower, link.lower_at) };
            let width = graph.items[other].left + graph.items[other].right;
            number(places[other]) + if width > 0.0 { offset / width } else { 0.0 }
        };
        if links.is_empty() { number(places[item]) } else { links.iter().map(at).sum::<f64>() / number(links.len()) }
    };
    let mut keyed: Vec<(f64, usize)> = graph.layers[layer].iter().map(|item| (mean(*item), *item)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    graph.layers[layer] = keyed.into_iter().map(|(_, item)| item).collect();
    for (place, item) in graph.layers[layer].iter().enumerate() {
        places[*item] = place;
    }
}

/// How many edges cross between a layer and the one above it, counted with a tree of sums.
fn crossings(graph: &Graph, layer: usize, places: &[usize]) -> usize {
    let above = graph.layers[layer - 1].len();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for item in &graph.layers[layer] {
        pairs.extend(graph.up[*item].iter().map(|link| (places[*item], places[graph.links[*link].upper])));
    }
    pairs.sort_unstable();
    let mut tree = vec![0_usize; above + 1];
    let mut crossings = 0;
    for (seen, (_, place)) in pairs.iter().enumerate() {
        let (mut before, mut at) = (0, place + 1);
        while at > 0 {
            before += tree[at];
            at &= at - 1;
        }
        crossings += seen - before;
        let mut at = place + 1;
        while at <= above {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    crossings
}

/// Counts of a picture are small.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
