//! `completion`: what a Source, or a Block of one, asks its reader to tick off, and the elements that show it.
//!
//! `<x-completion-outline />` lists it with boxes, or, in a Source that asks for nothing itself, the Sources that it links to with whether
//! they are done. `<x-completion-progress />` says how much is. What is ticked is kept by a script in the reader's browser; without it the
//! outline is a list of what is asked for, and there is no progress.

use crate::{
    diagnostic::Diagnostic,
    graph::{Graph, Node, Target},
    source::{
        Place,
        standard::{OUTLINE, PROGRESS},
        values::BlockText,
    },
    text::{
        dom::{Element, Node as Markup},
        html,
    },
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What is asked where nothing else is said.
const DEFAULT: &str = "I have completed this";

/// Something to be ticked off.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    /// By which the browser keeps it: the Source's id, with that of the Block.
    key: String,
    label: String,
}

/// A Source that another one leads through.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CompletionStep {
    title: String,
    /// The number of the link that leads there.
    link: usize,
    keys: Vec<String>,
}

/// What the elements of a page show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Completion {
    own: Vec<Requirement>,
    steps: Vec<CompletionStep>,
}

impl Completion {
    /// Of the page of a Source.
    pub(crate) fn of(graph: &Graph, node: &Node) -> Self {
        let own = requirements(node);
        let mut steps = Vec::new();
        if own.is_empty() {
            let mut seen = BTreeSet::new();
            for (link, (written, target)) in node.source.links.iter().zip(&node.targets).enumerate() {
                let Target::Page { id, .. } = target else { continue };
                if !matches!(written.place, Place::Anchor | Place::Request | Place::Wiki | Place::Embed)
                    || *id == node.id
                    || !seen.insert(id)
                {
                    continue;
                }
                let Some(step) = graph.nodes.get(id) else { continue };
                let keys: Vec<String> = requirements(step).into_iter().map(|asked| asked.key).collect();
                if !keys.is_empty() {
                    steps.push(CompletionStep { title: step.title(), link, keys });
                }
            }
        }
        Self { own, steps }
    }

    /// Everything that a page depends on, for its inputs.
    pub(crate) fn digest(&self) -> String {
        format!("{self:?}")
    }

    /// Puts markup in place of the elements; whether there were any. What shows nothing is told.
    pub(crate) fn put(
        &self,
        nodes: &mut Vec<Markup<'_>>,
        written: BlockText<'_>,
        findings: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut found = false;
        for node in nodes.iter_mut() {
            let Markup::Element(element) = node else { continue };
            let is_outline = element.is(OUTLINE);
            if !is_outline && !element.is(PROGRESS) {
                let here = self.put(&mut element.children, written, findings);
                found |= here;
                // Neither a list nor a bar is a part of a paragraph.
                if here && element.is("p") {
                    element.name = "div".into();
                }
                continue;
            }
            if self.own.is_empty() && self.steps.is_empty() {
                let position = written.find(&format!("<{}", element.name));
                let message = format!(
                    "`<{} />` shows nothing: neither this Source nor one that it links to has `completion`",
                    element.name
                );
                let finding = Diagnostic::warning("completion/nothing", position, message);
                findings.push(
                    finding.hint("say in the frontmatter what a reader should tick off: `completion: {label: …}`"),
                );
                *node = Markup::Text("".into());
                continue;
            }
            found = true;
            let class = element.attr("class").unwrap_or_default().to_owned();
            let mut made = if is_outline { self.outline() } else { self.progress() };
            if !class.trim().is_empty() {
                let own = made.attr("class").unwrap_or_default().to_owned();
                made.set("class", format!("{own} {class}"));
            }
            *node = Markup::Element(made);
        }
        found
    }

    fn outline<'a>(&self) -> Element<'a> {
        let mut list = Element::new(if self.own.is_empty() { "ol" } else { "ul" });
        list.set("class", "pmx-completion-outline");
        for asked in &self.own {
            let mut input = Element::new("input");
            input.set("type", "checkbox");
            input.set("data-pathmx-completion-key", html::escape(&asked.key).into_owned());
            // Without a script it would do nothing.
            input.set("hidden", "");
            input.set("disabled", "");
            let text = Markup::Text(format!(" {}", html::escape(&asked.label)).into());
            list.children.push(item(within("label", vec![Markup::Element(input), text])));
        }
        for step in &self.steps {
            let mut link = within("a", vec![Markup::Text(html::escape(&step.title).into_owned().into())]);
            link.set("href", format!("\0{}\0", step.link));
            let mut state = Element::new("span");
            state.set("class", "pmx-completion-state");
            state.set("data-pathmx-completion-of", keys(&step.keys));
            let children = vec![Markup::Element(link), Markup::Text(" ".into()), Markup::Element(state)];
            list.children.push(Markup::Element(within("li", children)));
        }
        list
    }

    fn progress<'a>(&self) -> Element<'a> {
        // Of a Source's own requirements each counts; of those that it leads through each Source.
        let groups: Vec<Vec<String>> = match self.own.is_empty() {
            false => self.own.iter().map(|asked| vec![asked.key.clone()]).collect(),
            true => self.steps.iter().map(|step| step.keys.clone()).collect(),
        };
        let mut bar = Element::new("progress");
        bar.set("max", groups.len().to_string());
        bar.set("value", "0");
        bar.set("aria-label", "Completed");
        let mut said = Element::new("span");
        said.set("role", "status");
        let mut all = within("div", vec![Markup::Element(bar), Markup::Text(" ".into()), Markup::Element(said)]);
        all.set("class", "pmx-completion-progress");
        all.set("data-pathmx-completion-groups", json(&groups));
        all.set("data-pathmx-search", "ignore");
        all.set("hidden", "");
        all
    }
}

/// What a Source asks for: by its frontmatter, then by its Blocks.
fn requirements(node: &Node) -> Vec<Requirement> {
    let of = |key: String, values: &Map<String, Value>| {
        let label = label(values.get("completion")?)?;
        Some(Requirement { key, label })
    };
    let source = of(node.id.clone(), &node.source.values);
    let blocks = node.source.blocks.iter().filter_map(|block| of(format!("{}#{}", node.id, block.id), &block.values));
    source.into_iter().chain(blocks).collect()
}

/// What is asked by a value of `completion`; none, if nothing is.
fn label(value: &Value) -> Option<String> {
    let text = match value {
        Value::Bool(true) => "",
        Value::String(text) => text,
        Value::Object(map) => map.get("label").and_then(Value::as_str).unwrap_or_default(),
        _ => return None,
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(if text.is_empty() { DEFAULT.to_owned() } else { text })
}

fn item<'a>(content: Element<'a>) -> Markup<'a> {
    Markup::Element(within("li", vec![Markup::Element(content)]))
}

fn within<'a>(name: &'static str, children: Vec<Markup<'a>>) -> Element<'a> {
    Element { children, ..Element::new(name) }
}

fn keys(keys: &[String]) -> String {
    json(&[keys.to_vec()])
}

/// For an attribute.
fn json(groups: &[Vec<String>]) -> String {
    html::escape(&Value::from(groups.iter().map(|keys| Value::from(keys.clone())).collect::<Vec<_>>()).to_string())
        .into_owned()
}
