//! What the last build of a site found, as its pages show it.

use super::excerpt::{self, Excerpt};
use pmx_site::paths::slashed;
use pmx_site::{Diagnostic, Severity};
use serde::Serialize;
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};
use tokio::sync::Mutex;

/// How many errors and how many warnings are sent with what there is to say of them; all are counted.
const SHOWN: usize = 20;

/// What was found, for a browser on this machine and for one elsewhere.
#[derive(Debug, Default)]
pub(super) struct Findings {
    here: Value,
    elsewhere: Value,
}

/// The first errors and warnings of a build, and how many there are.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FindingsWithExcerpts {
    pub(super) errors: Vec<FindingWithExcerpt>,
    pub(super) error_count: usize,
    warnings: Vec<FindingWithExcerpt>,
    warning_count: usize,
}

/// A finding with the lines that it is about.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FindingWithExcerpt {
    /// As the author names the file.
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) excerpt: Option<Excerpt>,
    /// The address that opens the author's editor at the place. It names a folder of this machine, which is nobody else's.
    #[serde(skip_serializing_if = "Option::is_none")]
    editor: Option<String>,
}

/// The findings of one build: read once, for all pages that are open.
#[derive(Debug, Default)]
pub(super) struct FindingsCache(Mutex<Option<CachedFindings>>);

/// The findings of a build as they were handed over, and as they were read.
type CachedFindings = (Arc<[Diagnostic]>, Arc<Findings>);

impl FindingsCache {
    /// The findings with their excerpts, as the files are when this is asked first.
    /// `folder`: that of the project.
    pub(super) async fn of(&self, diagnostics: &Arc<[Diagnostic]>, folder: &Path) -> Arc<Findings> {
        let mut cache = self.0.lock().await;
        if let Some((known, findings)) = &*cache
            && Arc::ptr_eq(known, diagnostics)
        {
            return findings.clone();
        }
        let (work, folder) = (diagnostics.clone(), folder.to_owned());
        let found = tokio::task::spawn_blocking(move || Findings::read(&work, &folder)).await;
        let findings = Arc::new(found.unwrap_or_default());
        *cache = Some((diagnostics.clone(), findings.clone()));
        findings
    }
}

impl Findings {
    fn read(diagnostics: &[Diagnostic], folder: &Path) -> Self {
        let mut found = FindingsWithExcerpts::read(diagnostics);
        let here = json!(found);
        for finding in found.errors.iter_mut().chain(&mut found.warnings) {
            finding.editor = None;
            finding.path = below(&finding.path, folder);
        }
        Self { here, elsewhere: json!(found) }
    }

    /// What a browser is for_browser: `here` is one on this machine.
    pub(super) const fn for_browser(&self, here: bool) -> &Value {
        if here { &self.here } else { &self.elsewhere }
    }
}

impl FindingsWithExcerpts {
    /// Reads the Sources: blocks.
    pub(super) fn read(diagnostics: &[Diagnostic]) -> Self {
        let of = |severity: Severity| diagnostics.iter().filter(move |one| one.severity == severity);
        let shown = |severity| of(severity).take(SHOWN).map(FindingWithExcerpt::read).collect();
        Self {
            errors: shown(Severity::Error),
            error_count: of(Severity::Error).count(),
            warnings: shown(Severity::Warning),
            warning_count: of(Severity::Warning).count(),
        }
    }
}

impl FindingWithExcerpt {
    fn read(found: &Diagnostic) -> Self {
        let path = std::path::absolute(&found.path).unwrap_or_else(|_| (&found.path).into());
        Self {
            excerpt: excerpt::read(&path, found.line, found.column),
            editor: Some(editor(&path, found.line, found.column)),
            path: found.path.clone(),
            line: found.line,
            column: found.column,
            code: found.code,
            message: found.message.clone(),
            hint: found.hint.clone(),
        }
    }
}

/// A text without the folder of the project, which is nobody's business elsewhere.
pub(super) fn below(text: &str, folder: &Path) -> String {
    if !folder.is_absolute() {
        return text.to_owned();
    }
    let text = text.replace(&format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR), "");
    text.replace(&format!("{}/", slashed(folder)), "")
}

/// The address by which an editor opens a file at a place (code.visualstudio.com/docs/configure/command-line#_opening-vs-code-with-urls).
fn editor(path: &Path, line: usize, column: usize) -> String {
    let mut address = String::from("vscode://file");
    let path = path.to_string_lossy().replace('\\', "/");
    if !path.starts_with('/') {
        address.push('/');
    }
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b':' => {
                address.push(char::from(byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address + &format!(":{line}:{column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_elsewhere_names_no_folder_of_this_machine() {
        let shown = if cfg!(windows) { "C:/me/site" } else { "/home/me/site" };
        let folder = Path::new(shown);
        let text = format!("{shown}/x.config.md:2: bad `{}/y`", folder.display());
        assert_eq!(below(&text, folder), "x.config.md:2: bad `y`");
        assert_eq!(below("a/b", Path::new("")), "a/b");
    }

    #[test]
    fn an_editor_is_sent_to_the_place() {
        assert_eq!(editor(Path::new("/a b/ä#.md"), 3, 5), "vscode://file/a%20b/%C3%A4%23.md:3:5");
        assert_eq!(editor(Path::new("C:\\site\\x.md"), 1, 1), "vscode://file/C:/site/x.md:1:1");
    }
}
