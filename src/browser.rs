//! Opening addresses in the user's browser.
//!
//! What a program is started with can be read by every user of the machine (`/proc/<pid>/cmdline`, `ps`), and a browser is started with
//! what it is to open. An address that carries a token is therefore never passed on: it stands in a file that its user alone can read,
//! a page that leads there, and the browser is given the path of the file.

use crate::{
    error::{Error, Result},
    secret, user_folder,
};
use fs_err as fs;
use maud::{DOCTYPE, PreEscaped, html};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// The folder of the pages, in what pmx keeps for its user.
const FOLDER: &str = "browser";
/// Random bytes of a page's name: as many as those of a key that nobody guesses (128 bits).
const NAME_BYTES: usize = 16;
/// Follows the link, and leaves no entry for the page in the browser's history.
const FOLLOW: &str = "location.replace(document.querySelector('a').href)";
/// The page loads nothing and sends nothing.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Opens an address that everybody may know.
///
/// # Errors
/// No browser could be started.
pub(crate) fn open(url: &str) -> Result<()> {
    open::that_detached(url).map_err(|error| Error::new(format!("no browser could be opened: {error}")))
}

/// Opens an address that carries a token, which no other user gets to see. The page that leads there stays until the next call.
///
/// # Errors
/// No file that others cannot read or replace could be made, or no browser could be started; the address was passed to nobody.
pub(crate) fn open_secret(url: &str) -> Result<()> {
    let folder = user_folder::path()
        .ok_or_else(|| Error::new("there is no folder for a page that leads there; PMX_DATA_DIR names one"))?;
    let page = leading_to(url, &folder)?;
    // A path, not its URL: launchers take both, and the one that leads from WSL to Windows translates paths only.
    open::that_detached(&page).map_err(|error| {
        // Nobody is going to read it; if it cannot be removed, the next call does.
        let _ = fs::remove_file(&page);
        Error::new(format!("no browser could be opened: {error}"))
    })
}

/// Writes the page that leads to an address, for its user alone, and removes those of calls before.
fn leading_to(url: &str, user: &Path) -> Result<PathBuf> {
    let folder = user.join(FOLDER);
    user_folder::make_private(&folder)?;
    for entry in fs::read_dir(&folder)?.flatten() {
        // Another call may have removed it; one that stays holds the token of an earlier call and is as unreadable as before.
        let _ = fs::remove_file(entry.path());
    }
    let name = format!("{}.html", secret::random_hex::<NAME_BYTES>()?);
    // Mode 0600 from its first byte on, and never a file that is there already.
    let mut file = tempfile::Builder::new().prefix(&name).rand_bytes(0).tempfile_in(&folder)?;
    file.write_all(page(url).as_bytes())?;
    let (_, path) = file.keep().map_err(|refused| refused.error)?;
    Ok(path)
}

fn page(url: &str) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="referrer" content="no-referrer";
                meta http-equiv="refresh" content={ "0;url=" (url) };
                title { "pmx" }
            }
            body {
                p { a href=(url) rel="noreferrer" { "Open the console" } }
                script { (PreEscaped(FOLLOW)) }
            }
        }
    }
    .into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_its_users_alone_and_the_only_one_with_a_name_of_its_own() {
        let user = tempfile::tempdir().unwrap();
        let user = user.path().join("not/yet");
        let first = leading_to("http://pmx.localhost:1/?token=00", &user).unwrap();
        let second = leading_to("http://pmx.localhost:1/?token=11", &user).unwrap();
        assert_ne!(first, second);
        assert!(!first.exists(), "what a call before left is gone");
        assert!(fs::read_to_string(&second).unwrap().contains("http://pmx.localhost:1/?token=11"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&second).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(second.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_page_is_written_where_others_may_replace_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let user = tempfile::tempdir().unwrap();
        let folder = user.path().join(FOLDER);
        fs::create_dir(&folder).unwrap();
        for mode in [0o777, 0o770, 0o750, 0o701] {
            fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(leading_to("http://pmx.localhost:1/?token=00", user.path()).is_err(), "{mode:o}");
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        let elsewhere = tempfile::tempdir().unwrap();
        fs::remove_dir(&folder).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), &folder).unwrap();
        assert!(leading_to("http://pmx.localhost:1/?token=00", user.path()).is_err(), "a link leads elsewhere");
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn no_address_becomes_more_than_an_address() {
        let page = page("http://pmx.localhost/?token=\"><script>alert(1)</script>");
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert!(!page.contains("token=\">"), "{page}");
    }
}
