//! What this user published, so that the next publish can say what it changes before it is committed: a server tells only afterwards.

use super::{Address, Listing};
use crate::user_folder;
use fs_err as fs;
use pmx_model::{Hash, Roots, SiteName};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The folder in the user's own one.
const FOLDER: &str = "published";
/// Deploys that are remembered, over all sites: some way back of those that a person publishes to. One of a thousand pages has 0.5 MB.
const MAX_DEPLOYS: usize = 48;
/// The largest record that is read: the listings of a deploy's documents, which have 16 MiB, with their titles.
const MAX_RECORD: u64 = 64 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct RememberedListing<L> {
    server: String,
    site: String,
    roots: Roots,
    listing: L,
}

/// The listing of the deploy with these roots, if this user published it to this site.
pub(crate) fn recall(server: &Address, site: &SiteName, roots: &Roots) -> Option<Listing> {
    let path = file(server, site, roots)?;
    if fs::metadata(&path).ok()?.len() > MAX_RECORD {
        return None;
    }
    let record: RememberedListing<Listing> = serde_json::from_slice(&fs::read(&path).ok()?).ok()?;
    let is_it = record.server == server.to_string() && record.site == site.as_str() && record.roots == *roots;
    is_it.then_some(record.listing)
}

/// Remembers what is published. That it cannot be is no reason to fail: the next publish says a little less.
pub(crate) fn remember(server: &Address, site: &SiteName, roots: &Roots, listing: &Listing) {
    let Some(path) = file(server, site, roots) else { return };
    let record =
        RememberedListing { server: server.to_string(), site: site.to_string(), roots: roots.clone(), listing };
    let written = serde_json::to_string(&record).map_err(|error| error.to_string());
    let written =
        written.and_then(|text| user_folder::write(&path, &text, false).map(drop).map_err(|error| error.to_string()));
    match written {
        Ok(()) => forget_oldest(&path),
        Err(error) => tracing::debug!("what was published is not remembered: {error}"),
    }
}

fn file(server: &Address, site: &SiteName, roots: &Roots) -> Option<PathBuf> {
    let name = Hash::of(format!("{server} {site} {}", serde_json::to_string(roots).ok()?).as_bytes());
    Some(user_folder::path()?.join(FOLDER).join(format!("{}.json", name.short(32))))
}

/// Keeps the folder of this file small.
fn forget_oldest(path: &Path) {
    let entries = path.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, PathBuf)> =
        entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path()))).collect();
    files.sort_unstable();
    let surplus = files.len().saturating_sub(MAX_DEPLOYS);
    for (_, old) in files.into_iter().take(surplus) {
        let _ = fs::remove_file(old);
    }
}
