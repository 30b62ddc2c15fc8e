//! Paths that a person names on the command line, as far as links lead from there. A link of their own leads where they want. One that lies
//! in a checkout, or in the folder of a project, leads where whoever wrote that wants: so not out of it.

use super::{checkout, home_of};
use crate::{error::SiteError, files::paths::canonical};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// How many links are followed; no more than systems follow themselves (40 on Linux).
const MAX_LINKS: usize = 64;

/// Looks at each link on the way to a path, which is absolute, and at those on the way to where they lead. What is not there leads nowhere.
///
/// # Errors
/// [`SiteError::LinkLeadsOut`], with where it leads.
pub fn no_link_leads_out(path: &Path) -> Result<(), SiteError> {
    // Without links in it.
    let mut here = PathBuf::new();
    let mut ahead = reversed(path);
    let mut links = 0;
    while let Some(name) = ahead.pop() {
        if name == ".." {
            here.pop();
            continue;
        }
        let next = here.join(name);
        let Ok(leads_to) = fs::read_link(&next) else {
            here = next;
            continue;
        };
        let Ok(target) = canonical(&next) else { return Ok(()) };
        links += 1;
        if links > MAX_LINKS {
            return Ok(());
        }
        if let Some(checkout) = claimed(&next, &here, &target)
            && !canonical(&checkout).is_ok_and(|checkout| target.starts_with(checkout))
        {
            return Err(SiteError::LinkLeadsOut { link: next, target, checkout });
        }
        ahead.extend(reversed(&leads_to));
    }
    Ok(())
}

/// The names of a path, the last one first.
fn reversed(path: &Path) -> Vec<OsString> {
    path.components().rev().map(|component| component.as_os_str().to_owned()).collect()
}

/// What a link in `folder` may not lead out of: the checkout, else the project. None where there is neither: then it is the user's own.
fn claimed(link: &Path, folder: &Path, target: &Path) -> Option<PathBuf> {
    if let Some(checkout) = checkout::versioned(folder) {
        return Some(checkout.to_owned());
    }
    let around = |start: &Path| match home_of(start) {
        Ok(home) => home.map(|home| home.folder),
        // Whatever its config says, the folder has one.
        Err(_) => Some(folder.to_owned()),
    };
    let project = around(link).filter(|home| folder.starts_with(home)).or_else(|| around(folder));
    // The folder of a file that is named is its project.
    project.or_else(|| target.is_file().then(|| folder.to_owned()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A folder with these files in it, each with its folders, and these links.
    fn ground(files: &[&str], links: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let top = canonical(folder.path()).unwrap();
        let make = |path: &str| {
            let path = top.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        for file in files {
            fs::write(make(file), "# X\n").unwrap();
        }
        for (link, target) in links {
            symlink(target, make(link)).unwrap();
        }
        (folder, top)
    }

    #[test]
    fn a_link_in_a_checkout_or_a_project_stays_in_it() {
        let clone = ["clone/.git/HEAD", "clone/docs/a.md", "out/sec.path.md", "out/index.path.md"];
        let plain = ["clone/docs/a.md", "out/sec.path.md"];
        let site = ["clone/index.md", "clone/docs/a.md", "out/sec.path.md"];
        for (files, link, named, leads_out) in [
            (&clone[..], ("clone/index.path.md", "../out/sec.path.md"), "clone/index.path.md", true),
            (&clone, ("clone/paths", "../out"), "clone/paths", true),
            (&clone, ("clone/paths", "../out"), "clone/paths/sec.path.md", true),
            (&clone, ("clone/any", "../out"), "clone/any/../../clone/docs/a.md", true),
            (&clone, ("clone/any", "docs"), "clone/any/a.md", false),
            (&clone, ("clone/docs/up", "../docs"), "clone/docs/up/a.md", false),
            (&clone, ("own", "clone"), "own/docs/a.md", false),
            (&clone, ("own", "out/sec.path.md"), "own", false),
            (&plain, ("clone/index.path.md", "../out/sec.path.md"), "clone/index.path.md", true),
            (&plain, ("clone/talk.path.md", "../out/sec.path.md"), "clone/talk.path.md", true),
            (&plain, ("clone/talk.path.md", "docs/a.md"), "clone/talk.path.md", false),
            (&plain, ("clone/paths", "../out"), "clone/paths/sec.path.md", true),
            (&plain, ("own/link", "../out"), "own/link", false),
            (&plain, ("own/link", "../out"), "own/link/sec.path.md", false),
            (&site, ("clone/any", "../out"), "clone/any/sec.path.md", true),
            (&plain, ("clone/gone", "../nowhere"), "clone/gone", false),
            (&plain, ("clone/round", "round"), "clone/round", false),
        ] {
            let (_folder, top) = ground(files, &[link]);
            let found = no_link_leads_out(&top.join(named));
            assert_eq!(found.is_err(), leads_out, "{files:?} {link:?} {named}: {found:?}");
        }
    }

    #[test]
    fn a_link_that_the_user_s_own_leads_to_is_followed_no_further_than_itself() {
        let links = [("own", "clone/inner"), ("clone/inner", "../out")];
        let (_folder, top) = ground(&["clone/.git/HEAD", "out/sec.path.md"], &links);
        let SiteError::LinkLeadsOut { link, target, checkout } = no_link_leads_out(&top.join("own")).unwrap_err()
        else {
            panic!("another error")
        };
        assert_eq!((link, target, checkout), (top.join("clone/inner"), top.join("out"), top.join("clone")));
    }
}
