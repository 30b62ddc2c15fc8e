//! How wide text is.

use super::inline;
use merman::svg::{
    DeterministicTextMeasurer, MeasurementProfileId, TextMeasurementPolicy, TextMeasurementProfile,
    TextMeasurementProfileIdentity, TextStyle,
};

/// Bold faces are wider than others by about this.
const BOLD: f64 = 1.09;

/// Measures with the widest of the sans-serif faces that systems have, so that labels fit into their boxes whichever a reader has. No font is
/// looked at: one text is as wide on every machine.
pub(super) fn policy() -> TextMeasurementPolicy {
    let measurer = DeterministicTextMeasurer::default().with_width_callback(|text: &str, style: &TextStyle| {
        width(text, style.font_size, style.font_weight.as_deref().unwrap_or_default())
    });
    let identity =
        MeasurementProfileId::new("pmx").ok().and_then(|id| TextMeasurementProfileIdentity::new(id, "1").ok());
    identity.map_or_else(TextMeasurementPolicy::deterministic, |identity| {
        TextMeasurementPolicy::uniform(TextMeasurementProfile::new(identity, measurer))
    })
}

/// How wide a text is, in pixels.
pub(super) fn width(text: &str, size: f64, weight: &str) -> f64 {
    let is_bold = weight.starts_with("bold") || weight.parse::<u32>().is_ok_and(|weight| weight >= 600);
    ems(text) * size * if is_bold { BOLD } else { 1.0 }
}

/// How wide a text is, in ems.
pub(super) fn ems(text: &str) -> f64 {
    text.chars().map(advance).sum()
}

/// The advance of a character, in ems.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' | ',' | '.' | ':' | ';' | '!' | 'I' => 0.33,
        'f' | 't' | 'r' | ' ' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' | '`' | '"' | '{' | '}' => 0.41,
        'm' | 'M' => 0.98,
        'w' => 0.82,
        'W' | '@' | '%' | '…' | '—' => 1.02,
        'A'..='Z' => 0.75,
        '&' | '+' | '=' | '<' | '>' | '~' | '#' => 0.84,
        c if c.is_ascii() => 0.635,
        // Scripts whose characters fill a square; emoji.
        '\u{1100}'..='\u{11ff}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff60}' => 1.05,
        c if u32::from(c) >= 0x1f000 => 1.3,
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' => 0.0,
        _ => inline::width(c).unwrap_or(0.66),
    }
}
