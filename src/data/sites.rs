//! The sites that KV knows and that show something: those that were published and not taken down since.

use pmx_emulator::kv::{Kv, KvError, ListOptions};
use pmx_model::{SiteName, SiteState, kv_key};

/// How many keys a page of a list has: as many as KV gives.
const PAGE: i64 = 1000;

/// A site that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedSite {
    /// Its name.
    pub name: SiteName,
    /// The deploy that is active.
    pub deploy_id: String,
    /// When that was activated, RFC 3339.
    pub updated_at: String,
}

/// A site that is in KV: one that is published, or one that was taken down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSite {
    /// Its name.
    pub name: SiteName,
    /// What it shows.
    pub state: SiteState,
}

/// The first `most` published sites by name, and how many there are. What is no state of a site is left out, and so are sites that were
/// taken down: every state is read. May block on the disk.
///
/// # Errors
/// KV cannot be read.
pub fn published(kv: &Kv, most: usize) -> Result<(Vec<PublishedSite>, usize), KvError> {
    list(kv, most, |name, state| {
        let state = state.published()?;
        Some(PublishedSite { name, deploy_id: state.deploy_id, updated_at: state.updated_at })
    })
}

/// As [`published`], with the sites that were taken down.
///
/// # Errors
/// KV cannot be read.
pub fn known(kv: &Kv, most: usize) -> Result<(Vec<KnownSite>, usize), KvError> {
    list(kv, most, |name, state| Some(KnownSite { name, state }))
}

fn list<T>(kv: &Kv, most: usize, of: impl Fn(SiteName, SiteState) -> Option<T>) -> Result<(Vec<T>, usize), KvError> {
    let (mut sites, mut count, mut cursor) = (Vec::new(), 0, None);
    loop {
        let page =
            kv.list(ListOptions { prefix: kv_key::SITE_STATE_PREFIX, limit: Some(PAGE), cursor: cursor.as_deref() })?;
        for key in &page.keys {
            let Some(name) = kv_key::site_of_state(&key.name) else { continue };
            let Some(value) = kv.get(&key.name)? else { continue };
            let Some(site) = serde_json::from_slice(&value).ok().and_then(|state| of(name, state)) else { continue };
            count += 1;
            if sites.len() < most {
                sites.push(site);
            }
        }
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok((sites, count));
        }
    }
}
