//! One Source, parsed: a function of its text and the site's settings alone, so that it can be kept for as long as they stay.

pub(crate) mod caught;
pub(crate) mod components;
pub(crate) mod highlight;
pub(crate) mod math;
pub(crate) mod media;
pub(crate) mod mermaid;
pub(crate) mod packed;
pub(crate) mod solution;
pub(crate) mod standard;
pub(crate) mod tokens;
pub(crate) mod values;
pub(crate) mod wikilinks;

mod addresses;
mod blocks;
mod braces;
mod checks;
mod define;
mod definitions;
mod formulas;
mod frontmatter;
mod hosts;
mod ids;
mod lines;
mod markup;
mod mask;
mod name;
mod no_frontmatter;
mod notes;
mod outline;
mod render;
mod sections;
mod settings;
mod summary;
mod survey;
mod tags;
mod text;
mod topmatter;
mod tree;

pub(super) use crate::text::decode;
pub(super) use blocks::Block;
pub(super) use checks::{PRESENTATIONS, is_revealed_at_once};
pub(super) use define::defines;
pub(super) use frontmatter::{Frontmatter, frontmatter, key_position};
pub(super) use ids::{Heading, slug};
pub(super) use markup::{NoTag, TagPlace};
pub use name::source_name;
pub(super) use notes::Annotation;
pub(super) use render::fill;
pub(super) use sections::{Section, Standing};
pub use settings::Settings;
pub(super) use text::icon;
pub(super) use tree::tree;

use crate::{
    diagnostic::{Diagnostic, Position},
    text::{
        address::{self, Address},
        cures, import_map, normal,
    },
};
use blocks::{Of, Parts};
use components::Definition;
use comrak::Arena;
use lines::Lines;
use pmx_model::Hash;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use standard::Standard;
use std::{borrow::Cow, collections::HashSet, sync::OnceLock};
use summary::Summary;

/// The extension of a Source; what is before it, with the folders, is its id.
pub(crate) const EXTENSION: &str = ".md";

/// How far into a file a NUL byte tells that it is no text, in bytes; git looks as far.
const BINARY: usize = 8000;

/// Whether the Source defines components or is a layout, and so says little to a reader.
pub(crate) fn is_definition(id: &str) -> bool {
    [".components", ".component", ".layout"].iter().any(|end| id.ends_with(end))
}

/// A Source, parsed.
#[derive(Debug)]
pub(super) struct Source {
    /// The frontmatter, whole.
    pub values: Map<String, Value>,
    /// `route` of the frontmatter, unchecked, and its place.
    pub route: Option<(String, Position)>,
    /// `handle` of the frontmatter, unchecked, and its place.
    pub handle: Option<(String, Position)>,
    /// From the frontmatter, else the first heading of the highest rank.
    pub title: Option<String>,
    /// From the frontmatter, else the first paragraph.
    pub description: Option<String>,
    /// Classes for the document.
    pub classes: Vec<String>,
    /// At least one.
    pub blocks: Vec<Block>,
    /// Links to somewhere in the site: first those with a mark in the HTML, in its order, then the definitions.
    pub links: Vec<Link>,
    /// The numbers of those links that do not stand in prose, in order.
    pub listed: Vec<(usize, Standing)>,
    /// Under which headings the links of the text stand, in order.
    pub sections: Vec<Section>,
    /// Everything in the page that a fragment can name.
    pub anchors: HashSet<String>,
    /// The threads of annotations, in order of their definitions.
    pub annotations: Vec<Annotation>,
    /// The components that its Blocks define.
    pub definitions: Vec<Definition>,
    /// Whether one of its diagrams is left to the reader's browser, which then needs Mermaid.
    pub draws_in_browser: bool,
    /// Whether an import map may stand in it.
    pub has_import_map: bool,
    /// What is wrong with the text by itself; the paths are still empty.
    pub findings: Vec<Diagnostic>,
    /// What begins like a tag and is none: of the names of components, it is said.
    pub no_tags: Vec<NoTag>,
    /// Which elements of PathMX itself its text names.
    pub standard: Standard,
    /// Byte of the text at which the body starts.
    pub body: usize,
    /// First and last line of each block of code, in order.
    pub code: Vec<(usize, usize)>,
    /// See [`Self::outline`]; computed once.
    pub outline: OnceLock<Hash>,
}

/// The marked HTML of a Source's Blocks, in order.
pub(super) type Body = Vec<String>;

impl Source {
    /// Takes the HTML out of the Blocks: it is large, and needed only while pages are made.
    pub(super) fn take_body(&mut self) -> Body {
        self.blocks.iter_mut().map(|block| std::mem::take(&mut block.html)).collect()
    }

    /// `tags` of the frontmatter: a list of words and numbers, or one of them.
    pub(super) fn tags(&self) -> impl Iterator<Item = Cow<'_, str>> {
        listed(&self.values, "tags").filter_map(|tag| match tag {
            Value::String(word) => Some(Cow::Borrowed(word.as_str())),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        })
    }

    /// `related` of the frontmatter: a path, or a list of paths.
    pub(super) fn related(&self) -> impl Iterator<Item = &str> {
        listed(&self.values, "related").filter_map(Value::as_str)
    }
}

/// Makes a list of `tags: a, b`: between commas stand several, as in many other programs.
fn tags_apart(values: &mut Map<String, Value>) {
    let Some(tags) = values.get_mut("tags") else { return };
    if let Some(text) = tags.as_str().filter(|text| text.contains(',')) {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        *tags = words.map(Value::from).collect();
    }
}

/// The values of a list, or one that is none.
fn listed<'v>(values: &'v Map<String, Value>, key: &str) -> impl Iterator<Item = &'v Value> {
    let value = values.get(key);
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.chain(value.filter(|value| !value.is_array()))
}

/// A link to somewhere in the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Link {
    /// As it was written, entities resolved.
    pub target: String,
    pub place: Place,
    pub position: Position,
    /// Whether it stands in HTML: what leads nowhere that pmx knows stays there as it is, while one of Markdown is percent-encoded.
    pub in_html: bool,
}

/// What a link is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    /// A reader follows it.
    Anchor,
    /// The same, and the target is a name: `Target` or `Target#Heading` of `[[Target]]`.
    Wiki,
    /// The same, but what is named is not shown, though it was written so: `![[Target]]`.
    Embed,
    /// The target is the name of a file that is part of the page: `![[picture.png]]`.
    Medium,
    /// The content of another Source or Block comes here.
    Include,
    /// A part of the page: an image, a frame, a script.
    Resource,
    /// The same, named by the style sheet in a `<style>` element.
    Sheet,
    /// The same, in the HTML that is the value of a `srcdoc`.
    Document,
    /// `[label]: target`
    Definition {
        /// Without the brackets.
        label: String,
    },
    /// What a reader enters, or that he follows a link, is sent there: to a program of a server, or to a page.
    Request,
}

impl Place {
    /// Whether the target is a name and no address.
    pub(super) const fn is_name(&self) -> bool {
        matches!(self, Self::Wiki | Self::Embed | Self::Medium)
    }

    /// Whether what is there is part of the page.
    pub(super) const fn is_shown(&self) -> bool {
        !matches!(self, Self::Anchor | Self::Request | Self::Wiki | Self::Embed)
    }

    /// Whether a reader follows it, and the target is a name.
    pub(super) const fn is_link_by_name(&self) -> bool {
        matches!(self, Self::Wiki | Self::Embed)
    }
}

/// The Markdown that PathMX is written in: CommonMark and GFM with raw HTML, tag filter off, and what courses use besides.
pub(super) fn options(settings: &Settings) -> comrak::Options<'static> {
    let mut options = comrak::Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options.extension.highlight = settings.has("marks");
    options.extension.math_dollars = settings.has("math");
    options.extension.math_code = settings.has("math");
    options.extension.ofm_callouts = settings.has("callouts");
    // `[~]` is a task as well; what is none is written as it was.
    options.parse.relaxed_tasklist_matching = true;
    // Annotations are read from definitions that nothing refers to, too.
    options.parse.leave_footnote_definitions = true;
    options
}

/// Parses a Source; `path` says whether it defines components. Never fails: what cannot be read is a finding, and the rest stands.
pub(super) fn parse(path: &str, bytes: &[u8], settings: &Settings) -> Source {
    let mut findings = Vec::new();
    let mut bytes = bytes;
    if let Err(error) = std::str::from_utf8(bytes) {
        if bytes[..bytes.len().min(BINARY)].contains(&0) {
            let message = "this is no text, so there is nothing to read in it";
            let finding = Diagnostic::error("source/binary", Position::START, message);
            let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
            findings.push(if wide { finding.hint("it looks like UTF-16: save it as UTF-8") } else { finding });
            bytes = &[];
        } else {
            let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            let valid = normal(valid);
            let position = Position::of(&valid, valid.len());
            findings.push(Diagnostic::error("source/not-utf8", position, "the Source is not UTF-8 from here on"));
        }
    }
    let text = decode(bytes);
    let mut front = frontmatter(&text);
    if let Some(error) = &front.error {
        let message = format!("the frontmatter is no YAML mapping: {}", error.message);
        let finding = Diagnostic::error("source/frontmatter", error.position, message);
        findings.push(match cure(&text, &front) {
            Some(cure) => finding.hint(cure),
            None => finding,
        });
    }
    if front.body == 0 {
        findings.extend(no_frontmatter(&text, checks::is_of_sources));
    }
    findings.extend(frontmatter::swallowed(&text, &front, checks::is_of_sources));
    checks::source(&front.values, &text[..front.body], &mut findings);
    tags_apart(&mut front.values);
    let body = without_nul(&text[front.body..]);
    let lines = Lines::of(&body, front.body_line);
    let arena = Arena::new();
    let root = tree(&arena, &body, settings);
    let definitions = definitions::definitions(root, &lines);
    let defines = define::defines(path, &front.values);
    let imports = definitions.iter().any(|definition| definition.label.starts_with('@'));
    let of = Of { path, values: &front.values, defines, imports };
    let Parts { blocks, mut links, listed, headings, anchors, summary, annotations, draws_in_browser, code, no_tags } =
        blocks::blocks(root, &lines, settings, &of, &mut findings);
    let Summary { title, description } = summary;
    let sections = sections::sections(&headings, &links, title.as_deref());
    links.extend(definitions.iter().map(|definition| Link {
        target: definition.target.clone(),
        place: Place::Definition { label: definition.label.clone() },
        position: definition.position,
        in_html: false,
    }));
    let named = tokens::local_files(&front.values).map(|file| (file, "fonts"));
    links.extend(named.chain(picture(&front.values).map(|file| (file, "image"))).map(|(file, key)| Link {
        target: file.to_owned(),
        place: Place::Resource,
        position: key_position(&text[..front.body], key),
        in_html: false,
    }));
    let definitions = match defines {
        true => define::define(path, &front.values, &blocks, &definitions, &mut links, &mut findings),
        false => Vec::new(),
    };
    let placed = |key: &str| {
        let value = front.values.get(key)?;
        let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((written, key_position(&text[..front.body], key)))
    };
    Source {
        route: placed("route"),
        handle: placed("handle"),
        title,
        description,
        classes: classes(&front.values),
        blocks: blocks.into_iter().map(|(block, _)| block).collect(),
        links,
        listed,
        sections,
        anchors,
        annotations,
        definitions,
        draws_in_browser,
        has_import_map: import_map::may_be_in(&body),
        no_tags,
        findings,
        standard: Standard::of(&body),
        body: front.body,
        code,
        outline: OnceLock::new(),
        values: front.values,
    }
}

/// What is to be said of a text without frontmatter that was meant to have one, with a key that `is_known`.
pub(super) fn no_frontmatter(text: &str, is_known: fn(&str) -> bool) -> Option<Diagnostic> {
    frontmatter::unclosed(text, is_known).or_else(|| no_frontmatter::finding(text, is_known))
}

/// `image` of the frontmatter, if it is a file beside the Source.
fn picture(values: &Map<String, Value>) -> Option<&str> {
    let image = values.get("image")?.as_str()?.trim();
    let name = image.to_ascii_lowercase();
    let is_picture = [".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".avif"].iter().any(|end| name.ends_with(end));
    (is_picture && !image.starts_with('/') && matches!(address::classify(image), Address::File(_))).then_some(image)
}

/// The title that a Source gives itself, without parsing it whole: of the frontmatter, else a line `# Title`.
pub(super) fn written_title(bytes: &[u8]) -> Option<String> {
    let text = decode(bytes);
    let front = frontmatter(&text);
    words(&front.values, "title").or_else(|| {
        let heading = text[front.body..].lines().find_map(|line| line.strip_prefix("# "))?;
        Some(heading.trim().trim_end_matches('#').trim_end().to_owned()).filter(|title| !title.is_empty())
    })
}

/// What can be done about a frontmatter that is no YAML.
pub(super) fn cure(text: &str, front: &Frontmatter) -> Option<String> {
    cures::cure(inside(&text[..front.body]), front.error.as_ref()?.position.line.checked_sub(1)?)
}

/// The address that a Source gives itself: `route` of its frontmatter, unchecked.
#[must_use]
pub fn written_route(bytes: &[u8]) -> Option<String> {
    let text = decode(bytes);
    frontmatter(&text).values.get("route")?.as_str().map(str::to_owned)
}

/// A frontmatter without the lines around it.
fn inside(front: &str) -> &str {
    let inside = front.split_once('\n').map_or("", |(_, rest)| rest).trim_end();
    inside.rfind('\n').map_or("", |end| &inside[..=end])
}

/// NUL marks addresses in the HTML; CommonMark replaces it anyway.
fn without_nul(body: &str) -> Cow<'_, str> {
    if body.contains('\0') { Cow::Owned(body.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(body) }
}

/// A value that is a line of words; a number counts as its digits.
fn words(values: &Map<String, Value>, key: &str) -> Option<String> {
    let text = match values.get(key)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// `styles.classes`: single class names, the reserved prefix left out, each once.
fn classes(values: &Map<String, Value>) -> Vec<String> {
    let listed = values.get("styles").and_then(|styles| styles.get("classes")).and_then(Value::as_array);
    let mut classes: Vec<String> = Vec::new();
    for class in listed.into_iter().flatten().filter_map(Value::as_str) {
        if is_class(class) && !classes.iter().any(|known| known == class) {
            classes.push(class.to_owned());
        }
    }
    classes
}

/// Whether an author may give this class to a document or a Block.
fn is_class(class: &str) -> bool {
    !class.is_empty() && !class.contains(char::is_whitespace) && !class.starts_with("pmx-")
}

#[cfg(test)]
mod tests;
