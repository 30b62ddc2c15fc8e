//! `play.steps`: how finely a Block is stepped through.

use super::BeatBlock;
use crate::site::{
    diagnostic::{Diagnostic, Position},
    suggest::likest,
};
use serde_json::{Map, Value};

/// What is a Beat of its own, and what only a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Density {
    /// Body rows are children of their table.
    pub rows: bool,
    /// Items of nested lists are children of the item around them.
    pub nested_items: bool,
    /// Code fences are Beats.
    pub code: bool,
}

/// Each setting with its two values, the default first.
const SETTINGS: [(&str, [&str; 2]); 3] =
    [("tables", ["rows", "single"]), ("lists", ["items", "flat"]), ("code", ["single", "none"])];

impl Density {
    /// What the frontmatter says, overridden by what the topmatter says.
    pub(super) fn of(block: &BeatBlock<'_>, findings: &mut Vec<Diagnostic>) -> Self {
        let mut fine = [true; SETTINGS.len()];
        for (values, position) in [(block.source_values, block.source_position), (block.values, block.position)] {
            read(values, position, &mut fine, findings);
        }
        let [rows, nested_items, code] = fine;
        Self { rows, nested_items, code }
    }
}

fn read(
    values: &Map<String, Value>,
    position: Position,
    fine: &mut [bool; SETTINGS.len()],
    findings: &mut Vec<Diagnostic>,
) {
    let Some(steps) = values.get("play").and_then(|play| play.get("steps")) else { return };
    let mut report = |message: String, hint: Option<String>| {
        let finding = Diagnostic::warning("choreographer/steps-invalid", position, message);
        findings.push(match hint {
            Some(hint) => finding.hint(hint),
            None => finding,
        });
    };
    let Some(steps) = steps.as_object() else {
        report("`play.steps` is a mapping with `tables`, `lists` and `code`".to_owned(), None);
        return;
    };
    for (key, value) in steps {
        let setting = SETTINGS.iter().zip(&mut *fine).find(|((name, _), _)| name == key);
        let Some(((name, known), fine)) = setting else {
            let hint = likest(key, SETTINGS.iter().map(|(name, _)| (*name, *name)));
            let hint = hint.map(|name| format!("did you mean `{name}`?"));
            report(format!("`play.steps` has no setting `{key}`"), hint);
            continue;
        };
        match known.iter().position(|known| value.as_str() == Some(known)) {
            Some(index) => *fine = index == 0,
            None => {
                let [a, b] = known;
                report(format!("`play.steps.{name}` is `{a}` or `{b}`, not `{}`", shown(value)), None);
            }
        }
    }
}

/// A value as an author would recognise it, in a few words.
fn shown(value: &Value) -> String {
    let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    super::label::shorten(&written, 40)
}
