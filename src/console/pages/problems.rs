//! What a build found, each finding with its place in the Source.

use crate::{
    console::{
        Console,
        editor::Editor,
        html::{empty, pill},
    },
    session::SiteStatus,
};
use maud::{Markup, html};
use pmx_site::Diagnostic;
use std::{
    collections::HashMap,
    io::Read as _,
    path::{Path, PathBuf},
};

/// Findings that are shown; the rest is counted.
const SHOWN: usize = 100;
/// Findings whose lines are read.
const EXCERPTS: usize = 25;
/// The most bytes of a Source that are read for its lines.
const MAX_SOURCE: u64 = 2 * 1024 * 1024;
/// Lines before and after the one that is meant.
const AROUND: usize = 2;
/// Characters of a line.
const MAX_WIDTH: usize = 240;

/// A finding with what stands at its place.
pub(super) struct Problem {
    finding: Diagnostic,
    file: PathBuf,
    /// Number and text.
    lines: Vec<(usize, String)>,
}

/// Reads the lines. Blocks on the disk.
pub(super) fn read(_: &Console, site: &SiteStatus) -> Vec<Problem> {
    let mut texts: HashMap<PathBuf, Vec<String>> = HashMap::new();
    let mut sorted: Vec<&Diagnostic> = site.diagnostics.iter().collect();
    sorted.sort_by_key(|finding| !finding.is_error());
    let problem = |(index, finding): (usize, &Diagnostic)| {
        let file = place(site, &finding.path);
        let lines = if index < EXCERPTS {
            let text = texts.entry(file.clone()).or_insert_with(|| lines_of(&file));
            let from = finding.line.saturating_sub(AROUND + 1);
            text.iter()
                .enumerate()
                .skip(from)
                .take(finding.line + AROUND - from)
                .map(|(at, line)| (at + 1, line.clone()))
                .collect()
        } else {
            Vec::new()
        };
        Problem { finding: finding.clone(), file, lines }
    };
    sorted.into_iter().take(SHOWN).enumerate().map(problem).collect()
}

/// Paths are named from the working directory, or below the project.
fn place(site: &SiteStatus, path: &str) -> PathBuf {
    let named = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from(path));
    if named.is_file() {
        return named;
    }
    [&site.folder, &site.source_root]
        .into_iter()
        .map(|base| base.join(path))
        .find(|file| file.is_file())
        .unwrap_or(named)
}

fn lines_of(file: &Path) -> Vec<String> {
    let mut text = String::new();
    let read = fs_err::File::open(file).and_then(|file| file.take(MAX_SOURCE).read_to_string(&mut text));
    // Shown without its lines.
    if read.is_err() {
        return Vec::new();
    }
    text.lines().map(|line| line.chars().take(MAX_WIDTH).collect()).collect()
}

/// The findings of a site.
pub(super) fn list(problems: &[Problem], all: usize, editor: Editor) -> Markup {
    if problems.is_empty() {
        return empty("Nothing found", "No errors, no warnings.");
    }
    html! {
        @for problem in problems { (one(problem, editor)) }
        @if all > problems.len() { p.muted { "and " (all - problems.len()) " more" } }
    }
}

fn one(problem: &Problem, editor: Editor) -> Markup {
    let Problem { finding, file, lines } = problem;
    let (kind, word) = if finding.is_error() { ("bad", "error") } else { ("warn", "warning") };
    let place = format!("{}:{}:{}", finding.path, finding.line, finding.column);
    html! {
        article.finding {
            div.where {
                (pill(kind, word))
                @match editor.link(file, finding.line, finding.column) {
                    Some(link) => a.mono.wrap href=(link) { (place) },
                    None => span.mono.wrap { (place) },
                }
                span.pill.mono { (finding.code) }
            }
            p { (finding.message) }
            @if let Some(hint) = &finding.hint { p.muted { "Hint: " (hint) } }
            @if !lines.is_empty() {
                pre.excerpt tabindex="0" role="group" aria-label={ "Lines of " (finding.path) } {
                    @for (number, line) in lines {
                        span.hit[*number == finding.line].warn[*number == finding.line && !finding.is_error()] data-line=(number) { (line) }
                    }
                }
            }
        }
    }
}
