//! `pmx publish`

use super::target::{self, Target};
use crate::{
    cli,
    commands::build,
    error::{Error, Result},
    publish::{
        self, Activated, Bundle, Deploy, PublishError, PublishOptions, Remote, TakenDown, Terminal, Token, TokenError,
    },
    report::Report,
    site::{self, Options, OutDir},
};
use indicatif::HumanBytes;
use pmx_worker::model::{Meta, SiteName};
use serde::Serialize;
use std::{
    future::Future,
    path::{Path, PathBuf},
};

/// The length of a deploy's full id, a UUID; anything shorter is the beginning of one.
const FULL_ID: usize = 36;
/// The most bytes of `meta` as JSON (`worker/API.md`).
const MAX_META: usize = 4096;

/// Builds a site and publishes it, or rolls back.
///
/// # Errors
/// What kept it from that. Nothing is active then, unless the error's hint says that it may be.
pub(super) fn run(args: &cli::Publish, report: &Report) -> Result<()> {
    let session = Session::open(target::of(&args.target, args.path.as_deref(), report)?, report)?;
    if let Some(deploy) = &args.rollback {
        return session.run(session.roll_back(deploy, args.dry_run));
    }
    let options = PublishOptions { meta: meta(args)?, ..PublishOptions::default() };
    if !args.no_build {
        report.line("[pathmx] building …");
    }
    let bundle = match (args.no_build, args.dry_run) {
        (false, true) => built_dry(args, report)?,
        (false, false) => read(&built(args, report)?)?,
        (true, _) => {
            let cwd = std::env::current_dir()?;
            let site = site::locate(&Options { cwd: cwd.clone(), entries: entries(args) });
            read(&build::earlier(site, &cwd, args.out.as_deref())?)?
        }
    };
    if args.dry_run {
        session.run(session.plan(&bundle, &options))
    } else {
        session.run(session.publish(&bundle, &options))
    }
}

fn entries(args: &cli::Publish) -> Vec<PathBuf> {
    args.path.iter().cloned().collect()
}

fn read(out: &OutDir) -> Result<Bundle> {
    publish::read_output(out)
        .map_err(|error| Error::new(error).hint("build the site again, or name the folder with --out"))
}

/// Builds the site into its output folder, without cleaning it; where that is.
fn built(args: &cli::Publish, report: &Report) -> Result<OutDir> {
    let (entries, out) = (entries(args), args.out.clone());
    let built = build::build(&cli::Build { entries, out, ..cli::Build::default() }, report)?;
    refuse_errors(built.errors)?;
    Ok(built.out)
}

/// Builds the site in memory.
fn built_dry(args: &cli::Publish, report: &Report) -> Result<Bundle> {
    let (build, errors) = build::build_dry(&entries(args), args.out.as_deref(), report)?;
    let roots = build.roots.as_ref().ok_or_else(build::nothing_to_serve)?;
    refuse_errors(errors)?;
    Ok(Bundle::of_build(&build, roots, build.published()))
}

/// A site with errors is not published.
fn refuse_errors(errors: usize) -> Result<()> {
    match errors {
        0 => Ok(()),
        _ => Err(Error::new("a site with errors is not published")
            .hint("`--no-build` publishes what is built, errors and all")),
    }
}

/// What is recorded with the deploy: the options' words, else the git checkout's.
fn meta(args: &cli::Publish) -> Result<Meta> {
    let folder = match args.path.as_deref() {
        Some(path) if path.is_dir() => path,
        Some(path) => path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")),
        None => Path::new("."),
    };
    let mut meta = if args.no_git { Meta::new() } else { publish::git::meta(folder) };
    for (key, value) in [("commit", &args.commit), ("branch", &args.branch)] {
        if let Some(value) = value {
            meta.insert(String::from(key), value.clone());
        }
    }
    let size = serde_json::to_vec(&meta).map_or(0, |json| json.len());
    if size > MAX_META {
        return Err(Error::usage(format!("--commit and --branch have {size} bytes, at most {MAX_META} are allowed")));
    }
    Ok(meta)
}

/// A site on a server, and where the words about it go.
pub(super) struct Session<'a> {
    site: SiteName,
    remote: Remote,
    terminal: Terminal<'a>,
    report: &'a Report,
}

impl<'a> Session<'a> {
    /// Checks all that can be known without a call.
    pub(super) fn open(target: Target, report: &'a Report) -> Result<Self> {
        let Target { site, address, insecure } = target;
        let exposed = address.is_exposed() && !insecure;
        let token = Token::from_env().map_err(|error| {
            Error::new(error).hint(match error {
                TokenError::Missing => "set it to the secret that the server was started with",
                TokenError::Malformed => "is it the token alone, without `Bearer`, quotes or line breaks?",
            })
        })?;
        let remote = Remote::new(address, token, insecure).map_err(|error| {
            if exposed { Error::usage(error).hint("use https, or --insecure") } else { Error::new(error) }
        })?;
        Ok(Self { site, remote, terminal: Terminal::new(report), report })
    }

    /// The site's name.
    pub(super) const fn site(&self) -> &SiteName {
        &self.site
    }

    /// Runs calls to their end, or to an interrupt from the keyboard.
    pub(super) fn run(&self, calls: impl Future<Output = std::result::Result<(), PublishError>>) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let result = runtime.block_on(async {
            tokio::select! {
                result = calls => result.map_err(|error| publish::explain(&error, &self.site)),
                Ok(()) = tokio::signal::ctrl_c() => Err(self.interrupted()),
            }
        });
        self.terminal.clear();
        // Uploads that were given up on may still be in the hands of their threads; nobody waits for them.
        runtime.shutdown_background();
        result
    }

    /// The deploys of the site, newest first.
    pub(super) async fn deploys(&self) -> std::result::Result<Vec<Deploy>, PublishError> {
        publish::deploys(&self.remote, &self.site, &self.terminal).await
    }

    /// Takes the site down.
    pub(super) async fn take_down(&self, status: u16) -> std::result::Result<TakenDown, PublishError> {
        publish::unpublish(&self.remote, &self.site, status, &self.terminal).await
    }

    fn interrupted(&self) -> Error {
        if self.terminal.committing() {
            let site = &self.site;
            Error::new("interrupted").hint(format!("the deploy may be active already: `pmx deploys -s {site}` tells"))
        } else {
            Error::new("interrupted: nothing was published").hint("the same command uploads only what is still missing")
        }
    }

    async fn publish(&self, bundle: &Bundle, options: &PublishOptions) -> std::result::Result<(), PublishError> {
        #[derive(Serialize)]
        struct Done<'a> {
            event: &'static str,
            #[serde(flatten)]
            activated: &'a Activated,
            new: usize,
            cached: usize,
            bytes: u64,
        }
        let done = publish::publish(&self.remote, &self.site, bundle, options, &self.terminal).await?;
        let activated = &done.activated;
        self.report.line(format!("[pathmx] published: {} (deploy: {})", activated.url, activated.deploy_id));
        self.mention_kv(activated);
        let (new, cached, bytes) = (done.new, done.cached, done.bytes);
        self.report.event(&Done { event: "published", activated, new, cached, bytes });
        Ok(())
    }

    async fn plan(&self, bundle: &Bundle, options: &PublishOptions) -> std::result::Result<(), PublishError> {
        let plan = publish::plan(&self.remote, &self.site, bundle, options, &self.terminal).await?;
        let (new, cached, bytes) = (plan.new_blobs(), plan.cached, plan.bytes());
        self.report.line(format!("[pathmx] would upload {new} new blobs ({cached} cached), {}", HumanBytes(bytes)));
        self.report.line("[pathmx] dry run: nothing was changed");
        self.report.event(&serde_json::json!({ "event": "planned", "new": new, "cached": cached, "bytes": bytes }));
        Ok(())
    }

    async fn roll_back(&self, deploy: &str, dry_run: bool) -> std::result::Result<(), PublishError> {
        #[derive(Serialize)]
        struct Done<'a> {
            event: &'static str,
            #[serde(flatten)]
            activated: &'a Activated,
        }
        // One call is enough for a full id; the server checks it.
        let id = if deploy.len() == FULL_ID && !dry_run {
            deploy.to_owned()
        } else {
            publish::find(&self.deploys().await?, deploy)?.record.deploy_id.clone()
        };
        if dry_run {
            self.report.line(format!("[pathmx] would roll back to {id}"));
            self.report.line("[pathmx] dry run: nothing was changed");
            self.report.event(&serde_json::json!({ "event": "planned", "deployId": id }));
            return Ok(());
        }
        let activated = publish::rollback(&self.remote, &self.site, &id, &self.terminal).await?;
        self.report.line(format!("[pathmx] rolled back to {}: {}", activated.deploy_id, activated.url));
        self.mention_kv(&activated);
        self.report.event(&Done { event: "rolled-back", activated: &activated });
        Ok(())
    }

    fn mention_kv(&self, activated: &Activated) {
        if activated.kv.as_deref() == Some("pending") && !self.report.json() {
            self.report.say("[pathmx] it is active; readers far away may see it some seconds later (KV is pending)");
        }
    }
}
