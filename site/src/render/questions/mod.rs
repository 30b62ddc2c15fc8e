//! Questions: Blocks whose Action takes an answer become one ordinary form.
//!
//! The form is of use only to the Player, which keeps answers in the browser or hands them to `pmx dev`. So it comes with its
//! fields disabled and its button hidden, and without scripts it is a text to read that promises nothing:
//!
//! ```html
//! <form class="pmx-question" method="post" data-pathmx-form data-pathmx-action="questions.submitText"
//!       data-pathmx-action-scope="block" data-pathmx-action-target="source#block" data-pathmx-question="short">
//!   <input type="hidden" …>
//!   <fieldset disabled><legend><h2>…</h2></legend> … </fieldset>
//!   <div data-pathmx-question-controls hidden><button type="submit">…</button></div>
//!   <p role="status">…</p>
//!   <details data-pathmx-question-solution><summary>Answer</summary> … </details>
//! </form>
//! ```
//!
//! The Player takes away `disabled` and `hidden`, and writes into the status. What is one step of Play within is marked
//! `data-pathmx-question-answer`. A recorded answer is filled in, and the form has `data-pathmx-question-status`.
//!
//! A question with an answer key (see [`key`]) has `data-pathmx-question-graded`. Its right options have `data-pathmx-question-correct`, its
//! other controls `data-pathmx-question-accept`, a JSON list of texts and numbers. The solution is folded, and the Player shows it once there
//! is an answer; it is in the page all the same, so it is no secret.

mod choice;
mod fields;
mod key;
mod tree;

pub(crate) use choice::words;

use crate::{
    diagnostic::{Diagnostic, Position},
    text::{
        dom::{Element, Node},
        html,
        nearest::likest,
    },
};
use key::AnswerKey;
use serde_json::{Map, Value};
use tree::{element, text};

/// What is found where an answer is part of what a build publishes. In `pmx dev` nothing leaves the machine, and nobody is told.
pub const RECORDED_ANSWER: &str = "question/recorded-answer";

/// The Actions that a question can have, and the kind of answer that each takes.
const ACTIONS: [(&str, Action); 4] = [
    ("questions.submitSingleChoice", Action::Choice { several: false }),
    ("questions.submitMultipleChoice", Action::Choice { several: true }),
    ("questions.submitText", Action::Text),
    ("questions.submitFields", Action::Fields),
];

/// What the names of all of them begin with.
const PREFIX: &str = "questions.";

/// The longest short answer, and the longest answer in a field, in UTF-16 units, as `maxlength` counts. PathMX's number.
const SHORT: usize = 300;
/// The longest long answer, likewise.
const LONG: usize = 2000;

/// A Block that may be a question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuestionBlock<'b> {
    pub id: &'b str,
    pub source_id: &'b str,
    /// Its topmatter.
    pub values: &'b Map<String, Value>,
    /// The frontmatter of its Source, whose `actions` count for Blocks that have none and say `type: question`.
    pub source_values: &'b Map<String, Value>,
    /// Where the Block starts.
    pub position: Position,
    /// Where its answer is recorded.
    pub recorded: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Choice { several: bool },
    Text,
    Fields,
}

/// What the parts of a form are made from.
struct Question<'b> {
    /// `question.<id>`: what the names of its controls begin with.
    name: String,
    /// `response` of the topmatter.
    response: Option<&'b Map<String, Value>>,
    key: AnswerKey<'b>,
    position: Position,
}

impl Question<'_> {
    /// What was answered, if it is in the topmatter: one value, or several.
    fn recorded(&self, key: &str) -> Vec<&Value> {
        let is_answer = |value: &&Value| value.is_string() || value.is_number() || value.is_boolean();
        match self.response.and_then(|response| response.get(key)) {
            Some(Value::Array(list)) => list.iter().filter(is_answer).collect(),
            Some(value) => Some(value).filter(is_answer).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The text that was answered, if it is in the topmatter.
    fn answer(&self, key: &str) -> Option<String> {
        let recorded = self.recorded(key);
        recorded.first().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    fn warning(&self, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(code, self.position, message)
    }
}

impl QuestionBlock<'_> {
    /// Whether the Block has an Action of questions.
    pub(crate) fn asks(&self) -> bool {
        submit(self).is_some_and(|name| name.starts_with(PREFIX))
    }
}

/// Makes a form of a Block that is a question. Of any other Block what belongs to a solution is folded. Runs before Beats are marked.
pub(crate) fn form<'a>(block: &QuestionBlock<'_>, nodes: &mut Vec<Node<'a>>, findings: &mut Vec<Diagnostic>) {
    let Some(name) = submit(block) else { return fold(nodes) };
    let Some((_, action)) = ACTIONS.iter().find(|(known, _)| *known == name) else {
        if name.starts_with(PREFIX) {
            let message = format!("no question has the Action `{name}`");
            let finding = Diagnostic::warning("question/unknown-action", block.position, message);
            let nearest = likest(name, ACTIONS.iter().map(|(known, _)| (*known, *known)));
            findings.push(match nearest {
                Some(nearest) => finding.hint(format!("did you mean `{nearest}`?")),
                None => finding,
            });
        }
        return fold(nodes);
    };
    let question = Question {
        name: format!("question.{}", block.id),
        response: block.values.get("response").and_then(Value::as_object).filter(|response| !response.is_empty()),
        key: AnswerKey::of(block.values),
        position: block.position,
    };
    let known = findings.len();
    let explanation = key::explanation(nodes);
    let made = match action {
        Action::Choice { several } => {
            let kind = if *several { "choices" } else { "choice" };
            choice::options(&question, nodes, *several, findings).map(|right| (kind, right))
        }
        Action::Text => Some(text_answer(&question, block, nodes, findings)),
        Action::Fields => fields::name(&question, nodes, findings).map(|right| ("fields", right)),
    };
    let Some((kind, right)) = made else {
        nodes.extend(key::fold(explanation));
        return;
    };
    // Of an answer that the page has no place for was told already.
    let is_shown = !findings.iter().skip(known).any(|finding| finding.code == "question/response");
    if question.response.is_some() && is_shown {
        let message = "the answer that was recorded here is published with the page, as `response` of the topmatter";
        let finding = Diagnostic::warning(RECORDED_ANSWER, block.recorded, message);
        findings.push(finding.hint("take `response` and `submission` out if the answer is not for readers"));
    }
    let status = block.values.get("submission").and_then(|submission| submission.get("status")).and_then(Value::as_str);
    let status = status.or(question.response.map(|_| "submitted"));
    let graded = !right.is_empty();
    let solution = question.key.solution(right, explanation);
    let set = fieldset(&question, block, nodes, findings);
    let mut form = assemble(block, name, kind, status, set);
    if graded {
        form.set("data-pathmx-question-graded", "");
    }
    form.children.extend(solution);
    nodes.clear();
    nodes.push(Node::Element(form));
}

/// Folds away what belongs to a solution in a Block that is no form.
pub(crate) fn fold(nodes: &mut Vec<Node<'_>>) {
    let explanation = key::explanation(nodes);
    nodes.extend(key::fold(explanation));
}

/// The Action that takes the Block's answer.
fn submit<'b>(block: &QuestionBlock<'b>) -> Option<&'b str> {
    let of = |values: &'b Map<String, Value>| values.get("actions")?.get("submit")?.as_str().map(str::trim);
    let is_question = || block.values.get("type").and_then(Value::as_str) == Some("question");
    of(block.values).or_else(|| of(block.source_values).filter(|_| is_question()))
}

/// The content of the question from its heading on; what is before it comes before the group as well.
fn fieldset<'a>(
    question: &Question<'_>,
    block: &QuestionBlock<'_>,
    nodes: &mut Vec<Node<'a>>,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Node<'a>> {
    let heading = nodes.iter().position(|node| node.element().is_some_and(is_heading));
    let mut set = element("fieldset", &[("class", "pmx-question-set"), ("disabled", "")], Vec::new());
    let Some(heading) = heading else {
        let message = "a question needs a heading that asks it";
        findings.push(question.warning("question/no-heading", message));
        let title = block.values.get("title").and_then(Value::as_str).unwrap_or("Question");
        set.set("aria-label", html::escape(title).into_owned());
        set.children = std::mem::take(nodes);
        return vec![Node::Element(set)];
    };
    let rest = nodes.split_off(heading + 1);
    let legend = element("legend", &[("class", "pmx-question-legend")], nodes.pop().into_iter().collect());
    set.children.push(Node::Element(legend));
    set.children.extend(rest);
    let mut all = std::mem::take(nodes);
    all.push(Node::Element(set));
    all
}

fn is_heading(element: &Element<'_>) -> bool {
    matches!(&*element.name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

fn assemble<'a>(
    block: &QuestionBlock<'_>,
    action: &str,
    kind: &'static str,
    status: Option<&str>,
    content: Vec<Node<'a>>,
) -> Element<'a> {
    let target = format!("{}#{}", block.source_id, block.id);
    let target = html::escape(&target).into_owned();
    let hidden = |name: &'static str, value: &str| {
        let mut input = element("input", &[("type", "hidden"), ("name", name)], Vec::new());
        input.set("value", value.to_owned());
        Node::Element(input)
    };
    let mut form =
        element("form", &[("class", "pmx-question"), ("method", "post"), ("data-pathmx-form", "")], Vec::new());
    form.set("data-pathmx-action", action.to_owned());
    form.set("data-pathmx-action-scope", "block");
    form.set("data-pathmx-action-target", target.clone());
    form.set("data-pathmx-question", kind);
    if let Some(status) = status {
        form.set("data-pathmx-question-status", html::escape(status).into_owned());
    }
    form.children = vec![
        hidden("action", "submit"),
        hidden("__pathmx_action_scope", "block"),
        hidden("__pathmx_action_target", &target),
    ];
    form.children.extend(content);
    let label = if status.is_some() { "Change answer" } else { "Submit answer" };
    let button = element("button", &[("type", "submit"), ("class", "pmx-question-submit")], vec![text(label)]);
    let controls = [("class", "pmx-question-controls"), ("data-pathmx-question-controls", ""), ("hidden", "")];
    form.children.push(Node::Element(element("div", &controls, vec![Node::Element(button)])));
    let said = status.map(|_| text("Answer recorded.")).into_iter().collect();
    let region = [
        ("class", "pmx-question-status"),
        ("role", "status"),
        ("data-pathmx-question-status-text", ""),
        ("data-pathmx-search", "ignore"),
    ];
    form.children.push(Node::Element(element("p", &region, said)));
    form
}

/// Adds the control of a text question at the end of its content; gives the kind of the answer, and the right ones.
fn text_answer<'a>(
    question: &Question<'_>,
    block: &QuestionBlock<'_>,
    nodes: &mut Vec<Node<'a>>,
    findings: &mut Vec<Diagnostic>,
) -> (&'static str, Vec<Vec<Node<'a>>>) {
    let kind = block.values.get("question").and_then(|question| question.get("type")).and_then(Value::as_str);
    let long = kind == Some("long");
    // Other words are reported where topmatter is read.
    if kind == Some("fields") {
        let message = "a question with `question.type: fields` is submitted by `questions.submitFields`";
        findings.push(question.warning("question/type", message));
    }
    let answer = question.answer("text").unwrap_or_default();
    let name = html::escape(&question.name).into_owned();
    let most = if long { LONG } else { SHORT }.to_string();
    let mut control = if long {
        // The first line end in a text area does not count.
        let answer = if answer.starts_with('\n') { format!("\n{answer}") } else { answer };
        let content = if answer.is_empty() { Vec::new() } else { vec![text(&answer)] };
        element("textarea", &[("class", "pmx-question-text"), ("rows", "5")], content)
    } else {
        let mut input = element("input", &[("class", "pmx-question-text"), ("type", "text")], Vec::new());
        if !answer.is_empty() {
            input.set("value", html::escape(&answer).into_owned());
        }
        input
    };
    control.set("name", name);
    control.set("maxlength", most);
    control.set("required", "");
    control.set("autocomplete", "off");
    let correct = question.key.correct(None);
    question.key.accept(&mut control, &correct);
    let caption = element("span", &[("class", "pmx-question-label")], vec![text("Your answer")]);
    let label = element(
        "label",
        &[("class", "pmx-question-answer"), ("data-pathmx-question-answer", "")],
        vec![Node::Element(caption), Node::Element(control)],
    );
    nodes.push(Node::Element(label));
    let right = key::each(&correct).iter().map(|answer| vec![text(answer)]).collect();
    (if long { "long" } else { "short" }, right)
}

#[cfg(test)]
mod tests;
