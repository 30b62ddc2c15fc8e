//! The answer key of a question: which answers are right, what is said of them, and why. It stands under `question` in the topmatter,
//! for options also in comments beside them (`- Paris <!-- correct: true -->`), and the explanation may be the end of the Block.

use super::{
    Question,
    tree::{element, text},
};
use crate::{
    diagnostic::Diagnostic,
    source::solution,
    text::{
        dom::{self, Element, Node},
        html,
        nearest::likest,
        yaml,
    },
};
use serde_json::{Map, Value};

/// What can be said of an option.
const OF_OPTIONS: [&str; 3] = ["correct", "feedback", "label"];

/// What is said of one option.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OptionKey {
    pub correct: bool,
    pub feedback: Option<String>,
}

impl OptionKey {
    fn of(map: &Map<String, Value>) -> Self {
        Self { correct: map.get("correct").is_some_and(is_true), feedback: map.get("feedback").and_then(sentence) }
    }

    /// Both together: the topmatter and a comment may each say a part.
    pub(super) fn or(self, other: Self) -> Self {
        Self { correct: self.correct || other.correct, feedback: self.feedback.or(other.feedback) }
    }
}

fn is_true(value: &Value) -> bool {
    value.as_bool() == Some(true)
}

/// What a value may be the name of: YAML takes `Yes` and `No`, which many options are called, for truth values.
pub(super) fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Bool(true) => ["Yes", "yes", "YES", "True", "true", "On", "on"].map(str::to_owned).into(),
        Value::Bool(false) => ["No", "no", "NO", "False", "false", "Off", "off"].map(str::to_owned).into(),
        value => words(value).into_iter().collect(),
    }
}

/// A sentence of the author's.
fn sentence(value: &Value) -> Option<String> {
    names(value).into_iter().next()
}

/// A text, or what reads as one.
pub(super) fn words(value: &Value) -> Option<String> {
    let words = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        _ => return None,
    };
    (!words.is_empty()).then_some(words)
}

/// All of several right answers, those that differ in case alone once.
pub(super) fn each(correct: &[&Value]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for answer in correct.iter().filter_map(|answer| words(answer)) {
        if !all.iter().any(|known| known.to_lowercase() == answer.to_lowercase()) {
            all.push(answer);
        }
    }
    all
}

/// What a comment in an option says of it; nothing if it is a note of the author's.
pub(super) fn said(comment: &str, question: &Question<'_>, findings: &mut Vec<Diagnostic>) -> Option<OptionKey> {
    let inside = dom::comment(comment)?;
    // Several keys on one line are a flow mapping without its braces.
    let read = yaml::mapping(inside).or_else(|error| yaml::mapping(&format!("{{{inside}}}")).map_err(|_| error));
    let map = match read {
        Ok(map) => map,
        Err(error) => {
            if OF_OPTIONS.iter().any(|key| inside.starts_with(&format!("{key}:"))) {
                let message = format!("this comment of an option is no YAML: `{inside}`: {}", error.message);
                findings.push(question.warning("question/option", message).hint("put the text in quotes"));
            }
            return None;
        }
    };
    let is_ours = OF_OPTIONS.iter().any(|key| map.contains_key(*key));
    for key in map.keys().filter(|key| !OF_OPTIONS.contains(&key.as_str())) {
        let nearest = likest(key, OF_OPTIONS.iter().map(|known| (*known, *known)));
        if is_ours || nearest.is_some() {
            let finding = question.warning("question/option", format!("`{key}` says nothing of an option"));
            findings.push(match nearest {
                Some(nearest) => finding.hint(format!("did you mean `{nearest}`?")),
                None => finding,
            });
        }
    }
    if map.get("correct").is_some_and(|value| !value.is_boolean()) {
        findings.push(question.warning("question/option", "`correct` of an option is `true` or `false`"));
    }
    is_ours.then(|| OptionKey::of(&map))
}

/// The key as the topmatter has it.
pub(super) struct AnswerKey<'b> {
    question: Option<&'b Map<String, Value>>,
}

impl<'b> AnswerKey<'b> {
    pub(super) fn of(values: &'b Map<String, Value>) -> Self {
        Self { question: values.get("question").and_then(Value::as_object) }
    }

    fn get(&self, key: &str) -> Option<&'b Value> {
        self.question?.get(key).filter(|value| !value.is_null())
    }

    /// The options that are listed there, each with what its label may be; nothing where it has none.
    pub(super) fn options(&self) -> Vec<(Vec<String>, OptionKey)> {
        let listed = self.get("options").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let one = |value: &Value| match value {
            Value::Object(map) => (map.get("label").map(names).unwrap_or_default(), OptionKey::of(map)),
            other => (names(other), OptionKey::default()),
        };
        listed.iter().map(one).collect()
    }

    /// The right answers: of the question, or of one of its fields.
    pub(super) fn correct(&self, field: Option<&str>) -> Vec<&'b Value> {
        let of_field = |value: &'b Value| match (value, field) {
            (Value::Object(map), Some(field)) => map.get(field),
            (Value::Object(_), None) => None,
            (_, None) => Some(value),
            (_, Some(_)) => None,
        };
        match self.get("correct").and_then(of_field) {
            Some(Value::Array(list)) => list.iter().filter(|value| words(value).is_some()).collect(),
            Some(value) if words(value).is_some() => vec![value],
            _ => Vec::new(),
        }
    }

    /// The fields that right answers are given for.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'b String> {
        self.get("correct").and_then(Value::as_object).into_iter().flat_map(Map::keys)
    }

    /// Tells the page what a control takes for right.
    pub(super) fn accept(&self, control: &mut Element<'_>, correct: &[&Value]) {
        if correct.is_empty() {
            return;
        }
        let list = Value::Array(correct.iter().map(|value| (*value).clone()).collect()).to_string();
        control.set("data-pathmx-question-accept", html::escape(&list).into_owned());
        if let Some(tolerance) = self.get("tolerance").and_then(Value::as_f64).filter(|tolerance| *tolerance >= 0.0) {
            control.set("data-pathmx-question-tolerance", tolerance.to_string());
        }
    }

    /// What is said of a right and of a wrong answer to the whole question.
    fn feedback<'a>(&self) -> Vec<Node<'a>> {
        let Some(feedback) = self.get("feedback") else { return Vec::new() };
        let one = |when: Option<&'static str>, value: &Value| {
            let mut said = element("p", &[("class", "pmx-question-feedback")], vec![text(&sentence(value)?)]);
            if let Some(when) = when {
                said.set("data-pathmx-question-when", when);
                said.set("hidden", "");
            }
            Some(Node::Element(said))
        };
        match feedback {
            Value::Object(map) => [("correct", "right"), ("incorrect", "wrong")]
                .into_iter()
                .filter_map(|(key, when)| one(Some(when), map.get(key)?))
                .collect(),
            other => one(None, other).into_iter().collect(),
        }
    }

    /// What is folded away until there is an answer: the right ones, and the explanation. Nothing if there is neither.
    pub(super) fn solution<'a>(&self, right: Vec<Vec<Node<'a>>>, explanation: Vec<Node<'a>>) -> Option<Node<'a>> {
        let mut content = self.feedback();
        if !right.is_empty() {
            let name = if right.len() == 1 { "Right answer" } else { "Right answers" };
            let mut listed = element("ul", &[("class", "pmx-question-right"), ("role", "list")], Vec::new());
            listed.set("aria-label", name);
            let item = |answer| Node::Element(element("li", &[], answer));
            listed.children = right.into_iter().map(item).collect();
            let name = element("p", &[("class", "pmx-question-label"), ("aria-hidden", "true")], vec![text(name)]);
            content.extend([Node::Element(name), Node::Element(listed)]);
        }
        if let Some(words) = self.get("explanation").and_then(words) {
            let paragraphs = words.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
            content.extend(paragraphs.map(|paragraph| Node::Element(element("p", &[], vec![text(paragraph.trim())]))));
        }
        content.extend(explanation);
        fold(content)
    }
}

/// Folds a solution away. Nothing if there is none.
pub(super) fn fold(mut content: Vec<Node<'_>>) -> Option<Node<'_>> {
    if content.iter().all(Node::is_blank) {
        return None;
    }
    let summary = element("summary", &[], vec![text("Answer")]);
    let attributes =
        [("class", "pmx-question-solution"), ("data-pathmx-question-solution", ""), ("data-pathmx-search", "ignore")];
    content.insert(0, Node::Element(summary));
    Some(Node::Element(element("details", &attributes, content)))
}

/// Takes the explanation off the end of a Block: what comes after its mark, in whatever element that stands.
pub(super) fn explanation<'a>(nodes: &mut Vec<Node<'a>>) -> Vec<Node<'a>> {
    for at in 0..nodes.len() {
        match nodes.get_mut(at) {
            Some(Node::Other(comment)) if solution::is_mark(comment) => return nodes.split_off(at).split_off(1),
            Some(Node::Element(element)) if has_mark(&element.children) => {
                let mut found = explanation(&mut element.children);
                found.append(&mut nodes.split_off(at + 1));
                return found;
            }
            _ => {}
        }
    }
    Vec::new()
}

fn has_mark(nodes: &[Node<'_>]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Other(comment) => solution::is_mark(comment),
        Node::Element(element) => has_mark(&element.children),
        Node::Text(_) => false,
    })
}
