//! Addresses that several Workers claim, and who has them.

use super::{
    RoutedWorker,
    explanation::{ascii, explain},
    pattern::{Part, Pattern},
};
use url::Url;

/// How many claims of all Workers are compared with each other. With more, nothing is said: each pair takes a look.
pub const MAX_COMPARED: usize = 1_000;

/// Two claims of two Workers that have addresses in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The host, or one of the hosts, that both claim.
    pub host: String,
    /// An address that both claim.
    pub url: String,
    /// The claim that has it, as `(worker, claim)`: the place of the Worker in the list, and of the claim among its routes and then its
    /// custom domains.
    pub winner: (usize, usize),
    /// The other claim.
    pub loser: (usize, usize),
    /// How much of the other claim is left.
    pub kind: OverlapKind,
}

/// What two claims have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OverlapKind {
    /// They are the same: production refuses the second.
    Same,
    /// The loser never answers: the winner has all of it.
    Shadowed,
    /// Each answers a part.
    Shared,
}

/// What a claim matches.
struct Claim<'w> {
    worker: usize,
    index: usize,
    text: &'w str,
    scheme: Option<&'w str>,
    host: Part,
    path: Part,
    is_domain: bool,
}

/// Says where Workers claim addresses that others claim, too. A domain comes once for each two claims.
#[must_use]
pub fn overlaps(workers: &[RoutedWorker]) -> Vec<Overlap> {
    let claims: Vec<Claim<'_>> = workers.iter().enumerate().flat_map(|(index, worker)| claims(index, worker)).collect();
    if claims.len() > MAX_COMPARED {
        return Vec::new();
    }
    let pairs =
        claims.iter().enumerate().flat_map(|(at, one)| claims.iter().skip(at + 1).map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| one.worker != other.worker)
        .filter_map(|(one, other)| overlap(workers, one, other))
        .collect()
}

fn claims<'w>(worker: usize, of: &'w RoutedWorker) -> impl Iterator<Item = Claim<'w>> {
    let route = move |(index, pattern): (usize, &'w Pattern)| Claim {
        worker,
        index,
        text: pattern.as_str(),
        scheme: pattern.scheme(),
        host: pattern.host().clone(),
        path: pattern.path().clone(),
        is_domain: false,
    };
    let domain = move |(index, domain): (usize, &'w String)| {
        let (host, path) = (Part::Exact(ascii(domain)?), Part::Open("/".to_owned()));
        let index = of.routes.len() + index;
        Some(Claim { worker, index, text: domain, scheme: None, host, path, is_domain: true })
    };
    of.routes.iter().enumerate().map(route).chain(of.custom_domains.iter().enumerate().filter_map(domain))
}

fn overlap(workers: &[RoutedWorker], one: &Claim<'_>, other: &Claim<'_>) -> Option<Overlap> {
    let scheme = match (one.scheme, other.scheme) {
        (Some(one), Some(other)) if one != other => return None,
        (one, other) => one.or(other).unwrap_or("https"),
    };
    let host = common(&one.host, &other.host, |text, end| text.ends_with(end))?;
    let host = match &host {
        Part::Open(end) if end.is_empty() => "example.com".to_owned(),
        // The host itself, or one below it.
        Part::Open(end) if end.starts_with('.') => format!("x{end}"),
        host => host.text().to_owned(),
    };
    let path = common(&one.path, &other.path, |text, start| text.starts_with(start))?;
    let url = Url::parse(&format!("{scheme}://{host}{}", path.text())).ok()?;
    let is_first = wins(workers, one, other, &url);
    let (winner, loser) = if is_first { (one, other) } else { (other, one) };
    let kind = if one.is_domain == other.is_domain && one.text == other.text {
        OverlapKind::Same
    } else if covers(winner, loser) {
        OverlapKind::Shadowed
    } else {
        OverlapKind::Shared
    };
    let at = |claim: &Claim<'_>| (claim.worker, claim.index);
    Some(Overlap { host, url: url.to_string(), winner: at(winner), loser: at(loser), kind })
}

/// Whether the first of two claims comes before the second at an address of both, whatever else claims it.
fn wins(workers: &[RoutedWorker], one: &Claim<'_>, other: &Claim<'_>, url: &Url) -> bool {
    let alone = |claim: &Claim<'_>| {
        let worker = workers.get(claim.worker)?;
        let routes: Vec<Pattern> = worker.routes.get(claim.index).cloned().into_iter().collect();
        let custom_domains = if claim.is_domain { vec![claim.text.to_owned()] } else { Vec::new() };
        Some(RoutedWorker { name: Some(claim.worker.to_string()), routes, custom_domains, workers_dev: false })
    };
    let both: Vec<RoutedWorker> = [one, other].into_iter().filter_map(alone).collect();
    explain(&both, url).worker == Some(one.worker.to_string())
}

/// What two parts have in common, if anything.
fn common(one: &Part, other: &Part, fits: impl Fn(&str, &str) -> bool) -> Option<Part> {
    let narrower = match (one, other) {
        (Part::Exact(one), Part::Exact(other)) => return (one == other).then(|| Part::Exact(one.clone())),
        (Part::Exact(exact), Part::Open(open)) | (Part::Open(open), Part::Exact(exact)) => {
            return fits(exact, open).then(|| Part::Exact(exact.clone()));
        }
        (Part::Open(one), Part::Open(other)) if one.len() >= other.len() => (one, other),
        (Part::Open(one), Part::Open(other)) => (other, one),
    };
    fits(narrower.0, narrower.1).then(|| Part::Open(narrower.0.clone()))
}

/// Whether a claim matches all that another one matches.
fn covers(wide: &Claim<'_>, narrow: &Claim<'_>) -> bool {
    let has_scheme = wide.scheme.is_none() || wide.scheme == narrow.scheme;
    let part = |wide: &Part, narrow: &Part, fits: fn(&str, &str) -> bool| match (wide, narrow) {
        (Part::Open(open), narrow) => fits(narrow.text(), open),
        (Part::Exact(wide), Part::Exact(narrow)) => wide == narrow,
        (Part::Exact(_), Part::Open(_)) => false,
    };
    has_scheme
        && part(&wide.host, &narrow.host, |text, end| text.ends_with(end))
        && part(&wide.path, &narrow.path, |text, start| text.starts_with(start))
}
