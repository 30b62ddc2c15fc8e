//! `pmx query`

use crate::{
    cli::{self, Term},
    commands::{listing, tree},
    error::Result,
    report::{Report, counted},
};
use pmx_site::Item;
use serde_json::{Value, json};

/// Whether a Source meets a condition.
fn meets(item: &Item, term: &Term) -> bool {
    match term {
        Term::Word(word) => {
            let tags = texts(item.props.get("tags"));
            let all = [&item.title, &item.path].into_iter().chain(&item.description).chain(&tags);
            all.map(|text| text.to_lowercase()).any(|text| text.contains(word))
        }
        Term::Has { key, value, not } => of(item, key).iter().any(|text| is_like(&text.to_lowercase(), value)) != *not,
    }
}

/// What a Source has under a name.
fn of(item: &Item, key: &str) -> Vec<String> {
    match key {
        // The name of a file and the frontmatter may each say one.
        "type" => [item.kind.clone()].into_iter().chain(texts(item.props.get("type"))).collect(),
        "id" => vec![item.id.clone()],
        "path" => vec![item.path.clone()],
        "route" => item.route.iter().cloned().collect(),
        "title" => vec![item.title.clone()],
        "description" => item.description.iter().cloned().collect(),
        "block" => item.blocks.iter().map(|id| id.rsplit('#').next().unwrap_or_default().to_owned()).collect(),
        "links" => item.links.clone(),
        "backlinks" => item.backlinks.clone(),
        "related" => item.related.clone(),
        "tag" => texts(item.props.get("tags")),
        key => {
            let mut keys = key.split('.');
            let first = keys.next().and_then(|key| item.props.get(key));
            texts(keys.fold(first, |value, key| value.and_then(|value| value.get(key))))
        }
    }
}

/// A value as texts: each of a list, and a mapping as JSON.
fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.iter().flat_map(|value| texts(Some(value))).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(other) => vec![other.to_string()],
    }
}

/// Whether a text is like a pattern, in which `*` is anything. In time that grows with one times the other at most.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

/// Prints the Sources that meet every condition.
///
/// # Errors
/// There is no site.
pub(super) fn run(args: &cli::QueryArgs, report: &Report) -> Result<()> {
    let items = tree::built(&args.entries, report)?.items;
    let found: Vec<&Item> = items.iter().filter(|item| args.terms.iter().all(|term| meets(item, term))).collect();
    if report.json() {
        report.event(&json!(found));
        return Ok(());
    }
    if !found.is_empty() {
        let heads = ["ROUTE", "TYPE", "TITLE", "PATH"].map(str::to_owned);
        let row = |item: &&Item| {
            let route = item.route.as_deref().unwrap_or("-");
            [route, &item.kind, &item.title, &item.path].map(|text| listing::cell(&text.into())).to_vec()
        };
        listing::table(&heads, &found.iter().map(row).collect::<Vec<_>>(), report);
    }
    report.say(format_args!("{} of {}.", found.len(), counted(items.len(), "Source")));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_anything() {
        for (text, pattern, expected) in [
            ("a", "a", true),
            ("a", "", false),
            ("", "", true),
            ("", "*", true),
            ("lesson", "*", true),
            ("labs/a.lesson.md", "labs/*.md", true),
            ("labs/a.lesson.md", "*lesson*", true),
            ("labs/a", "*/b", false),
            ("aba", "ab*ba", false),
            ("abba", "ab*ba", true),
            ("a", "a**", true),
            ("xay", "*a", false),
        ] {
            assert_eq!(is_like(text, pattern), expected, "{text} {pattern}");
        }
        assert!(!is_like(&"a".repeat(100_000), &format!("{}b", "*a".repeat(1_000))));
    }
}
