//! Colours: what stands for a token becomes that token, and text on a ground that its author chose stays readable.

use std::{borrow::Cow, fmt::Write as _};

/// The tokens, and the colours that stand for them while a diagram is drawn: Mermaid reckons with colours, and cannot with names. Each is
/// near to what its token is in light pages, for what is reckoned from it, and none is one that anybody would write.
pub(super) const TOKENS: [(&str, [u8; 3]); 28] = [
    ("--pmx-color-bg", [0xfe, 0xfd, 0xfc]),
    ("--pmx-color-fg", [0x1b, 0x23, 0x25]),
    ("--pmx-color-muted", [0x56, 0x61, 0x65]),
    ("--pmx-color-border", [0xdd, 0xe4, 0xe1]),
    ("--pmx-color-danger", [0xb3, 0x27, 0x1f]),
    ("--pmx-color-accent", [0x0b, 0x6c, 0x5e]),
    ("--pmx-diagram-node", [0xee, 0xf6, 0xf3]),
    ("--pmx-diagram-border", [0x3f, 0x8f, 0x84]),
    ("--pmx-diagram-line", [0x5c, 0x69, 0x6d]),
    ("--pmx-diagram-group", [0xf7, 0xf8, 0xf6]),
    ("--pmx-diagram-note", [0xfd, 0xf6, 0xdb]),
    ("--pmx-diagram-note-border", [0xb5, 0x9a, 0x3b]),
    ("--pmx-diagram-1", [0xcf, 0xe6, 0xe1]),
    ("--pmx-diagram-2", [0xd5, 0xe2, 0xf7]),
    ("--pmx-diagram-3", [0xf7, 0xe0, 0xc9]),
    ("--pmx-diagram-4", [0xe6, 0xda, 0xf4]),
    ("--pmx-diagram-5", [0xf6, 0xd9, 0xe1]),
    ("--pmx-diagram-6", [0xe0, 0xea, 0xc6]),
    ("--pmx-diagram-7", [0xcd, 0xe7, 0xf0]),
    ("--pmx-diagram-8", [0xf4, 0xea, 0xbd]),
    ("--pmx-diagram-line-1", [0x0b, 0x6b, 0x5b]),
    ("--pmx-diagram-line-2", [0x2f, 0x6b, 0xc5]),
    ("--pmx-diagram-line-3", [0xb8, 0x62, 0x1c]),
    ("--pmx-diagram-line-4", [0x7b, 0x4b, 0xb9]),
    ("--pmx-diagram-line-5", [0xc2, 0x3b, 0x64]),
    ("--pmx-diagram-line-6", [0x5c, 0x7d, 0x1b]),
    ("--pmx-diagram-line-7", [0x1b, 0x7f, 0x9d]),
    ("--pmx-diagram-line-8", [0x8f, 0x74, 0x13]),
];
/// Colours that Mermaid itself writes into attributes, where no rule is stronger, and what takes their place.
const WRITTEN: [(&str, &str); 11] = [
    ("#000", "--pmx-color-fg"),
    ("#000000", "--pmx-color-fg"),
    ("black", "--pmx-color-fg"),
    ("#333", "--pmx-diagram-line"),
    ("#333333", "--pmx-diagram-line"),
    ("#666", "--pmx-diagram-border"),
    ("#999", "--pmx-diagram-line"),
    ("#eaeaea", "--pmx-diagram-node"),
    ("#EDF2AE", "--pmx-diagram-note"),
    ("#fff", "--pmx-color-bg"),
    ("white", "--pmx-color-bg"),
];

/// The colour in an attribute.
pub(super) fn attribute(value: &str) -> Cow<'_, str> {
    match WRITTEN.iter().find(|(written, _)| *written == value.trim()) {
        Some((_, token)) => Cow::Owned(format!("var({token})")),
        None => tokens(value),
    }
}

/// What an author marks a part of a drawing with, so faint that text stays readable on it in both schemes.
pub(super) fn faint(colour: &str) -> String {
    format!("color-mix(in srgb,{} 28%,var(--pmx-color-bg))", tokens(colour))
}

/// What stands for a token.
pub(super) fn stand_in(token: &str) -> String {
    let [r, g, b] = TOKENS.iter().find(|(known, _)| *known == token).map_or([0, 0, 0], |(_, colour)| *colour);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Whether a colour stands for this token.
pub(super) fn stands_for(colour: &str, token: &str) -> bool {
    colour.contains(token) || colour.eq_ignore_ascii_case(&stand_in(token))
}

fn token(colour: [u8; 3]) -> Option<&'static str> {
    TOKENS.iter().find(|(_, known)| *known == colour).map(|(token, _)| *token)
}

/// Puts the tokens into a value or a list of declarations.
pub(super) fn tokens(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['#', 'r']) {
        let (before, from) = rest.split_at(at);
        let found = read(from).and_then(|(colour, opacity, length)| Some((token(colour)?, opacity, length)));
        out.push_str(before);
        match found {
            Some((token, opacity, length)) => {
                let _ = match opacity {
                    Some(part) => {
                        write!(out, "color-mix(in srgb,var({token}) {}%,transparent)", (part * 100.0).round())
                    }
                    None => write!(out, "var({token})"),
                };
                rest = &from[length..];
            }
            None => {
                out.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The colour at the start of a text, how opaque it is if that is said, and its length.
fn read(text: &str) -> Option<([u8; 3], Option<f64>, usize)> {
    if let Some(digits) = text.strip_prefix('#') {
        let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        return (length == 6).then_some(([part(0)?, part(2)?, part(4)?], None, 7));
    }
    let inside = text.strip_prefix("rgba(").or_else(|| text.strip_prefix("rgb("))?;
    let inside = &inside[..inside.find(')')?];
    let parts: Vec<&str> = inside.split([',', ' ', '/']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let part = |at: usize| parts.get(at)?.parse::<u8>().ok();
    let opacity = parts.get(3).and_then(|part| part.parse::<f64>().ok()).filter(|part| *part < 1.0);
    let length = text.find(')')? + 1;
    Some(([part(0)?, part(1)?, part(2)?], opacity, length))
}

/// The value of a property in a list of declarations.
pub(super) fn declared<'a>(style: &'a str, property: &str) -> Option<&'a str> {
    declaration(style, property).map(|(value, _)| value)
}

/// The same, and whether it is important.
pub(super) fn declaration<'a>(style: &'a str, property: &str) -> Option<(&'a str, bool)> {
    let values = style.split(';').filter_map(|part| part.split_once(':'));
    let (_, value) = values.rev().find(|(name, _)| name.trim() == property)?;
    let (written, value) = (value.trim(), value.trim().trim_end_matches("!important"));
    Some((value.trim_end(), value.len() < written.len()))
}

/// Black or white, whichever reads better on a colour that is given by number or by a name that is known to be light or dark.
pub(super) fn readable_on(ground: &str) -> Option<&'static str> {
    let digits = ground.strip_prefix('#')?;
    let step = if digits.len() < 6 { 1 } else { 2 };
    let part = |at: usize| {
        let part = digits.get(at * step..(at + 1) * step)?;
        let value = f64::from(u8::from_str_radix(part, 16).ok()?) * if step == 1 { 17.0 } else { 1.0 } / 255.0;
        Some(if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    let light = 0.2126 * part(0)? + 0.7152 * part(1)? + 0.0722 * part(2)?;
    Some(if light > 0.179 { "#111" } else { "#fff" })
}
