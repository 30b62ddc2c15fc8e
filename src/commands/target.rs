//! Which site on which server a command means: its options, then the environment, then the project's config.

use crate::{
    cli::{self, DEFAULT_SERVER},
    data::Owner,
    error::{Error, Result},
    publish::Address,
    report::Report,
    user_folder,
};
use pmx_model::SiteName;
use pmx_site::{Options, PublishLink};
use std::path::Path;

/// In the user's own folder: the servers that the user named with `pmx link`, one origin a line.
const SERVERS: &str = "servers";

/// A site on a server.
pub(super) struct Target {
    pub(super) site: SiteName,
    pub(super) address: Address,
    pub(super) insecure: bool,
    /// What another command about the same site must be given, such as `-s chess`.
    pub(super) options: String,
}

/// What the options say, and for what they do not say the project at `path`, or that of the working directory; for calls with the token.
///
/// # Errors
/// As [`named`]; or the config names a server that this user never named.
pub(super) fn of(options: &cli::TargetArgs, path: Option<&Path>, report: &Report) -> Result<Target> {
    let named = named(options.site.as_deref(), options.server.as_deref(), path)?;
    if named.by_config {
        trust(&named.address, report)?;
    }
    let insecure = options.insecure;
    let mut said = String::new();
    let in_environment = |name: &str, value: &str| std::env::var(name).is_ok_and(|have| have == value);
    for (option, variable, value) in
        [(" -s ", "PMX_SITE", &options.site), (" --server ", "PMX_SERVER", &options.server)]
    {
        if let Some(value) = value.as_ref().filter(|value| !in_environment(variable, value)) {
            said.extend([option, value.as_str()]);
        }
    }
    said.push_str(if insecure { " --insecure" } else { "" });
    Ok(Target { site: named.site, address: named.address, insecure, options: said })
}

/// A site on a server, and who says which server.
pub(super) struct Named {
    pub(super) site: SiteName,
    pub(super) address: Address,
    /// Whether it is the config that names the server.
    by_config: bool,
}

/// The site and the server that options name, else the config of the project at `path`, or of that of the working directory.
///
/// # Errors
/// No name is given anywhere; a name or address is none.
pub(super) fn named(site: Option<&str>, server: Option<&str>, path: Option<&Path>) -> Result<Named> {
    let link = if site.is_some() && server.is_some() { PublishLink::default() } else { link(path)? };
    let site = site.or(link.site.as_deref()).ok_or_else(|| {
        Error::usage("no site is named: `-s <name>` (--site) says which")
            .hint("`pmx link -s <name>` writes it into the config, once for all")
    })?;
    let site = site.parse().map_err(|error| Error::usage(format!("{site}: {error}")))?;
    let by_config = server.is_none() && link.server.is_some();
    let address = parse(server.or(link.server.as_deref()).unwrap_or(DEFAULT_SERVER))?;
    Ok(Named { site, address, by_config })
}

/// The server that an option names, else the config, else the one where sites are published; for calls with the token.
///
/// # Errors
/// It is no address; or the config names a server that this user never named.
pub(super) fn server(option: Option<&str>, link: &PublishLink, report: &Report) -> Result<Address> {
    let address = parse(option.or(link.server.as_deref()).unwrap_or(DEFAULT_SERVER))?;
    if option.is_none() && link.server.is_some() {
        trust(&address, report)?;
    }
    Ok(address)
}

/// The address of a server, as an option names it.
pub(super) fn parse(server: &str) -> Result<Address> {
    Address::parse(server).map_err(|error| {
        let error = Error::usage(format!("--server: {error}"));
        match Address::guess(server) {
            Some(address) => error.hint(format!("`--server {address}`")),
            None => error,
        }
    })
}

/// What the config says; nothing where no project is.
fn link(path: Option<&Path>) -> Result<PublishLink> {
    let options = Options { cwd: std::env::current_dir()?, entries: path.map(Path::to_owned).into_iter().collect() };
    match pmx_site::locate(&options) {
        Ok(project) => Ok(project.link),
        // What is wrong with a project that was named is said by what builds it.
        Err(_) if path.is_none() => Ok(PublishLink::default()),
        Err(error) => Err(error.into()),
    }
}

/// A server that a config names gets the token only if the user named it once, too: the config may be a stranger's.
fn trust(address: &Address, report: &Report) -> Result<()> {
    // On this machine another user may listen, or the checkout's own program, at another of its addresses also on the same port; this
    // user's servers are known.
    let ip = address.host().trim_matches(['[', ']']).parse().ok();
    let is_own = || address.is_loopback() && Owner::at(ip, address.port(), address.is_secure()).is_some();
    if address.to_string() == DEFAULT_SERVER || is_known(address) || is_own() {
        return Ok(());
    }
    let question = format!(
        "The config names the server {address}, to which nothing was published from here before. Send the token there?"
    );
    match report.ask(&question) {
        Some(true) => remember(address),
        Some(false) => Err(Error::new("nothing was sent")),
        None => Err(Error::new(format!(
            "the config names the server {address}, to which nothing was published from here before"
        ))
        .hint(format!(
            "`--server {address}` says that it is meant, `pmx link --server {address}` says so once for all"
        ))),
    }
}

fn is_known(address: &Address) -> bool {
    let known = user_folder::path().and_then(|folder| fs_err::read_to_string(folder.join(SERVERS)).ok());
    known.is_some_and(|known| known.lines().any(|line| line == address.to_string()))
}

/// Lets configs of any project name this server.
///
/// # Errors
/// The user has no folder, or it cannot be written.
pub(super) fn remember(address: &Address) -> Result<()> {
    if is_known(address) {
        return Ok(());
    }
    let folder = user_folder::path().ok_or_else(|| {
        Error::new("there is no folder to remember the server in").hint("name one in the variable PMX_DATA_DIR")
    })?;
    let path = folder.join(SERVERS);
    let known = fs_err::read_to_string(&path).unwrap_or_default();
    user_folder::write(&path, &format!("{known}{address}\n"), false)?;
    Ok(())
}
