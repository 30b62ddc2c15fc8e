//! `pmx link`

use super::target;
use crate::{
    cli,
    error::{Error, Result},
    report::Report,
};
use fs_err as fs;
use pmx_model::SiteName;
use pmx_site::paths::from_here;
use pmx_site::{Options, PublishLink};
use serde_json::json;
use std::io::{ErrorKind, Write as _};

/// Writes the site's name and its server into the project's config.
///
/// # Errors
/// There is no project; a name or address is none; the config cannot be read, added to or written, and is as it was.
pub(super) fn run(args: &cli::LinkArgs, report: &Report) -> Result<()> {
    let options = Options { cwd: std::env::current_dir()?, entries: args.path.iter().cloned().collect() };
    let project = pmx_site::locate(&options)?;
    if let Some(site) = &args.site {
        site.parse::<SiteName>().map_err(|error| Error::usage(format!("{site}: {error}")))?;
    }
    let address = args.server.as_deref().map(target::parse).transpose()?;
    let link = PublishLink { site: args.site.clone(), server: address.as_ref().map(ToString::to_string) };
    let config = project.config_file();
    let before = match fs::read(&config) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let shown = from_here(&options.cwd, &config);
    let text = std::str::from_utf8(&before).map_err(|_| Error::new(format!("{shown} is not UTF-8")))?;
    let after = link.write(text).map_err(|error| Error::new(format!("{shown}: {error}")))?;
    if !config.exists() {
        fs::File::create_new(&config).and_then(|mut file| file.write_all(after.as_bytes()))?;
    } else if after.as_bytes() != before {
        pmx_site::replace(&config, before, after.into_bytes())?;
    }
    if let Some(address) = &address {
        target::remember(address)?;
    }
    let site = link.site.or(project.link.site);
    let server = link.server.or(project.link.server).unwrap_or_else(|| cli::DEFAULT_SERVER.to_owned());
    report.event(&json!({ "event": "linked", "config": shown, "site": site, "server": server }));
    if report.json() {
        return Ok(());
    }
    match site {
        Some(site) => report.say(format_args!("{shown}: published as `{site}` on {server}")),
        None => report.say(format_args!("{shown}: published on {server}; `pmx link -s <name>` names the site")),
    }
    Ok(())
}
