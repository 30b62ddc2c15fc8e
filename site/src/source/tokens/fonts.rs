//! `fonts` of the frontmatter: style sheets of others, and files of the site.

use super::read::{ThemeReader, check};
use crate::text::html;
use serde_json::{Map, Value};

/// What a local file may end in, and what CSS calls it.
const FORMATS: [(&str, &str); 4] = [(".woff2", "woff2"), (".woff", "woff"), (".ttf", "truetype"), (".otf", "opentype")];
/// Fields of a local font that go into `@font-face` as they are.
const DESCRIPTORS: [(&str, &str); 5] = [
    ("weight", "font-weight"),
    ("style", "font-style"),
    ("stretch", "font-stretch"),
    ("display", "font-display"),
    ("unicodeRange", "unicode-range"),
];

/// A style sheet on another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FontSheet {
    href: String,
    media: Option<String>,
}

/// A font in a file of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FontFace {
    family: String,
    /// As it was written, relative to the Source.
    file: String,
    /// Where the file is served; without it the font is left out.
    address: Option<String>,
    format: &'static str,
    descriptors: Vec<(&'static str, String)>,
}

/// The files that `fonts` names, as they were written: inputs of the page, links for who follows links.
pub(crate) fn local_files(values: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let fonts = values.get("fonts");
    let named = fonts.and_then(Value::as_object).into_iter().flat_map(Map::values);
    named
        .chain(fonts.and_then(Value::as_array).into_iter().flatten())
        .filter_map(|font| font.get("src").and_then(Value::as_str))
        .filter(|file| format_of(file).is_some())
}

fn format_of(file: &str) -> Option<&'static str> {
    let lower = file.split(['?', '#']).next().unwrap_or(file).to_ascii_lowercase();
    let is_local = !file.contains("://") && !file.starts_with("//") && !lower.starts_with("data:");
    FORMATS.iter().find(|(ending, _)| is_local && lower.ends_with(ending)).map(|(_, format)| *format)
}

/// Fonts by name, or in a list and each with its `family`.
pub(super) fn read(reader: &mut ThemeReader<'_>, fonts: &Value) {
    let named = fonts.as_object().into_iter().flatten().map(|(name, font)| (name.clone(), font));
    let listed = fonts.as_array().into_iter().flatten().enumerate();
    let listed = listed.map(|(at, font)| {
        let family = font.get("family").and_then(Value::as_str);
        (family.map_or_else(|| format!("number {}", at + 1), str::to_owned), font)
    });
    for (name, font) in named.chain(listed) {
        let name = &name;
        let path = ["fonts", name];
        let mut refuse = |why: &str| reader.warn("fonts/value", &path, format!("the font `{name}` {why}"), None);
        let Some(font) = font.as_object() else {
            refuse("is no mapping with `href` or `src`");
            continue;
        };
        let text = |key: &str| match font.get(key) {
            Some(Value::String(text)) => Some(text.trim().to_owned()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        match (text("href"), text("src")) {
            (Some(href), _) if !href.starts_with("https://") || href.contains(char::is_whitespace) => {
                refuse("has an `href` that is no https address");
            }
            (Some(href), _) => {
                let media = text("media").filter(|media| check(media).is_ok());
                reader.theme.sheets.push(FontSheet { href, media });
            }
            (None, Some(file)) => {
                let Some(format) = format_of(&file) else {
                    refuse("has a `src` that is no local .woff2, .woff, .ttf or .otf file");
                    continue;
                };
                let family = text("family").unwrap_or_else(|| name.clone());
                if check(&family).is_err() || family.contains(['"', '\'']) {
                    refuse("has a family name that CSS cannot have");
                    continue;
                }
                let mut descriptors = Vec::new();
                for (key, descriptor) in DESCRIPTORS {
                    match text(key) {
                        Some(value) if check(&value).is_err() => refuse(&format!("has an unusable `{key}`")),
                        Some(value) => descriptors.push((descriptor, value)),
                        None => {}
                    }
                }
                reader.theme.faces.push(FontFace { family, file, address: None, format, descriptors });
            }
            (None, None) => refuse("has neither `href` nor `src`"),
        }
    }
}

impl FontSheet {
    pub(super) fn tag(&self) -> String {
        let media = self.media.as_ref().map(|media| format!(" media=\"{}\"", html::escape(media)));
        format!("<link rel=\"stylesheet\" href=\"{}\"{}>\n", html::escape(&self.href), media.unwrap_or_default())
    }
}

impl FontFace {
    pub(super) fn serve(&mut self, address: impl Fn(&str) -> Option<String>) {
        self.address = address(&self.file);
    }

    pub(super) fn css(&self) -> String {
        let Some(address) = &self.address else { return String::new() };
        // A quote, a backslash or a line end would leave the string; `<` could end the element.
        let address: String = address.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\' | '<')).collect();
        let mut out = format!("@font-face {{\n  font-family: \"{}\";\n", self.family);
        out.push_str(&format!("  src: url(\"{address}\") format(\"{}\");\n", self.format));
        if !self.descriptors.iter().any(|(name, _)| *name == "font-display") {
            out.push_str("  font-display: swap;\n");
        }
        for (name, value) in &self.descriptors {
            out.push_str(&format!("  {name}: {value};\n"));
        }
        out.push_str("}\n");
        out
    }
}
