use super::Node;
use crate::{
    files::spill::{Spill, Spilled},
    source::{self, Body, Settings},
};
use pmx_model::Hash;
use std::{collections::HashMap, sync::Arc};

/// The most bytes of HTML that are held in memory between the steps of a build; what comes after goes to a file without a name, so
/// that memory does not grow with the site.
const BUDGET: usize = 8 * 1024 * 1024;

/// The HTML of the Sources that were parsed in this build, by the hash of their text.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    known: HashMap<Hash, Held>,
    held: usize,
    spill: Spill,
}

#[derive(Debug)]
enum Held {
    Memory(Arc<Body>),
    Spilled {
        place: Spilled,
        /// How long the HTML of each Block is.
        sizes: Box<[usize]>,
    },
}

impl Bodies {
    /// Holds it until the end of the build.
    pub(crate) fn keep(&mut self, hash: Hash, body: Body) {
        let size: usize = body.iter().map(|html| html.capacity() + size_of::<String>()).sum();
        if self.held + size <= BUDGET {
            self.held += size;
            self.known.insert(hash, Held::Memory(Arc::new(body)));
        } else if let Some(spilled) = self.spilled(&body) {
            self.known.insert(hash, spilled);
        }
    }

    fn spilled(&mut self, body: &Body) -> Option<Held> {
        let bytes = body.concat().into_bytes();
        let place = self.spill.reserve(bytes.len())?;
        place.write(&bytes).ok()?;
        Some(Held::Spilled { place, sizes: body.iter().map(String::len).collect() })
    }

    /// The HTML of a Source. What is not held is made anew from its text.
    pub(crate) fn of(&self, node: &Node, settings: &Settings) -> Arc<Body> {
        let known = self.known.get(&node.hash).and_then(|held| match held {
            Held::Memory(body) => Some(Arc::clone(body)),
            Held::Spilled { place, sizes } => read(place, sizes).map(Arc::new),
        });
        known.unwrap_or_else(|| Arc::new(source::parse(&node.path, &node.bytes, settings).take_body()))
    }
}

fn read(place: &Spilled, sizes: &[usize]) -> Option<Body> {
    let text = String::from_utf8(place.read().ok()?).ok()?;
    let mut from = 0;
    let html = |size: &usize| {
        let start = from;
        from += size;
        text.get(start..from).map(str::to_owned)
    };
    sizes.iter().map(html).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_for_memory_comes_back_unchanged() {
        let mut bodies = Bodies::default();
        let body = |n: usize| vec![format!("<p>é{n}</p>").repeat(200_000), String::new(), n.to_string()];
        let hash = |n: usize| Hash::of(&[u8::try_from(n).unwrap()]);
        (0..8).for_each(|n| bodies.keep(hash(n), body(n)));
        assert!(bodies.held <= BUDGET && matches!(bodies.spill, Spill::Open { .. }));
        for n in 0..8 {
            let is = match &bodies.known[&hash(n)] {
                Held::Memory(body) => body.to_vec(),
                Held::Spilled { place, sizes } => read(place, sizes).unwrap(),
            };
            assert_eq!(is, body(n));
        }
    }
}
