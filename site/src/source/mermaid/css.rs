//! The rules that a drawing brings along: only those that something in it needs.

use super::{colours, settle};
use std::collections::HashSet;

/// Properties of HTML, and those that the theme sets.
const LEFT_OUT: [&str; 15] = [
    // Its steps are at-rules, which are left out.
    "animation",
    "background",
    "background-color",
    "border",
    "border-radius",
    "cursor",
    "filter",
    "font-family",
    "line-height",
    "mix-blend-mode",
    "padding",
    "pointer-events",
    "position",
    "text-align",
    "z-index",
];

/// What occurs in a drawing.
#[derive(Default)]
pub(super) struct Used<'a> {
    pub classes: HashSet<&'a str>,
    pub elements: HashSet<&'a str>,
}

/// The rules of a stylesheet that can apply. Every rule of the renderer begins with the id of the drawing, `from`, which becomes `to`; others are
/// left out, and so are at-rules.
pub(super) fn rules(css: &str, used: &Used<'_>, (from, to): (&str, &str)) -> String {
    let mut out = String::new();
    let mut is_inherited = false;
    for (selectors, body) in blocks(css) {
        let kept: Vec<String> =
            selectors.split(',').filter_map(|selector| selector_for(selector, used, from, to)).collect();
        let declarations = with_series(selectors, declarations(body));
        if !kept.is_empty() && !declarations.is_empty() {
            out.push_str(&kept.join(","));
            out.push('{');
            out.push_str(&declarations);
            out.push('}');
            is_inherited |= kept.iter().any(|selector| selector.ends_with('*')) && declarations.contains("stroke");
        }
    }
    if is_inherited {
        // What an author says of a node is meant for its shape; words, which are HTML in Mermaid, have no outline.
        out.push_str(&format!("#{to} text{{stroke:none}}"));
    }
    out
}

/// The rules of a stylesheet, each as its selectors and its declarations.
pub(super) fn blocks(css: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = css;
    std::iter::from_fn(move || {
        loop {
            let (selectors, after) = rest.split_once('{')?;
            if selectors.trim_start().starts_with('@') {
                rest = behind_block(after);
                continue;
            }
            let (body, next) = after.split_once('}')?;
            rest = next;
            return Some((selectors, body));
        }
    })
}

/// Columns of boards have colours that are reckoned from a fill: they get the fill.
fn with_series(selectors: &str, declarations: String) -> String {
    let number = selectors.split_once(".section-").and_then(|(_, rest)| {
        rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse::<usize>().ok()
    });
    let (Some(number), Some(_)) = (number, declarations.find("hsl(")) else { return declarations };
    let token = format!("var(--pmx-diagram-{})", number.saturating_sub(1) % 8 + 1);
    let replaced = declarations.split(';').map(|part| match part.split_once(':') {
        Some((name, value)) if value.starts_with("hsl(") => format!("{name}:{token}"),
        _ => part.to_owned(),
    });
    replaced.collect::<Vec<_>>().join(";")
}

/// What follows a block whose first brace was read.
fn behind_block(text: &str) -> &str {
    let mut open = 1_usize;
    for (at, brace) in text.match_indices(['{', '}']) {
        open = if brace == "{" { open + 1 } else { open - 1 };
        if open == 0 {
            return &text[at + 1..];
        }
    }
    ""
}

/// What a selector says behind the id of the drawing, if it begins with that and names elements and classes only.
pub(super) fn within<'s>(selector: &'s str, id: &str) -> Option<&'s str> {
    let rest = selector.trim().strip_prefix('#')?.strip_prefix(id)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '*' | '>');
    ((rest.is_empty() || rest.starts_with([' ', '.'])) && rest.chars().all(is_plain)).then_some(rest)
}

/// A selector with the other id, if it can apply.
fn selector_for(selector: &str, used: &Used<'_>, from: &str, to: &str) -> Option<String> {
    let rest = within(selector, from)?;
    let fits = |part: &str| {
        let mut names = part.split('.');
        let element = names.next().unwrap_or_default();
        (element.is_empty() || element == "*" || used.elements.contains(element))
            && names.all(|name| used.classes.contains(name))
    };
    rest.split([' ', '>']).filter(|part| !part.is_empty()).all(fits).then(|| format!("#{to}{rest}"))
}

/// Declarations that a drawing may have, with the tokens in them.
pub(super) fn declarations(text: &str) -> String {
    let mut out = String::new();
    for (name, value) in text.split(';').filter_map(|part| part.split_once(':')) {
        let (name, value) = (name.trim(), value.trim());
        let lower = value.to_ascii_lowercase();
        let is_safe = |c: char| !matches!(c, '{' | '}' | '<' | '>' | '\\' | '@' | '"' | '&');
        let loads = ["expression", "javascript:", "image(", "image-set("].iter().any(|word| lower.contains(word))
            || lower.match_indices("url(").any(|(at, found)| !lower[at + found.len()..].starts_with('#'));
        let is_property = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !is_property
            || loads
            || settle::is_no_number(value)
            || !value.chars().all(is_safe)
            || LEFT_OUT.contains(&name)
            || value.is_empty()
        {
            continue;
        }
        if !out.is_empty() {
            out.push(';');
        }
        out.push_str(name);
        out.push(':');
        match value.split_once("rotate(").and_then(|(_, rest)| rest.split_once(')')) {
            // In a style, unlike in an attribute, an angle has a unit.
            Some((angle, _)) if angle.parse::<f64>().is_ok() => {
                out.push_str(&value.replace(&format!("rotate({angle})"), &format!("rotate({angle}deg)")));
            }
            _ => out.push_str(&colours::tokens(value)),
        }
    }
    out
}
