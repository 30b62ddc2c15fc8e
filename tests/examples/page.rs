//! A document as the tests see it: its fences, code spans and tables, and the heading that each stands below.

use comrak::{
    Arena, Options,
    nodes::{AstNode, NodeValue},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Documents outside of `examples`.
const DOCUMENTS: [&str; 5] = ["README.md", "ARCHITECTURE.md", "worker/API.md", "worker/ABI.md", "emulator/README.md"];
/// The chapter that lists all commands.
pub(crate) const COMMANDS: &str = "examples/handbook/paths/commands.reference.md";

/// Languages of blocks whose lines are commands.
pub(crate) const SHELL: [&str; 4] = ["sh", "bash", "shell", "console"];

/// One document.
pub(crate) struct Page {
    /// Its path in the repository.
    pub path: String,
    pub text: String,
    pub fences: Vec<Fence>,
    pub spans: Vec<Span>,
    pub rows: Vec<Row>,
}

/// A fenced block of code.
pub(crate) struct Fence {
    pub line: usize,
    /// The first word after the fence.
    pub language: String,
    pub text: String,
}

/// Code inside of a line.
pub(crate) struct Span {
    pub line: usize,
    pub text: String,
    /// The heading above, with its code in backticks.
    pub heading: String,
}

/// A row of a table that is not its head.
pub(crate) struct Row {
    pub line: usize,
    pub heading: String,
    /// What stands in the head, column by column.
    pub head: Vec<String>,
    pub cells: Vec<Cell>,
}

/// A cell: its text, with code in backticks, and the code in it.
#[derive(Clone, Default)]
pub(crate) struct Cell {
    pub text: String,
    pub spans: Vec<String>,
}

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All documents, read once.
pub(crate) fn all() -> &'static [Page] {
    static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
        let mut paths: Vec<PathBuf> = DOCUMENTS.iter().map(PathBuf::from).collect();
        sources(&root().join("examples"), &mut paths);
        paths.iter().map(|path| Page::read(path)).collect()
    });
    &PAGES
}

/// The document of this path.
#[track_caller]
pub(crate) fn named(path: &str) -> &'static Page {
    all().iter().find(|page| page.path == path).unwrap_or_else(|| panic!("there is no {path}"))
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            into.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(root().join(path)).unwrap().replace("\r\n", "\n");
        let mut options = Options::default();
        options.extension.table = true;
        options.extension.tasklist = true;
        options.extension.footnotes = true;
        options.extension.front_matter_delimiter = Some("---".into());
        let arena = Arena::new();
        let tree = comrak::parse_document(&arena, &text, &options);
        let path = path.to_str().unwrap().replace('\\', "/");
        let mut page = Self { path, text: String::new(), fences: Vec::new(), spans: Vec::new(), rows: Vec::new() };
        let (mut heading, mut head) = (String::new(), Vec::new());
        for node in tree.descendants() {
            let data = node.data();
            let line = data.sourcepos.start.line;
            match &data.value {
                NodeValue::Heading(_) => heading = cell(node).text,
                NodeValue::CodeBlock(block) if block.fenced => page.fences.push(Fence {
                    line,
                    language: block.info.split_whitespace().next().unwrap_or_default().to_owned(),
                    text: block.literal.clone(),
                }),
                NodeValue::Code(code) => {
                    page.spans.push(Span { line, text: code.literal.clone(), heading: heading.clone() });
                }
                NodeValue::TableRow(true) => head = node.children().map(|node| cell(node).text).collect(),
                NodeValue::TableRow(false) => page.rows.push(Row {
                    line,
                    heading: heading.clone(),
                    head: head.clone(),
                    cells: node.children().map(cell).collect(),
                }),
                _ => {}
            }
        }
        page.text = text;
        page
    }

    /// The lines from a heading that contains `words` to the next heading.
    pub(crate) fn section(&self, words: &str) -> String {
        let lines = self.text.lines().skip_while(|line| !(line.starts_with('#') && line.contains(words)));
        let rest = lines.clone().skip(1).take_while(|line| !line.starts_with("## "));
        lines.take(1).chain(rest).collect::<Vec<_>>().join("\n")
    }

    /// Where something stands, for messages.
    pub(crate) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

fn cell<'a>(node: &'a AstNode<'a>) -> Cell {
    let mut cell = Cell::default();
    for inner in node.descendants() {
        match &inner.data().value {
            NodeValue::Text(text) => cell.text.push_str(text),
            NodeValue::SoftBreak | NodeValue::LineBreak => cell.text.push(' '),
            NodeValue::Code(code) => {
                cell.text.push_str(&format!("`{}`", code.literal));
                cell.spans.push(code.literal.clone());
            }
            _ => {}
        }
    }
    cell
}
