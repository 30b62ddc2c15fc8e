//! Where a site stands in its history. Lists of deploys are newest first, as the publish API gives them.

use super::Deploy;

/// The deploy that readers see; none if the site is down.
#[must_use]
pub fn live(deploys: &[Deploy]) -> Option<&Deploy> {
    deploys.iter().find(|deploy| deploy.record.is_active)
}

/// The deploy to go back to: of those that were made before the live one and show something else, the one that was live last. So each
/// step leads further back, and past deploys that a rollback had left already. Where nothing is live, it is what was live last.
#[must_use]
pub fn before(deploys: &[Deploy]) -> Option<&Deploy> {
    if let Some(taken_down) = deploys.iter().find(|deploy| deploy.record.unpublished.is_some()) {
        return Some(taken_down);
    }
    let (older, shown) = match deploys.iter().position(|deploy| deploy.record.is_active) {
        Some(at) => (&deploys[at + 1..], Some(&deploys[at].record.roots)),
        None => (deploys, None),
    };
    let others = older.iter().filter(|deploy| Some(&deploy.record.roots) != shown);
    // The newest of several that are equal: a server may not count, and one that does forgets what is long ago.
    others.rev().max_by_key(|deploy| deploy.record.seq.unwrap_or(0))
}

/// How far a deploy is behind the newest one.
#[derive(Clone, Copy, Debug)]
pub struct Behind<'a> {
    /// The newest deploy.
    pub newest: &'a Deploy,
    /// How many deploys are newer, that one among them; at least one.
    pub by: usize,
}

/// How far this deploy is behind the newest; none if it is the newest, or shows the same, or is not in the list.
#[must_use]
pub fn behind<'a>(deploys: &'a [Deploy], deploy: &Deploy) -> Option<Behind<'a>> {
    let newest = deploys.first()?;
    let by = deploys.iter().position(|one| one.record.deploy_id == deploy.record.deploy_id)?;
    (newest.record.roots != deploy.record.roots).then_some(Behind { newest, by })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmx_model::Hash;
    use serde_json::json;

    /// A deploy with what it shows, and the activation at which it last became live.
    fn deploy(id: &str, shows: &str, seq: u64, is_active: bool) -> Deploy {
        let hash = Hash::of(shows.as_bytes());
        let root = json!({ "entry": "index.path.md", "routes": hash, "manifest": hash });
        let roots = json!({ "roots": { "main": root }, "default": "main" });
        let deploy = json!({ "deployId": id, "roots": roots, "createdAt": "", "isActive": is_active, "seq": seq });
        serde_json::from_value(deploy).unwrap()
    }

    fn target(deploys: &[Deploy]) -> Option<&str> {
        before(deploys).map(|deploy| deploy.record.deploy_id.as_str())
    }

    #[test]
    fn each_step_leads_further_back_and_past_what_was_left_before() {
        let history = |live: &str, seqs: [u64; 4]| {
            let ids = ["d", "c", "b", "a"];
            ids.iter().zip(seqs).map(|(id, seq)| deploy(id, id, seq, *id == live)).collect::<Vec<_>>()
        };
        assert_eq!(target(&history("d", [4, 3, 2, 1])), Some("c"));
        assert_eq!(target(&history("c", [4, 5, 2, 1])), Some("b"), "and not to the newest again");
        assert_eq!(target(&history("a", [4, 3, 2, 5])), None);
        // From c back to a, then d was published: c is what was wrong before.
        assert_eq!(target(&history("d", [5, 3, 2, 4])), Some("a"));
        assert_eq!(target(&history("", [4, 3, 2, 1])), Some("d"), "nothing is live");
        assert_eq!(target(&[]), None);
    }

    #[test]
    fn a_deploy_that_shows_the_same_is_no_step_back() {
        let mut deploys = [deploy("c", "x", 3, true), deploy("b", "x", 2, false), deploy("a", "y", 1, false)];
        assert_eq!(target(&deploys), Some("a"));
        deploys.iter_mut().for_each(|deploy| deploy.record.seq = None);
        assert_eq!(target(&deploys), Some("a"));
    }

    #[test]
    fn where_a_server_does_not_count_a_step_back_leads_to_the_next_older_deploy() {
        let mut deploys = ["d", "c", "b", "a"].map(|id| deploy(id, id, 0, id == "c"));
        deploys.iter_mut().for_each(|deploy| deploy.record.seq = None);
        assert_eq!(target(&deploys), Some("b"));
    }

    #[test]
    fn what_shows_the_same_as_the_newest_is_not_behind_it() {
        let deploys = [deploy("c", "x", 3, false), deploy("b", "y", 4, true), deploy("a", "x", 1, false)];
        let by = |at: usize| behind(&deploys, &deploys[at]).map(|behind| behind.by);
        assert_eq!([by(0), by(1), by(2)], [None, Some(1), None]);
        assert!(behind(&deploys, &deploy("z", "z", 0, false)).is_none());
    }
}
