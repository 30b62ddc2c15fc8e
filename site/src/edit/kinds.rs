//! What a new Source of a kind begins with.

use std::fmt::Write as _;

/// The kinds that have a beginning of their own, as authors use them.
pub(super) const KINDS: [&str; 14] = [
    "lesson",
    "guide",
    "path",
    "project",
    "lab",
    "assessment",
    "quiz",
    "component",
    "components",
    "talk",
    "demo",
    "reference",
    "notes",
    "page",
];

/// The text of a Source with a title. `slug` is the first part of its name.
pub(super) fn text(kind: &str, title: &str, slug: &str) -> String {
    let mut out = String::new();
    let extra = if kind == "talk" { "presentation: slides\n" } else { "" };
    // Writing to a string does not fail.
    let _ = write!(out, "---\ntitle: {}\n{extra}---\n\n# {}\n\n", scalar(title), markdown(title));
    match kind {
        "component" | "components" => out.push_str(&component(slug)),
        kind => out.push_str(body(kind)),
    }
    out
}

fn body(kind: &str) -> &'static str {
    match kind {
        "lesson" => {
            "What this lesson is about, and for whom.\n\n---\n\n<!-- id: goals -->\n\n## What you will learn\n\n- The first thing\n- The second\n\n\
             ---\n\n<!-- id: try-it -->\n\n## Try it\n\n- [ ] A first step\n\n---\n\n<!-- id: summary -->\n\n## In short\n\nWhat to remember.\n"
        }
        "guide" => {
            "What this guide helps with.\n\n---\n\n<!-- id: before -->\n\n## Before you begin\n\nWhat is needed.\n\n---\n\n<!-- id: steps -->\n\n\
             ## Steps\n\n1. The first step\n2. The second\n\n---\n\n<!-- id: next -->\n\n## What next\n\nWhere to go from here.\n"
        }
        "path" => {
            "Where this path leads.\n\n---\n\n<!-- id: contents -->\n\n## On this path\n\nIts pages, in their order.\n"
        }
        "project" => {
            "What is to be made, and why.\n\n---\n\n<!-- id: milestones -->\n\n## Milestones\n\n- [ ] The first\n- [ ] The last\n\n---\n\n\
             <!-- id: notes -->\n\n## Notes\n\nWhat was decided, with the reasons.\n"
        }
        "lab" => {
            "What is to be found out.\n\n---\n\n<!-- id: setup -->\n\n## Set up\n\nWhat is needed.\n\n---\n\n<!-- id: steps -->\n\n## Steps\n\n\
             1. The first step\n2. The second\n\n---\n\n<!-- id: findings -->\n\n## What you found\n\nWhat was seen, and what it means.\n"
        }
        "assessment" | "quiz" => {
            "What these questions are about.\n\n---\n\n<!--\ntype: question\nid: first-question\nactions:\n  submit: questions.submitSingleChoice\n-->\n\n\
             ## Which of these is right?\n\n- The first answer\n- The second answer\n\n---\n\n<!--\ntype: question\nid: second-question\nquestion:\n  \
             type: long\nactions:\n  submit: questions.submitText\n-->\n\n## How would you explain it?\n\nA few sentences are enough.\n"
        }
        "talk" => {
            "Who speaks, where and when.\n\n---\n\n<!-- id: point -->\n\n## One thing at a time\n\n- Each Block is a slide\n"
        }
        "demo" => {
            "What is shown here.\n\n---\n\n<!-- id: try-it -->\n\n## Try it\n\nWhat to do, and what to look at.\n"
        }
        "reference" => "What can be looked up here.\n\n| Name | Meaning |\n| --- | --- |\n| First | What it is |\n",
        _ => "The first sentence.\n",
    }
}

fn component(slug: &str) -> String {
    // A name that no element has now or later: with a hyphen, in ASCII.
    let mut name: String = slug.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    name = name.trim_matches('-').to_owned();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.contains('-') || name.starts_with("pmx-") {
        name = format!("x-{}", if name.is_empty() { "part" } else { &name });
    }
    format!(
        "What it is for, and how it is used: `<{name}>`.\n\n---\n\n<!--\ncomponentName: {name}\n-->\n\n## {name}\n\n\
         ```html\n<div>\n  <yield />\n</div>\n```\n\n```css\n:self {{\n  margin-block: 1rem;\n}}\n```\n"
    )
}

/// A text as a YAML scalar.
pub(super) fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '(' | ')' | '’' | '/' | '+');
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_word = words.contains(&text.to_lowercase().as_str());
    match text.starts_with(char::is_alphabetic) && text.chars().all(plain) && !is_word {
        true => text.to_owned(),
        // JSON is YAML.
        false => serde_json::Value::from(text).to_string(),
    }
}

/// A text as Markdown that means the same characters, in a heading or in a link.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at)).copied();
        let after = chars.get(at + 1).copied();
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let special = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '$' | '|' | '{' => true,
            '_' => !(inside(before) && inside(after)),
            // An entity, a mark, the end of a heading.
            '&' => after.is_some_and(|c| c.is_ascii_alphabetic() || c == '#'),
            '=' => before == Some('=') || after == Some('='),
            '#' => before.is_none_or(char::is_whitespace),
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{self, Settings};

    #[test]
    fn a_title_is_what_was_asked_for_whatever_is_in_it() {
        let titles = [
            "Loops",
            "C# & C++",
            "a: b",
            "*x* _y_ `z` [q](r) <b>",
            "snake_case",
            "yes",
            "10 things",
            "# x #",
            "Q&A; &amp;",
            "\"so\" \\ it's",
            "$x$ ==y==",
            "- dash",
        ];
        for title in titles {
            for kind in KINDS {
                let text = text(kind, title, "some-name");
                let source = source::parse(&format!("x.{kind}.md"), text.as_bytes(), &Settings::default());
                assert!(source.findings.is_empty(), "{text}");
                assert_eq!(source.values.get("title").and_then(|title| title.as_str()), Some(title), "{text}");
                // Without the frontmatter a page is called after its heading.
                let heading = source::parse("x.md", &text.as_bytes()[source.body..], &Settings::default()).title;
                assert_eq!(heading.as_deref(), Some(title), "{text}");
            }
        }
    }
}
