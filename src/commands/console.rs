//! `pmx console`

use super::data;
use crate::{
    browser,
    cli::{ConsoleArgs, StateFolderArgs},
    data::Owner,
    error::{Error, Result},
    report::Report,
};
use serde_json::json;

/// Prints the address of the console of the process that serves a project, with the token that lets a browser in, and opens it.
///
/// # Errors
/// No process serves it that can be asked.
pub(super) fn run(args: &ConsoleArgs, report: &Report) -> Result<()> {
    let owner = owner(args)?;
    let url = owner.door();
    if report.json() {
        report.event(&json!({ "event": "console", "url": url, "pid": owner.pid, "command": owner.command }));
    } else {
        report.data(&url);
    }
    if !args.no_open
        && has_browser()
        && let Err(error) = browser::open_secret(&url)
    {
        report.warn(format!("{error}; open the address by hand: it lets a browser in"));
    }
    Ok(())
}

fn owner(args: &ConsoleArgs) -> Result<Owner> {
    let place = StateFolderArgs { state: args.state.clone(), project: args.path.clone(), server: None };
    let folder = data::folder(&place)?;
    data::owner(&folder).ok_or_else(|| {
        Error::new(format!("no pmx dev or pmx serve of yours has {}", folder.display()))
            .hint("start one: the console is a part of it")
            .hint("a path, or `--state <DIR>`, names another project or its state folder")
    })
}

/// Whether there may be somebody here to look at a browser: not in CI, not at the other end of SSH, and on systems whose desktops name a
/// display, at one.
fn has_browser() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if ["CI", "SSH_CONNECTION", "SSH_TTY"].into_iter().any(is_set) {
        return false;
    }
    let names_a_display = cfg!(all(unix, not(target_os = "macos")));
    // Windows below Linux opens what is asked for on the other side.
    !names_a_display || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].into_iter().any(is_set)
}
