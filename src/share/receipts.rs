//! What is remembered of each share, in the project's state folder: one small file each, sealed, so that a receipt which came with a
//! checkout is not believed. It would choose the site that the token's owner writes to, and the server that is sent the token.
//!
//! No receipt is ever written over one of another share: it may be all that is known of an address where something is still shown.

use crate::{
    data::{
        place::STATE_FOLDER,
        receipts::{GITIGNORE, RECEIPTS_FOLDER},
    },
    error::{Error, Result},
    publish::Address,
    user_folder,
};
use data_encoding::HEXLOWER;
use fs_err as fs;
use pmx_model::SiteName;
use pmx_site::{Folder, FolderError, Key, Seal, paths::canonical};
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};

/// What Git leaves out of the state folder: all of it, as where a server makes it.
const IGNORED: &[u8] = b"*\n";
/// What the key is called in the user's folder, and what receipts are sealed as.
const KEY: &str = "shares";
const PURPOSE: &str = "receipt of a share";
/// What their names are sealed as, and how many bytes of that are in them.
const NAME: &str = "name of a receipt";
const NAME_BYTES: usize = 16;
/// The largest receipt: the path of an entry (1,024 bytes), a few addresses.
const MAX_RECEIPT: u64 = 16 * 1024;
/// How many files there may be: a project has a few entries. Were some not looked at, the user's own could be among them.
const MAX_RECEIPTS: usize = 1024;
/// In the user's folder: held while it is looked whether an entry is shared already, and its receipt is written.
const LOCK: &str = "shares.lock";

/// What is remembered of a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    /// The entry, below the source folder.
    pub(crate) entry: String,
    /// The origin of the server.
    pub(crate) server: String,
    /// The name that it has there.
    pub(crate) site: String,
    /// Where it is.
    pub(crate) url: String,
    /// When it was shared last, RFC 3339 in milliseconds; none until a server has said that it is.
    pub(crate) shared: Option<String>,
    /// When it was taken back, RFC 3339 in milliseconds. It then says only where the next share of the entry goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) taken_back: Option<String>,
}

impl Receipt {
    /// The server and the site, as they are called.
    ///
    /// # Errors
    /// They are none: a later pmx has another idea of them.
    pub(crate) fn target(&self) -> Result<(Address, SiteName)> {
        let unusable = || Error::new(format!("the receipt of {} cannot be used any more", self.url));
        let address = Address::parse(&self.server).map_err(|_| unusable())?;
        Ok((address, self.site.parse().map_err(|_| unusable())?))
    }
}

/// A receipt on disk.
#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(flatten)]
    receipt: Receipt,
    /// The folder of the project that it was written for.
    folder: String,
    /// The code of the receipt as JSON and of the folder, in hexadecimal digits.
    seal: String,
}

/// A file among the receipts that is not believed. It stays as it is.
#[derive(Debug)]
pub(crate) struct Unbelieved {
    pub(crate) file: PathBuf,
    pub(crate) why: Doubt,
}

/// Why a receipt is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Doubt {
    /// This user's pmx wrote it for another project, which is still there: this one is a copy.
    #[error("is of the project in {}", .0.display())]
    Elsewhere(PathBuf),
    /// It has no seal of this user's.
    #[error("was not written by you, or was changed")]
    Foreign,
    /// It cannot be read, or is cut short.
    #[error("is damaged")]
    Damaged,
}

/// The receipts of a project.
pub(crate) struct Receipts {
    project: PathBuf,
    user: PathBuf,
    key: Key,
    shares: Vec<Receipt>,
    taken_back: Vec<Receipt>,
    unbelieved: Vec<Unbelieved>,
}

impl Receipts {
    /// Reads them. `project` is the folder of the project.
    ///
    /// # Errors
    /// The user has no folder for the key; a link leads to the receipts, or they cannot be read.
    pub(crate) fn of(project: &Path) -> Result<Self> {
        let user = user_folder::path().ok_or_else(|| {
            Error::new("there is no folder to keep the key of receipts in")
                .hint("name one in the variable PMX_DATA_DIR")
        })?;
        let key = Key::new(user_folder::key(&user, KEY)?);
        let project = canonical(project)?;
        let (shares, taken_back, unbelieved) = (Vec::new(), Vec::new(), Vec::new());
        let mut receipts = Self { project, user, key, shares, taken_back, unbelieved };
        let Some(folder) = existing_folder(&receipts.project)? else { return Ok(receipts) };
        let names = folder.names(MAX_RECEIPTS + 1)?;
        if names.len() > MAX_RECEIPTS {
            let message = format!("more than {MAX_RECEIPTS} files are in {}", folder.path().display());
            return Err(Error::new(message).hint("remove those that are not yours: receipts of shares are kept there"));
        }
        for name in names.iter().filter(|name| name.ends_with(".json")) {
            match receipts.read(&folder, name) {
                Ok(receipt) if receipt.taken_back.is_some() => receipts.taken_back.push(receipt),
                Ok(receipt) => receipts.shares.push(receipt),
                Err(why) => receipts.unbelieved.push(Unbelieved { file: folder.path().join(name), why }),
            }
        }
        receipts.shares.sort_by(|one, other| (&one.entry, &one.server).cmp(&(&other.entry, &other.server)));
        receipts.unbelieved.sort_by(|one, other| one.file.cmp(&other.file));
        Ok(receipts)
    }

    /// Whether a folder has some, whosever they are.
    pub(crate) fn are_in(folder: &Path) -> bool {
        folder.join(STATE_FOLDER).join(RECEIPTS_FOLDER).symlink_metadata().is_ok_and(|found| found.is_dir())
    }

    /// A receipt that this user's pmx wrote here, or in the folder that this one was before it was moved.
    fn read(&self, folder: &Folder, name: &str) -> std::result::Result<Receipt, Doubt> {
        let bytes = folder.read(name, MAX_RECEIPT).ok().flatten().ok_or(Doubt::Damaged)?;
        let Sealed { receipt, folder, seal } = serde_json::from_slice(&bytes).map_err(|_| Doubt::Damaged)?;
        let code = HEXLOWER.decode(seal.as_bytes()).map_err(|_| Doubt::Damaged)?;
        if self.file(&receipt.site) != name || !self.seal(&receipt, &folder).is_some_and(|seal| seal.is(&code)) {
            return Err(Doubt::Foreign);
        }
        let folder = PathBuf::from(folder);
        let is_here = folder == self.project || matches!(folder.try_exists(), Ok(false));
        if is_here { Ok(receipt) } else { Err(Doubt::Elsewhere(folder)) }
    }

    /// The name of the file of a share. Nobody else can know it, and so no commit of a repository writes over it.
    fn file(&self, site: &str) -> String {
        let mut name = self.key.seal(NAME, Path::new(""));
        name.update(site.as_bytes());
        format!("{}.json", HEXLOWER.encode(&name.finish()[..NAME_BYTES]))
    }

    fn seal(&self, receipt: &Receipt, folder: &str) -> Option<Seal> {
        // The folder is text here, and not looked for: a receipt may name any.
        let mut seal = self.key.seal(PURPOSE, Path::new(""));
        let text = serde_json::to_vec(&(receipt, folder)).ok()?;
        seal.update(&text);
        Some(seal)
    }

    /// What is shared, by entry, then by server.
    pub(crate) fn shares(&self) -> &[Receipt] {
        &self.shares
    }

    /// What lies among the receipts and is left out.
    pub(crate) fn unbelieved(&self) -> &[Unbelieved] {
        &self.unbelieved
    }

    /// The share of an entry: on this server, else the one that was shared last.
    pub(crate) fn find(&self, entry: &str, server: Option<&Address>) -> Option<&Receipt> {
        let server = server.map(ToString::to_string);
        let fits = |receipt: &&Receipt| {
            receipt.entry == entry && server.as_ref().is_none_or(|server| receipt.server == *server)
        };
        self.shares.iter().filter(fits).max_by_key(|receipt| &receipt.shared)
    }

    /// The origin of the server where the last share of an entry was that has been taken back.
    pub(crate) fn former_server(&self, entry: &str) -> Option<&str> {
        let of_entry = self.taken_back.iter().filter(|receipt| receipt.entry == entry);
        Some(&of_entry.max_by_key(|receipt| &receipt.taken_back)?.server)
    }

    /// Writes the receipt of a share that is new, before anything is sent. Of several processes that begin to share an entry at once one
    /// does so.
    ///
    /// # Errors
    /// The entry has been shared on that server since these receipts were read; or as [`Self::write`].
    pub(crate) fn claim(&self, receipt: &Receipt) -> Result<()> {
        let path = self.user.join(LOCK);
        let lock = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        lock.file().lock().map_err(|error| Error::new(format!("{} cannot be locked: {error}", path.display())))?;
        let present = Self::of(&self.project)?;
        let is_same = |share: &Receipt| (&share.entry, &share.server) == (&receipt.entry, &receipt.server);
        if let Some(other) = present.shares.iter().find(|share| is_same(share)) {
            return Err(Error::new(format!("another pmx shares the same entry at this moment, at {}", other.url))
                .hint("call it again: that address is updated then"));
        }
        self.write(receipt)?;
        for former in present.taken_back.iter().filter(|former| former.entry == receipt.entry) {
            self.remove(former)?;
        }
        Ok(())
    }

    /// Writes a receipt, in the place of an earlier one of the same share.
    ///
    /// # Errors
    /// A link leads there, or it cannot be written.
    pub(crate) fn write(&self, receipt: &Receipt) -> Result<()> {
        let unsealed = || Error::new("the receipt of the share cannot be written");
        let folder = self.project.to_string_lossy().into_owned();
        let seal = HEXLOWER.encode(&self.seal(receipt, &folder).ok_or_else(unsealed)?.finish());
        let sealed = Sealed { receipt: receipt.clone(), folder, seal };
        let text = serde_json::to_string_pretty(&sealed).map_err(Error::new)?;
        let state = Folder::open(&self.project)?.enter_or_make(STATE_FOLDER).map_err(refused)?;
        if matches!(state.look(GITIGNORE), Ok(None)) {
            state.create(GITIGNORE, IGNORED)?;
        }
        let folder = state.enter_or_make(RECEIPTS_FOLDER).map_err(refused)?;
        folder.replace(&folder, &self.file(&receipt.site), format!("{text}\n").as_bytes()).map_err(
            |error: io::Error| {
                Error::new(format!(
                    "{} cannot be written: {error}",
                    folder.path().join(self.file(&receipt.site)).display()
                ))
            },
        )?;
        Ok(())
    }

    /// Notes that a share was taken back from `server`, its own or where that has moved: the next share of the entry goes there.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub(crate) fn take_back(&self, receipt: &Receipt, server: &Address) -> Result<()> {
        let server = server.to_string();
        self.write(&Receipt { server, taken_back: Some(super::now()), ..receipt.clone() })
    }

    /// Removes a receipt, and with it all that is known of its share.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(crate) fn remove(&self, receipt: &Receipt) -> Result<()> {
        if let Some(folder) = existing_folder(&self.project)? {
            folder.remove(&self.file(&receipt.site))?;
        }
        Ok(())
    }
}

/// The folder of the receipts; none if nothing was shared from here.
fn existing_folder(project: &Path) -> Result<Option<Folder>> {
    let state = Folder::open(project)?.enter(STATE_FOLDER).map_err(refused)?;
    Ok(state.map(|state| state.enter(RECEIPTS_FOLDER)).transpose().map_err(refused)?.flatten())
}

fn refused(error: FolderError) -> Error {
    let hint = matches!(error, FolderError::Link(_)).then_some("take the link away: receipts of shares are kept there");
    let error = Error::new(error);
    hint.into_iter().fold(error, Error::hint)
}
