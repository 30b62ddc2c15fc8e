//! The Paths of a site: their ids and where they are mounted.

use crate::{
    diagnostic::{Diagnostic, Position},
    graph::Graph,
    project::{Project, out_dir::RECEIPT},
    source::EXTENSION,
};

/// A root with its id and mount.
#[derive(Debug)]
pub(crate) struct NamedRoot {
    pub id: String,
    /// Empty for the default root, else `/<id>`.
    pub mount: String,
    /// What the Path's addresses begin with: the base of the host, then the mount.
    pub prefix: String,
    /// Path of the entry below the source root.
    pub entry: String,
    pub entry_id: String,
    /// Path of the entry as a person names it.
    pub shown: String,
}

/// Names the roots: the default one by its entry, the others by their handle.
pub(crate) fn name_roots(project: &Project, graph: &Graph, findings: &mut Vec<Diagnostic>) -> Vec<NamedRoot> {
    let mut named: Vec<NamedRoot> = Vec::new();
    for (index, entry) in project.roots.iter().enumerate() {
        let Some(entry_id) = entry.path.strip_suffix(EXTENSION) else { continue };
        let Some(node) = graph.nodes.get(entry_id) else { continue };
        let shown = project.show(&entry.path);
        let handle = node.source.handle.as_ref();
        let position = handle.map_or(Position::START, |(_, position)| *position);
        let handle = handle.and_then(|(written, _)| {
            let handle = written.strip_prefix('@').filter(|handle| is_root_id(handle));
            if handle.is_none() {
                let message = format!("`{written}` is no handle: @ and 1 to 64 letters, digits, `.`, `_` or `-`");
                findings.push(Diagnostic::error("root/handle", position, message).at(&*shown));
            }
            handle
        });
        let is_default = index == 0;
        // Who names several entries on the command line gives them no addresses.
        if !is_default && project.is_configured && node.source.handle.is_none() {
            let finding =
                Diagnostic::warning("root/no-handle", position, "a Path beside the default one needs a handle");
            findings.push(finding.hint("add `handle: \"@name\"` to its frontmatter").at(&*shown));
        }
        let id = match handle {
            Some(handle) if !is_default => handle.to_owned(),
            _ => path_id(entry_id),
        };
        if named.iter().any(|other| other.id == id) {
            let message = format!("another Path is called `{id}` already");
            findings.push(Diagnostic::error("root/duplicate", position, message).at(&*shown));
            continue;
        }
        let mount = if is_default { String::new() } else { format!("/{id}") };
        let prefix = format!("{}{mount}", project.hosting.base());
        named.push(NamedRoot { id, mount, prefix, entry: entry.path.clone(), entry_id: entry_id.to_owned(), shown });
    }
    named
}

/// A path id: the Source id with `-` for `/` and for what no URL segment should have.
fn path_id(source_id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let id: String = source_id.chars().map(plain).take(64).collect();
    if is_root_id(&id) { id } else { format!("path-{id}") }
}

fn is_root_id(id: &str) -> bool {
    // The last three are files beside the folders of the roots.
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && !matches!(id, "." | ".." | RECEIPT | "roots.json" | "paths.json")
}
