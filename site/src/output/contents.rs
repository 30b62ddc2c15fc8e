//! What an output folder holds, before something else is written into it.

use super::{LAST, receipt::Receipt};
use crate::{error::SiteError, files::seal::Key, project::out_dir::OutDir};

/// What pmx has written into a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// Nothing.
    Nothing,
    /// A build that can be published.
    Build,
    /// A site for a host of plain files.
    StaticFiles,
}

/// What pmx has written into a folder, by the list that it left there under this user's key; a list that came along is nobody's word. What
/// the folder holds besides is not looked at.
///
/// # Errors
/// The folder or the list cannot be read.
pub fn contents(out: &OutDir, key: Option<&Key>) -> Result<Contents, SiteError> {
    let Some(folder) = out.open()? else { return Ok(Contents::Nothing) };
    let receipt = Receipt::read(&folder, key)?;
    Ok(match !receipt.is_ours || receipt.files.is_empty() {
        true => Contents::Nothing,
        // A build names it from its first write on.
        false if receipt.files.contains_key(LAST) => Contents::Build,
        false => Contents::StaticFiles,
    })
}
