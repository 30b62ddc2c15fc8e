//! `pmx deploys`

use super::{deploy_words, rollback, session::Session, target};
use crate::{
    cli,
    error::Result,
    publish::{Deploy, Wording},
    report::{Report, Style},
};
use pmx_worker::model::{Meta, Unpublished};
use std::time::SystemTime;

/// Characters of what a deploy changed in the table; `--json` has all of it.
const MAX_CHANGED: usize = 72;

/// Lists the deploys of a site, newest first.
///
/// # Errors
/// What kept it from that, or the site was never published.
pub(super) fn run(args: &cli::Deploys, report: &Report) -> Result<()> {
    let session = Session::open(target::of(&args.target, None, report)?, Wording::Plain, report)?;
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
    rollback::mention_newest(&session, &deploys, rollback::live(&deploys));
    Ok(())
}

/// That the site is taken down, if it is.
pub(super) fn unpublished(deploys: &[Deploy]) -> Option<&Unpublished> {
    deploys.iter().find_map(|deploy| deploy.record.unpublished.as_ref())
}

const HEAD: [&str; 6] = ["DEPLOY", "CREATED", "AGE", "COMMIT", "BRANCH", "CHANGED"];

fn table(deploys: &[Deploy], now: SystemTime, report: &Report) -> Vec<String> {
    let head = HEAD.map(String::from);
    let rows: Vec<(bool, [String; 6])> =
        deploys.iter().map(|deploy| (deploy.record.is_active, row(deploy, now))).collect();
    let widths: [usize; 6] = std::array::from_fn(|column| {
        rows.iter()
            .map(|(_, row)| &row[column])
            .chain([&head[column]])
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    });
    let aligned = |mark: &str, row: &[String; 6]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{mark} {}", cells.join("  ")).trim_end().to_owned()
    };
    let mut lines = vec![report.paint(Style::Bold, &aligned(" ", &head))];
    for (active, row) in &rows {
        let line = aligned(if *active { "*" } else { " " }, row);
        lines.push(report.paint(if *active { Style::Good } else { Style::Plain }, &line));
    }
    lines
}

fn row(deploy: &Deploy, now: SystemTime) -> [String; 6] {
    let of_meta = |text: &dyn Fn(&Meta) -> Option<String>| {
        deploy.record.meta.as_ref().and_then(text).unwrap_or_else(|| String::from("-"))
    };
    let (created, age) = deploy_words::made(deploy, now);
    [
        deploy_words::short(&deploy.record.deploy_id),
        created,
        age,
        of_meta(&deploy_words::commit),
        of_meta(&deploy_words::branch),
        of_meta(&|meta| deploy_words::changed(meta, MAX_CHANGED)),
    ]
}
