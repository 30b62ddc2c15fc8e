//! Which Sources of a Path know each other: by links in their text, and by `related` of the frontmatter.

use crate::{
    graph::{Node, layouts::is_layout},
    source::EXTENSION,
    text::address::{self, Address},
};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The relations between the Sources of one Path.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    backlinks: HashMap<String, Vec<String>>,
    related: HashMap<String, Vec<String>>,
}

impl Relations {
    /// Of these Sources, which come sorted by id; links to others do not count.
    pub(crate) fn of(members: &[&Node]) -> Self {
        let ids: HashSet<&str> = members.iter().map(|node| node.id.as_str()).collect();
        let mut relations = Self::default();
        // What a layout links to, all its pages do; that says nothing of one of them.
        for node in members.iter().filter(|node| !is_layout(&node.id)) {
            let targets: BTreeSet<&str> = node.linked(true).filter(|id| *id != node.id && ids.contains(id)).collect();
            for target in targets {
                relations.backlinks.entry(target.to_owned()).or_default().push(node.id.clone());
            }
        }
        let mut reverse: Vec<(&str, &str)> = Vec::new();
        for node in members {
            for target in node.source.related().filter_map(|written| source_of(&node.path, written, &ids)) {
                if target != node.id {
                    push_new(relations.related.entry(node.id.clone()).or_default(), target);
                    reverse.push((target, &node.id));
                }
            }
        }
        // A relation has two ends; the own list of a Source comes first.
        for (target, from) in reverse {
            push_new(relations.related.entry(target.to_owned()).or_default(), from);
        }
        relations
    }

    /// Ids of the Sources whose text links to this one, sorted.
    pub(crate) fn backlinks(&self, id: &str) -> &[String] {
        self.backlinks.get(id).map_or(&[], Vec::as_slice)
    }

    /// Ids of the related Sources: those that it lists, in order, then those that list it.
    pub(crate) fn related(&self, id: &str) -> &[String] {
        self.related.get(id).map_or(&[], Vec::as_slice)
    }
}

fn push_new(list: &mut Vec<String>, id: &str) {
    if !list.iter().any(|known| known == id) {
        list.push(id.to_owned());
    }
}

/// The id of the Source that is meant, if it is one of these.
fn source_of<'a>(from: &str, written: &str, ids: &HashSet<&'a str>) -> Option<&'a str> {
    let Address::File(file) = address::classify(written) else { return None };
    address::related(from, &file).into_iter().find_map(|path| {
        let id = path.strip_suffix(EXTENSION).unwrap_or(&path);
        ids.get(id).copied()
    })
}
