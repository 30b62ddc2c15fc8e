//! Component styles: each component's rules in an `@scope` of its roots, with `:self`, `@dark` and `@light` resolved.
//!
//! What cannot stand in a scope (`@import`, `@keyframes`, `@font-face`, …) comes before it and is as global as ever.
//! `@dark` means: the reader chose the dark scheme, or chose none and the system prefers it. The choice is
//! `data-pathmx-color-scheme` on the document or around it.

mod scan;

use super::{Chunk, Definition, DefinitionFiles, word};
use crate::text::css::in_room;
use scan::{CssItem, closed, items, name_of};
use std::fmt::Write as _;

/// How deep blocks are looked into; deeper ones are copied as they are.
const MAX_DEPTH: usize = 50;

/// At-rules that no scope can hold, and that mean the same outside of it.
const GLOBAL: [&str; 11] = [
    "keyframes",
    "-webkit-keyframes",
    "font-face",
    "property",
    "counter-style",
    "font-feature-values",
    "font-palette-values",
    "color-profile",
    "position-try",
    "view-transition",
    "page",
];
/// At-rules whose blocks hold rules again.
const GROUPS: [&str; 6] = ["media", "supports", "container", "layer", "starting-style", "document"];

/// The style sheet of all components of one Source; empty if they have no styles.
pub(crate) fn stylesheet(source: &str, definitions: &[Definition], files: &dyn DefinitionFiles) -> String {
    let mut sheet = Sheet::default();
    for definition in definitions {
        let css = text(definition, files);
        if css.trim().is_empty() {
            continue;
        }
        let css = in_room(&css);
        let css = closed(&css);
        sheet.root = format!(
            "[data-pathmx-component~=\"{}\"][data-pathmx-component-source~=\"{}\"]",
            definition.name,
            quoted(&word(source))
        );
        sheet.group(&css, None, 0, true);
    }
    sheet.imports + &sheet.global + &sheet.rules
}

/// All parts in order, addresses filled in.
fn text(definition: &Definition, files: &dyn DefinitionFiles) -> String {
    let mut out = String::new();
    for chunk in &definition.css {
        match chunk {
            Chunk::File(link) => out.push_str(files.text(*link).as_deref().unwrap_or_default()),
            Chunk::Text(text) => {
                for (index, part) in text.split('\0').enumerate() {
                    match part.parse() {
                        Ok(link) if index % 2 == 1 => {
                            out.push_str(&quoted(files.address(link).as_deref().unwrap_or_default()));
                        }
                        _ => out.push_str(part),
                    }
                }
            }
        }
        out.push('\n');
    }
    out
}

/// As it stands between double quotes.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A colour scheme.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Light,
    Dark,
}

impl Scheme {
    fn of(name: &str) -> Option<Self> {
        match name {
            "dark" => Some(Self::Dark),
            "light" => Some(Self::Light),
            _ => None,
        }
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Light => ("light", "dark"),
            Self::Dark => ("dark", "light"),
        }
    }

    /// What an element must match, without weight: when the system decides, and when the reader has decided.
    fn conditions(self) -> [String; 2] {
        let attribute = |scheme: &str| format!("[data-pathmx-color-scheme=\"{scheme}\"]");
        let (own, other) = self.names();
        let (own, other) = (attribute(own), attribute(other));
        [
            format!(":where(:not({own} *, {other} *))"),
            // A document may have a scheme of its own, whatever is chosen around it.
            format!(":where({own} *):where(:not({own} {other} *))"),
        ]
    }
}

#[derive(Default)]
struct Sheet {
    imports: String,
    global: String,
    rules: String,
    /// Selector of the roots of the component at hand.
    root: String,
}

impl Sheet {
    /// Rules outside of any style rule. `scheme`: the one that these are for already.
    fn group(&mut self, css: &str, scheme: Option<Scheme>, depth: usize, top: bool) {
        let mut run = String::new();
        for item in items(css) {
            let name = name_of(item.prelude);
            match (name.as_str(), item.body) {
                ("import", None) if top => {
                    self.imports.push_str(item.text.trim_start());
                    self.imports.push('\n');
                }
                // They are for the head of a whole file.
                ("import" | "charset" | "namespace", None) => {}
                (name, _) if GLOBAL.contains(&name) => {
                    let out = if top { &mut self.global } else { &mut self.rules };
                    out.push_str(item.text.trim_start());
                    out.push('\n');
                }
                ("layer", None) => {
                    self.global.push_str(item.text.trim_start());
                    self.global.push('\n');
                }
                (name, Some(body)) if Scheme::of(name).is_some() && depth < MAX_DEPTH => {
                    self.flush(&mut run);
                    match (Scheme::of(name), scheme) {
                        (Some(wanted), None) => self.schemes(body, wanted, depth),
                        // The same again, or never.
                        (wanted, within) if wanted == within => self.group(body, scheme, depth + 1, false),
                        _ => {}
                    }
                }
                (name, Some(body)) if GROUPS.contains(&name) && body.contains('@') && depth < MAX_DEPTH => {
                    self.flush(&mut run);
                    self.rules.push_str(item.prelude.trim_start());
                    self.rules.push_str("{\n");
                    self.group(body, scheme, depth + 1, false);
                    self.rules.push_str("}\n");
                }
                _ => rule(&item, scheme, depth, &mut run),
            }
        }
        self.flush(&mut run);
    }

    /// Rules for one scheme. The scope's root carries the condition: selectors in it stay what they are.
    fn schemes(&mut self, body: &str, scheme: Scheme, depth: usize) {
        let root = self.root.clone();
        let [system, chosen] = scheme.conditions();
        let _ = writeln!(self.rules, "@media (prefers-color-scheme: {}) {{", scheme.names().0);
        self.root = format!("{root}{system}");
        self.group(body, Some(scheme), depth + 1, false);
        self.rules.push_str("}\n");
        self.root = format!("{root}{chosen}");
        self.group(body, Some(scheme), depth + 1, false);
        self.root = root;
    }

    fn flush(&mut self, run: &mut String) {
        let text = run.trim();
        // White space that is escaped stays: without it, the backslash would escape what comes after.
        let text = if text.ends_with('\\') { run.trim_start() } else { text };
        if !text.is_empty() {
            let _ = writeln!(self.rules, "@scope ({}) {{\n{text}\n}}", self.root);
        }
        run.clear();
    }
}

/// One rule, or a statement, with what is in it.
fn rule(item: &CssItem<'_>, scheme: Option<Scheme>, depth: usize, out: &mut String) {
    let Some(body) = item.body else {
        return out.push_str(item.text);
    };
    selector(item.prelude, out);
    out.push('{');
    if depth < MAX_DEPTH {
        nested(body, scheme, depth + 1, out);
    } else {
        out.push_str(body);
    }
    out.push('}');
}

/// What stands in a style rule: declarations and rules.
fn nested(css: &str, scheme: Option<Scheme>, depth: usize, out: &mut String) {
    for item in items(css) {
        let Some(body) = item.body else {
            out.push_str(item.text);
            continue;
        };
        let Some(wanted) = Scheme::of(&name_of(item.prelude)) else {
            rule(&item, scheme, depth, out);
            continue;
        };
        match scheme {
            None => {
                let mut inner = String::new();
                nested(body, Some(wanted), depth + 1, &mut inner);
                let [system, chosen] = wanted.conditions();
                let name = wanted.names().0;
                let _ = write!(
                    out,
                    "@media (prefers-color-scheme: {name}) {{ &{system} {{{inner}}} }} &{chosen} {{{inner}}}"
                );
            }
            Some(within) if within == wanted => {
                out.push_str("& {");
                nested(body, scheme, depth + 1, out);
                out.push('}');
            }
            Some(_) => {}
        }
    }
}

/// `:self` is the root of the scope.
fn selector(prelude: &str, out: &mut String) {
    let mut from = 0;
    for at in scan::pseudo_classes(prelude, "self") {
        out.push_str(&prelude[from..at]);
        out.push_str(":scope");
        from = at + ":self".len();
    }
    out.push_str(&prelude[from..]);
}

#[cfg(test)]
mod tests;
