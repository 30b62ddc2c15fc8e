//! Frontmatter -> theme.

use super::{ColorScheme, Theme, fonts, names};
use crate::{
    diagnostic::{Diagnostic, Position},
    source::decode,
    text::keys,
};
use serde_json::{Map, Value};

/// The longest value of a token, in bytes. A font list, the longest in public Sources, has 60.
const MAX_VALUE: usize = 500;

/// The most findings of one Source: who has more has written something else than a theme.
const MAX_FINDINGS: usize = 20;

/// Reads `theme` and `fonts`. `source`: its bytes, to say where a field stands; they are not looked at if nothing is found.
pub(crate) fn theme(values: &Map<String, Value>, source: &[u8]) -> (Theme, Vec<Diagnostic>) {
    let mut reader = ThemeReader { source, theme: Theme::default(), findings: Vec::new() };
    match values.get("theme") {
        None | Some(Value::Null | Value::Bool(_)) => {}
        Some(Value::Object(fields)) => reader.fields(fields, &mut vec!["theme"], None),
        Some(value) => {
            let scheme = value.as_str().filter(|scheme| matches!(*scheme, "light" | "dark"));
            let hint =
                scheme.map(|scheme| format!("write `forceColorScheme: {scheme}` for colours of this kind alone"));
            reader.warn("theme/value", &["theme"], "`theme` is no mapping of fields".to_owned(), hint);
        }
    }
    if let Some(force) = values.get("forceColorScheme") {
        reader.force(force, &["forceColorScheme"]);
    }
    match values.get("fonts") {
        None | Some(Value::Null) => {}
        Some(fonts @ (Value::Object(_) | Value::Array(_))) => fonts::read(&mut reader, fonts),
        Some(_) => reader.warn("fonts/value", &["fonts"], "`fonts` is no mapping of names to fonts".to_owned(), None),
    }
    (reader.theme, reader.findings)
}

pub(super) struct ThemeReader<'a> {
    source: &'a [u8],
    pub theme: Theme,
    findings: Vec<Diagnostic>,
}

impl ThemeReader<'_> {
    pub(super) fn warn(&mut self, code: &'static str, path: &[&str], message: String, hint: Option<String>) {
        if self.findings.len() >= MAX_FINDINGS {
            return;
        }
        let finding = Diagnostic::warning(code, position(&decode(self.source), path), message);
        self.findings.push(match hint {
            Some(hint) => finding.hint(hint),
            None => finding,
        });
    }

    /// The fields of a mapping. Groups and branches nest, so this ends after three levels.
    fn fields<'v>(&mut self, fields: &'v Map<String, Value>, path: &mut Vec<&'v str>, branch: Option<ColorScheme>) {
        for (key, value) in fields {
            path.push(key);
            let in_group = path.len() - if branch.is_some() { 2 } else { 1 } > 1;
            match (key.as_str(), value) {
                (_, Value::Null) if in_group => self.without_value(path, branch),
                (_, Value::Null) => {}
                ("forceColorScheme", _) if path.len() == 2 => self.force(value, path),
                ("light" | "dark", Value::Object(inner)) if path.len() == 2 => {
                    let scheme = if key == "light" { ColorScheme::Light } else { ColorScheme::Dark };
                    self.fields(inner, path, Some(scheme));
                }
                (_, Value::Object(inner)) if !in_group && names::is_group(key) => self.fields(inner, path, branch),
                _ => self.field(value, path, branch),
            }
            path.pop();
        }
    }

    fn field(&mut self, value: &Value, path: &[&str], branch: Option<ColorScheme>) {
        let shown = path.join(".");
        let field = path[if branch.is_some() { 2 } else { 1 }..].join(".");
        let Some(token) = names::token(&field) else {
            let near = if value.is_object() { names::nearest_group(&field) } else { names::nearest(&field) };
            let hint = near.map(|nearest| {
                let shown = shown.strip_suffix(&*field).unwrap_or("theme.");
                format!("did you mean `{shown}{nearest}`?")
            });
            return self.warn("theme/unknown-field", path, format!("`{shown}` is no field of a theme"), hint);
        };
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return self.warn("theme/value", path, format!("`{shown}` is no CSS value"), None),
        };
        if let Err(why) = check(&text) {
            let message = format!("`{shown}` is left out: {why}");
            return self.warn("theme/value", path, message, None);
        }
        let sides = self.theme.tokens.entry(token).or_default();
        *match branch {
            None => &mut sides.any,
            Some(ColorScheme::Light) => &mut sides.light,
            Some(ColorScheme::Dark) => &mut sides.dark,
        } = Some(text);
    }

    /// A field without a value sets nothing. Under a name that is none, it is often the rest of the value before: `{ heading: Georgia, serif }`
    /// has two keys.
    fn without_value(&mut self, path: &[&str], branch: Option<ColorScheme>) {
        let field = path[if branch.is_some() { 2 } else { 1 }..].join(".");
        if names::token(&field).is_none() {
            let message = format!("`{}` is no field of a theme, and has no value", path.join("."));
            let hint = path.last().and_then(|key| keys::unspaced(key, &Value::Null)).map_or_else(
                || "a value with a comma in it stands in quotes: `heading: \"Georgia, serif\"`".to_owned(),
                |(key, value)| keys::space(key, value),
            );
            self.warn("theme/unknown-field", path, message, Some(hint));
        }
    }

    fn force(&mut self, value: &Value, path: &[&str]) {
        self.theme.force = match value.as_str().map(str::trim) {
            Some("light") => Some(ColorScheme::Light),
            Some("dark") => Some(ColorScheme::Dark),
            _ if matches!(value, Value::Null | Value::Bool(false)) => None,
            _ => {
                let message = format!("`{}` is `light` or `dark`, nothing else", path.join("."));
                return self.warn("theme/value", path, message, None);
            }
        };
    }
}

/// Whether a value can stand in a declaration without ending it, or the style sheet around it.
pub(super) fn check(value: &str) -> Result<(), &'static str> {
    if value.is_empty() {
        return Err("it is empty");
    }
    if value.len() > MAX_VALUE {
        return Err("it is too long for a CSS value");
    }
    let refused = |c: char| c.is_control() || matches!(c, ';' | '{' | '}' | '<' | '>' | '\\' | '!' | '@' | '[' | ']');
    if value.contains(refused) || value.contains("/*") || value.to_ascii_lowercase().contains("url(") {
        return Err("a CSS value has no place for `;`, braces, `<`, `>`, `\\`, `!`, `@`, comments or `url()` here");
    }
    let (mut open, mut quote) = (0_usize, None);
    for c in value.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(end), c) if c == end => quote = None,
            (None, '(') => open += 1,
            (None, ')') => open = open.checked_sub(1).ok_or("a parenthesis is closed that was not opened")?,
            _ => {}
        }
    }
    match (open, quote) {
        (0, None) => Ok(()),
        (_, Some(_)) => Err("a quote is not closed"),
        _ => Err("a parenthesis is not closed"),
    }
}

/// Where a nested key of the frontmatter stands: the line of each key is looked for after the one before.
pub(super) fn position(text: &str, path: &[&str]) -> Position {
    let mut position = Position::START;
    let mut lines = text.lines().enumerate().skip(1).take_while(|(_, line)| !matches!(line.trim_end(), "---" | "..."));
    for key in path {
        let is_key = |line: &str| {
            let line = line.trim_start().trim_start_matches(['"', '\'']);
            line.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
        };
        let Some((at, line)) = lines.by_ref().find(|(_, line)| is_key(line)) else { break };
        position = Position { line: at + 1, column: line.len() - line.trim_start().len() + 1 };
    }
    position
}
