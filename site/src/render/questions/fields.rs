//! Several short answers in the text: the response fields that the author wrote.

use super::{
    Question, SHORT, key,
    tree::{element, text},
};
use crate::{
    diagnostic::Diagnostic,
    text::{dom::Node, html},
};
use std::collections::HashSet;

/// What is found of the fields of a question.
#[derive(Default)]
struct FieldSurvey<'a> {
    ids: HashSet<String>,
    /// The right answers, with the names of their fields.
    right: Vec<Vec<Node<'a>>>,
}

/// Names the fields, fills in what was answered, and gives the right answers. `None` if there are no fields.
pub(super) fn name<'a>(
    question: &Question<'_>,
    nodes: &mut [Node<'a>],
    findings: &mut Vec<Diagnostic>,
) -> Option<Vec<Vec<Node<'a>>>> {
    let mut found = FieldSurvey::default();
    visit(question, nodes, &mut found, findings);
    if found.ids.is_empty() {
        let message = "a question with fields needs a field: `**___**<!-- @response.field id=… label=\"…\" -->`";
        findings.push(question.warning("question/no-fields", message));
        return None;
    }
    for field in question.key.fields().filter(|field| !found.ids.contains(*field)) {
        let message = format!("the question has no field `{field}` that an answer could be right in");
        findings.push(question.warning("question/correct", message));
    }
    Some(found.right)
}

fn visit<'a>(
    question: &Question<'_>,
    nodes: &mut [Node<'a>],
    found: &mut FieldSurvey<'a>,
    findings: &mut Vec<Diagnostic>,
) {
    for control in nodes.iter_mut().filter_map(Node::element_mut) {
        if !control.has_class("pmx-response-field") {
            visit(question, &mut control.children, found, findings);
            continue;
        }
        let id = ["data-pathmx-response-field", "name"].iter().find_map(|key| control.attr(key)).unwrap_or_default();
        let id = html::unescape(id).rsplit('.').next().unwrap_or_default().trim().to_owned();
        if id.is_empty() {
            continue;
        }
        if !found.ids.insert(id.clone()) {
            let message = format!("the response field `{id}` occurs twice in this question");
            findings.push(question.warning("question/duplicate-field", message));
        }
        let name = format!("{}.{id}", question.name);
        control.set("name", html::escape(&name).into_owned());
        if control.attr("maxlength").is_none() {
            control.set("maxlength", SHORT.to_string());
        }
        control.set("autocomplete", "off");
        if let Some(answer) = question.answer(&id) {
            control.set("value", html::escape(&answer).into_owned());
        }
        let correct = question.key.correct(Some(&id));
        question.key.accept(control, &correct);
        let answers = key::each(&correct);
        if !answers.is_empty() {
            let label = html::unescape(control.attr("aria-label").unwrap_or(&id)).into_owned();
            let mut right = vec![text(&format!("{label}: "))];
            for (number, answer) in answers.iter().enumerate() {
                right.extend((number > 0).then(|| text(" or ")));
                right.push(Node::Element(element("strong", &[], vec![text(answer)])));
            }
            found.right.push(right);
        }
    }
}
