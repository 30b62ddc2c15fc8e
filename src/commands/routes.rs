//! `pmx routes explain`

use super::worker_configs;
use crate::{
    cli::{RoutesAction, RoutesArgs, RoutesExplainArgs},
    error::{Error, Result},
    report::{Report, Style, counted},
};
use pmx_emulator::{
    config,
    routes::{self, Candidate, ClaimKind, Explanation, Pattern, RoutedWorker, Verdict},
};
use serde_json::json;

/// Runs the command.
///
/// # Errors
/// As that below it.
pub(super) fn run(args: &RoutesArgs, report: &Report) -> Result<()> {
    match &args.action {
        RoutesAction::Explain(args) => explain(args, report),
    }
}

/// Says which Worker answers an address, and why no other does.
///
/// # Errors
/// The address is none, or a config cannot be read.
fn explain(args: &RoutesExplainArgs, report: &Report) -> Result<()> {
    let url = routes::address(&args.url).map_err(Error::usage)?;
    let loaded = worker_configs::load(&args.config, args.env.as_deref())?;
    for loaded in &loaded {
        let errors = loaded.diagnostics.iter().filter(|found| found.is_error()).count();
        if errors > 0 {
            let path = loaded.config.path.display();
            report.warn(format_args!("{path} has {}; `pmx worker check` names them", counted(errors, "error")));
        }
    }
    let mut workers: Vec<RoutedWorker> = loaded.iter().map(|loaded| config::routed(&loaded.config)).collect();
    let pattern = |text: &String| {
        Pattern::parse(text).map_err(|error| Error::usage(format_args!("`--without-worker {text}` {error}")))
    };
    let without: Vec<Pattern> = args.without_worker.iter().map(pattern).collect::<Result<_>>()?;
    if !without.is_empty() {
        workers.push(RoutedWorker { routes: without, ..RoutedWorker::default() });
    }
    let explanation = routes::explain(&workers, &url);
    if report.json() {
        let mut event = json!(explanation);
        event["event"] = "explained".into();
        report.event(&event);
        return Ok(());
    }
    answer(&explanation, &workers, report);
    if !explanation.candidates.is_empty() {
        report.data("");
        table(&explanation.candidates, report);
    }
    Ok(())
}

/// The answer in one sentence.
fn answer(explanation: &Explanation, workers: &[RoutedWorker], report: &Report) {
    let url = &explanation.url;
    match (&explanation.worker, &explanation.origin) {
        (Some(worker), Some(origin)) => {
            let (worker, origin) = (report.paint(Style::Good, worker), report.paint(Style::Bold, origin));
            report.data(format_args!("{url} is answered by {worker}, with {origin} as its origin"));
        }
        (Some(worker), None) => report.data(format_args!("{url} is answered by {}", report.paint(Style::Good, worker))),
        (None, _) => {
            let nobody = report.paint(Style::Warn, "no Worker");
            report.data(format_args!("{url} is answered by {nobody}: it goes to the origin that DNS names"));
            let first = workers.first().and_then(|worker| worker.name.as_deref()).filter(|name| !name.is_empty());
            if let Some(first) = first.filter(|_| !explanation.candidates.iter().any(|candidate| candidate.matches)) {
                report.say(format_args!("wrangler dev gives it to {first}, as the first Worker"));
            }
        }
    }
}

/// All claims: the one that answers is marked, those that do not match stand back.
fn table(candidates: &[Candidate], report: &Report) {
    let heads = ["WORKER", "BY", "CLAIM", "SCORE"].map(String::from);
    let rows: Vec<[String; 4]> = candidates.iter().map(row).collect();
    let widths: [usize; 4] = std::array::from_fn(|column| {
        rows.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let aligned = |mark: &str, row: &[String; 4], verdict: &str| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        format!("{mark} {}  {verdict}", cells.join("  ")).trim_end().to_owned()
    };
    report.data(report.paint(Style::Bold, &aligned(" ", &heads, "")));
    for (candidate, row) in candidates.iter().zip(&rows) {
        let (mark, style) = match candidate.verdict {
            Verdict::Answers => ("*", Style::Good),
            Verdict::Mismatch(_) => (" ", Style::Dim),
            _ => (" ", Style::Plain),
        };
        report.data(report.paint(style, &aligned(mark, row, &candidate.verdict.to_string())));
    }
}

fn row(candidate: &Candidate) -> [String; 4] {
    let by = match candidate.kind {
        ClaimKind::Route => "route",
        ClaimKind::CustomDomain => "custom domain",
        ClaimKind::WorkersDev => "workers.dev",
    };
    [
        candidate.worker.clone().unwrap_or_else(|| String::from("-")),
        by.to_owned(),
        candidate.claim.clone(),
        candidate.score.map_or_else(|| String::from("-"), |score| score.to_string()),
    ]
}
