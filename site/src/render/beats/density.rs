//! `play.steps`: how finely a Block is stepped through. What it may say is checked where Sources are read.

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

impl Density {
    /// What the frontmatter says, overridden by what the topmatter says.
    pub(super) fn of(frontmatter: &Map<String, Value>, topmatter: &Map<String, Value>) -> Self {
        let fine = |key: &str, fine: &str, coarse: &str| {
            let said = [topmatter, frontmatter].into_iter().find_map(|values| {
                let value = values.get("play")?.get("steps")?.get(key)?.as_str()?;
                (value == fine || value == coarse).then(|| value == fine)
            });
            said.unwrap_or(true)
        };
        Self {
            rows: fine("tables", "rows", "single"),
            nested_items: fine("lists", "items", "flat"),
            code: fine("code", "single", "none"),
        }
    }
}
