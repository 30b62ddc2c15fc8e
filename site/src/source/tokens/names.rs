//! The fields of `theme`.

/// What kind of value a token has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Color,
    Other,
}

/// A field of `theme` and the properties that it sets.
pub(super) struct Name {
    /// With dots.
    pub field: &'static str,
    pub properties: &'static [&'static str],
    pub kind: TokenKind,
}

const fn color(field: &'static str, properties: &'static [&'static str]) -> Name {
    Name { field, properties, kind: TokenKind::Color }
}

const fn other(field: &'static str, properties: &'static [&'static str]) -> Name {
    Name { field, properties, kind: TokenKind::Other }
}

/// All fields, in the order in which they are written.
pub(super) const TOKENS: [Name; 21] = [
    color("color.bg", &["--pmx-color-bg"]),
    color("color.fg", &["--pmx-color-fg"]),
    color("color.muted", &["--pmx-color-muted"]),
    color("color.surface", &["--pmx-color-surface"]),
    color("color.link", &["--pmx-color-link"]),
    color("color.accent", &["--pmx-color-accent"]),
    color("color.accentContrast", &["--pmx-color-accent-contrast"]),
    color("color.danger", &["--pmx-color-danger"]),
    color("color.border", &["--pmx-color-border"]),
    color("color.focus", &["--pmx-color-focus"]),
    other("font.body", &["--pmx-font-body"]),
    other("font.heading", &["--pmx-font-heading"]),
    other("font.mono", &["--pmx-font-mono"]),
    other("prose.size", &["--pmx-prose-size"]),
    other("prose.leading", &["--pmx-prose-leading"]),
    other("prose.flow", &["--pmx-prose-flow"]),
    other("measure", &["--pmx-document-measure"]),
    // Authored style sheets read both.
    other("shape.radius", &["--pmx-radius", "--pmx-shape-radius"]),
    color("code.bg", &["--pmx-code-bg"]),
    color("code.fg", &["--pmx-code-fg"]),
    color("color.accent-contrast", &["--pmx-color-accent-contrast"]),
];

pub(super) const BG: usize = 0;
pub(super) const LINK: usize = 4;
pub(super) const ACCENT: usize = 5;
pub(super) const ACCENT_CONTRAST: usize = 6;
/// The same as the one before, as the property is written.
const ACCENT_CONTRAST_DASHED: usize = 20;

/// What authors write for a field that has another name here.
const SYNONYMS: [(&str, &str); 20] = [
    ("color.accentcolor", "color.accent"),
    ("color.background", "color.bg"),
    ("color.error", "color.danger"),
    ("color.foreground", "color.fg"),
    ("color.outline", "color.focus"),
    ("color.primary", "color.accent"),
    ("color.text", "color.fg"),
    ("font.code", "font.mono"),
    ("font.headings", "font.heading"),
    ("font.sans", "font.body"),
    ("font.text", "font.body"),
    ("prose.blockgap", "prose.flow"),
    ("prose.fontsize", "prose.size"),
    ("prose.gap", "prose.flow"),
    ("prose.lineheight", "prose.leading"),
    ("prose.measure", "measure"),
    ("prose.width", "measure"),
    ("radius", "shape.radius"),
    ("shape.borderradius", "shape.radius"),
    ("width", "measure"),
];

/// The token of a field.
pub(super) fn token(field: &str) -> Option<usize> {
    let at = TOKENS.iter().position(|name| name.field == field)?;
    Some(if at == ACCENT_CONTRAST_DASHED { ACCENT_CONTRAST } else { at })
}

/// Whether a mapping of this name has fields in it.
pub(super) fn is_group(name: &str) -> bool {
    TOKENS.iter().any(|token| token.field.split_once('.').is_some_and(|(group, _)| group == name))
}

/// The group, or field outside of groups, that an author may have meant by the name of a mapping.
pub(super) fn nearest_group(name: &str) -> Option<&'static str> {
    let groups = TOKENS.iter().filter_map(|token| Some(token.field.split_once('.')?.0)).chain(["light", "dark"]);
    let mut groups = groups.map(|group| (group, group));
    let one = name.strip_suffix('s').unwrap_or(name);
    groups
        .clone()
        .find(|(group, _)| *group == one)
        .map(|(group, _)| group)
        .or_else(|| crate::text::nearest::likest(&name.to_lowercase(), &mut groups))
}

/// The field that an author may have meant.
pub(super) fn nearest(field: &str) -> Option<&'static str> {
    let lower = field.to_lowercase();
    let known = TOKENS.iter().map(|token| (token.field, token.field));
    SYNONYMS
        .iter()
        .find(|(synonym, _)| *synonym == lower)
        .map(|(_, field)| *field)
        .or_else(|| crate::text::nearest::likest(field, known))
}
