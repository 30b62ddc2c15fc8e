//! Which Worker a request reaches: routes, custom domains and `workers.dev`.
//!
//! A pattern of a route is `[http://|https://]host[/path]`, with `*` as the first character of the host and as the last of the path, and
//! nowhere else. Patterns are compared with the address as it was sent: the host without its port and in any case, path and query
//! undecoded. Of several routes that match, the most specific one has the request; a route comes before a custom domain of its host, whose
//! Worker is then the origin behind it. Sources: developers.cloudflare.com/workers/configuration/routing/routes, and miniflare's
//! `plugins/shared/routing.ts`, whose order is that of production as far as it is known.

mod address;
mod explanation;
mod overlap;
mod pattern;

pub use address::{AddressError, address};
pub use explanation::{Candidate, ClaimKind, Explanation, Verdict, explain};
pub use overlap::{MAX_COMPARED, Overlap, OverlapKind, overlaps};
pub use pattern::{Mismatch, Pattern, PatternError};

/// A Worker, and the addresses that it claims.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoutedWorker {
    /// Its name. Without one these are routes that no Worker has: what they match reaches none of the less specific ones.
    pub name: Option<String>,
    /// The patterns of its routes.
    pub routes: Vec<Pattern>,
    /// The hosts that it is the origin of.
    pub custom_domains: Vec<String>,
    /// Whether it answers at `<name>.<subdomain>.workers.dev`.
    pub workers_dev: bool,
}
