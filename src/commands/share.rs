//! `pmx share`

mod list;
mod publish;
mod remove;

use super::{
    remote_site::{Credential, RemoteSite, malformed},
    target::{self, Target},
};
use crate::{
    cli,
    error::{Error, Result},
    publish::{Address, Wording},
    report::Report,
    share::{self, Held, Receipts, TOKEN_VARIABLE, TokenPlace},
};
use pmx_model::SiteName;
use pmx_site::{Options, Project};
use std::path::{Path, PathBuf};

/// Shares a Path, takes a share back, or lists what is shared.
///
/// # Errors
/// What kept it from that. Nothing is shared then, unless the error's hint says that it may be.
pub(super) fn run(args: &cli::ShareArgs, report: &Report) -> Result<()> {
    if args.list {
        return list::list(&args.entries, report);
    }
    let [asked] = args.entries.as_slice() else {
        return Err(Error::usage("several entries are named, and each has an address of its own")
            .hint("share them one after the other"));
    };
    if args.remove { remove::remove(args, asked, report) } else { publish::share(args, asked, report) }
}

/// The project that these entries lie in.
fn locate(entries: &[PathBuf]) -> Result<Project> {
    Ok(pmx_site::locate(&Options { cwd: std::env::current_dir()?, entries: entries.to_owned() })?)
}

/// The receipts of a project. Those that are not believed are told of.
fn receipts(project: &Project, report: &Report) -> Result<Receipts> {
    let receipts = Receipts::of(&project.folder)?;
    if receipts.foreign() > 0 {
        let which = if receipts.foreign() == 1 { "a receipt was" } else { "receipts were" };
        report.warn(format_args!(
            "{which} not written here by you, and not believed: what it names is neither updated nor taken back"
        ));
    }
    Ok(receipts)
}

/// Calls to a server about a share, with the token for that. `command` is one that can be repeated, and tells by that what is live.
fn session<'a>(
    project: &Project,
    (address, site): (Address, SiteName),
    args: &cli::ShareArgs,
    command: String,
    report: &'a Report,
) -> Result<RemoteSite<'a>> {
    let Held { token, is_exposed } = share::token(&project.folder).map_err(|error| unusable(error, &project.folder))?;
    if is_exposed {
        report.warn("`.env` holds the token, and Git does not ignore it: add a line `.env` to .gitignore");
    }
    let credential = Credential { token, variable: TOKEN_VARIABLE };
    let target = Target { site, address, insecure: args.insecure, options: String::new() };
    RemoteSite::with(target, credential, command, Wording::Plain, report)
}

fn unusable(error: TokenPlace, project: &Path) -> Error {
    let instead = format!("{TOKEN_VARIABLE} in the environment goes before the file");
    match error {
        TokenPlace::Nowhere => Error::new(error).hint(format!(
            "set it to the token that you were given, or write `{TOKEN_VARIABLE}=…` into {}, which Git must ignore",
            project.join(".env").display()
        )),
        TokenPlace::Malformed => malformed(TOKEN_VARIABLE),
        TokenPlace::File(_) | TokenPlace::Folder(_) => Error::new(error).hint(instead),
    }
}

/// What another call about the same share must be given, such as ` --server …`.
fn options(args: &cli::ShareArgs) -> String {
    let in_environment = |value: &String| std::env::var("PMX_SERVER").is_ok_and(|have| have == *value);
    let server = args.server.as_ref().filter(|value| !in_environment(value));
    let server = server.map_or_else(String::new, |server| format!(" --server {server}"));
    if args.insecure { server + " --insecure" } else { server }
}

/// The server that `--server` names.
fn named_server(args: &cli::ShareArgs) -> Result<Option<Address>> {
    args.server.as_deref().map(target::parse).transpose()
}
