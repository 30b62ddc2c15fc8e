//! What the rules of a drawing say of how its labels look: selectors of elements and classes, the ancestors before them, and inheritance.

use super::{colours, css};
use crate::text::{
    dom::{Element, Node},
    html,
};
use std::{cell::OnceCell, rc::Rc};

/// What a label takes from the elements around it.
const PROPERTIES: [&str; 7] = ["color", "fill", "font-size", "font-weight", "font-style", "line-height", "white-space"];
/// How large text is that does not say so, in pixels, and how high its lines are as a part of that.
pub(super) const SIZE: f64 = 16.0;
const LINE: f64 = 1.5;

/// The values of [`PROPERTIES`].
#[derive(Clone, Debug, Default)]
pub(super) struct Look([Option<Rc<str>>; PROPERTIES.len()]);

impl Look {
    fn get(&self, name: &str) -> Option<&str> {
        let at = PROPERTIES.iter().position(|known| *known == name)?;
        self.0[at].as_deref()
    }

    /// The colour of text.
    pub(super) fn colour(&self) -> Option<&str> {
        self.get("color").or_else(|| self.get("fill"))
    }

    /// How large text is, in pixels.
    pub(super) fn size(&self) -> f64 {
        self.get("font-size").and_then(|size| size.trim_end_matches("px").parse().ok()).unwrap_or(SIZE)
    }

    pub(super) fn weight(&self) -> Option<&str> {
        self.get("font-weight")
    }

    pub(super) fn style(&self) -> Option<&str> {
        self.get("font-style")
    }

    /// How far lines are from each other, in pixels.
    pub(super) fn line(&self) -> f64 {
        let written = self.get("line-height").unwrap_or_default();
        let pixels = written.strip_suffix("px").and_then(|pixels| pixels.parse().ok());
        pixels.unwrap_or_else(|| self.size() * written.parse().unwrap_or(LINE))
    }

    /// Whether lines break where they are long, and whether white space is as it is written.
    pub(super) fn white_space(&self) -> (bool, bool) {
        match self.get("white-space") {
            Some("nowrap") => (false, false),
            Some("break-spaces" | "pre-wrap") => (true, true),
            Some("pre") => (false, true),
            _ => (true, false),
        }
    }
}

/// An element and those around it.
pub(super) struct Path<'p> {
    pub element: &'p Element<'p>,
    pub parent: Option<&'p Self>,
    look: OnceCell<Look>,
}

impl<'p> Path<'p> {
    pub(super) fn new(element: &'p Element<'p>, parent: Option<&'p Self>) -> Self {
        Self { element, parent, look: OnceCell::new() }
    }

    /// Whether a class here or further out has this word in it.
    pub(super) fn is_within(&self, word: &str) -> bool {
        self.element.attr("class").is_some_and(|classes| classes.contains(word))
            || self.parent.is_some_and(|parent| parent.is_within(word))
    }
}

/// Rules about text. `s`: of the text of the sheet.
pub(super) struct LabelSheet<'s>(Vec<Rule<'s>>);

struct Rule<'s> {
    /// From the outermost; the first is about the drawing itself.
    selector: Vec<Step<'s>>,
    /// How many classes and elements it names.
    weight: (usize, usize),
    body: &'s str,
}

/// An element that a selector names, and whether it is a child of the one before.
struct Step<'s> {
    is_child: bool,
    name: &'s str,
    classes: Vec<&'s str>,
}

impl<'s> LabelSheet<'s> {
    /// The rules of a sheet; `id` is that of the drawing.
    pub(super) fn read(sheet: &'s str, id: &str) -> Self {
        let mut rules = Vec::new();
        for (selectors, body) in css::blocks(sheet) {
            if !PROPERTIES.iter().any(|property| colours::declared(body, property).is_some()) {
                continue;
            }
            for selector in selectors.split(',').filter_map(|selector| css::within(selector, id)) {
                let selector = steps(selector);
                let weight = selector.iter().fold((0, 0), |(classes, names), step| {
                    let is_named = !matches!(step.name, "" | "*");
                    (classes + step.classes.len(), names + usize::from(is_named))
                });
                rules.push(Rule { selector, weight, body });
            }
        }
        // Of those that weigh the same the last counts.
        rules.sort_by_key(|rule| rule.weight);
        Self(rules)
    }

    /// How text in an element looks.
    pub(super) fn look<'p>(&self, path: &'p Path<'_>) -> &'p Look {
        path.look.get_or_init(|| {
            let outer = path.parent.map(|parent| self.look(parent));
            let own = html::unescape(path.element.attr("style").unwrap_or_default());
            let rules = self.0.iter().rev().filter(|rule| applies(&rule.selector, path)).map(|rule| rule.body);
            // The strongest first.
            let bodies: Vec<&str> = std::iter::once(&*own).chain(rules).collect();
            Look(std::array::from_fn(|at| {
                let property = PROPERTIES[at];
                let said = || bodies.iter().filter_map(|body| colours::declaration(body, property));
                let said = said().find(|(_, is_important)| *is_important).or_else(|| said().next());
                let value = said.map(|(value, _)| value).or_else(|| path.element.attr(property));
                let inherited = || outer.and_then(|outer| outer.0[at].clone());
                match value.filter(|value| !matches!(*value, "inherit" | "unset" | "currentColor" | "")) {
                    None => inherited(),
                    Some(value) if property == "font-size" => {
                        pixels(value, outer.map_or(SIZE, Look::size)).or_else(|| Some(value.into()))
                    }
                    Some(value) => Some(value.into()),
                }
            }))
        })
    }
}

/// A size that is a part of another, in pixels.
fn pixels(size: &str, outer: f64) -> Option<Rc<str>> {
    let part = |unit: &str, whole: f64| Some(size.strip_suffix(unit)?.trim().parse::<f64>().ok()? * whole);
    let pixels = part("rem", SIZE).or_else(|| part("em", outer)).or_else(|| part("%", outer / 100.0))?;
    Some(format!("{pixels}px").into())
}

/// The steps of a selector behind the id of the drawing.
fn steps(selector: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut is_child = false;
    let mut rest = selector;
    loop {
        let end = rest.find([' ', '>']).unwrap_or(rest.len());
        // The first is about the drawing, even if it says nothing.
        if end > 0 || steps.is_empty() {
            let mut names = rest[..end].split('.');
            let name = names.next().unwrap_or_default();
            steps.push(Step { is_child: std::mem::take(&mut is_child), name, classes: names.collect() });
        }
        let Some(sign) = rest[end..].chars().next() else { return steps };
        is_child |= sign == '>';
        rest = &rest[end + 1..];
    }
}

fn applies(steps: &[Step<'_>], path: &Path<'_>) -> bool {
    let Some((last, before)) = steps.split_last() else { return false };
    let element = path.element;
    if !(matches!(last.name, "" | "*") || last.name == element.name)
        || !last.classes.iter().all(|class| element.has_class(class))
    {
        return false;
    }
    match (before.is_empty(), path.parent) {
        (true, parent) => parent.is_none(),
        (false, None) => false,
        (false, Some(parent)) if last.is_child => applies(before, parent),
        (false, mut outer) => {
            while let Some(path) = outer {
                if applies(before, path) {
                    return true;
                }
                outer = path.parent;
            }
            false
        }
    }
}

/// Gives `then` the innermost element that has all words of another, with what is around it.
pub(super) fn innermost<'p, R>(path: &Path<'p>, then: &mut dyn FnMut(&Path<'_>) -> R) -> R {
    let mut inside = path.element.children.iter().filter(|child| !child.is_blank());
    match (inside.next(), inside.next()) {
        (Some(Node::Element(only)), None) if !only.children.is_empty() => innermost(&Path::new(only, Some(path)), then),
        _ => then(path),
    }
}
