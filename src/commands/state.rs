//! `pmx state`

mod check;
mod export;

use super::{
    confirm::confirm,
    data::{self, existing, folder, one, refused},
    kv,
};
use crate::{
    cli::{StateAction, StateArgs, StateFolderArgs},
    data::{
        DataOp, Owner,
        archive::{self, ArchiveError},
        receipts,
    },
    error::{Error, Result},
    report::Report,
};
use pmx_emulator::{
    clock::Clock,
    profile::Profile,
    r2::R2,
    state_dir::{StateDir, StateError},
};
use pmx_site::file_retry;
use pmx_site::paths::canonical;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Works with a state folder as a whole.
///
/// # Errors
/// The folder is owned or cannot be used; the archive is none; the user does not agree.
pub(super) fn run(args: &StateArgs, report: &Report) -> Result<()> {
    let place = &args.place;
    match &args.action {
        StateAction::Path => {
            let folder = absolute(&folder(place)?)?;
            if report.json() {
                report.event(&json!({ "path": folder, "exists": folder.join("version").is_file() }));
            } else {
                report.data(folder.display());
            }
            Ok(())
        }
        StateAction::Reset { site: Some(site), yes } => {
            existing(&folder(place)?)?;
            confirm(&format!("Remove all deploys of `{site}`?"), *yes, report)?;
            kv::removed(&one(place, DataOp::SiteReset { site: site.clone() })?, site, "site", report)
        }
        StateAction::Reset { site: None, yes } => reset(place, *yes, report),
        StateAction::Export { file } => export::run(place, file, report),
        StateAction::Check => check::check(place, report),
        StateAction::Repair { yes } => check::repair(place, *yes, report),
        StateAction::Import { file, yes } => import(place, file, *yes, report),
    }
}

fn reset(place: &StateFolderArgs, yes: bool, report: &Report) -> Result<()> {
    let folder = absolute(&folder(place)?)?;
    existing(&folder)?;
    let owned = own(&folder)?;
    confirm(&format!("Remove everything in {}?", folder.display()), yes, report)?;
    // Under another name first: whoever starts meanwhile finds all of it or nothing.
    let gone = archive::beside(&folder, "removed")?;
    let owned = held_while_renaming(owned);
    file_retry::rename(&folder, &gone)?;
    drop(owned);
    receipts::keep(&gone, &folder)?;
    file_retry::remove_dir_all(&gone)?;
    report.event(&json!({ "removed": folder }));
    report.say(format_args!("{} is gone", folder.display()));
    Ok(())
}

fn import(place: &StateFolderArgs, file: &Path, yes: bool, report: &Report) -> Result<()> {
    let folder = absolute(&folder(place)?)?;
    let owned = if folder.exists() {
        let empty = receipts::is_without_state(&folder)?;
        if !empty {
            existing(&folder).map_err(|error| error.hint("only a state folder, or an empty one, is replaced"))?;
        }
        let owned = own(&folder)?;
        if !empty {
            confirm(&format!("Replace everything in {}?", folder.display()), yes, report)?;
        }
        Some(owned)
    } else {
        None
    };
    let unpacked = archive::beside(&folder, "import")?;
    if let Some(parent) = unpacked.parent() {
        fs_err::create_dir_all(parent)?;
    }
    fs_err::create_dir(&unpacked)?;
    let imported = take_in(file, &unpacked).map_err(|error| error.hint("the state is as it was")).and_then(|()| {
        let _owned = owned.and_then(held_while_renaming);
        archive::replace(&folder, &unpacked)
            .map_err(|error| Error::new(format!("the state cannot be replaced: {error}")))
    });
    if let Err(error) = imported {
        let _ = fs_err::remove_dir_all(&unpacked);
        return Err(error);
    }
    report.event(&json!({ "imported": folder }));
    report.say(format_args!("{} holds what {} held", folder.display(), file.display()));
    Ok(())
}

/// Unpacks into a folder of its own, and sees whether it can be opened.
fn take_in(file: &Path, into: &Path) -> Result<()> {
    archive::unpack(file, into).map_err(|error| match error {
        ArchiveError::Io(error) => Error::new(error),
        error => Error::new(format!("{} cannot be imported: {error}", file.display())),
    })?;
    let state = StateDir::open(into).map_err(refused)?;
    // What objects know of the bucket may be newer than the bucket of the archive.
    let bucket = R2::open(&state, &Clock::system(), Profile::default()).map_err(refused)?;
    bucket.renew_epoch().map_err(Error::new)?;
    drop(bucket);
    data::DataClient::Here(state).run([DataOp::ObjectList {}])?;
    Ok(())
}

/// Nobody else has the folder as long as the answer lives.
fn own(folder: &Path) -> Result<StateDir> {
    StateDir::open(folder).map_err(|error| match error {
        StateError::InUse { path, pid } => match Owner::of_state(folder, pid) {
            Some(owner) => owner.in_use(&path),
            None => Error::new(StateError::InUse { path, pid }).hint("end the process that uses it first"),
        },
        error => refused(error),
    })
}

/// What is held of a folder while it is renamed: all of it. But Windows renames no folder in which a file is open; there it is let go,
/// and should another process take it in this moment, the renaming fails and all is as it was.
fn held_while_renaming(owned: StateDir) -> Option<StateDir> {
    (!cfg!(windows)).then_some(owned)
}

/// Where a path leads: a state folder behind a link is replaced there, and the link stays.
fn absolute(path: &Path) -> Result<PathBuf> {
    if let Ok(path) = canonical(path) {
        return Ok(path);
    }
    // What is yet to be made lies in a folder that is there.
    if let (Some(parent), Some(name)) = (path.parent(), path.file_name()) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        if let Ok(parent) = canonical(parent) {
            return Ok(parent.join(name));
        }
    }
    std::path::absolute(path).map_err(|error| Error::new(format!("{}: {error}", path.display())))
}
