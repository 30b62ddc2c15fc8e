//! Who answers an address, and why nobody else does.

use super::{
    RoutedWorker,
    pattern::{Mismatch, Pattern},
};
use serde::Serialize;
use std::fmt;
use url::Url;

/// The domain below which Workers answer without a zone: `<name>.<subdomain>.workers.dev`.
const WORKERS_DEV: &str = ".workers.dev";

/// Who answers an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The address.
    pub url: String,
    /// The Worker that answers. Without one the request goes to the origin that DNS names, and miniflare gives it to the first Worker.
    pub worker: Option<String>,
    /// The Worker that `fetch(request)` from that one reaches: the custom domain behind a route.
    pub origin: Option<String>,
    /// All claims, in the order in which they would be taken: those that match, then the others.
    pub candidates: Vec<Candidate>,
}

/// A claim, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The Worker; none for a route that no Worker has.
    pub worker: Option<String>,
    /// What it claims the address by.
    pub kind: ClaimKind,
    /// The pattern or the host.
    pub claim: String,
    /// How specific a route is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i64>,
    /// Whether it matches.
    pub matches: bool,
    /// What became of it.
    #[serde(serialize_with = "as_text")]
    pub verdict: Verdict,
}

/// What an address is claimed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// A route.
    Route,
    /// A custom domain: all paths of a host.
    CustomDomain,
    /// `<name>.<subdomain>.workers.dev`
    WorkersDev,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has the request.
    Answers,
    /// It matches first, and no Worker has it: what is less specific is not asked.
    Negates,
    /// It is the origin behind the route that answers.
    Origin,
    /// Another route is more specific.
    LessSpecific {
        /// The other one.
        than: String,
        /// How specific that is.
        score: i64,
    },
    /// Another route is as specific, and its pattern is longer.
    Shorter {
        /// The other one.
        than: String,
    },
    /// Another route is as specific and as long, and was registered before. With one pattern for both, production refuses this one.
    Later {
        /// The other one.
        than: String,
    },
    /// Another Worker has this host already.
    Taken,
    /// It does not match.
    Mismatch(Mismatch),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answers => f.write_str("answers"),
            Self::Negates => f.write_str("no Worker has this route: less specific ones are not asked"),
            Self::Origin => f.write_str("origin: fetch(request) from the route's Worker reaches it"),
            Self::LessSpecific { than, score } => write!(f, "less specific than {than} ({score})"),
            Self::Shorter { than } => write!(f, "as specific as {than}, which is longer"),
            Self::Later { than } => {
                write!(f, "registered after {than}; production refuses a second Worker on one pattern")
            }
            Self::Taken => f.write_str("another Worker has this host"),
            Self::Mismatch(Mismatch::Scheme) => f.write_str("another scheme"),
            Self::Mismatch(Mismatch::Host) => f.write_str("another host"),
            Self::Mismatch(Mismatch::Path) => f.write_str("another path"),
            Self::Mismatch(Mismatch::Query) => f.write_str("has no * at its end, so no query matches"),
        }
    }
}

fn as_text<S: serde::Serializer>(verdict: &Verdict, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(verdict)
}

/// Says which of the Workers answers an address, in production, and why the others do not. `url` is one of http or https.
#[must_use]
pub fn explain(workers: &[RoutedWorker], url: &Url) -> Explanation {
    let (mut routes, mut misses) = (Vec::new(), Vec::new());
    for worker in workers {
        for pattern in &worker.routes {
            match pattern.matches(url) {
                Ok(()) => routes.push((worker, pattern)),
                Err(why) => misses.push(route(worker, pattern, Verdict::Mismatch(why))),
            }
        }
    }
    // Stable: of patterns that are alike the first one registered comes first.
    routes.sort_by_key(|(_, pattern)| (std::cmp::Reverse(pattern.score()), std::cmp::Reverse(pattern.length())));
    let first = routes.first().map(|(worker, pattern)| (worker.name.clone(), *pattern));
    let mut candidates: Vec<Candidate> = Vec::with_capacity(routes.len());
    for (index, (worker, pattern)) in routes.into_iter().enumerate() {
        let verdict = match &first {
            Some((_, winner)) if index > 0 => beaten(pattern, winner),
            _ if worker.name.is_none() => Verdict::Negates,
            _ => Verdict::Answers,
        };
        candidates.push(route(worker, pattern, verdict));
    }
    let mut answers = first.and_then(|(worker, _)| worker);
    let mut origin = None;
    for (worker, kind, claim, is_host) in hosts(workers, url) {
        let verdict = match (is_host, &answers, &origin) {
            (false, ..) => Verdict::Mismatch(Mismatch::Host),
            (true, None, None) => {
                answers = worker.name.clone();
                // Nothing stands behind an origin.
                origin = worker.name.clone();
                Verdict::Answers
            }
            (true, Some(_), None) => {
                origin = worker.name.clone();
                Verdict::Origin
            }
            (true, _, Some(_)) => Verdict::Taken,
        };
        let candidate = Candidate { worker: worker.name.clone(), kind, claim, score: None, matches: is_host, verdict };
        if is_host { candidates.push(candidate) } else { misses.push(candidate) }
    }
    let origin = origin.filter(|_| candidates.iter().any(|candidate| candidate.verdict == Verdict::Origin));
    candidates.extend(misses);
    Explanation { url: url.to_string(), worker: answers, origin, candidates }
}

fn route(worker: &RoutedWorker, pattern: &Pattern, verdict: Verdict) -> Candidate {
    Candidate {
        worker: worker.name.clone(),
        kind: ClaimKind::Route,
        claim: pattern.to_string(),
        score: Some(pattern.score()),
        matches: !matches!(verdict, Verdict::Mismatch(_)),
        verdict,
    }
}

/// Why a route that matches does not have the request.
fn beaten(pattern: &Pattern, winner: &Pattern) -> Verdict {
    let than = winner.to_string();
    if pattern.score() < winner.score() {
        Verdict::LessSpecific { than, score: winner.score() }
    } else if pattern.length() < winner.length() {
        Verdict::Shorter { than }
    } else {
        Verdict::Later { than }
    }
}

/// The claims of whole hosts: custom domains, then `workers.dev`; and whether the address is of theirs.
fn hosts<'w>(
    workers: &'w [RoutedWorker],
    url: &Url,
) -> impl Iterator<Item = (&'w RoutedWorker, ClaimKind, String, bool)> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let domains = workers.iter().flat_map(|worker| worker.custom_domains.iter().map(move |domain| (worker, domain)));
    let own = host.clone();
    let domains = domains.map(move |(worker, domain)| {
        let is_host = ascii(domain).as_deref() == Some(own.as_str());
        (worker, ClaimKind::CustomDomain, domain.clone(), is_host)
    });
    let named =
        workers.iter().filter(|worker| worker.workers_dev).filter_map(|worker| Some((worker, worker.name.as_deref()?)));
    let named = named.map(move |(worker, name)| {
        let is_host = is_workers_dev(&host, name);
        (worker, ClaimKind::WorkersDev, format!("{name}.<subdomain>{WORKERS_DEV}"), is_host)
    });
    domains.chain(named)
}

fn is_workers_dev(host: &str, name: &str) -> bool {
    let subdomain = host.strip_suffix(WORKERS_DEV).and_then(|host| host.strip_prefix(name)?.strip_prefix('.'));
    subdomain.is_some_and(|subdomain| !subdomain.is_empty() && !subdomain.contains('.'))
}

/// A host as addresses have it.
pub(super) fn ascii(host: &str) -> Option<String> {
    Url::parse(&format!("https://{host}")).ok()?.host_str().map(str::to_owned)
}
