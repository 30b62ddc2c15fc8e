//! `pmx share <entry>`

use super::{locate, named_server, options, receipts, session};
use crate::{
    cli,
    commands::{
        build,
        deploy_words::described,
        deploys::unpublished,
        remote_site::{Called, RemoteSite},
        target,
    },
    error::{Error, Result},
    follow::SiteAddress,
    publish::{self, Activated, Address, Bundle, Change, Deploy, Listing, Plan, PublishOptions, history},
    report::{Report, Style, counted, pasted, short_id},
    share::{self, Receipt, Receipts},
};
use indicatif::HumanBytes;
use pmx_site::Project;
use serde_json::json;
use std::path::Path;

/// Builds the Path that starts at an entry, and publishes it where the last share of it is, or under a new name: on the server that is named,
/// else on the one where the entry was until its share was taken back.
///
/// # Errors
/// What kept it from that.
pub(super) fn share(args: &cli::ShareArgs, asked: &Path, report: &Report) -> Result<()> {
    let project = locate(&[asked.to_owned()])?;
    let entry = the_entry(&project)?;
    let shown = project.show(entry);
    let receipts = receipts(&project.folder, report)?;
    let kept = receipts.find(entry, named_server(args)?.as_ref()).cloned();
    let is_new = kept.is_none();
    let receipt = match kept {
        Some(receipt) => receipt,
        None => {
            let server = args.server.as_deref().or_else(|| receipts.former_server(entry));
            new_receipt(server, &project, entry, report)?
        }
    };
    let again = format!("pmx share {}{}", pasted(&shown), options(args));
    let session = session(&project.folder, receipt.target()?, args, again, report)?;
    session.terminal.person(format_args!("Sharing `{shown}` on {}", session.address));
    let (build, errors) = build::build_share(asked, report)?;
    if errors > 0 {
        return Err(Error::new("a Path with errors is not shared"));
    }
    let roots = build.roots.as_ref().ok_or_else(build::nothing_to_serve)?;
    let bundle = Bundle::of_build(&build, roots, build.published());
    let listing = Listing::of_build(&build, roots);
    let share = Share { session: &session, bundle, listing, receipts, receipt, is_new, shown, pages: build.pages };
    session.run(async { if args.dry_run { share.plan().await } else { share.carry_out().await } })?
}

/// The one entry that a share has.
fn the_entry(project: &Project) -> Result<&str> {
    match project.roots.as_slice() {
        [entry] => Ok(&entry.path),
        several => {
            let names: Vec<String> = several.iter().map(|entry| format!("`{}`", project.show(&entry.path))).collect();
            Err(Error::usage("the project has several entries, and each has an address of its own")
                .hint(format!("name one of them: {}", names.join(", "))))
        }
    }
}

/// What is to be remembered of an entry that is not shared yet.
fn new_receipt(server: Option<&str>, project: &Project, entry: &str, report: &Report) -> Result<Receipt> {
    let address = target::server(server, &project.link, report)?;
    let site = share::unguessable()?;
    let url = SiteAddress::of(&address, &site).to_string();
    Ok(Receipt {
        entry: entry.to_owned(),
        server: address.to_string(),
        site: site.to_string(),
        url,
        shared: None,
        taken_back: None,
    })
}

/// A build on its way to its address.
struct Share<'a> {
    session: &'a RemoteSite<'a>,
    bundle: Bundle,
    listing: Listing,
    receipts: Receipts,
    receipt: Receipt,
    /// Whether the receipt is of this call.
    is_new: bool,
    /// The entry as the user would name it.
    shown: String,
    pages: usize,
}

impl Share<'_> {
    async fn plan(&self) -> Called<Result<()>> {
        let (session, report) = (self.session, self.session.report);
        let plan = self.ask().await?;
        let before = self.before().await;
        let (new, cached, bytes) = (plan.new_blobs(), plan.cached, plan.bytes());
        let is_new = self.receipt.shared.is_none();
        if !report.json() {
            let upload = format!("{} to upload, {}", counted(new, "file"), HumanBytes(bytes));
            report.data(match (is_new, self.unchanged(&before)) {
                (true, _) => format!("would share {} at a new address ({upload})", counted(self.pages, "page")),
                (false, Some(live)) => {
                    format!("would share nothing: {} already is {}", self.receipt.url, described(live))
                }
                (false, None) => format!("would update {} ({upload})", self.receipt.url),
            });
            report.say("nothing was changed");
        }
        // A name that was not used is nobody's.
        let url = (!is_new).then(|| session.url());
        report.event(&json!({
            "event": "planned", "entry": self.shown, "url": url, "pages": self.pages, "hashes": new + cached, "new": new,
            "cached": cached, "bytes": bytes,
        }));
        Ok(Ok(()))
    }

    async fn carry_out(&self) -> Called<Result<()>> {
        let session = self.session;
        let plan = self.ask().await?;
        let before = self.before().await;
        if let Some(live) = self.unchanged(&before) {
            return self.leave(live, plan).await;
        }
        self.mention(&before);
        // Before anything is sent: whatever happens then, the address is known, and the next call has the same.
        let noted = if self.is_new { self.receipts.claim(&self.receipt) } else { self.receipts.write(&self.receipt) };
        if let Err(error) = noted {
            return Ok(Err(error.hint("nothing was shared")));
        }
        let options = PublishOptions::default();
        let done =
            publish::carry_out(&session.remote, &session.site, &self.bundle, plan, &options, &session.terminal).await?;
        let Activated { url, deploy_id, seq, kv, .. } = &done.activated;
        // What a server answers is taken for an address only if it is one.
        let url = Address::parse(url).map_or(&self.receipt.url, |_| url);
        self.remember(url);
        self.tell(&done.activated, url);
        session.report.event(&json!({
            "event": "shared", "entry": self.shown, "url": url, "server": self.receipt.server, "site": self.receipt.site,
            "isNew": self.receipt.shared.is_none(), "deployId": deploy_id, "seq": seq, "kv": kv, "pages": self.pages,
            "hashes": done.new + done.cached, "new": done.new, "cached": done.cached, "bytes": done.bytes,
        }));
        Ok(Ok(()))
    }

    /// Notes that it is shared as of now.
    fn remember(&self, url: &str) {
        let receipt = Receipt { url: url.to_owned(), shared: Some(share::now()), ..self.receipt.clone() };
        if let Err(error) = self.receipts.write(&receipt) {
            self.session.report.warn(format_args!("it is shared, but {error}"));
        }
    }

    /// What the server lacks.
    async fn ask(&self) -> Called<Plan> {
        let Self { session, bundle, .. } = self;
        publish::plan(&session.remote, &session.site, bundle, &PublishOptions::default(), &session.terminal).await
    }

    /// The deploys of the share; none if there is none yet, or the server does not tell.
    async fn before(&self) -> Option<Vec<Deploy>> {
        self.receipt.shared.as_ref()?;
        let told = self.session.deploys().await;
        if let Err(error) = &told {
            tracing::debug!("what is live is not known: {error}");
        }
        told.ok()
    }

    /// The live deploy, if it is what was built.
    fn unchanged<'d>(&self, before: &'d Option<Vec<Deploy>>) -> Option<&'d Deploy> {
        history::live(before.as_deref()?).filter(|live| live.record.roots == self.bundle.roots)
    }

    /// Says what is other on the server than the receipt has it.
    fn mention(&self, before: &Option<Vec<Deploy>>) {
        let Some(deploys) = before else { return };
        let terminal = &self.session.terminal;
        if deploys.is_empty() {
            terminal.person("The server no longer has this share; it is made anew, at the same address");
        } else if unpublished(deploys).is_some() {
            terminal.person("The share was taken down on the server; it is up again, at the same address");
        }
    }

    /// Makes no deploy. What the server has lost of the live one it is given again.
    async fn leave(&self, live: &Deploy, plan: Plan) -> Called<Result<()>> {
        let session = self.session;
        let (new, cached, bytes) = (plan.new_blobs(), plan.cached, plan.bytes());
        publish::upload(&session.remote, plan, &PublishOptions::default(), &session.terminal).await?;
        self.remember(&self.receipt.url);
        session.terminal.person(format_args!("Already shared: nothing changed since {}", described(live)));
        session.print_url(&self.receipt.url);
        session.report.event(&json!({
            "event": "unchanged", "entry": self.shown, "url": self.receipt.url, "deployId": live.record.deploy_id,
            "seq": live.record.seq, "hashes": new + cached, "new": new, "cached": cached, "bytes": bytes,
        }));
        Ok(Ok(()))
    }

    fn tell(&self, activated: &Activated, url: &str) {
        let Self { session, shown, .. } = self;
        let terminal = &session.terminal;
        let good = |word: &str| session.report.paint(Style::Good, word);
        if self.receipt.shared.is_none() {
            let pages = counted(self.pages, "page");
            terminal.person(format_args!(
                "{} {pages} to whoever has the address; search engines are asked not to list it",
                good("Shared")
            ));
            let entry = pasted(shown);
            let is_elsewhere =
                |share: &Receipt| share.entry == self.receipt.entry && share.server != self.receipt.server;
            let server = match self.receipts.shares().iter().any(is_elsewhere) {
                true => format!(" --server {}", self.receipt.server),
                false => String::new(),
            };
            terminal.person(format_args!(
                "  `pmx share {entry}{server}` updates it, `pmx share --remove {entry}{server}` takes it back"
            ));
        } else {
            let change: Change = self.listing.change_from_events(None, &activated.events);
            terminal.person(format_args!("{} {change}", good("Updated")));
            terminal.person(format_args!("  deploy {}", short_id(&activated.deploy_id)));
        }
        session.mention_kv(activated);
        session.print_url(url);
    }
}
