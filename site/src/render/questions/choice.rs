//! One answer out of several, or some of them: the first list of the Block with two items or more.

use super::{
    Question,
    key::{self, OptionKey},
    tree::{element, text},
};
use crate::{
    diagnostic::Diagnostic,
    text::{
        dom::{self, Element, Node},
        html,
    },
};
use std::collections::{HashMap, HashSet};

/// The longest value of an option, in characters: labels may be whole sentences.
const MAX_VALUE: usize = 80;

/// An option before its control is made.
struct OptionItem<'a> {
    label: Vec<Node<'a>>,
    rest: Vec<Node<'a>>,
    words: String,
    value: String,
    said: OptionKey,
}

/// Makes options of the items, and gives the labels of the right ones. `None` if there is no list for it.
pub(super) fn options<'a>(
    question: &Question<'_>,
    nodes: &mut Vec<Node<'a>>,
    several: bool,
    findings: &mut Vec<Diagnostic>,
) -> Option<Vec<Vec<Node<'a>>>> {
    let is_list = |node: &Node<'_>| {
        node.element().is_some_and(|element| {
            matches!(&*element.name, "ul" | "ol") && element.children.iter().filter_map(Node::element).nth(1).is_some()
        })
    };
    let listed = question.key.options();
    if !nodes.iter().any(is_list) && listed.iter().filter(|(labels, _)| !labels.is_empty()).count() > 1 {
        nodes.push(Node::Element(list_of(&listed)));
    }
    let Some(list) = nodes.iter_mut().find(|node| is_list(node)).and_then(Node::element_mut) else {
        let kind = if several { "several choices" } else { "a single choice" };
        let message = format!("a question with {kind} needs a list of two options or more");
        findings.push(question.warning("question/no-choices", message));
        return None;
    };
    let mut values = OptionValues::default();
    let mut choices: Vec<OptionItem<'_>> = Vec::new();
    for item in list.children.iter_mut().filter_map(Node::element_mut).filter(|item| item.is("li")) {
        let said = comments(item, question, findings);
        let (label, rest) = label(item);
        let words = words(&label);
        if !values.labels.insert(words.clone()) {
            let message = format!("two options of this question read `{words}`");
            findings.push(question.warning("question/duplicate-option", message));
        }
        let value = values.of(&words);
        choices.push(OptionItem { label, rest, words, value, said });
    }
    judge(question, &listed, &mut choices, findings);
    let right = choices.iter().filter(|choice| choice.said.correct).count();
    if right > 1 && !several {
        let message = format!("{right} options of this question are right, and one can be chosen");
        let finding = question.warning("question/several-correct", message);
        findings.push(finding.hint("`submit: questions.submitMultipleChoice` lets several be chosen"));
    }
    let picked = picked(question, &choices, several, findings);
    let mut right = Vec::new();
    let items = list.children.iter_mut().filter_map(Node::element_mut).filter(|item| item.is("li"));
    for (number, (item, choice)) in items.zip(choices).enumerate() {
        if choice.said.correct {
            item.set("data-pathmx-question-correct", "");
            right.push(choice.label.clone());
        }
        item.children = control(question, choice, several, picked.contains(&number));
        if item.attr("class") == Some("task-list-item") {
            item.remove("class");
        }
    }
    list.add_class("pmx-question-choices");
    // Some browsers take a list without marks for none.
    list.set("role", "list");
    list.set("data-pathmx-question-answer", "");
    Some(right)
}

/// What an option is called, on one line.
pub(crate) fn words(label: &[Node<'_>]) -> String {
    dom::text(label).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list_of<'a>(listed: &[(Vec<String>, OptionKey)]) -> Element<'a> {
    let items = listed.iter().filter_map(|(labels, _)| labels.first());
    element("ul", &[], items.map(|label| Node::Element(element("li", &[], vec![text(label)]))).collect())
}

/// Takes what comments say of an option out of it.
fn comments(item: &mut Element<'_>, question: &Question<'_>, findings: &mut Vec<Diagnostic>) -> OptionKey {
    let mut found = OptionKey::default();
    let mut take = |children: &mut Vec<Node<'_>>| {
        children.retain(|child| {
            let Node::Other(comment) = child else { return true };
            let Some(said) = key::said(comment.trim(), question, findings) else { return true };
            found = std::mem::take(&mut found).or(said);
            false
        });
    };
    take(&mut item.children);
    for paragraph in item.children.iter_mut().filter_map(Node::element_mut).filter(|child| child.is("p")) {
        take(&mut paragraph.children);
    }
    item.children.retain(|child| child.element().is_none_or(|child| !child.is("p") || !child.children.is_empty()));
    found
}

/// Adds what the topmatter says of the options: by their labels, else by their order.
fn judge(
    question: &Question<'_>,
    listed: &[(Vec<String>, OptionKey)],
    choices: &mut [OptionItem<'_>],
    findings: &mut Vec<Diagnostic>,
) {
    let none = |label: &str| {
        let labels = choices.iter().map(|choice| (choice.words.as_str(), choice.words.as_str()));
        let finding = question.warning("question/correct", format!("`{label}` is none of the options"));
        match crate::text::nearest::likest(label, labels) {
            Some(nearest) => finding.hint(format!("did you mean `{nearest}`?")),
            None => finding,
        }
    };
    let mut found: Vec<(usize, OptionKey)> = Vec::new();
    for (number, (labels, said)) in listed.iter().enumerate() {
        let said = OptionKey { correct: said.correct, feedback: said.feedback.clone() };
        match labels.first() {
            Some(label) => match named(choices, labels) {
                Some(at) => found.push((at, said)),
                None => findings.push(none(label)),
            },
            None => found.push((number, said)),
        }
    }
    for labels in question.key.correct(None).into_iter().map(key::names) {
        match named(choices, &labels) {
            Some(at) => found.push((at, OptionKey { correct: true, feedback: None })),
            None => findings.push(none(labels.first().map_or("", String::as_str))),
        }
    }
    for (at, said) in found {
        if let Some(choice) = choices.get_mut(at) {
            choice.said = std::mem::take(&mut choice.said).or(said);
        }
    }
}

/// The option that has one of these labels, or of these values, by which earlier versions recorded it.
fn named(choices: &[OptionItem<'_>], names: &[String]) -> Option<usize> {
    let by_label = choices.iter().position(|choice| names.contains(&choice.words));
    by_label.or_else(|| choices.iter().position(|choice| names.contains(&choice.value)))
}

/// The numbers of the options that the topmatter records as chosen.
fn picked(
    question: &Question<'_>,
    choices: &[OptionItem<'_>],
    several: bool,
    findings: &mut Vec<Diagnostic>,
) -> HashSet<usize> {
    let mut picked = HashSet::new();
    for chosen in question.recorded("choice").into_iter().take(if several { usize::MAX } else { 1 }).map(key::names) {
        match named(choices, &chosen) {
            Some(at) => drop(picked.insert(at)),
            None => {
                let chosen = chosen.first().map_or("", String::as_str);
                let message = format!("the recorded choice `{chosen}` is none of the options");
                findings.push(question.warning("question/response", message));
            }
        }
    }
    picked
}

/// The content of an item: its control with its label, what is said of it once it was chosen, and what else was in it.
fn control<'a>(question: &Question<'_>, choice: OptionItem<'a>, several: bool, picked: bool) -> Vec<Node<'a>> {
    let kind = if several { "checkbox" } else { "radio" };
    let mut input = element("input", &[("type", kind), ("class", "pmx-question-radio")], Vec::new());
    input.set("name", html::escape(&question.name).into_owned());
    input.set("value", html::escape(&choice.value).into_owned());
    if !several {
        input.set("required", "");
    }
    if picked {
        input.set("checked", "");
    }
    let words = element("span", &[("class", "pmx-question-option")], choice.label);
    let label = element("label", &[("class", "pmx-question-choice")], vec![Node::Element(input), Node::Element(words)]);
    let mut content = vec![Node::Element(label)];
    if let Some(feedback) = choice.said.feedback {
        let attributes = [("class", "pmx-question-feedback"), ("hidden", ""), ("data-pathmx-search", "ignore")];
        content.push(Node::Element(element("p", &attributes, vec![text(&feedback)])));
    }
    content.extend(choice.rest);
    content
}

/// What an item says in its first line, and what comes after it: lists, code, further paragraphs. One that begins with another
/// block, such as a formula, code or a table, says that.
fn label<'a>(item: &mut Element<'a>) -> (Vec<Node<'a>>, Vec<Node<'a>>) {
    let mut children: Vec<Node<'a>> =
        std::mem::take(&mut item.children).into_iter().skip_while(Node::is_blank).collect();
    let paragraph = children.first_mut().and_then(Node::element_mut).filter(|first| first.is("p"));
    let (label, rest) = match paragraph.map(|paragraph| std::mem::take(&mut paragraph.children)) {
        Some(label) => (label, children.split_off(1)),
        None => {
            let stands_alone = |node: &Node<'_>| node.element().is_some_and(|e| dom::closes_paragraph(&e.name));
            let first = children.iter().position(stands_alone);
            let mut rest = first.map_or_else(Vec::new, |at| children.split_off(at));
            if children.iter().all(is_nothing) && !rest.is_empty() {
                children.retain(|node| !node.is_blank());
                children.push(in_line(rest.remove(0)));
            }
            (children, rest)
        }
    };
    let mut label: Vec<Node<'a>> = label.into_iter().filter(|node| !is_box(node)).collect();
    // A comment at the end of a line leaves its space behind.
    if let Some(Node::Text(last)) = label.last_mut() {
        *last = last.trim_end().to_owned().into();
    }
    (label, rest)
}

/// The box of a task.
fn is_box(node: &Node<'_>) -> bool {
    node.element().is_some_and(|e| e.is("input") && e.attr("type") == Some("checkbox"))
}

fn is_nothing(node: &Node<'_>) -> bool {
    node.is_blank() || is_box(node) || matches!(node, Node::Other(_))
}

/// A block as part of a line, where it can be one: a formula that stands by itself.
fn in_line(mut block: Node<'_>) -> Node<'_> {
    if let Some(formula) = block.element_mut().filter(|block| block.is("div") && block.has_class("pmx-math")) {
        formula.name = "span".into();
    }
    block
}

/// The values of the options so far.
#[derive(Default)]
struct OptionValues {
    labels: HashSet<String>,
    taken: HashSet<String>,
    /// How often a value was wanted.
    wanted: HashMap<String, usize>,
}

impl OptionValues {
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
