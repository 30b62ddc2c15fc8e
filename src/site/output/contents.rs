//! What an output folder holds, before something else is written into it.

use super::{LAST, receipt::Receipt};
use crate::site::error::SiteError;
use std::path::Path;

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

/// What pmx has written into a folder, by the list that it left there. What the folder holds besides is not looked at.
///
/// # Errors
/// The list cannot be read.
pub fn contents(out: &Path) -> Result<Contents, SiteError> {
    let receipt = Receipt::read(out)?;
    Ok(match receipt.files.is_empty() {
        true => Contents::Nothing,
        // A build names it from its first write on.
        false if receipt.files.contains_key(LAST) => Contents::Build,
        false => Contents::StaticFiles,
    })
}
