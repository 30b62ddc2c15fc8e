//! What lies in a state folder besides what rows name.

use super::{Finding, ReferencedBlobs};
use crate::state_dir::{
    StateDir,
    folder::{Folder, FolderEntry, Kind},
    layout,
};
use std::{collections::HashMap, io};

/// Files of the folder that are pmx's, and not the emulator's.
const OTHERS: [&str; 1] = ["device-token"];

/// Goes through all folders. What lies below a stray folder is not looked at.
pub(super) fn walk(
    state: &StateDir,
    named: &HashMap<&str, ReferencedBlobs>,
    findings: &mut Vec<Finding>,
) -> io::Result<()> {
    let root = state.root();
    for FolderEntry { name, kind } in root.entries()? {
        let ours = match kind {
            Kind::File => {
                layout::FILES.contains(&name.as_str())
                    || OTHERS.contains(&name.as_str())
                    || layout::is_aside(&name)
                    || layout::database_of(&name).is_some_and(|database| layout::DATABASES.contains(&database))
            }
            Kind::Folder => matches!(name.as_str(), "blobs" | "do"),
            Kind::Link | Kind::Special => false,
        };
        if !ours {
            findings.push(Finding::Stray { file: name });
        }
    }
    if let Some(blobs) = folder(root, "blobs")? {
        for FolderEntry { name, .. } in blobs.entries()? {
            let path = format!("blobs/{name}");
            match named.get(name.as_str()) {
                Some(named) => store(&blobs.open_folder(&name)?, &path, named, findings)?,
                None if name == "tmp" => temporary(&blobs.open_folder(&name)?, &path, findings)?,
                None => findings.push(Finding::Stray { file: path }),
            }
        }
    }
    if let Some(objects) = folder(root, "do")? {
        for FolderEntry { name, kind } in objects.entries()? {
            let path = format!("do/{name}");
            match kind {
                Kind::Folder if layout::is_class(&name) => class(&objects.open_folder(&name)?, &path, findings)?,
                Kind::File
                    if layout::database_of(&name) == Some(layout::ALARMS)
                        || name.strip_suffix(".new").unwrap_or(&name) == layout::NAMESPACES
                        || layout::is_aside(&name) => {}
                _ => findings.push(Finding::Stray { file: path }),
            }
        }
    }
    Ok(())
}

fn folder(parent: &Folder, name: &str) -> io::Result<Option<Folder>> {
    match parent.open_folder(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        folder => folder.map(Some),
    }
}

fn store(store: &Folder, path: &str, named: &ReferencedBlobs, findings: &mut Vec<Finding>) -> io::Result<()> {
    for shard in store.entries()? {
        let path = format!("{path}/{}", shard.name);
        if shard.kind != Kind::Folder || !layout::is_shard(&shard.name) {
            findings.push(Finding::Stray { file: path });
            continue;
        }
        for file in store.open_folder(&shard.name)?.entries()? {
            let path = format!("{path}/{}", file.name);
            let id = layout::blob_id(&shard.name, &file.name).filter(|_| file.kind == Kind::File);
            match (id, named) {
                (None, _) => findings.push(Finding::Stray { file: path }),
                (Some(id), ReferencedBlobs::Known(named)) if !named.contains(&id) => {
                    findings.push(Finding::LeftOver { file: path });
                }
                (Some(_), _) => {}
            }
        }
    }
    Ok(())
}

fn temporary(folder: &Folder, path: &str, findings: &mut Vec<Finding>) -> io::Result<()> {
    for file in folder.entries()? {
        let path = format!("{path}/{}", file.name);
        findings.push(if file.kind == Kind::File && layout::is_temporary(&file.name) {
            Finding::LeftOver { file: path }
        } else {
            Finding::Stray { file: path }
        });
    }
    Ok(())
}

fn class(folder: &Folder, path: &str, findings: &mut Vec<Finding>) -> io::Result<()> {
    for file in folder.entries()? {
        if file.kind != Kind::File || !(layout::is_class_file(&file.name) || layout::is_aside(&file.name)) {
            findings.push(Finding::Stray { file: format!("{path}/{}", file.name) });
        }
    }
    Ok(())
}
