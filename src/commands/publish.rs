//! `pmx publish`

use super::{
    deploy_words::{CHANGED, described, from},
    remote_site::{Called, RemoteSite},
    rollback, target,
};
use crate::{
    cli,
    commands::build,
    error::{Error, Result},
    publish::{
        self, Activated, Bundle, Change, Deploy, Listing, Plan, PublishOptions, Published, Wording, history, recall,
        remember,
    },
    report::{Report, Style, counted, short_id},
};
use indicatif::HumanBytes;
use pmx_model::{Meta, Roots};
use pmx_site::{Options, OutDir, Project};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The most bytes of `meta` as JSON (`worker/API.md`).
const MAX_META: usize = 4096;
/// How many pages `meta` names, the first that leaves room for the rest.
const NAMED: [usize; 4] = [8, 4, 1, 0];

/// Builds a site and publishes it, or rolls back.
///
/// # Errors
/// What kept it from that. Nothing is live then, unless the error's hint says that it may be.
pub(super) fn run(args: &cli::PublishArgs, report: &Report) -> Result<()> {
    let wording = if args.porcelain { Wording::Porcelain } else { Wording::Plain };
    let session = RemoteSite::open(target::of(&args.target, args.path.as_deref(), report)?, wording, report)?;
    if let Some(deploy) = &args.rollback {
        return rollback::roll_back(&session, Some(deploy), args.dry_run);
    }
    size_of(&asked_meta(args)).map_err(|size| {
        Error::usage(format!("--commit and --branch have {size} bytes, at most {MAX_META} are allowed"))
    })?;
    session.terminal.person(format_args!("Publishing `{}` to {}", session.site, session.address));
    if !args.no_build {
        session.terminal.script("building …");
    }
    let output = Output::of(args, report)?;
    let publish = Publish { session: &session, output, args };
    if args.dry_run {
        return session.run(publish.plan());
    }
    let meta = meta(args, &publish.output);
    session.run(publish.publish(meta))
}

/// What is to be published.
struct Output {
    bundle: Bundle,
    listing: Listing,
    /// Where it is; none if it is in memory.
    out: Option<PathBuf>,
    /// What it was built from; none if it was there.
    project: Option<Project>,
}

impl Output {
    /// Builds the site, or takes what is built.
    fn of(args: &cli::PublishArgs, report: &Report) -> Result<Self> {
        match (args.no_build, args.dry_run) {
            (false, true) => Self::built_dry(args, report),
            (false, false) => {
                let (out, project) = built(args, report)?;
                Self::read(&out, Some(project))
            }
            (true, _) => {
                let cwd = std::env::current_dir()?;
                Self::read(&build::earlier(locate(args), &cwd, args.out.as_deref())?, None)
            }
        }
    }

    fn read(out: &OutDir, project: Option<Project>) -> Result<Self> {
        let (bundle, listing) = publish::read_listed(out)
            .map_err(|error| Error::new(error).hint("build the site again, or name the folder with --out"))?;
        Ok(Self { bundle, listing, out: Some(out.path().to_owned()), project })
    }

    /// Builds the site in memory.
    fn built_dry(args: &cli::PublishArgs, report: &Report) -> Result<Self> {
        let (build, errors) = build::build_dry(&entries(args), args.out.as_deref(), report)?;
        let roots = build.roots.as_ref().ok_or_else(build::nothing_to_serve)?;
        refuse_errors(errors)?;
        let bundle = Bundle::of_build(&build, roots, build.published());
        Ok(Self { bundle, listing: Listing::of_build(&build, roots), out: None, project: None })
    }
}

fn entries(args: &cli::PublishArgs) -> Vec<PathBuf> {
    args.path.iter().cloned().collect()
}

fn locate(args: &cli::PublishArgs) -> std::result::Result<Project, pmx_site::SiteError> {
    let cwd = std::env::current_dir().unwrap_or_default();
    pmx_site::locate(&Options { cwd, entries: entries(args) })
}

/// Builds the site into its output folder, without cleaning it; where that is, and what was built.
fn built(args: &cli::PublishArgs, report: &Report) -> Result<(OutDir, Project)> {
    let (entries, out) = (entries(args), args.out.clone());
    let built = build::build(&cli::BuildArgs { entries, out, ..cli::BuildArgs::default() }, report)?;
    refuse_errors(built.errors)?;
    Ok((built.out, built.project))
}

/// A site with errors is not published.
fn refuse_errors(errors: usize) -> Result<()> {
    match errors {
        0 => Ok(()),
        _ => Err(Error::new("a site with errors is not published")
            .hint("`--no-build` publishes what is built, errors and all")),
    }
}

/// What the options want recorded with the deploy.
fn asked_meta(args: &cli::PublishArgs) -> Meta {
    let asked = [("commit", &args.commit), ("branch", &args.branch)];
    asked.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect()
}

/// What is recorded with the deploy: the options' words, else the git checkout's. A commit that the build differs from is marked.
fn meta(args: &cli::PublishArgs, output: &Output) -> Meta {
    let mut meta = Meta::new();
    if !args.no_git {
        let project = output.project.clone().or_else(|| locate(args).ok());
        let folder = project.as_ref().map_or(Path::new("."), |project| &project.folder);
        meta = publish::git::meta(folder);
        let out = output.out.as_deref();
        let changed = |project| publish::git::has_changes(project, out, &output.listing);
        if let Some(commit) = meta.get_mut("commit").filter(|_| args.commit.is_none())
            && project.as_ref().is_some_and(changed)
        {
            commit.push_str(publish::git::WITH_CHANGES);
        }
    }
    meta.extend(asked_meta(args));
    meta
}

/// Whether it fits into a deploy; if not, how many bytes it has.
fn size_of(meta: &Meta) -> std::result::Result<(), usize> {
    let size = serde_json::to_vec(meta).map_or(0, |json| json.len());
    if size > MAX_META { Err(size) } else { Ok(()) }
}

/// A build on its way to a site.
struct Publish<'a> {
    session: &'a RemoteSite<'a>,
    output: Output,
    args: &'a cli::PublishArgs,
}

/// What the site shows before a publish.
struct Before {
    /// The deploy that is live, if one is and the server told.
    live: Option<Deploy>,
    /// Whether nothing is live.
    is_first: bool,
    /// What it holds; none if it was not published from here.
    listing: Option<Listing>,
    /// What the publish changes.
    change: Change,
    /// The first deploy that held the same as the build.
    same_as: Option<String>,
    /// The start page of what is live and that of the build, if they differ.
    start: Option<(String, String)>,
}

impl Before {
    /// What is recorded of the change, with so many pages named.
    fn summary(&self, named: usize) -> String {
        match &self.same_as {
            Some(id) => format!("the same as {}", short_id(id)),
            None => self.change.naming(named),
        }
    }

    /// Says that `/` leads elsewhere: another entry than before was named, and every address may be another one.
    fn warn(&self, report: &Report) {
        if let Some((before, after)) = &self.start {
            report
                .warn(format_args!("the start page changes from {before} to {after}; pages may have other addresses"));
        }
    }
}

/// The Source of the start page.
fn entry(roots: &Roots) -> String {
    roots.roots.get(&roots.default).map_or_else(String::new, |root| root.entry.clone())
}

impl Publish<'_> {
    async fn publish(&self, meta: Meta) -> Called<()> {
        let Self { session, output: Output { bundle, listing, .. }, .. } = self;
        let mut options = PublishOptions { meta, ..PublishOptions::default() };
        let plan = publish::plan(&session.remote, &session.site, bundle, &options, &session.terminal).await?;
        let before = self.before(&plan).await;
        if let Some(live) = self.unchanged(&before) {
            return self.leave(live, plan, &options).await;
        }
        if !self.args.no_git {
            let with = |named: &usize| {
                let mut meta = options.meta.clone();
                meta.insert(CHANGED.to_owned(), before.summary(*named));
                size_of(&meta).is_ok().then_some(meta)
            };
            options.meta = NAMED.iter().find_map(with).unwrap_or(options.meta);
        }
        before.warn(session.report);
        let done =
            publish::carry_out(&session.remote, &session.site, bundle, plan, &options, &session.terminal).await?;
        remember(&session.address, &session.site, &bundle.roots, listing);
        self.tell(&before, &done, &options.meta);
        Ok(())
    }

    async fn plan(&self) -> Called<()> {
        let Self { session, output, .. } = self;
        let options = PublishOptions::default();
        let plan = publish::plan(&session.remote, &session.site, &output.bundle, &options, &session.terminal).await?;
        let before = self.before(&plan).await;
        before.warn(session.report);
        let (new, cached, bytes) = (plan.new_blobs(), plan.cached, plan.bytes());
        let shown = HumanBytes(bytes);
        session.terminal.script(format_args!("would upload {new} new blobs ({cached} cached), {shown}"));
        session.terminal.script("dry run: nothing was changed");
        if session.terminal.wording() == Wording::Plain && !session.report.json() {
            let files = counted(new, "file");
            let upload = if new > 0 { format!(" ({files} to upload, {shown})") } else { String::new() };
            session.report.data(match self.unchanged(&before) {
                Some(live) => format!("would publish nothing: live already is {}{upload}", described(live)),
                None => format!("would publish {}{upload}", before.summary(NAMED[0])),
            });
            session.report.say("nothing was changed");
        }
        let change = self.unchanged(&before).is_none().then(|| machine(&before.change));
        let hashes = new + cached;
        session.report.event(&json!({
            "event": "planned", "hashes": hashes, "new": new, "cached": cached, "bytes": bytes, "change": change,
        }));
        Ok(())
    }

    /// What is there before, and what will be other. A server that does not tell which deploys there are is published to all the same.
    async fn before(&self, plan: &Plan) -> Before {
        let Self { session, output: Output { bundle, listing, .. }, .. } = self;
        let told = session.deploys().await;
        if let Err(error) = &told {
            tracing::debug!("what is live is not known: {error}");
        }
        let is_first = told.as_ref().is_ok_and(|deploys| history::live(deploys).is_none());
        let deploys = told.unwrap_or_default();
        let live = history::live(&deploys).cloned();
        let known = live.as_ref().and_then(|live| recall(&session.address, &session.site, &live.record.roots));
        let change = match &known {
            Some(known) => listing.change_since(known),
            None if is_first => listing.change_since(&Listing::default()),
            None => {
                let new = plan.new_hashes();
                listing.change_by(|hash| new.contains(hash))
            }
        };
        let same = deploys.iter().rfind(|deploy| deploy.record.roots == bundle.roots);
        let same_as = same.map(|deploy| deploy.record.deploy_id.clone());
        let start = live.as_ref().map(|live| (entry(&live.record.roots), entry(&bundle.roots)));
        let start = start.filter(|(before, after)| before != after);
        Before { live, is_first, listing: known, change, same_as, start }
    }

    /// The live deploy, if the build is just that and no other is asked for.
    fn unchanged<'a>(&self, before: &'a Before) -> Option<&'a Deploy> {
        let is_same = |live: &&Deploy| live.record.roots == self.output.bundle.roots && !self.args.force;
        before.live.as_ref().filter(is_same)
    }

    /// Makes no deploy. What the server has lost of the live one it is given again.
    async fn leave(&self, live: &Deploy, plan: Plan, options: &PublishOptions) -> Called<()> {
        let session = self.session;
        let (new, cached, bytes) = (plan.new_blobs(), plan.cached, plan.bytes());
        publish::upload(&session.remote, plan, options, &session.terminal).await?;
        remember(&session.address, &session.site, &self.output.bundle.roots, &self.output.listing);
        let (id, url) = (&live.record.deploy_id, session.url());
        session.terminal.script(format_args!("published: {url} (deploy: {id})"));
        session.terminal.person(format_args!("Already live: nothing changed since {}", described(live)));
        if new > 0 {
            let files = counted(new, "file");
            session.terminal.person(format_args!("  {files} that the server had lost were uploaded again"));
        }
        session.print_url(&url);
        let hashes = new + cached;
        session.report.event(&json!({
            "event": "unchanged", "url": url, "deployId": id, "seq": live.record.seq, "hashes": hashes, "new": new,
            "cached": cached, "bytes": bytes,
        }));
        Ok(())
    }

    fn tell(&self, before: &Before, done: &Published, meta: &Meta) {
        #[derive(Serialize)]
        struct PublishedEvent<'a> {
            event: &'static str,
            #[serde(flatten)]
            activated: &'a Activated,
            hashes: usize,
            new: usize,
            cached: usize,
            bytes: u64,
            change: Value,
        }
        let Self { session, output, .. } = self;
        let activated = &done.activated;
        let told = !activated.events.is_empty();
        let told = told.then(|| output.listing.change_from_events(before.listing.as_ref(), &activated.events));
        let change = told.as_ref().filter(|_| !before.is_first).unwrap_or(&before.change);
        session.terminal.script(format_args!("published: {} (deploy: {})", activated.url, activated.deploy_id));
        let published = session.report.paint(Style::Good, "Published");
        session.terminal.person(format_args!("{published} {change}"));
        let same = before.same_as.as_ref().map_or_else(String::new, |id| format!("; the same as {}", short_id(id)));
        session.terminal.person(format_args!("  deploy {}{}{same}", short_id(&activated.deploy_id), from(meta)));
        session.mention_kv(activated);
        session.print_url(&activated.url);
        let (new, cached, bytes) = (done.new, done.cached, done.bytes);
        let change = machine(change);
        session.report.event(&PublishedEvent {
            event: "published",
            activated,
            hashes: new + cached,
            new,
            cached,
            bytes,
            change,
        });
    }
}

/// A change as `--json` has it.
fn machine(change: &Change) -> Value {
    json!({ "pages": change.pages, "others": change.others, "files": change.files })
}
