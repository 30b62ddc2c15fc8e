//! A Block as the definition of a component.

use super::{Chunk, Definition, Resource, ResourceKind, names::normalize, unfit};
use crate::{
    diagnostic::{Diagnostic, Position, Positions},
    source::{
        Link, Place,
        addresses::{self, Here},
        markup,
    },
    text::{
        address::{self, Address},
        css,
        html::{self, Part},
    },
};
use serde_json::{Map, Value};

/// Keys of topmatter that describe the Block and are no defaults of the component.
const RESERVED: [&str; 10] =
    ["componentName", "id", "type", "title", "tags", "date", "styles", "play", "actions", "question"];

/// Languages that are compiled to style sheets, which pmx does not.
const SHEETS: [&str; 5] = ["less", "sass", "scss", "styl", "stylus"];
/// The same of scripts.
const SCRIPTS: [&str; 6] = ["coffee", "jsx", "mjs", "ts", "tsx", "typescript"];

/// A Block of a Source that defines components.
#[derive(Debug)]
pub(crate) struct DefinitionBlock<'b> {
    /// Its topmatter.
    pub values: &'b Map<String, Value>,
    pub source_values: &'b Map<String, Value>,
    /// The text of its first heading.
    pub heading: Option<&'b str>,
    /// Of the Source, with or without `.md`.
    pub file_name: &'b str,
    /// Whether no other Block of the Source has an `html` fence.
    pub only: bool,
    /// Of the Block itself, in order.
    pub fences: &'b [Fence<'b>],
    /// Its link definitions: label without brackets, target, place.
    pub resources: &'b [(&'b str, &'b str, Position)],
    /// Of the Source's text, from 1.
    pub line: usize,
}

/// A fenced piece of code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fence<'b> {
    /// The first word of the info string.
    pub language: &'b str,
    pub text: &'b str,
    /// Of the first line between the fences, from 1.
    pub line: usize,
}

/// Reads a definition: the first `html` fence is the template, later ones are examples; a Block without one is prose. What
/// it links to joins `links`.
pub(crate) fn define(
    block: &DefinitionBlock<'_>,
    links: &mut Vec<Link>,
    findings: &mut Vec<Diagnostic>,
) -> Option<Definition> {
    let position = Position { line: block.line.max(1), column: 1 };
    // Later ones show how it is used.
    let has = |language: &str| block.fences.iter().any(|fence| fence.language.eq_ignore_ascii_case(language));
    let Some(template) = block.fences.iter().find(|fence| fence.language.eq_ignore_ascii_case("html")) else {
        if let Some(name) = block.values.get("componentName").and_then(Value::as_str) {
            let message = format!("`{name}` is no component: its Block has no `html` fence");
            findings.push(
                Diagnostic::warning("literate/no-template", position, message)
                    .hint("its template is the first `html` fence"),
            );
        }
        return None;
    };
    for (wanted, others) in [("css", &SHEETS[..]), ("js", &SCRIPTS[..])] {
        let is_other = |fence: &&Fence<'_>| others.iter().any(|other| fence.language.eq_ignore_ascii_case(other));
        if !has(wanted)
            && !has("javascript")
            && let Some(fence) = block.fences.iter().find(is_other)
        {
            let place = Position { line: fence.line.saturating_sub(1).max(1), column: 1 };
            let message = format!("a fence `{}` is no part of a component, so it is shown only", fence.language);
            findings
                .push(Diagnostic::warning("literate/fence", place, message).hint(format!("write it as `{wanted}`")));
        }
    }
    let name = match name(block) {
        Ok(name) => name,
        Err(written) => {
            let message = format!("a component cannot be called `{written}`");
            let hint = "`componentName` of the Block: a letter, then letters, digits and dashes";
            findings.push(Diagnostic::warning("literate/component-name", position, message).hint(hint));
            return None;
        }
    };
    let mut definition = Definition {
        name,
        template: marked_html(template, links, findings),
        css: Vec::new(),
        script: Vec::new(),
        values: defaults(block.values),
        resources: Vec::new(),
        position,
    };
    let mut css = Vec::new();
    let mut script = Vec::new();
    for fence in block.fences {
        match fence.language.to_ascii_lowercase().as_str() {
            "css" => css.push((fence.line, Chunk::Text(marked_css(fence, links)))),
            "js" | "javascript" => {
                findings.extend(unfit(fence.text, places(fence.text, fence.line)));
                script.push((fence.line, Chunk::Text(fence.text.to_owned())));
            }
            _ => {}
        }
    }
    for (label, target, position) in block.resources {
        let Some(label) = label.strip_prefix('@') else { continue };
        let (kind, name) = label.split_once('.').unwrap_or((label, ""));
        let kind = match kind {
            "styles" | "script" => None,
            "asset" if !name.is_empty() => Some(ResourceKind::Asset),
            "data" if !name.is_empty() => Some(ResourceKind::Data),
            _ => continue,
        };
        if matches!(address::classify(target), Address::Elsewhere | Address::Here(_)) {
            let message = format!("`[@{label}]` must lead to a file of the site");
            findings.push(Diagnostic::warning("literate/resource", *position, message));
            continue;
        }
        let link = links.len();
        links.push(Link { target: (*target).to_owned(), place: Place::Resource, position: *position, in_html: false });
        match kind {
            Some(kind) => definition.resources.push(Resource { kind, name: name.to_owned(), link }),
            None if label.starts_with("styles") => css.push((position.line, Chunk::File(link))),
            None => script.push((position.line, Chunk::File(link))),
        }
    }
    let in_order = |mut chunks: Vec<(usize, Chunk)>| {
        chunks.sort_by_key(|(line, _)| *line);
        chunks.into_iter().map(|(_, chunk)| chunk).collect()
    };
    definition.css = in_order(css);
    definition.script = in_order(script);
    Some(definition)
}

/// Topmatter, frontmatter, file name, title, heading; what comes first decides, and if it is no name, that is said.
fn name(block: &DefinitionBlock<'_>) -> Result<String, String> {
    let string = |values: &Map<String, Value>, key: &str| {
        values.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let file = block.file_name.strip_suffix(".md").unwrap_or(block.file_name);
    let hinted = [".component", ".components"].iter().find_map(|hint| file.strip_suffix(hint));
    let single = block.only.then(|| string(block.source_values, "componentName")).flatten();
    let written = string(block.values, "componentName")
        .or(single)
        .or_else(|| hinted.filter(|_| block.only).map(str::to_owned))
        .or_else(|| string(block.values, "title"))
        .or_else(|| block.heading.map(str::to_owned))
        .unwrap_or_else(|| hinted.unwrap_or(file).to_owned());
    normalize(&written).ok_or(written)
}

fn defaults(values: &Map<String, Value>) -> Map<String, Value> {
    let own = values.iter().filter(|(key, _)| !RESERVED.contains(&key.as_str()));
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The template, addresses of the site marked.
fn marked_html(fence: &Fence<'_>, links: &mut Vec<Link>, findings: &mut Vec<Diagnostic>) -> String {
    // No text has a NUL but for the marks.
    let text = fence.text.replace('\0', "\u{fffd}");
    let mut out = String::with_capacity(text.len());
    let parts = html::scan(&text).parts;
    let bases = parts.iter().filter_map(Part::attribute);
    let mut place = places(&text, fence.line);
    findings.extend(bases.filter_map(|attribute| markup::base(attribute, || place(attribute.value.start))));
    findings.extend(markup::imports(&text, &parts, &mut place));
    // A fragment alone means the page that uses the component.
    addresses::marked(&text, &parts, Here::Left, &mut out, &mut |found| {
        let position = place(found.at);
        links.push(Link { target: found.target, place: found.place, position, in_html: true });
        links.len() - 1
    });
    out
}

fn marked_css(fence: &Fence<'_>, links: &mut Vec<Link>) -> String {
    let text = fence.text.replace('\0', "\u{fffd}");
    let mut place = places(&text, fence.line);
    css::rewrite(&text, |reference| {
        let target = reference.target.trim();
        let Address::File(_) = address::classify(target) else { return None };
        let position = place(reference.range.start);
        // An asset; there are no pages to follow in a style sheet.
        links.push(Link { target: target.to_owned(), place: Place::Resource, position, in_html: true });
        Some(format!("\0{}\0", links.len() - 1))
    })
}

/// The places in the Source of bytes of a text that begins at a line of it.
fn places(text: &str, line: usize) -> impl FnMut(usize) -> Position {
    let mut positions = Positions::of(text);
    move |byte| positions.at(byte).within(Position { line, column: 1 })
}
