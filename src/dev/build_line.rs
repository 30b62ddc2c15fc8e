//! The line of the terminal about a build.

use super::{built::Built, finished::Finished, finished::PublishOutcome, terminal::BuildLine};
use crate::{
    publish::{Change, PageEntries, PageEntry},
    report::counted,
    session::EarlierDeploy,
};
use pmx_model::{File, hash_in_name};
use std::collections::{BTreeMap, HashMap};

/// The page that is shown for what is not there, without its ending.
const NOT_FOUND: &str = "404";

/// The files of a build, as the build itself has them.
pub(super) type Outputs = BTreeMap<String, File>;

/// What is known of a site's pages beside the build that is told.
pub(super) struct KnownPages<'a> {
    /// Titles of pages that this process has made, by the ids of their Sources.
    pub(super) titles: &'a HashMap<String, String>,
    /// The files of the build that this process published before.
    pub(super) published: Option<&'a Outputs>,
}

/// Shows the line about a build.
pub(super) fn show(site: Option<&str>, finished: &Finished, known: &KnownPages<'_>, show: impl FnOnce(&BuildLine<'_>)) {
    let built = &finished.built;
    let files = match built.names.as_slice() {
        [] => counted(built.changed, "file"),
        [one] if built.changed == 1 => one.clone(),
        [one, ..] => format!("{one} and {} more", built.changed - 1),
    };
    let errors = built.errors();
    let earlier = finished.earlier.as_ref();
    let stays = |otherwise: &str| earlier.map_or_else(|| otherwise.to_owned(), EarlierDeploy::stays);
    let (what, but) = match &finished.outcome {
        PublishOutcome::Published { sources, paths, .. } => {
            let what = if built.first {
                counted(built.site.pages, "page")
            } else {
                let change = change(built, known, sources, paths);
                if change.is_empty() { format!("{files}: {change}") } else { change.to_string() }
            };
            (what, earlier.map(|_| "the rollback is over".to_owned()))
        }
        PublishOutcome::Unchanged => (files, Some("the same as what is up".to_owned())),
        PublishOutcome::HeldBack => {
            let but = earlier.map_or_else(String::new, |earlier| format!(": {}", earlier.stays()));
            (files, Some(format!("nothing new{but}")))
        }
        PublishOutcome::KeptLastGood | PublishOutcome::Lost(_) => {
            (files, Some(stays("the last good version stays up")))
        }
    };
    show(&BuildLine {
        site,
        what: &what,
        but: but.as_deref(),
        findings: (errors, built.site.diagnostics.len() - errors),
        build: built.took,
        publish: finished.publish_time(),
        deploy: finished.deploy_id(),
    });
}

/// What the Worker told of a publish, by the titles of the pages.
fn change(built: &Built, known: &KnownPages<'_>, sources: &[String], paths: &[String]) -> Change {
    let roots: Vec<(String, &String)> = built
        .site
        .roots
        .iter()
        .flat_map(|roots| roots.mounts().map(|(mount, _)| mount).zip(roots.roots.keys()))
        .collect();
    let page = |outputs: &Outputs, path: &String| {
        let (mount, source) = roots.iter().find_map(|(mount, id)| {
            let below = path.strip_prefix(mount.as_str())?.strip_prefix('/')?;
            outputs.get(&format!("{id}/{below}"))?;
            Some((mount, below.strip_suffix(".html")?))
        })?;
        // That for what is not there is no Source's, and what has its hash in its name is an asset.
        if source == NOT_FOUND || hash_in_name(path).is_some() {
            return None;
        }
        // One that no build of this process has made has no title here.
        let title = known.titles.get(source).map_or(source, String::as_str).to_owned();
        Some((path.clone(), PageEntry { source: source.to_owned(), title, address: format!("{mount}/{source}") }))
    };
    let pages = |outputs: &Outputs| -> PageEntries { paths.iter().filter_map(|path| page(outputs, path)).collect() };
    let after = pages(&built.site.outputs);
    let before = known.published.map(pages).unwrap_or_else(|| after.clone());
    // Without a page before, all would count as met for the first time.
    Change::of(sources.to_vec(), paths.to_vec(), &before, &after)
}
