//! What happens to sites, as `--json` prints it and the console shows it (`examples/handbook/paths/commands.reference.md`).

use super::{EarlierDeploy, Failure};
use crate::publish::{Activated, Change, Listing};
use pmx_model::SiteName;
use pmx_site::Diagnostic;
use serde::Serialize;
use serde_json::Value;
use std::{path::PathBuf, time::SystemTime};

/// How many names each list of an event keeps for those who look or listen: a large site would fill memory with them. The line
/// that is printed has them all.
const KEPT_NAMES: usize = 200;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event {
    /// The server answers.
    Ready {
        /// The address that is opened.
        url: String,
        /// The sites that are there.
        sites: Vec<ReadySite>,
        /// The state folder.
        state: PathBuf,
        /// The address of the console.
        console: String,
        /// Addresses for other devices.
        lan: Vec<String>,
        /// The address that is opened to present, where that is another.
        #[serde(skip_serializing_if = "Option::is_none")]
        play: Option<String>,
    },
    /// A finding that keeps a build from being published.
    Error(Finding),
    /// A finding that does not, or something about the server.
    Warning(Warning),
    /// A build takes so long that it is announced.
    Building,
    /// A build is finished.
    Built {
        /// Pages of the site.
        pages: usize,
        /// How many files differ from the build before.
        changed: usize,
        /// The first of their names.
        names: Vec<String>,
        /// Findings that are errors.
        errors: usize,
        /// Findings that are not.
        warnings: usize,
        /// How long it took, in milliseconds.
        ms: f64,
    },
    /// A text was written that no link leads to.
    Unlinked {
        /// Its path below the source root.
        path: String,
    },
    /// A build became a deploy.
    Published {
        /// The deploy.
        deploy_id: String,
        /// Sources that changed, as the Worker says.
        sources: Vec<String>,
        /// Paths that changed, as the Worker says.
        paths: Vec<String>,
        /// How long it took, in milliseconds.
        ms: f64,
    },
    /// What is up is this build already.
    Unchanged,
    /// What was rolled back to stays up, since nothing in the build is new.
    HeldBack,
    /// The build has errors; the last good one stays up.
    Kept,
    /// Nothing could be built or published.
    Failed(Failure),
    /// Lost blobs are put back.
    Mending {
        /// How many.
        blobs: usize,
    },
    /// Somebody published to this server.
    #[serde(rename = "published")]
    Received(Activation),
    /// An earlier deploy was made active, or the newest again.
    RolledBack(Activation),
    /// A site was taken down.
    Unpublished {
        /// Where it was.
        url: String,
        /// Counts the changes of what the site shows.
        seq: Option<u64>,
        /// How it answers now.
        status: u16,
    },
    /// A folder became a site.
    SiteAdded {
        /// Where it is served.
        url: String,
        /// The folder.
        folder: PathBuf,
    },
    /// A folder is no site any more.
    SiteRemoved {
        /// The folder.
        folder: PathBuf,
    },
}

/// A site when the server is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadySite {
    /// Its name.
    pub name: String,
    /// Where it is served.
    pub url: String,
}

/// What a build found at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    path: String,
    line: usize,
    column: usize,
    code: &'static str,
    message: String,
    hint: Option<String>,
}

/// What is no error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Warning {
    /// At a place.
    Finding(Finding),
    /// About the server.
    Notice(Notice),
}

/// What the user should know of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// One sentence.
    pub message: String,
    /// What could be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hints: Option<Vec<String>>,
    /// What it is about.
    pub code: &'static str,
}

/// A deploy that became active, whoever made it so: a call from outside, the console or a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activation {
    /// The deploy.
    pub deploy_id: String,
    /// Counts the activations of the site.
    pub seq: Option<u64>,
    /// How many deploys are newer, if that is known.
    pub behind: Option<usize>,
    /// Where the site is.
    pub url: String,
    /// Pages whose own text changed, counted as `pmx publish` does.
    pub pages: usize,
    /// Pages that were only made anew.
    pub others: usize,
    /// Sources that changed, as the Worker says.
    pub sources: Vec<String>,
    /// Paths that changed, as the Worker says.
    pub paths: Vec<String>,
    /// What is shown now if that is an earlier deploy, as far as it was looked up.
    #[serde(skip)]
    pub earlier: Option<EarlierDeploy>,
}

impl Activation {
    /// Of what the Worker answered. `behind`: how many deploys are newer, if that is known.
    #[must_use]
    pub fn new(activated: &Activated, behind: Option<usize>) -> Self {
        let Change { pages, others, sources, paths, .. } = Listing::default().change_elsewhere(&activated.events);
        Self {
            deploy_id: activated.deploy_id.clone(),
            seq: activated.seq,
            behind,
            url: activated.url.clone(),
            pages: pages.len(),
            others,
            sources,
            paths,
            earlier: None,
        }
    }
}

impl Event {
    /// The event of a finding.
    #[must_use]
    pub fn finding(diagnostic: &Diagnostic) -> Self {
        let finding = Finding {
            path: diagnostic.path.clone(),
            line: diagnostic.line,
            column: diagnostic.column,
            code: diagnostic.code,
            message: diagnostic.message.clone(),
            hint: diagnostic.hint.clone(),
        };
        if diagnostic.is_error() { Self::Error(finding) } else { Self::Warning(Warning::Finding(finding)) }
    }

    fn lists(&mut self) -> Vec<&mut Vec<String>> {
        match self {
            Self::Ready { lan, .. } => vec![lan],
            Self::Built { names, .. } => vec![names],
            Self::Published { sources, paths, .. } => vec![sources, paths],
            Self::Received(Activation { sources, paths, .. }) | Self::RolledBack(Activation { sources, paths, .. }) => {
                vec![sources, paths]
            }
            _ => Vec::new(),
        }
    }
}

/// An event, when it happened, and to which site.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRecord {
    /// When.
    pub time: SystemTime,
    /// The site, if it is of one.
    pub site: Option<SiteName>,
    /// What.
    pub event: Event,
}

impl EventRecord {
    pub(super) fn now(site: Option<&SiteName>, event: Event) -> Self {
        Self { time: SystemTime::now(), site: site.cloned(), event }
    }

    /// The same with at most 200 names in a list.
    pub(super) fn cut_short(mut self) -> Self {
        self.event.lists().into_iter().for_each(|names| names.truncate(KEPT_NAMES));
        if let Event::Ready { sites, .. } = &mut self.event {
            sites.truncate(KEPT_NAMES);
        }
        self
    }

    /// The object that `--json` prints: the event with its `time` (RFC 3339) and its `site`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        // No event has keys that are no strings, so none fails.
        let mut line = serde_json::to_value(&self.event).unwrap_or_default();
        if let Value::Object(line) = &mut line {
            if let Some(site) = &self.site {
                line.insert("site".to_owned(), site.as_str().into());
            }
            line.insert("time".to_owned(), humantime::format_rfc3339_millis(self.time).to_string().into());
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn long_lists_are_printed_whole_and_kept_short() {
        let sources = vec!["one.md".to_owned(); KEPT_NAMES + 1];
        let event = Event::Published { deploy_id: "d".to_owned(), sources, paths: vec!["a".to_owned()], ms: 1.0 };
        let record = EventRecord::now(None, event);
        assert_eq!(record.to_json()["sources"].as_array().map(Vec::len), Some(KEPT_NAMES + 1));
        let kept = record.cut_short().to_json();
        assert_eq!(kept["sources"].as_array().map(Vec::len), Some(KEPT_NAMES));
        assert_eq!(
            (&kept["event"], &kept["paths"], &kept["deployId"]),
            (&"published".into(), &json!(["a"]), &"d".into())
        );
    }

    #[test]
    fn an_event_says_what_it_is_in_one_flat_object() {
        let json = |event: Event| {
            let mut json = EventRecord::now(None, event).to_json();
            json.as_object_mut().unwrap().remove("time");
            json
        };
        assert_eq!(json(Event::HeldBack), json!({ "event": "held-back" }));
        let failure = Failure { message: "m".to_owned(), hints: vec!["h".to_owned()] };
        assert_eq!(json(Event::Failed(failure)), json!({ "event": "failed", "message": "m", "hints": ["h"] }));
        let notice = Notice { message: "m".to_owned(), hints: None, code: "watch" };
        assert_eq!(
            json(Event::Warning(Warning::Notice(notice))),
            json!({ "event": "warning", "message": "m", "code": "watch" })
        );
    }
}
