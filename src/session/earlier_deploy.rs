//! An earlier deploy that is shown although there are newer ones: what a rollback leaves until the next edit.

use crate::publish::{Deploy, history};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde::Serialize;

/// An earlier deploy that is shown, and how far it is behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EarlierDeploy {
    /// The deploy that is shown.
    pub deploy_id: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// Since when it is shown, RFC 3339, if the Worker says so.
    pub since: Option<String>,
    /// How many deploys are newer; at least one.
    pub behind: usize,
    /// The newest of them.
    pub newest: String,
}

impl EarlierDeploy {
    /// Of the deploys of a site, newest first: none if the newest is shown, or one that shows the same, or none at all.
    #[must_use]
    pub fn of(deploys: &[Deploy]) -> Option<Self> {
        let live = history::live(deploys)?;
        let (shown, behind) = (&live.record, history::behind(deploys, live)?);
        Some(Self {
            deploy_id: shown.deploy_id.clone(),
            created_at: shown.created_at.clone(),
            since: shown.activated_at.clone(),
            behind: behind.by,
            newest: behind.newest.record.deploy_id.clone(),
        })
    }

    /// `the deploy of 14:03:05 stays, 3 behind the newest`
    #[must_use]
    pub fn stays(&self) -> String {
        format!("the deploy of {} stays, {} behind the newest", moment(&self.created_at), self.behind)
    }

    /// `the deploy of 14:03:05, 3 behind the newest`
    #[must_use]
    pub fn words(&self) -> String {
        format!("the deploy of {}, {} behind the newest", moment(&self.created_at), self.behind)
    }

    /// What the terminal says of it. Where there are no keys, the console and the pages have the same ways.
    #[must_use]
    pub fn line(&self) -> String {
        format!("showing {}, until the next edit (r: further back, n: the newest)", self.words())
    }
}

/// A time as a clock on the wall shows it, with the day if that is another one.
fn moment(time: &str) -> String {
    let Ok(time) = time.parse::<Timestamp>() else { return time.to_owned() };
    let time = time.to_zoned(TimeZone::system());
    let is_today = time.date() == Zoned::now().date();
    time.strftime(if is_today { "%H:%M:%S" } else { "%-d %B, %H:%M" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn deploys(active: Option<usize>) -> Vec<Deploy> {
        let one = |index: usize| {
            let hash = index.to_string().repeat(64);
            let roots =
                json!({ "roots": { "main": { "entry": "x", "routes": hash, "manifest": hash } }, "default": "main" });
            json!({ "deployId": format!("d{index}"), "roots": roots, "createdAt": "2020-02-03T04:05:06.000Z",
                "isActive": active == Some(index) })
        };
        serde_json::from_value((0..4).map(one).collect()).unwrap()
    }

    #[test]
    fn what_is_held_is_an_earlier_deploy_and_how_far_it_is_behind() {
        assert_eq!(
            (EarlierDeploy::of(&deploys(None)), EarlierDeploy::of(&deploys(Some(0))), EarlierDeploy::of(&[])),
            (None, None, None)
        );
        let held = EarlierDeploy::of(&deploys(Some(3))).unwrap();
        assert_eq!((held.deploy_id.as_str(), held.behind, held.newest.as_str()), ("d3", 3, "d0"));
        assert!(held.words().starts_with("the deploy of 3 February, "), "{}", held.words());
        assert!(held.words().ends_with(", 3 behind the newest"), "{}", held.words());
    }
}
