//! What is remembered of each share, in the project's state folder: one small file each, sealed, so that a receipt which came with a
//! checkout is not believed. It would choose the site that the token's owner writes to, and the server that is sent the token.

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
use pmx_model::{Hash, SiteName};
use pmx_site::{Folder, FolderError, Key, Seal};
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
/// The largest receipt: the path of an entry (1,024 bytes), a few addresses.
const MAX_RECEIPT: u64 = 16 * 1024;
/// How many receipts are looked at; a project has a few entries.
const MAX_RECEIPTS: usize = 1024;
/// Digits of the hash that a receipt's file is named by.
const NAME: usize = 32;

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
    /// When it was shared last, RFC 3339; none until a server has said that it is.
    pub(crate) shared: Option<String>,
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

    /// Where its file is, in the folder of the receipts.
    fn file(&self) -> String {
        format!("{}.json", Hash::of(format!("{}\0{}", self.server, self.entry).as_bytes()).short(NAME))
    }
}

/// A receipt on disk.
#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(flatten)]
    receipt: Receipt,
    /// The code of the receipt as JSON, in hexadecimal digits.
    seal: String,
}

/// The receipts of a project.
pub(crate) struct Receipts {
    project: PathBuf,
    key: Key,
    all: Vec<Receipt>,
    foreign: usize,
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
        let mut receipts = Self { project: project.to_owned(), key, all: Vec::new(), foreign: 0 };
        let Some(folder) = existing_folder(project)? else { return Ok(receipts) };
        for name in folder.names(MAX_RECEIPTS)?.iter().filter(|name| name.ends_with(".json")) {
            match receipts.read(&folder, name) {
                Some(receipt) => receipts.all.push(receipt),
                None => receipts.foreign += 1,
            }
        }
        receipts.all.sort_by(|one, other| (&one.entry, &one.server).cmp(&(&other.entry, &other.server)));
        Ok(receipts)
    }

    /// A receipt that this user's pmx wrote here.
    fn read(&self, folder: &Folder, name: &str) -> Option<Receipt> {
        let bytes = folder.read(name, MAX_RECEIPT).ok()??;
        let Sealed { receipt, seal } = serde_json::from_slice(&bytes).ok()?;
        let code = HEXLOWER.decode(seal.as_bytes()).ok()?;
        (receipt.file() == name && self.seal(&receipt)?.is(&code)).then_some(receipt)
    }

    fn seal(&self, receipt: &Receipt) -> Option<Seal> {
        let mut seal = self.key.seal(PURPOSE, &self.project);
        seal.update(&serde_json::to_vec(receipt).ok()?);
        Some(seal)
    }

    /// By entry, then by server.
    pub(crate) fn all(&self) -> &[Receipt] {
        &self.all
    }

    /// How many there are that this user's pmx did not write here, and that are left out.
    pub(crate) const fn foreign(&self) -> usize {
        self.foreign
    }

    /// That of an entry: on this server, else the one that was shared last.
    pub(crate) fn find(&self, entry: &str, server: Option<&Address>) -> Option<&Receipt> {
        let server = server.map(ToString::to_string);
        let fits = |receipt: &&Receipt| {
            receipt.entry == entry && server.as_ref().is_none_or(|server| receipt.server == *server)
        };
        self.all.iter().filter(fits).max_by_key(|receipt| &receipt.shared)
    }

    /// Writes a receipt, in the place of the one of the same entry and server.
    ///
    /// # Errors
    /// A link leads there, or it cannot be written.
    pub(crate) fn write(&self, receipt: &Receipt) -> Result<()> {
        let unsealed = || Error::new("the receipt of the share cannot be written");
        let seal = HEXLOWER.encode(&self.seal(receipt).ok_or_else(unsealed)?.finish());
        let text = serde_json::to_string_pretty(&Sealed { receipt: receipt.clone(), seal }).map_err(Error::new)?;
        let state = Folder::open(&self.project)?.enter_or_make(STATE_FOLDER).map_err(refused)?;
        if matches!(state.look(GITIGNORE), Ok(None)) {
            state.create(GITIGNORE, IGNORED)?;
        }
        let folder = state.enter_or_make(RECEIPTS_FOLDER).map_err(refused)?;
        folder.replace(&folder, &receipt.file(), format!("{text}\n").as_bytes()).map_err(|error: io::Error| {
            Error::new(format!("{} cannot be written: {error}", folder.path().join(receipt.file()).display()))
        })?;
        Ok(())
    }

    /// Removes the receipt of a share that is no more.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(crate) fn remove(&self, receipt: &Receipt) -> Result<()> {
        if let Some(folder) = existing_folder(&self.project)? {
            folder.remove(&receipt.file())?;
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
