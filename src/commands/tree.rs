//! `pmx tree`

use crate::{
    cli,
    commands::{check, listing::cell},
    error::Result,
    report::{Report, Style, counted},
};
use pmx_site::{Build, Cache, Item, Options, Project, Snapshot};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::PathBuf};

/// A project that was built in memory, and what was built.
pub(super) struct BuiltProject {
    project: Project,
    snapshot: Snapshot,
    build: Build,
    pub(super) items: Vec<Item>,
}

/// Builds in memory and lists what was built.
///
/// # Errors
/// There is no site.
pub(super) fn built(entries: &[PathBuf], report: &Report) -> Result<BuiltProject> {
    let cwd = std::env::current_dir()?;
    let project = pmx_site::locate(&Options { cwd, entries: entries.to_owned() })?;
    if let Some(warning) = project.own_output_warning() {
        report.warn(warning);
    }
    let snapshot = pmx_site::scan(&project, None)?;
    let build = pmx_site::build(&project, &snapshot, &mut Cache::default());
    let items = pmx_site::inventory(&project, &build);
    Ok(BuiltProject { project, snapshot, build, items })
}

/// Prints the Sources in their folders.
///
/// # Errors
/// There is no site.
pub(super) fn run(args: &cli::TreeArgs, report: &Report) -> Result<()> {
    let BuiltProject { project, snapshot, build, mut items } = built(&args.entries, report)?;
    let unreachable = check::unreachable(&build, &snapshot);
    let unreachable: Vec<String> = unreachable.iter().map(|path| project.show(path)).collect();
    // Where several Paths reach a Source, the first of them shows it.
    items.dedup_by(|next, first| next.path == first.path);
    if report.json() {
        let mut all: Vec<Value> = items.iter().map(|item| json!(item)).collect();
        all.extend(unreachable.iter().map(|path| json!({ "path": path, "route": null })));
        all.sort_by(|a, b| a["path"].as_str().cmp(&b["path"].as_str()));
        report.event(&all);
        return Ok(());
    }
    let mut top = TreeFolder::default();
    for item in &items {
        top.put(&item.path, item.route.as_deref(), &item.title);
    }
    for path in &unreachable {
        top.put(path, None, "no link leads here");
    }
    let mut rows = Vec::new();
    top.rows("", &mut rows);
    let width = |cells: usize| rows.iter().map(|row: &Row| row.cell(cells).chars().count()).max().unwrap_or(0);
    let (names, routes) = (width(0), width(1));
    for row in &rows {
        let line = format!("{:names$}  {:routes$}  {}", row.cell(0), row.cell(1), row.title);
        report.data(match row.is_folder {
            true => report.paint(Style::Bold, line.trim_end()),
            false => line.trim_end().to_owned(),
        });
    }
    let beyond = match unreachable.len() {
        0 => String::new(),
        count => format!(", {count} not reached"),
    };
    report.say(format_args!("{} of {}{beyond}.", counted(items.len(), "Source"), project.shown));
    Ok(())
}

/// What is in a folder.
#[derive(Default)]
struct TreeFolder {
    folders: BTreeMap<String, Self>,
    /// Route and title, by name.
    files: BTreeMap<String, (Option<String>, String)>,
}

/// A line of the tree.
struct Row {
    name: String,
    route: String,
    title: String,
    is_folder: bool,
}

impl Row {
    fn cell(&self, number: usize) -> &str {
        if number == 0 { &self.name } else { &self.route }
    }
}

impl TreeFolder {
    fn put(&mut self, path: &str, route: Option<&str>, title: &str) {
        match path.split_once('/') {
            Some((folder, rest)) => self.folders.entry(folder.to_owned()).or_default().put(rest, route, title),
            None => drop(self.files.insert(path.to_owned(), (route.map(str::to_owned), title.to_owned()))),
        }
    }

    /// Files come first, as a folder's own Source is among them.
    fn rows(&self, indent: &str, rows: &mut Vec<Row>) {
        for (name, (route, title)) in &self.files {
            let (name, title) = (cell(&name.as_str().into()), cell(&title.as_str().into()));
            let route = route.clone().unwrap_or_else(|| "-".to_owned());
            rows.push(Row { name: format!("{indent}{name}"), route, title, is_folder: false });
        }
        for (name, folder) in &self.folders {
            let name = format!("{indent}{}/", cell(&name.as_str().into()));
            rows.push(Row { name, route: String::new(), title: String::new(), is_folder: true });
            folder.rows(&format!("{indent}  "), rows);
        }
    }
}
