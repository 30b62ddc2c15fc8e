//! Tags as authors wrote them: where they stand, which are left open, and which are none.

use super::lines::{Lines, Walked};
use crate::{
    diagnostic::{Diagnostic, Position},
    text::{
        dom,
        html::{self, Form, Part},
        import_map, script,
    },
};
use comrak::nodes::LineColumn;
use serde::{Deserialize, Serialize};

/// Elements that show what is in them in a way of their own, or not at all: left open, they take what follows from the reader. Those whose
/// content is no markup do, too.
const HIDING: [&str; 14] = [
    "audio", "canvas", "datalist", "details", "dialog", "math", "meter", "noscript", "object", "progress", "select",
    "svg", "template", "video",
];
/// What shows its content only if it is open.
const FOLDED: [&str; 2] = ["details", "dialog"];

/// Where a start tag stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TagPlace {
    /// Byte of the Block's marked HTML.
    pub at: u32,
    /// In the Source.
    pub position: Position,
}

/// A text that begins like a tag and is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NoTag {
    /// In lower case.
    pub name: String,
    pub position: Position,
}

/// Says of a `<base>` what it does to the addresses of the page that it stands in.
pub(super) fn base(attribute: &html::RawAttribute<'_>, position: impl FnOnce() -> Position) -> Option<Diagnostic> {
    attribute.is_base().then(|| {
        let message =
            "`<base href>` changes where every link, picture and `#fragment` of the page leads, those of pmx as well";
        let finding = Diagnostic::warning("source/base", position(), message);
        finding.hint("take it out: an address is read from the folder of its own file")
    })
}

/// Says of the modules that scripts in HTML name: these addresses are those of the page, and not of its Source.
pub(super) fn imports(html: &str, parts: &[Part<'_>], mut position: impl FnMut(usize) -> Position) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut warn = |target: &str, at: usize, hint: &str| {
        let message = format!("`{target}` is read from the address of the page, where no file is");
        findings.push(Diagnostic::warning("script/import", position(at), message).hint(hint));
    };
    for part in parts {
        match part {
            Part::Script(script) => {
                let imports = script::imports(&html[script.clone()]).into_iter();
                for import in imports.filter(|import| import.is_relative() && import.kind != script::Kind::Address) {
                    warn(
                        import.target,
                        script.start + import.at,
                        "put the script into a file, `<script type=\"module\" src=\"./x.js\"></script>`: what a file imports is published beside it",
                    );
                }
            }
            Part::ImportMap(map) => {
                for mapped in import_map::mapped(&html[map.clone()]).iter().filter(|mapped| mapped.is_relative()) {
                    warn(
                        &mapped.target,
                        map.start + mapped.at,
                        "take it out of the map, and import the file by its address from a script that is a file: `import \"./x.js\"`",
                    );
                }
            }
            Part::Attribute(_) | Part::Sheet(_) => {}
        }
    }
    findings
}

/// Whether it is kept where a tag stands: those of names that HTML does not have, and all if the Source has components.
pub(super) fn is_watched(tag: &html::Tag<'_>, knows_components: bool) -> bool {
    tag.form != Form::End && (knows_components || !dom::is_known(&tag.name.to_ascii_lowercase()))
}

/// What a text has of names that begin like a tag: `<name`, but not after a backslash. The text is that of the Source between two places.
pub(super) fn no_tags(lines: &Lines<'_>, from: LineColumn, to: LineColumn, found: &mut Vec<NoTag>) {
    for line in from.line..=to.line {
        let text = lines.get(line);
        let start = if line == from.line { from.column - 1 } else { 0 };
        let end = if line == to.line { to.column.min(text.len()) } else { text.len() };
        let Some(part) = text.get(start..end) else { continue };
        for (at, _) in part.match_indices('<') {
            let name = html::tag_name(&part[at + 1..]);
            if name.starts_with(|c: char| c.is_ascii_alphabetic()) && !text[..start + at].ends_with('\\') {
                let position = lines.position(line, start + at + 1);
                found.push(NoTag { name: name.to_ascii_lowercase(), position });
            }
        }
    }
}

/// The elements of a Block that are open.
#[derive(Default)]
pub(super) struct OpenElements(Vec<(String, Position)>);

impl OpenElements {
    /// Takes in the tags of a piece of HTML that begins at a place.
    pub(super) fn read(&mut self, html: &str, tags: &[html::Tag<'_>], start: LineColumn, lines: &Lines<'_>) {
        let mut place = Walked::from(start);
        for tag in tags {
            let name = tag.name.to_ascii_lowercase();
            if let Some((open, _)) = self.0.last().filter(|(open, _)| dom::is_raw_text(open)) {
                if tag.form == Form::End && *open == name {
                    self.0.pop();
                }
                continue;
            }
            match tag.form {
                Form::Start if dom::is_raw_text(&name) || is_hiding(&name, &html[tag.at..]) => {
                    let (line, column) = place.to(lines, html, tag.at);
                    self.0.push((name, lines.position(line, column)));
                }
                Form::End => {
                    if let Some(at) = self.0.iter().rposition(|(open, _)| *open == name) {
                        self.0.remove(at);
                    }
                }
                Form::Start | Form::Whole => {}
            }
        }
    }

    /// Says what is open at the end of a Block.
    pub(super) fn end(&mut self, findings: &mut Vec<Diagnostic>) {
        for (name, position) in self.0.drain(..) {
            let message = format!("`<{name}>` is never closed and hides what follows in its Block");
            let finding = Diagnostic::warning("source/unclosed-element", position, message);
            findings.push(finding.hint(format!("end it with `</{name}>`, or write `&lt;{name}>` for the words")));
        }
    }
}

fn is_hiding(name: &str, from: &str) -> bool {
    let is_open = || {
        let tag = from.split('>').next().unwrap_or_default();
        tag.split_ascii_whitespace().skip(1).any(|word| word == "open" || word.starts_with("open="))
    };
    HIDING.contains(&name) && !(FOLDED.contains(&name) && is_open())
}
