//! Theme -> CSS.

use super::{
    ColorScheme, Sides, Theme,
    names::{self, TOKENS, TokenKind},
};
use crate::{browser::BASE_CSS, text::html};

/// Readable on the accent: black or white, whichever contrasts more (`y` is the luminance; see [`super::color::MIDDLE`]).
const CONTRAST: &str = "color(from var(--pmx-color-accent) xyz-d65 clamp(0, (0.179 - y) * 99999, 0.9505) \
                        clamp(0, (0.179 - y) * 99999, 1) clamp(0, (0.179 - y) * 99999, 1.089))";
/// Links take the accent's hue, as dark or as bright as text must be.
const LINK: &str = "light-dark(oklch(from var(--pmx-color-accent) min(l, 0.5) c h), \
                    oklch(from var(--pmx-color-accent) max(l, 0.78) c h))";

impl Theme {
    /// What belongs into the head of a page: sheets of fonts, then the style. `source_id`: whose theme it is, for people who look.
    pub(crate) fn head(&self, source_id: &str) -> String {
        let mut out = String::new();
        for sheet in &self.sheets {
            out.push_str(&sheet.tag());
        }
        let css = self.css();
        if !css.is_empty() {
            let id = html::escape(source_id);
            out.push_str(&format!("<style data-pathmx-theme-source=\"{id}\">\n{css}</style>\n"));
        }
        out
    }

    /// The style sheet. Like everything that authored CSS may want to change it has no specificity.
    fn css(&self) -> String {
        let mut out = String::new();
        for face in &self.faces {
            out.push_str(&face.css());
        }
        let scheme = self.scheme();
        let mut all = Rules::default();
        let (mut light, mut dark) = (Rules::default(), Rules::default());
        for (token, sides) in &self.tokens {
            let Some(name) = TOKENS.get(*token) else { continue };
            match (name.kind, scheme) {
                (TokenKind::Color, _) => all.add(name.properties, &color(name.properties, sides)),
                (TokenKind::Other, Some(scheme)) => all.add_some(name.properties, sides.of(scheme)),
                (TokenKind::Other, None) => {
                    all.add_some(name.properties, sides.any.as_deref());
                    light.add_some(name.properties, sides.light.as_deref());
                    dark.add_some(name.properties, sides.dark.as_deref());
                }
            }
        }
        if self.tokens.contains_key(&names::ACCENT) {
            if !self.tokens.contains_key(&names::ACCENT_CONTRAST) {
                all.add(TOKENS[names::ACCENT_CONTRAST].properties, CONTRAST);
            }
            if !self.tokens.contains_key(&names::LINK) {
                all.add(TOKENS[names::LINK].properties, LINK);
            }
        }
        all.write(&mut out, ":where(:root)");
        for (rules, own, other) in [(&light, "light", "dark"), (&dark, "dark", "light")] {
            if rules.0.is_empty() {
                continue;
            }
            out.push_str(&format!("@media (prefers-color-scheme: {own}) {{\n"));
            rules.write(&mut out, &format!(":where(:root:not([data-pathmx-color-scheme=\"{other}\"]))"));
            out.push_str("}\n");
            rules.write(&mut out, &format!(":where(:root[data-pathmx-color-scheme=\"{own}\"])"));
        }
        if let Some(scheme) = scheme {
            // Paper stays white.
            let name = scheme.name();
            out.push_str(&format!("@media not print {{\n:where(:root) {{ color-scheme: {name} }}\n}}\n"));
        }
        out
    }
}

/// The value of a colour in all schemes.
fn color(properties: &[&str], sides: &Sides) -> String {
    match (&sides.any, &sides.light, &sides.dark) {
        (Some(any), None, None) => any.clone(),
        _ => {
            let default = properties.first().and_then(|property| default_pair(property));
            let side = |scheme| {
                sides.of(scheme).map(str::to_owned).or_else(|| {
                    default.map(|(light, dark)| match scheme {
                        ColorScheme::Light => light.to_owned(),
                        ColorScheme::Dark => dark.to_owned(),
                    })
                })
            };
            match (side(ColorScheme::Light), side(ColorScheme::Dark)) {
                (Some(light), Some(dark)) => format!("light-dark({light}, {dark})"),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => "currentColor".to_owned(),
            }
        }
    }
}

/// The light and the dark value that the base style sheet gives a colour.
fn default_pair(property: &str) -> Option<(&'static str, &'static str)> {
    let css = std::str::from_utf8(BASE_CSS.bytes).ok()?;
    let start = css.find(&format!("\n  {property}: "))?;
    let value = css[start..].split_once(": ")?.1.split_once(";\n")?.0;
    match value.strip_prefix("light-dark(").and_then(|value| value.strip_suffix(')')) {
        Some(pair) => pair.split_once(", "),
        None => Some((value, value)),
    }
}

/// Declarations.
#[derive(Default)]
struct Rules(String);

impl Rules {
    fn add(&mut self, properties: &[&str], value: &str) {
        for property in properties {
            self.0.push_str(&format!("  {property}: {value};\n"));
        }
    }

    fn add_some(&mut self, properties: &[&str], value: Option<&str>) {
        if let Some(value) = value {
            self.add(properties, value);
        }
    }

    fn write(&self, out: &mut String, selector: &str) {
        if !self.0.is_empty() {
            out.push_str(&format!("{selector} {{\n{}}}\n", self.0));
        }
    }
}
