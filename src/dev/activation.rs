//! What the events `published` of a server and `rolled-back` say of the deploy that became active.

use crate::publish::{Activated, Change, Listing};
use serde_json::{Value, json};

/// The fields, one set for whoever made it active: a call from outside, the console or a key. `behind`: how many deploys are newer, if that
/// is known. Pages are counted as `pmx publish` does: `pages` are those whose own text changed, `others` were only made anew.
#[must_use]
pub fn says(activated: &Activated, behind: Option<usize>) -> Value {
    let Change { pages, others, sources, paths, .. } = Listing::default().change_elsewhere(&activated.events);
    json!({
        "deployId": activated.deploy_id, "seq": activated.seq, "behind": behind, "url": activated.url,
        "pages": pages.len(), "others": others, "sources": sources, "paths": paths,
    })
}
