//! `pmx deploys`

use super::{publish::Session, target};
use crate::{
    cli,
    error::Result,
    publish::Deploy,
    report::{Report, Style, is_active},
};
use humantime::{format_rfc3339_seconds, parse_rfc3339};
use pmx_worker::model::Unpublished;
use std::time::{Duration, SystemTime};

/// Digits of an id in the table; enough to name a deploy of one site.
const SHORT_ID: usize = 8;
/// Digits of a commit in the table, as git abbreviates them.
const SHORT_COMMIT: usize = 7;

/// Lists the deploys of a site, newest first.
///
/// # Errors
/// What kept it from that.
pub(super) fn run(args: &cli::Deploys, report: &Report) -> Result<()> {
    let session = Session::open(target::of(&args.target, None, report)?, report)?;
    session.run(async {
        let deploys = session.deploys().await?;
        if report.json() {
            report.event(&deploys);
        } else if deploys.is_empty() {
            report.say(format!("`{}` was never published", session.site()));
        } else {
            for line in table(&deploys, SystemTime::now(), report) {
                report.data(line);
            }
            if let Some(unpublished) = unpublished(&deploys) {
                let (status, since) = (unpublished.status, moment(&unpublished.at));
                report.say(format!(
                    "unpublished since {since}: every address answers {status}; a publish or a rollback brings the site back"
                ));
            }
        }
        Ok(())
    })
}

/// That the site is taken down, if it is.
pub(super) fn unpublished(deploys: &[Deploy]) -> Option<&Unpublished> {
    deploys.iter().find_map(|deploy| deploy.record.unpublished.as_ref())
}

fn table(deploys: &[Deploy], now: SystemTime, report: &Report) -> Vec<String> {
    let head = ["DEPLOY", "CREATED", "AGE", "COMMIT", "BRANCH"].map(String::from);
    let rows: Vec<(bool, [String; 5])> =
        deploys.iter().map(|deploy| (deploy.record.is_active, row(deploy, now))).collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        rows.iter()
            .map(|(_, row)| &row[column])
            .chain([&head[column]])
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    });
    let aligned = |mark: &str, row: &[String; 5]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{mark} {}", cells.join("  ")).trim_end().to_owned()
    };
    let mut lines = vec![aligned(" ", &head)];
    for (active, row) in &rows {
        let line = aligned(if *active { "*" } else { " " }, row);
        lines.push(report.paint(if *active { Style::Good } else { Style::Plain }, &line));
    }
    lines
}

fn row(deploy: &Deploy, now: SystemTime) -> [String; 5] {
    let record = &deploy.record;
    let meta = |key: &str| record.meta.as_ref().and_then(|meta| meta.get(key)).map_or("-", String::as_str);
    let (created, age) = match parse_rfc3339(&record.created_at) {
        Ok(time) => (moment(&record.created_at), age(now.duration_since(time).unwrap_or_default())),
        Err(_) => (record.created_at.clone(), String::from("-")),
    };
    [
        first(&record.deploy_id, SHORT_ID),
        first(&created, 24),
        age,
        first(meta("commit"), SHORT_COMMIT),
        first(meta("branch"), 40),
    ]
}

/// A time as people read it: `2026-11-27 20:01:32Z`. What is none is shown as it stands, cut short.
pub(super) fn moment(time: &str) -> String {
    let told = parse_rfc3339(time).map(|time| format_rfc3339_seconds(time).to_string().replace('T', " "));
    told.unwrap_or_else(|_| first(time, 24))
}

/// The first characters, without those that would move a terminal's cursor.
fn first(text: &str, most: usize) -> String {
    text.chars().filter(|c| !is_active(*c)).take(most).collect()
}

fn age(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        let told = |seconds| age(Duration::from_secs(seconds));
        assert_eq!([told(0), told(59), told(60), told(7199), told(86_400)], ["0 s", "59 s", "1 min", "1 h", "1 d"]);
    }
}
