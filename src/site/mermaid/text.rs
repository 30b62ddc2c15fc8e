//! Labels: what stands in them, and how much room they take.

/// The height of a line of text.
pub(super) const LINE: f64 = 19.0;

/// Longer lines are wrapped, as Mermaid does.
const WRAP: f64 = 220.0;

/// More lines than any diagram shows.
const MAX_LINES: usize = 40;

/// Lines of text and their size.
#[derive(Clone, Debug, Default)]
pub(super) struct Label {
    pub lines: Vec<String>,
    pub width: f64,
    pub height: f64,
}

impl Label {
    /// A label as it is written: quotes, `<br>`, Mermaid's references, Markdown's marks.
    pub(super) fn new(text: &str) -> Self {
        Self::within(text, WRAP)
    }

    /// A label that has more room, or less.
    pub(super) fn within(text: &str, room: f64) -> Self {
        let text = plain(text);
        let mut lines = Vec::new();
        for line in text.split('\n').take(MAX_LINES) {
            wrap(line.trim(), room, &mut lines);
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.truncate(MAX_LINES);
        let width = lines.iter().map(|line| width(line)).fold(0.0, f64::max);
        let height = LINE * f64::from(u16::try_from(lines.len()).unwrap_or(u16::MAX));
        Self { lines, width, height }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub(super) fn text(&self) -> String {
        self.lines.join(" ")
    }
}

/// Text without the notation around it; line breaks are `\n`.
pub(super) fn plain(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text).trim();
    let (text, markdown) = match text.strip_prefix('`').and_then(|t| t.strip_suffix('`')) {
        Some(inside) => (inside, true),
        None => (text, false),
    };
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = match c {
            '<' => tag(rest, &mut out),
            '#' | '&' => reference(rest, &mut out),
            '\\' if rest.starts_with("\\n") => {
                out.push('\n');
                2
            }
            '*' | '_' if markdown && (rest.starts_with("**") || rest.starts_with("__")) => 2,
            '*' if markdown => 1,
            'f' if icon(rest) > 0 => icon(rest),
            _ => 0,
        };
        if skip == 0 {
            out.push(c);
        }
        rest = &rest[skip.max(c.len_utf8())..];
    }
    out
}

/// A tag at the start: `<br>` breaks the line, `<b>` and its like are dropped; anything else is text.
fn tag(text: &str, out: &mut String) -> usize {
    let Some(end) = text.bytes().take(24).position(|b| b == b'>') else { return 0 };
    let name = text[1..end].trim_matches(['/', ' ']).to_ascii_lowercase();
    match name.as_str() {
        "br" => out.push('\n'),
        "b" | "i" | "em" | "strong" | "u" | "small" | "sub" | "sup" | "code" => {}
        _ => return 0,
    }
    end + 1
}

/// `#quot;`, `#35;`, `&amp;`
fn reference(text: &str, out: &mut String) -> usize {
    let Some(end) = text.bytes().take(10).position(|b| b == b';') else { return 0 };
    let name = text[1..end].trim_start_matches('#');
    let c = match name {
        "quot" => Some('"'),
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "nbsp" => Some(' '),
        "semi" => Some(';'),
        number => number.parse().ok().and_then(char::from_u32).filter(|c| !c.is_control()),
    };
    c.map_or(0, |c| {
        out.push(c);
        end + 1
    })
}

/// `fa:fa-name`: fonts of icons are not there, so it is left out.
fn icon(text: &str) -> usize {
    let Some(rest) = ["fa:fa-", "fab:fa-", "fas:fa-", "far:fa-"].iter().find_map(|mark| text.strip_prefix(mark)) else {
        return 0;
    };
    text.len() - rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-').len()
}

fn wrap(line: &str, room: f64, lines: &mut Vec<String>) {
    let mut now = String::new();
    for word in line.split_whitespace() {
        if !now.is_empty() && width(&now) + width(word) > room {
            lines.push(std::mem::take(&mut now));
        }
        if !now.is_empty() {
            now.push(' ');
        }
        now.push_str(word);
    }
    lines.push(now);
}

/// How wide text of 14 px is in the sans-serif faces that systems have, the widest of them.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(advance).sum::<f64>() * 14.0
}

/// The advance of a character, in ems.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' | ',' | '.' | ':' | ';' | '!' | 'I' => 0.31,
        'f' | 't' | 'r' | ' ' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' | '`' | '"' | '{' | '}' => 0.40,
        'm' | 'M' => 0.93,
        'w' => 0.80,
        'W' | '@' | '%' | '…' | '—' => 1.02,
        'A'..='Z' | '&' | '+' | '=' | '<' | '>' | '~' | '#' => 0.73,
        c if c.is_ascii() => 0.61,
        // Scripts whose characters fill a square; emoji.
        '\u{1100}'..='\u{11ff}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff60}' => 1.05,
        c if u32::from(c) >= 0x1f000 => 1.3,
        '\u{300}'..='\u{36f}' => 0.0,
        _ => 0.66,
    }
}
