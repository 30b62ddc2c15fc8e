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
    share::{self, Held, Receipts, TOKEN_VARIABLE, TokenPlace, Unbelieved},
};
use pmx_model::SiteName;
use pmx_site::{Options, Project};
use std::path::{Path, PathBuf};

/// How many receipts that are not believed are named: a checkout may bring any number.
const MAX_WARNINGS: usize = 5;

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

/// Where receipts are: a project, or a folder that is none any more, since what was shared from it is gone.
struct Place {
    folder: PathBuf,
    project: Option<Project>,
}

impl Place {
    /// The project of these entries, else that of the working directory, else the nearest folder that has receipts.
    ///
    /// # Errors
    /// There is none of them.
    fn of(entries: &[PathBuf]) -> Result<Self> {
        let project = locate(entries).or_else(|error| locate(&[]).map_err(|_| error));
        match project {
            Ok(project) => Ok(Self { folder: project.folder.clone(), project: Some(project) }),
            Err(error) => {
                let here = std::env::current_dir()?;
                let folder = here.ancestors().find(|folder| Receipts::are_in(folder)).ok_or(error)?;
                Ok(Self { folder: folder.to_owned(), project: None })
            }
        }
    }

    /// An entry as the user would name it.
    fn show(&self, entry: &str) -> String {
        self.project.as_ref().map_or_else(|| entry.to_owned(), |project| project.show(entry))
    }
}

/// The receipts of the project in a folder. Those that are not believed are told of.
fn receipts(folder: &Path, report: &Report) -> Result<Receipts> {
    let receipts = Receipts::of(folder)?;
    let unbelieved = receipts.unbelieved();
    for Unbelieved { file, why } in unbelieved.iter().take(MAX_WARNINGS) {
        let file = file.strip_prefix(folder).unwrap_or(file).display();
        report.warn(format_args!("{file} {why}, and is not believed: what it names is neither updated nor taken back"));
    }
    if unbelieved.len() > MAX_WARNINGS {
        report.warn(format_args!("nor are {} others there", unbelieved.len() - MAX_WARNINGS));
    }
    Ok(receipts)
}

/// Calls to a server about a share, with the token for that. `command` is one that can be repeated, and tells by that what is live.
fn session<'a>(
    folder: &Path,
    (address, site): (Address, SiteName),
    args: &cli::ShareArgs,
    command: String,
    report: &'a Report,
) -> Result<RemoteSite<'a>> {
    let Held { token, is_exposed } = share::token(folder).map_err(|error| unusable(error, folder))?;
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
