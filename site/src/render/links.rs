use crate::source::components;
use std::collections::HashMap;

/// A Source that goes into a page, by its number in [`super::Embeds`]; 0 is the page's own.
pub(super) type Origin = usize;

/// The links of a page: its own Source's first, then what includes and templates bring from others.
#[derive(Debug)]
pub(super) struct LinkTable {
    own: usize,
    adopted: Vec<(Origin, usize)>,
    known: HashMap<(Origin, usize), usize>,
}

impl LinkTable {
    /// `own`: how many links the page's own Source has.
    pub(super) fn new(own: usize) -> Self {
        Self { own, adopted: Vec::new(), known: HashMap::new() }
    }

    /// The same text with the page's marks in place of another Source's.
    pub(super) fn adopt_all(&mut self, origin: Origin, marked: &str) -> String {
        let mut out = String::with_capacity(marked.len());
        for (index, part) in marked.split('\0').enumerate() {
            match part.parse() {
                Ok(link) if index % 2 == 1 => {
                    let link = components::PageLinks::adopt(self, origin, link);
                    out.push_str(&format!("\0{link}\0"));
                }
                _ => out.push_str(part),
            }
        }
        out
    }

    /// Where a link of the page comes from: which Source, and which of its links.
    pub(super) fn origin(&self, link: usize) -> Option<(Origin, usize)> {
        match link.checked_sub(self.own) {
            None => Some((0, link)),
            Some(adopted) => self.adopted.get(adopted).copied(),
        }
    }

    /// Where each link that is not of the page's own Source comes from, in order.
    pub(super) fn into_adopted(self) -> Vec<(Origin, usize)> {
        self.adopted
    }
}

impl components::PageLinks for LinkTable {
    fn adopt(&mut self, origin: Origin, link: usize) -> usize {
        if origin == 0 {
            return link;
        }
        *self.known.entry((origin, link)).or_insert_with(|| {
            self.adopted.push((origin, link));
            self.own + self.adopted.len() - 1
        })
    }
}
