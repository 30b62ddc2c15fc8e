//! The local sweep: blobs in the bucket that no deploy names any more.
//!
//! First every object forgets its old deploys and what was proven of blobs, then what the kept deploys name is gathered, and only
//! what none of them names is deleted. All but the deleting goes on beside publishes; that is done in short slices, while no publish
//! is under way.

use super::{context::LocalWorker, sweep_lock::SweepLock};
use crate::{
    error::{Error, Result},
    publish::{self, Silent},
    session::InProcess,
};
use pmx_emulator::{
    Emulator,
    r2::{ListOptions, R2},
};
use pmx_model::{Hash, ManifestIndex, Root, SiteName};
use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};
use tokio::time::sleep;

/// At least so long between two sweeps: each looks at all sites of the state folder.
const PAUSE: Duration = Duration::from_secs(60);
/// Blobs that are deleted while publishes wait: some ten milliseconds.
const SLICE: usize = 200;

/// Sweeps the bucket of one state folder.
pub(super) struct Collector {
    emulator: Emulator,
    server: InProcess,
    sweep_lock: SweepLock,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Collected {
    /// Deploys that were forgotten, over all sites.
    pub(super) deploys: u64,
    /// Blobs that were deleted.
    pub(super) blobs: usize,
}

/// What the kept deploys name, as far as it was read.
#[derive(Default)]
struct Referenced {
    blobs: HashSet<Hash>,
    /// By routes and manifest.
    roots: HashSet<(Hash, Hash)>,
}

impl Collector {
    /// All that publishes into this emulator must hold the lock meanwhile.
    pub(super) fn new(emulator: Emulator, secret: &str, sweep_lock: SweepLock) -> Self {
        Self { server: InProcess::new(emulator.clone(), secret), emulator, sweep_lock }
    }

    /// Keeps the newest `keep` deploys of every site, those that are live, and all that they name.
    ///
    /// # Errors
    /// If what is kept cannot be told for sure; then nothing more is deleted.
    pub(super) async fn collect(&self, keep: u32) -> Result<Collected> {
        let mut collected = Collected::default();
        let sites = self.sites().await?;
        for site in &sites {
            collected.deploys += self.prune(site, keep).await?;
        }
        let referenced = self.name(&sites, Referenced::default()).await?;
        let gathered = move |r2: &R2| Ok((unnamed(r2, &referenced.blobs)?, referenced));
        let (mut dead, mut referenced) = self.on_thread(gathered).await?;
        while !dead.is_empty() {
            let _alone = self.sweep_lock.sweeping().await;
            // Once more: what was published or proven since the last slice.
            let sites = self.sites().await?;
            for site in &sites {
                collected.deploys += self.prune(site, keep).await?;
            }
            referenced = self.name(&sites, referenced).await?;
            dead.retain(|hash| !referenced.blobs.contains(hash));
            let slice = dead.split_off(dead.len().saturating_sub(SLICE));
            collected.blobs += slice.len();
            self.on_thread(move |r2| slice.iter().try_for_each(|hash| r2.delete(&hash.to_string())).map_err(failed))
                .await?;
        }
        Ok(collected)
    }

    /// The names of all sites that the state folder holds, published by this process or not.
    async fn sites(&self) -> Result<BTreeSet<SiteName>> {
        let inspector = self.emulator.inspect();
        let mut sites = BTreeSet::new();
        for object in inspector.objects().await.map_err(failed)? {
            let name = match object.name {
                Some(name) => name,
                None if object.bytes == 0 => continue,
                None => {
                    let rows = inspector.sql(&object.id, "SELECT name FROM space", &[]).await.map_err(failed)?.rows;
                    let name = rows.first().and_then(|row| row.first()).and_then(|name| name.as_str());
                    name.ok_or_else(|| failed(format!("object {} has no name", object.id)))?.to_owned()
                }
            };
            sites.insert(name.parse().map_err(failed)?);
        }
        Ok(sites)
    }

    async fn prune(&self, site: &SiteName, keep: u32) -> Result<u64> {
        let mut pruned = 0;
        loop {
            let answer = publish::prune(&self.server, site, keep, &Silent).await.map_err(failed)?;
            pruned += answer.pruned;
            if !answer.more {
                return Ok(pruned);
            }
        }
    }

    /// Adds what the deploys of these sites name.
    async fn name(&self, sites: &BTreeSet<SiteName>, mut referenced: Referenced) -> Result<Referenced> {
        let mut unread = Vec::new();
        for site in sites {
            let deploys = publish::deploys(&self.server, site, &Silent).await.map_err(failed)?;
            for root in deploys.into_iter().flat_map(|deploy| deploy.record.roots.roots.into_values()) {
                if referenced.roots.insert((root.routes, root.manifest)) {
                    unread.push(root);
                }
            }
        }
        if unread.is_empty() {
            return Ok(referenced);
        }
        self.on_thread(move |r2| {
            add(r2, &unread, &mut referenced.blobs)?;
            Ok(referenced)
        })
        .await
    }

    async fn on_thread<T: Send + 'static>(&self, work: impl FnOnce(&R2) -> Result<T> + Send + 'static) -> Result<T> {
        let r2 = self.emulator.r2().clone();
        tokio::task::spawn_blocking(move || work(&r2)).await.map_err(failed)?
    }
}

/// Keeps so many deploys of each site, until it is dropped. The first sweep comes with the first publish after a minute, the next
/// ones when a quarter of what is kept has been added.
pub(super) async fn run(worker: &LocalWorker, keep: u32) {
    let collector = Collector::new(worker.emulator.clone(), &worker.secret, worker.sweep_lock.clone());
    let mut published = worker.published.subscribe();
    let (mut swept, mut more) = (0, 1);
    loop {
        sleep(PAUSE).await;
        match published.wait_for(|published| *published >= swept + more).await {
            Ok(published) => swept = *published,
            Err(_) => return,
        }
        more = u64::from(keep / 4).max(1);
        match collector.collect(keep).await {
            Ok(collected) => tracing::info!(deploys = collected.deploys, blobs = collected.blobs, "swept"),
            Err(error) => tracing::warn!("{error}"),
        }
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::new(format!("old blobs cannot be collected: {error}"))
}

/// Adds what these roots name. Deploys that follow each other resemble each other, so each is compared with the one before.
fn add(r2: &R2, roots: &[Root], blobs: &mut HashSet<Hash>) -> Result<()> {
    let mut before = ManifestIndex::default();
    for root in roots {
        blobs.extend([root.routes, root.manifest]);
        let Some(object) = r2.get(&root.manifest.to_string(), None).map_err(failed)? else {
            tracing::warn!(manifest = %root.manifest, "a deploy cannot be served any more: its manifest is gone");
            continue;
        };
        let json = object.body.into_bytes().map_err(failed)?.to_vec();
        let manifest = ManifestIndex::read(json, Some(&before)).map_err(failed)?;
        blobs.extend(ManifestIndex::changed_files(&before, &manifest).into_iter().filter_map(|(_, hash)| hash));
        before = manifest;
    }
    Ok(())
}

/// The blobs of the bucket that are not among these. What has no blob's name is somebody's own.
fn unnamed(r2: &R2, referenced: &HashSet<Hash>) -> Result<Vec<Hash>> {
    let mut unnamed = Vec::new();
    let mut cursor = None;
    loop {
        let page = r2.list(ListOptions { cursor: cursor.as_deref(), ..ListOptions::default() }).map_err(failed)?;
        let hashes = page.objects.iter().filter_map(|object| object.key.parse::<Hash>().ok());
        unnamed.extend(hashes.filter(|hash| !referenced.contains(hash)));
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(unnamed);
        }
    }
}

#[cfg(test)]
mod tests;
