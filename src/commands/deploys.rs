//! `pmx deploys`

use super::{deploy_words, remote_site::RemoteSite, rollback, target};
use crate::{
    cli,
    error::Result,
    publish::{Deploy, Wording, history},
    report::{Report, Style, short_id},
};
use pmx_model::Unpublished;
use std::time::SystemTime;

/// Characters of what a deploy changed in the table, where it is not for a terminal; `--json` has all of it.
const MAX_CHANGED: usize = 72;
/// As many have room on every terminal, if need be in a second line of it.
const MIN_CHANGED: usize = 24;

/// Lists the deploys of a site, newest first.
///
/// # Errors
/// What kept it from that, or the site was never published.
pub(super) fn run(args: &cli::DeploysArgs, report: &Report) -> Result<()> {
    let session = RemoteSite::open(target::of(&args.target, None, report)?, Wording::Plain, report)?;
    session.terminal.person(format_args!("Deploys of `{}` on {}", session.site, session.address));
    let deploys = session.run(session.deploys())?;
    if deploys.is_empty() {
        return Err(session.never_published());
    }
    if report.json() {
        report.event(&deploys);
        return Ok(());
    }
    for line in table(&deploys, SystemTime::now(), report) {
        report.data(line);
    }
    if let Some(unpublished) = unpublished(&deploys) {
        let (since, age) = deploy_words::moment(&unpublished.at, SystemTime::now());
        let status = unpublished.status;
        report.say(format_args!(
            "unpublished since {since} ({age} ago): every address answers {status}; a publish or a rollback brings the site back"
        ));
        return Ok(());
    }
    rollback::mention_newest(&session, &deploys, history::live(&deploys));
    Ok(())
}

/// That the site is taken down, if it is.
pub(super) fn unpublished(deploys: &[Deploy]) -> Option<&Unpublished> {
    deploys.iter().find_map(|deploy| deploy.record.unpublished.as_ref())
}

/// The columns before what changed.
const HEAD: [&str; 5] = ["DEPLOY", "CREATED", "AGE", "COMMIT", "BRANCH"];

fn table(deploys: &[Deploy], now: SystemTime, report: &Report) -> Vec<String> {
    let head = HEAD.map(String::from);
    let rows: Vec<[String; 5]> = deploys.iter().map(|deploy| row(deploy, now)).collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        let cells = rows.iter().chain([&head]).map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let aligned = |mark: &str, row: &[String; 5], changed: &str| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{mark} {}  {changed}", cells.join("  "))
    };
    let heading = aligned(" ", &head, "CHANGED");
    let before = heading.chars().count() - "CHANGED".len();
    let most = report.columns().map_or(MAX_CHANGED, |columns| columns.saturating_sub(before + 1).max(MIN_CHANGED));
    let mut lines = vec![report.paint(Style::Bold, &heading)];
    for (deploy, row) in deploys.iter().zip(&rows) {
        let changed = deploy.record.meta.as_ref().and_then(|meta| deploy_words::changed(meta, most));
        let (mark, style) = if deploy.record.is_active { ("*", Style::Good) } else { (" ", Style::Plain) };
        lines.push(report.paint(style, &aligned(mark, row, changed.as_deref().unwrap_or("-"))));
    }
    lines
}

fn row(deploy: &Deploy, now: SystemTime) -> [String; 5] {
    let meta = deploy.record.meta.as_ref();
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| String::from("-"));
    let (created, age) = deploy_words::created(deploy, now);
    [
        short_id(&deploy.record.deploy_id),
        created,
        age,
        or_dash(meta.and_then(deploy_words::commit)),
        or_dash(meta.and_then(deploy_words::branch)),
    ]
}
