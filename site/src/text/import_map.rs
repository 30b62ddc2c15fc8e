//! Import maps: what `<script type="importmap">` gives the names that modules are imported by.

use super::{address::is_dotted, string_end};
use serde_json::Value;
use std::collections::HashMap;

/// A name and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapped {
    /// With a `/` at its end, it stands for all names that begin with it.
    pub name: String,
    pub target: String,
    /// Byte of the map at which the target stands.
    pub at: usize,
}

impl Mapped {
    pub(crate) fn is_relative(&self) -> bool {
        is_dotted(&self.target)
    }
}

/// Whether a text has one, or makes one while it runs.
pub(crate) fn may_be_in(text: &str) -> bool {
    text.contains("importmap")
}

/// All that a map has, its scopes, too; nothing of one that browsers cannot read.
pub(crate) fn mapped(map: &str) -> Vec<Mapped> {
    let Ok(read) = serde_json::from_str::<Value>(map) else { return Vec::new() };
    let scopes = read.get("scopes").and_then(Value::as_object).into_iter().flat_map(|scopes| scopes.values());
    let names = read.get("imports").into_iter().chain(scopes).filter_map(Value::as_object).flatten();
    let places = strings(map);
    let of = |(name, target): (&String, &Value)| {
        let target = target.as_str()?.to_owned();
        let at = places.get(&*target).copied().unwrap_or_default();
        Some(Mapped { name: name.clone(), target, at })
    };
    names.filter_map(of).collect()
}

/// Where each string of a map stands first, by what is between its quotes.
fn strings(map: &str) -> HashMap<&str, usize> {
    let mut found = HashMap::new();
    let mut at = 0;
    while let Some(open) = map[at..].find('"').map(|offset| at + offset) {
        at = string_end(map.as_bytes(), open, b'"').min(map.len());
        if let Some(inside) = map.get(open + 1..at).and_then(|inside| inside.strip_suffix('"')) {
            found.entry(inside).or_insert(open);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_imports_and_scopes_are_found() {
        let map =
            r#"{"imports": {"a": "./a.js", "b/": "https://x.y/b/", "c": null}, "scopes": {"/x/": {"a": "../x.js"}}}"#;
        let found: Vec<(String, bool)> = mapped(map)
            .into_iter()
            .map(|mapped| (map[mapped.at..].chars().take(6).collect(), mapped.is_relative()))
            .collect();
        assert_eq!(found, [("\"./a.j".into(), true), ("\"https".into(), false), ("\"../x.".into(), true)]);
        let many: Vec<String> = (0..20_000).map(|n| format!("\"n{n}\": \"./n{n}.js\"")).collect();
        let many = format!("{{\"imports\": {{{}}}}}", many.join(", "));
        assert!(mapped(&many).iter().all(|mapped| many[mapped.at + 1..].starts_with(&mapped.target)));
        assert_eq!(mapped("{ imports"), []);
        assert_eq!(mapped("[]"), []);
    }
}
