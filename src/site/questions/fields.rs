//! Several short answers in the text: the response fields that the author wrote.

use super::{Question, SHORT};
use crate::site::{diagnostic::Diagnostic, dom::Node, html};
use std::collections::HashSet;

/// Names the fields and fills in what was answered. False if there are none.
pub(super) fn name(question: &Question<'_>, nodes: &mut [Node<'_>], findings: &mut Vec<Diagnostic>) -> bool {
    let mut ids = HashSet::new();
    visit(question, nodes, &mut ids, findings);
    if ids.is_empty() {
        let message = "a question with fields needs a field: `**___**<!-- @response.field id=… label=\"…\" -->`";
        findings.push(question.warning("question/no-fields", message));
    }
    !ids.is_empty()
}

fn visit(question: &Question<'_>, nodes: &mut [Node<'_>], ids: &mut HashSet<String>, findings: &mut Vec<Diagnostic>) {
    for element in nodes.iter_mut().filter_map(Node::element_mut) {
        if !element.has_class("pmx-response-field") {
            visit(question, &mut element.children, ids, findings);
            continue;
        }
        let id = ["data-pathmx-response-field", "name"].iter().find_map(|key| element.attr(key)).unwrap_or_default();
        let id = html::unescape(id).rsplit('.').next().unwrap_or_default().trim().to_owned();
        if id.is_empty() {
            continue;
        }
        if !ids.insert(id.clone()) {
            let message = format!("the response field `{id}` occurs twice in this question");
            findings.push(question.warning("question/duplicate-field", message));
        }
        let name = format!("{}.{id}", question.name);
        element.set("name", html::escape(&name).into_owned());
        if element.attr("maxlength").is_none() {
            element.set("maxlength", SHORT.to_string());
        }
        element.set("autocomplete", "off");
        if let Some(answer) = question.answer(&id) {
            element.set("value", html::escape(&answer).into_owned());
        }
    }
}
