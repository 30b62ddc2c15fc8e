//! One answer out of several: the first list of the Block with two items or more.

use super::{Question, tree::element};
use crate::site::{
    diagnostic::Diagnostic,
    dom::{self, Element, Node},
    html,
};
use std::collections::{HashMap, HashSet};

/// The longest value of an option, in characters: labels may be whole sentences.
const MAX_VALUE: usize = 80;

/// Makes options of the items. False if there is no list for it.
pub(super) fn options(question: &Question<'_>, nodes: &mut [Node<'_>], findings: &mut Vec<Diagnostic>) -> bool {
    let list = nodes.iter_mut().filter_map(Node::element_mut).find(|element| {
        matches!(&*element.name, "ul" | "ol") && element.children.iter().filter_map(Node::element).nth(1).is_some()
    });
    let Some(list) = list else {
        let message = "a question with a single choice needs a list of two options or more";
        findings.push(question.warning("question/no-choices", message));
        return false;
    };
    let chosen = question.answer("choice");
    let mut found = false;
    let mut values = Values::default();
    for item in list.children.iter_mut().filter_map(Node::element_mut).filter(|item| item.is("li")) {
        let (label, rest) = label(item);
        let words = dom::text(&label).split_whitespace().collect::<Vec<_>>().join(" ");
        if !values.labels.insert(words.clone()) {
            let message = format!("two options of this question read `{words}`");
            findings.push(question.warning("question/duplicate-option", message));
        }
        let value = values.of(&words);
        let mut input = element("input", &[("type", "radio"), ("class", "pmx-question-radio")], Vec::new());
        input.set("name", html::escape(&question.name).into_owned());
        let picked = !found && chosen.as_ref().is_some_and(|chosen| *chosen == value || *chosen == words);
        input.set("value", html::escape(&value).into_owned());
        input.set("required", "");
        if picked {
            input.set("checked", "");
            found = true;
        }
        let words = element("span", &[("class", "pmx-question-option")], label);
        let label =
            element("label", &[("class", "pmx-question-choice")], vec![Node::Element(input), Node::Element(words)]);
        item.children = vec![Node::Element(label)];
        item.children.extend(rest);
        if item.attr("class") == Some("task-list-item") {
            item.remove("class");
        }
    }
    if let Some(chosen) = chosen.filter(|_| !found) {
        let message = format!("the recorded choice `{chosen}` is none of the options");
        findings.push(question.warning("question/response", message));
    }
    list.add_class("pmx-question-choices");
    // Some browsers take a list without marks for none.
    list.set("role", "list");
    list.set("data-pathmx-question-answer", "");
    true
}

/// What an item says in its first line, and what comes after it: lists, code, further paragraphs.
fn label<'a>(item: &mut Element<'a>) -> (Vec<Node<'a>>, Vec<Node<'a>>) {
    let mut children: Vec<Node<'a>> =
        std::mem::take(&mut item.children).into_iter().skip_while(Node::is_blank).collect();
    let paragraph = children.first_mut().and_then(Node::element_mut).filter(|first| first.is("p"));
    let (label, rest) = match paragraph.map(|paragraph| std::mem::take(&mut paragraph.children)) {
        Some(label) => (label, children.split_off(1)),
        None => {
            let stands_alone = |node: &Node<'_>| node.element().is_some_and(|e| dom::closes_paragraph(&e.name));
            let rest = children.iter().position(stands_alone).map_or_else(Vec::new, |at| children.split_off(at));
            (children, rest)
        }
    };
    let is_box = |node: &Node<'_>| node.element().is_some_and(|e| e.is("input") && e.attr("type") == Some("checkbox"));
    (label.into_iter().filter(|node| !is_box(node)).collect(), rest)
}

/// The values of the options so far.
#[derive(Default)]
struct Values {
    labels: HashSet<String>,
    taken: HashSet<String>,
    /// How often a value was wanted.
    wanted: HashMap<String, usize>,
}

impl Values {
    /// A value for a label that stays the same for as long as the label does.
    fn of(&mut self, label: &str) -> String {
        let mut slug = String::new();
        for c in label.chars().filter(|c| !matches!(c, '\'' | '’')) {
            if c.is_alphanumeric() {
                slug.extend(c.to_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug: String = slug.chars().take(MAX_VALUE).collect();
        let slug = slug.trim_end_matches('-');
        let base = if slug.is_empty() { "option" } else { slug }.to_owned();
        let wanted = self.wanted.entry(base.clone()).or_insert(0);
        loop {
            *wanted += 1;
            let value = if *wanted == 1 && !slug.is_empty() { base.clone() } else { format!("{base}-{wanted}") };
            if self.taken.insert(value.clone()) {
                return value;
            }
        }
    }
}
