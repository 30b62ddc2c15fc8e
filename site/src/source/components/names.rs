//! What components may be called, and names that are given twice.

use super::Definition;
use crate::{
    diagnostic::{Diagnostic, Position},
    text::dom,
};
use std::collections::HashMap;

/// A name as an element's: words in lower case between dashes; `None` if nothing is left, or no element can have it.
pub(super) fn normalize(name: &str) -> Option<String> {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !matches!(c, '\'' | '’') && !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let name = out.trim_end_matches('-');
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let ours = matches!(name, "slot" | "yield" | "p" | "html" | "head" | "body") || name.starts_with("pmx-");
    (starts && !ours && !dom::is_void(name) && !dom::is_raw_text(name)).then(|| name.to_owned())
}

/// The names that a Source defines twice; the first counts.
pub(crate) fn duplicates(definitions: &[Definition]) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut findings = Vec::new();
    for definition in definitions {
        match seen.get(&*definition.name) {
            Some(line) => {
                let message = format!("the component `{}` is defined twice in this Source", definition.name);
                let finding = Diagnostic::error("literate/duplicate-component", definition.position, message);
                findings.push(finding.hint(format!("the first is in the Block at line {line}")));
            }
            None => {
                seen.insert(&definition.name, definition.position.line);
            }
        }
    }
    findings
}

/// The names that two Sources give to one that imports both; its own definitions come first, then the first import.
/// `imports`: where each is imported, its path as an author would write it, and what it defines; each Source once.
pub(crate) fn clashes<'d>(
    own: &'d [Definition],
    imports: impl IntoIterator<Item = (Position, &'d str, &'d [Definition])>,
) -> Vec<Diagnostic> {
    let mut seen: HashMap<&str, Option<&str>> = own.iter().map(|definition| (&*definition.name, None)).collect();
    let mut findings = Vec::new();
    for (position, path, definitions) in imports {
        for (at, definition) in definitions.iter().enumerate() {
            // Twice in one Source is that Source's own finding.
            if definitions[..at].iter().any(|earlier| earlier.name == definition.name) {
                continue;
            }
            match seen.get(&*definition.name) {
                Some(first) => {
                    let name = &definition.name;
                    let first = first.map_or("this Source itself".to_owned(), |path| format!("`{path}`"));
                    let message = format!("the component `{name}` comes from {first} and from `{path}`");
                    let finding = Diagnostic::error("literate/duplicate-component", position, message);
                    findings.push(finding.hint("rename one of the two, or import one Source only"));
                }
                None => {
                    seen.insert(&definition.name, Some(path));
                }
            }
        }
    }
    findings
}
