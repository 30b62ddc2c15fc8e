//! What belongs to the solution of a question. It stands in the question's own part of the page and in no other text that is made of a
//! Source: no title, description or section, no document of the build, no Markdown. Whoever makes such a text asks here.

use crate::text::dom;
use comrak::nodes::{AstNode, NodeValue};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The comment after which everything in the Block is the explanation.
const MARK: &str = "@question.explanation";
/// What the topmatter of a question says of its answers.
const KEYS: [&str; 4] = ["correct", "explanation", "feedback", "tolerance"];

/// Whether a comment, with its signs, is the one after which the solution stands.
pub(crate) fn is_mark(comment: &str) -> bool {
    dom::comment(comment) == Some(MARK)
}

/// Whether a text has the mark in it, among other things.
fn has_mark(html: &str) -> bool {
    html.match_indices(MARK).any(|(at, _)| {
        html[..at].trim_end().ends_with("<!--") && html[at + MARK.len()..].trim_start().starts_with("-->")
    })
}

/// The index of the first of these nodes that belongs to the solution, in part or wholly.
pub(super) fn start<'a>(nodes: &[&'a AstNode<'a>]) -> Option<usize> {
    nodes.iter().position(|node| {
        node.descendants().any(|inner| match &inner.data().value {
            NodeValue::HtmlBlock(block) => has_mark(&block.literal),
            NodeValue::HtmlInline(literal) => has_mark(literal),
            _ => false,
        })
    })
}

/// The topmatter of a Block without what it says of right answers.
pub(crate) fn without_key(values: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    let question = values.get("question").and_then(Value::as_object);
    let Some(question) = question.filter(|question| question.keys().any(|key| is_key(key) || key == "options")) else {
        return Cow::Borrowed(values);
    };
    let asked = question.iter().filter(|(key, _)| !is_key(key)).map(|(key, value)| {
        let value = match value {
            Value::Array(options) if key == "options" => options.iter().map(asked).collect(),
            other => other.clone(),
        };
        (key.clone(), value)
    });
    let mut shown = values.clone();
    shown.insert("question".to_owned(), Value::Object(asked.collect()));
    Cow::Owned(shown)
}

fn is_key(key: &str) -> bool {
    KEYS.contains(&key)
}

/// An option without what is said of it.
fn asked(option: &Value) -> Value {
    match option {
        Value::Object(map) => map.iter().filter(|(key, _)| !is_key(key)).map(|(k, v)| (k.clone(), v.clone())).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn of_a_question_its_key_is_left_out() {
        let values = json!({"id": "q", "correct": "mine", "question": {
            "type": "short", "correct": ["a"], "tolerance": 1, "feedback": {"correct": "yes"}, "explanation": "why",
            "options": [{"label": "A", "correct": true, "feedback": "so"}, "B"],
        }});
        let expected =
            json!({"id": "q", "correct": "mine", "question": {"type": "short", "options": [{"label": "A"}, "B"]}});
        assert_eq!(json!(*without_key(values.as_object().unwrap())), expected);
        for same in [json!({"id": "q"}), json!({"question": {"type": "long"}}), json!({"question": "words"})] {
            assert!(matches!(without_key(same.as_object().unwrap()), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn the_mark_is_a_comment_of_its_own() {
        assert!(is_mark("<!-- @question.explanation -->") && is_mark("<!--@question.explanation-->"));
        assert!(has_mark("<p>x</p>\n<!-- @question.explanation -->\nWhy"));
        for none in ["@question.explanation", "<!-- @question.explanations -->", "<!-- see @question.explanation -->"] {
            assert!(!has_mark(none), "{none}");
        }
    }
}
