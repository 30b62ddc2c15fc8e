//! Which site a request is for.

use crate::server::{Caller, HostName};
use axum::extract::Request;
use pmx_model::SiteName;

/// The site that the host of a request names; none if that is below no `localhost`, or its label is no name of a site.
pub(super) fn site_of(request: &Request) -> Option<SiteName> {
    Caller::of(request.extensions()).host()?.site_label()?.parse().ok()
}

/// The same, or the default where the host is below no `localhost`.
pub(super) fn site_or_default(request: &Request, default_site: Option<&SiteName>) -> Option<SiteName> {
    match Caller::of(request.extensions()).host().and_then(HostName::site_label) {
        Some(label) => label.parse().ok(),
        None => default_site.cloned(),
    }
}
