//! `classDef`, `class` and `style`: colours that an author sets. Only what is surely a colour comes through.

use super::graph::Style;
use std::collections::HashMap;

/// Who looks how.
#[derive(Default)]
pub(super) struct Classes {
    defined: HashMap<String, Style>,
    applied: HashMap<String, Vec<String>>,
    own: HashMap<String, Style>,
}

impl Classes {
    /// `name,name fill:#fff,stroke:red`
    pub(super) fn define(&mut self, text: &str) {
        let (names, style) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        for name in names.split(',') {
            self.defined.insert(name.trim().to_owned(), read(style));
        }
    }

    /// `node,node name`
    pub(super) fn apply(&mut self, text: &str) {
        if let Some((nodes, class)) = text.rsplit_once(char::is_whitespace) {
            for node in nodes.split(',') {
                self.add(node.trim(), class.trim());
            }
        }
    }

    /// `node fill:#fff`
    pub(super) fn style(&mut self, text: &str) {
        let (nodes, style) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        for node in nodes.split(',') {
            self.own.insert(node.trim().to_owned(), read(style));
        }
    }

    pub(super) fn add(&mut self, node: &str, class: &str) {
        self.applied.entry(node.to_owned()).or_default().push(class.to_owned());
    }

    /// What applies to a node: later classes over earlier ones, its own style over all.
    pub(super) fn of(&self, node: &str) -> Style {
        let mut style = self.defined.get("default").cloned().unwrap_or_default();
        let classes = self.applied.get(node).into_iter().flatten().filter_map(|class| self.defined.get(class));
        for over in classes.chain(self.own.get(node)) {
            style.fill = over.fill.clone().or(style.fill);
            style.stroke = over.stroke.clone().or(style.stroke);
            style.color = over.color.clone().or(style.color);
            style.dashed |= over.dashed;
        }
        if let (Some(fill), None) = (&style.fill, &style.color) {
            // Text that follows the scheme could vanish on a ground that does not.
            style.color = readable_on(fill);
        }
        style
    }
}

fn read(text: &str) -> Style {
    let mut style = Style::default();
    for (key, value) in text.split([',', ';']).filter_map(|pair| pair.split_once(':')) {
        let value = color(value.trim());
        match key.trim() {
            "fill" => style.fill = value,
            "stroke" => style.stroke = value,
            "color" => style.color = value,
            "stroke-dasharray" => style.dashed = true,
            _ => {}
        }
    }
    style
}

/// A name or a number of a colour, if it is one; anything else could be more than a colour.
fn color(value: &str) -> Option<String> {
    let name = value.len() <= 24 && !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphabetic());
    let number = value
        .strip_prefix('#')
        .is_some_and(|digits| matches!(digits.len(), 3 | 4 | 6 | 8) && digits.bytes().all(|b| b.is_ascii_hexdigit()));
    (name || number).then(|| value.to_ascii_lowercase())
}

/// Black or white, whichever reads better on a colour given by number.
fn readable_on(fill: &str) -> Option<String> {
    let digits = fill.strip_prefix('#')?;
    let step = if digits.len() < 6 { 1 } else { 2 };
    let part = |at: usize| {
        let part = digits.get(at * step..(at + 1) * step)?;
        let value = f64::from(u8::from_str_radix(part, 16).ok()?) * if step == 1 { 17.0 } else { 1.0 } / 255.0;
        Some(if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    let light = 0.2126 * part(0)? + 0.7152 * part(1)? + 0.0722 * part(2)?;
    Some(if light > 0.179 { "#111" } else { "#fff" }.to_owned())
}
