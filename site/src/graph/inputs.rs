//! What of a site decides where links lead: which files there are, and the project.

use crate::{
    project::Project,
    scan::{Content, File, Snapshot, Unread},
};
use pmx_model::Hash;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// The files of a snapshot, without their bytes, and the project.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    project: Option<Hash>,
    /// In the order of their paths.
    files: Vec<(Box<str>, FileMark)>,
    /// What is not read: what is said of an address depends on it.
    unread: BTreeMap<String, Unread>,
}

/// By what a file is known to be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileMark {
    Content(Hash),
    TooLarge(u64),
    /// Hash of why.
    Unreadable(Hash),
}

impl FileMark {
    fn of(file: &File) -> Self {
        match &file.content {
            Content::Bytes(_, hash) => Self::Content(*hash),
            Content::OnDisk { file, .. } => Self::Content(file.hash),
            Content::TooLarge(size) => Self::TooLarge(*size),
            Content::Unreadable(why) => Self::Unreadable(Hash::of(why.as_bytes())),
        }
    }
}

impl Inputs {
    /// Takes a snapshot in. The paths of the files that have another content now; none, if other files are there, or another project.
    pub(super) fn update(&mut self, project: &Project, snapshot: &Snapshot) -> Option<Vec<String>> {
        let project = Some(Hash::of(format!("{project:?}").as_bytes()));
        let files = snapshot.files();
        let mut changed = Vec::new();
        let mut is_same =
            self.project == project && self.unread == *snapshot.unread() && self.files.len() == files.len();
        for ((path, file), (known, mark)) in files.iter().zip(&mut self.files) {
            let (before, now) = (*mark, FileMark::of(file));
            match (before, now) {
                _ if !is_same || **path != **known => is_same = false,
                (before, now) if before == now => {}
                (FileMark::Content(_), FileMark::Content(_)) => {
                    changed.push(path.clone());
                    *mark = now;
                }
                _ => is_same = false,
            }
        }
        if !is_same {
            let files = files.iter().map(|(path, file)| (path.as_str().into(), FileMark::of(file))).collect();
            *self = Self { project, files, unread: snapshot.unread().clone() };
        }
        is_same.then_some(changed)
    }

    /// The hash of all of it but the content of files.
    pub(super) fn shape(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update(format!("{:?}{:?}", self.project, self.unread));
        for (path, mark) in &self.files {
            hasher.update(path.as_bytes());
            match mark {
                FileMark::Content(_) => hasher.update("\0"),
                FileMark::TooLarge(size) => hasher.update(format!("\0{size}\0")),
                FileMark::Unreadable(why) => hasher.update(format!("\0\0{why}\0")),
            }
        }
        Hash::from_bytes(hasher.finalize().into())
    }

    /// The hash of the content of those files that `counts` says.
    pub(super) fn content(&self, counts: impl Fn(&str) -> bool) -> Hash {
        let mut hasher = Sha256::new();
        for (path, mark) in &self.files {
            if let FileMark::Content(content) = mark
                && counts(path)
            {
                hasher.update(path.as_bytes());
                hasher.update([0]);
                hasher.update(content.as_bytes());
            }
        }
        Hash::from_bytes(hasher.finalize().into())
    }
}
