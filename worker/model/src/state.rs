use super::{Meta, Roots, object_only, optional_map};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

/// What a site shows: the KV value under `space:<site>`. A value that says of itself that the site is unpublished is never taken for
/// anything else, whatever else stands in it: if what it says of that cannot be read, the whole value cannot. There is no other way to
/// read what a site shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum SiteState {
    /// Nothing, since its owner took it down.
    Unpublished(Tombstone),
    /// A deploy.
    Published(SpaceState),
}

impl SiteState {
    /// Counts the changes of what the site shows, from 1.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Unpublished(tombstone) => tombstone.seq,
            Self::Published(state) => state.seq,
        }
    }

    /// The deploy that is shown, if one is.
    #[must_use]
    pub fn published(self) -> Option<SpaceState> {
        match self {
            Self::Unpublished(_) => None,
            Self::Published(state) => Some(state),
        }
    }
}

/// The members of both kinds of value.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
struct Written {
    #[serde(default, deserialize_with = "present")]
    unpublished: Option<Unpublished>,
    deploy_id: Option<String>,
    roots: Option<Roots>,
    updated_at: String,
    seq: u64,
    #[serde(default)]
    previous: Vec<Roots>,
}

object_only!(read Written);

/// A member that is there, and be it `null`, has to be what it should be.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Unpublished>, D::Error> {
    <Unpublished as Deserialize>::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for SiteState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { unpublished, deploy_id, roots, updated_at, seq, previous } =
            <Written as Deserialize>::deserialize(deserializer)?;
        if let Some(unpublished) = unpublished {
            return Ok(Self::Unpublished(Tombstone { unpublished, updated_at, seq }));
        }
        let deploy_id = deploy_id.ok_or_else(|| D::Error::missing_field("deployId"))?;
        let roots = roots.ok_or_else(|| D::Error::missing_field("roots"))?;
        Ok(Self::Published(SpaceState { deploy_id, roots, updated_at, seq, previous }))
    }
}

/// The state of a site that was taken down. It names no document, so that nothing can be served from it, by this Worker or by an older one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tombstone {
    /// How it answers, and since when.
    pub unpublished: Unpublished,
    /// When it was recorded, RFC 3339.
    pub updated_at: String,
    /// Counts on where the deploys before it left off.
    pub seq: u64,
}

impl Tombstone {
    /// What stands in the place of a deploy's id in answers and on sockets. No deploy has such an id, so a page that names it when the site
    /// is back is told to load its document again.
    #[must_use]
    pub fn id(&self) -> String {
        format!("unpublished-{}", self.seq)
    }
}

/// That a site is unpublished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct Unpublished {
    /// What every address of the site answers: 410 (gone) or 404 (as if it had never been there).
    pub status: u16,
    /// Since when, RFC 3339.
    pub at: String,
}

object_only!(Unpublished);

impl Unpublished {
    /// The status that says that something was here and is gone.
    pub const GONE: u16 = 410;
    /// The status that says no more than of a name that nobody ever used.
    pub const NOT_FOUND: u16 = 404;

    /// Whether a site can answer with this status while it is unpublished.
    #[must_use]
    pub const fn is_status(status: u16) -> bool {
        matches!(status, Self::GONE | Self::NOT_FOUND)
    }
}

/// The state of a site that shows a deploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpaceState {
    /// Id of the active deploy.
    pub deploy_id: String,
    /// Its roots.
    pub roots: Roots,
    /// When it was activated, RFC 3339.
    pub updated_at: String,
    /// Counts the activations of the site, from 1.
    pub seq: u64,
    /// The roots of the last activated deploys before this one, newest first, at most five.
    pub previous: Vec<Roots>,
}

/// One row of a site's deploy history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct DeployRecord {
    /// Random UUID.
    pub deploy_id: String,
    /// Its roots.
    pub roots: Roots,
    /// When it was committed, RFC 3339.
    pub created_at: String,
    /// One record of a site is active; none while it is unpublished.
    pub is_active: bool,
    /// Of the active one: since when it is, RFC 3339. Not every server says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<String>,
    /// Of the one that was active when the site was taken down, while it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpublished: Option<Unpublished>,
    /// The `seq` of the site with which it last became active. None if that is so many changes ago that it is forgotten; not every server
    /// says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// What the publisher said of it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_map")]
    pub meta: Option<Meta>,
}

object_only!(DeployRecord);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn state() -> serde_json::Value {
        let hash = "0".repeat(64);
        let roots =
            json!({ "roots": { "main": { "entry": "x", "routes": hash, "manifest": hash } }, "default": "main" });
        json!({ "deployId": "d", "roots": roots, "updatedAt": "t", "seq": 7 })
    }

    #[test]
    fn a_value_that_an_older_worker_wrote_is_a_published_site() {
        let read: SiteState = serde_json::from_value(state()).unwrap();
        assert_eq!((read.seq(), read.published().unwrap().deploy_id.as_str()), (7, "d"));
    }

    #[test]
    fn a_value_that_says_that_the_site_is_unpublished_shows_nothing_whatever_else_it_says() {
        let mut value = state();
        value["unpublished"] = json!({ "status": 404, "at": "t" });
        let read: SiteState = serde_json::from_value(value).unwrap();
        assert!(matches!(&read, SiteState::Unpublished(tombstone) if tombstone.unpublished.status == 404), "{read:?}");
        // An older Worker finds no documents in what is written.
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(["deployId", "roots", "previous"].map(|name| written.get(name)), [None; 3], "{written}");
    }

    #[test]
    fn a_value_whose_word_of_being_unpublished_cannot_be_read_shows_nothing_either() {
        for word in [
            json!(true),
            json!(false),
            json!(null),
            json!(410),
            json!("t"),
            json!([410, "t"]),
            json!({}),
            json!({ "status": 410 }),
            json!({ "status": "410", "at": "t" }),
            json!({ "status": 70_000, "at": "t" }),
        ] {
            let mut value = state();
            value["unpublished"] = word;
            assert!(serde_json::from_value::<SiteState>(value.clone()).is_err(), "{value}");
        }
        for missing in ["deployId", "roots", "updatedAt", "seq"] {
            let mut value = state();
            value.as_object_mut().unwrap().remove(missing);
            assert!(serde_json::from_value::<SiteState>(value).is_err(), "without {missing}");
        }
    }

    #[test]
    fn what_stands_in_the_place_of_a_deploy_is_a_deploy_id_in_form() {
        let tombstone = Tombstone {
            unpublished: Unpublished { status: 410, at: String::new() },
            updated_at: String::new(),
            seq: u64::MAX,
        };
        assert!(crate::is_deploy_id(&tombstone.id()));
    }
}
