//! One pass over a Block, in the order of the document, that marks Beats.

use super::{
    Beat, BeatKind,
    density::Density,
    label::label,
    survey::{
        ElementContent, has, is_cell, is_code, is_component, is_display_math, is_hidden, is_layout, is_medium, is_prose,
    },
    table::TableStep,
};
use crate::text::{
    dom::{Element, Node},
    html,
    shorten::shorten,
};
use std::{borrow::Cow, collections::HashSet};

/// How deep content is marked. No page that anybody reads comes near.
const MAX_DEPTH: usize = 150;
/// The most lines and cells that the focus steps of a Block may name, each counted for each step that names it: each one
/// gets the ids of its steps.
pub(super) const MAX_MEMBERS: usize = 50_000;
/// How much of a Block's id goes into the ids of its Beats, in bytes: each of them repeats it.
const MAX_ID: usize = 200;

pub(super) struct BeatWalk<'s> {
    block: &'s str,
    density: Density,
    table_steps: Option<Vec<TableStep>>,
    headings: usize,
    steps: usize,
    codes: usize,
    /// Ids that authors wrote.
    authored: HashSet<String>,
    /// Those of them that were met.
    met: HashSet<String>,
    /// Those that were met again.
    repeated: usize,
    members: usize,
    pub beats: Vec<Beat>,
    /// Whether focus steps were left out because there are too many.
    pub exhausted: bool,
}

/// What is being marked: the content of the Block, or that of a Beat.
struct Scope {
    parent: Option<String>,
    /// Children so far.
    children: usize,
    depth: usize,
    /// Whether paragraphs and the like are Beats here; if not, only what may stand inside of a Beat is.
    prose: bool,
    /// Whether items of lists are.
    items: bool,
}

impl Scope {
    /// The inside of a Beat: nested items, components and focus steps.
    fn inside(parent: &str, around: &Self, items: bool) -> Self {
        Self { parent: Some(parent.to_owned()), children: 0, depth: around.depth + 1, prose: false, items }
    }
}

impl<'s> BeatWalk<'s> {
    pub(super) fn new(
        block: &'s str,
        density: Density,
        table_steps: Option<Vec<TableStep>>,
        authored: HashSet<String>,
    ) -> Self {
        let end = (0..=block.len().min(MAX_ID)).rev().find(|end| block.is_char_boundary(*end)).unwrap_or(0);
        Self {
            block: &block[..end],
            density,
            table_steps,
            headings: 0,
            steps: 0,
            codes: 0,
            authored,
            met: HashSet::new(),
            repeated: 0,
            members: 0,
            beats: Vec::new(),
            exhausted: false,
        }
    }

    pub(super) fn block(&mut self, nodes: &mut [Node<'_>]) {
        self.nodes(nodes, &mut Scope { parent: None, children: 0, depth: 0, prose: true, items: true });
    }

    fn nodes(&mut self, nodes: &mut [Node<'_>], scope: &mut Scope) {
        if scope.depth >= MAX_DEPTH {
            return;
        }
        scope.depth += 1;
        for element in nodes.iter_mut().filter_map(Node::element_mut) {
            self.element(element, scope);
        }
        scope.depth -= 1;
    }

    fn element(&mut self, element: &mut Element<'_>, scope: &mut Scope) {
        if is_hidden(element) {
            return;
        }
        if has(element, "data-pathmx-beat") {
            return self.authored(element, scope);
        }
        if is_component(element) {
            return self.component(element, scope);
        }
        if is_code(element) {
            return self.code(element, scope);
        }
        match &*element.name {
            "ul" | "ol" | "menu" if has(element, "data-pathmx-question-answer") => {
                self.leaf(element, BeatKind::Step, scope)
            }
            "ul" | "ol" | "menu" => self.list(element, scope),
            "table" => self.table(element, scope),
            "details" => self.details(element, scope),
            _ if !scope.prose => self.nodes(&mut element.children, scope),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(element, scope),
            "p" => self.prose(element, BeatKind::Step, scope),
            "dd" => self.prose(element, BeatKind::Item, scope),
            "label" | "input" | "button" | "select" | "textarea" | "output" | "meter" | "progress" => {}
            "legend" => self.nodes(&mut element.children, scope),
            _ if has(element, "data-pathmx-question-controls") => {}
            _ if has(element, "data-pathmx-question-answer") => self.leaf(element, BeatKind::Step, scope),
            _ if is_display_math(element) => self.leaf(element, BeatKind::Math, scope),
            _ if is_medium(element) => self.leaf(element, BeatKind::Figure, scope),
            _ if element.has_class("pmx-callout") => self.holder(element, BeatKind::Step, scope),
            _ if is_prose(element) => self.prose(element, BeatKind::Step, scope),
            _ => self.nodes(&mut element.children, scope),
        }
    }

    /// A Beat as a whole.
    fn leaf(&mut self, element: &mut Element<'_>, kind: BeatKind, scope: &mut Scope) {
        let id = self.step_id(scope);
        self.mark(element, id, kind, scope.parent.clone());
    }

    /// A Beat that may have others in it.
    fn holder(&mut self, element: &mut Element<'_>, kind: BeatKind, scope: &mut Scope) {
        let id = self.step_id(scope);
        self.mark(element, id.clone(), kind, scope.parent.clone());
        let mut inside = Scope::inside(&id, scope, self.density.nested_items);
        self.nodes(&mut element.children, &mut inside);
        contain(element, inside.children);
    }

    fn heading(&mut self, element: &mut Element<'_>, scope: &mut Scope) {
        if ElementContent::of(&element.children) == ElementContent::default() {
            return;
        }
        let id = match &scope.parent {
            Some(_) => self.step_id(scope),
            None => {
                let block = self.block;
                self.free(|walk| format!("{block}:heading-{}", next(&mut walk.headings)))
            }
        };
        self.mark(element, id, BeatKind::Heading, scope.parent.clone());
    }

    /// A paragraph, an item: a Beat if there is text in it. If there are only components or formulas, it is these.
    fn prose(&mut self, element: &mut Element<'_>, kind: BeatKind, scope: &mut Scope) {
        match ElementContent::of(&element.children) {
            ElementContent { text: true, .. } => self.holder(element, kind, scope),
            ElementContent { own: true, .. } => self.nodes(&mut element.children, scope),
            ElementContent { media: true, .. } => self.leaf(element, BeatKind::Figure, scope),
            _ => {}
        }
    }

    fn list(&mut self, list: &mut Element<'_>, scope: &mut Scope) {
        if !scope.items {
            return self.nodes(&mut list.children, scope);
        }
        if scope.depth >= MAX_DEPTH {
            return;
        }
        for item in list.children.iter_mut().filter_map(Node::element_mut) {
            if !item.is("li") || is_hidden(item) || has(item, "data-pathmx-beat") || is_component(item) {
                self.element(item, scope);
            } else {
                self.prose(item, BeatKind::Item, scope);
            }
        }
    }

    fn details(&mut self, details: &mut Element<'_>, scope: &mut Scope) {
        let open = has(details, "open");
        if !scope.prose {
            if open {
                self.nodes(&mut details.children, scope);
            }
            return;
        }
        let id = self.step_id(scope);
        self.mark(details, id.clone(), BeatKind::Step, scope.parent.clone());
        let named = details.children.iter().filter_map(Node::element).find(|child| child.is("summary"));
        if let (Some(summary), Some(beat)) = (named, self.beats.last_mut()) {
            beat.label = label(summary);
        }
        if open {
            let mut body = Scope { prose: true, ..Scope::inside(&id, scope, true) };
            for child in details.children.iter_mut().filter_map(Node::element_mut).filter(|child| !child.is("summary"))
            {
                self.element(child, &mut body);
            }
            contain(details, body.children);
        }
    }

    fn component(&mut self, root: &mut Element<'_>, scope: &mut Scope) {
        let states = root.attr("data-pathmx-states").map_or(0, |states| states.matches('|').count());
        if states == 0 && is_layout(root) {
            return self.nodes(&mut root.children, scope);
        }
        let id = self.step_id(scope);
        self.mark(root, id.clone(), BeatKind::Component, scope.parent.clone());
        let mut inside = Scope::inside(&id, scope, false);
        let names: Vec<String> = root
            .attr("data-pathmx-states")
            .into_iter()
            .flat_map(|s| s.split('|'))
            .skip(1)
            .map(|name| html::unescape(name.trim()).into_owned())
            .collect();
        self.children(root, &id, BeatKind::State, &names, &mut inside);
        self.nodes(&mut root.children, &mut inside);
        contain(root, inside.children);
    }

    fn code(&mut self, element: &mut Element<'_>, scope: &mut Scope) {
        let steps = element.attr("data-pathmx-code-steps").map(str::to_owned);
        if !self.density.code || (!scope.prose && steps.is_none()) {
            return;
        }
        let id = match &scope.parent {
            Some(_) => self.step_id(scope),
            None => {
                let block = self.block;
                self.free(|walk| format!("{block}:code-{}", next(&mut walk.codes)))
            }
        };
        self.mark(element, id.clone(), BeatKind::Code, scope.parent.clone());
        let Some(steps) = steps else { return };
        let names: Vec<String> = steps.split('|').map(str::to_owned).collect();
        let mut lines = Vec::new();
        line_elements(&mut element.children, 0, &mut lines);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); lines.len()];
        for (step, ranges) in names.iter().enumerate() {
            for (from, to) in ranges.split(',').filter_map(line_range) {
                let to = to.min(lines.len());
                self.members += (to + 1).saturating_sub(from);
                if self.members > MAX_MEMBERS {
                    self.exhausted = true;
                    return;
                }
                for line in members.get_mut(from - 1..to).into_iter().flatten() {
                    if line.last() != Some(&step) {
                        line.push(step);
                    }
                }
            }
        }
        for (line, steps) in lines.into_iter().zip(members) {
            let steps: Vec<String> = steps.iter().map(|step| child_id(&id, step + 1)).collect();
            belong(line, &steps);
        }
        let mut inside = Scope::inside(&id, scope, false);
        let names: Vec<String> = names.iter().map(|lines| format!("Lines {lines}")).collect();
        self.children(element, &id, BeatKind::CodeStep, &names, &mut inside);
        contain(element, inside.children);
    }

    fn table(&mut self, table: &mut Element<'_>, scope: &mut Scope) {
        if !scope.prose && self.table_steps.is_none() {
            return self.nodes(&mut table.children, scope);
        }
        let id = self.step_id(scope);
        self.mark(table, id.clone(), BeatKind::Table, scope.parent.clone());
        let mut inside = Scope::inside(&id, scope, false);
        let steps = self.table_steps.take().filter(|steps| self.afford(steps, table));
        if let Some(steps) = steps {
            let ids: Vec<String> = (1..=steps.len()).map(|step| child_id(&id, step)).collect();
            for (row, element) in rows(table).enumerate() {
                let cells = element.children.iter_mut().filter_map(Node::element_mut).filter(|cell| is_cell(cell));
                for (column, cell) in cells.enumerate() {
                    let held = steps.iter().zip(&ids).filter(|(step, _)| step.holds(row + 1, column + 1));
                    belong(cell, &held.map(|(_, id)| id.clone()).collect::<Vec<_>>());
                }
            }
            let names: Vec<String> = steps.into_iter().map(|step| step.label).collect();
            self.children(table, &id, BeatKind::TableStep, &names, &mut inside);
        } else if self.density.rows {
            for row in rows(table) {
                match has(row, "data-pathmx-beat") {
                    true => self.authored(row, &mut inside),
                    false => self.holder(row, BeatKind::TableRow, &mut inside),
                }
            }
        } else {
            self.nodes(&mut table.children, &mut inside);
        }
        contain(table, inside.children);
    }

    /// Whether the cells that the steps name are not too many.
    fn afford(&mut self, steps: &[TableStep], table: &mut Element<'_>) -> bool {
        let (mut count, mut columns) = (0, 0);
        for row in rows(table) {
            count += 1;
            columns = columns.max(row.children.len());
        }
        self.members = steps.iter().map(|step| step.size(count, columns)).fold(self.members, usize::saturating_add);
        self.exhausted |= self.members > MAX_MEMBERS;
        self.members <= MAX_MEMBERS
    }

    /// A Beat that the author marked: it keeps its id, unless another one has it.
    fn authored(&mut self, element: &mut Element<'_>, scope: &mut Scope) {
        let written = element.attr("data-pathmx-beat").map(html::unescape).unwrap_or_default().trim().to_owned();
        let id = if written.is_empty() {
            self.step_id(scope)
        } else if self.met.insert(written.clone()) {
            written
        } else {
            self.free(|walk| format!("{written}-{}", next(&mut walk.repeated) + 2))
        };
        let kind = element.attr("data-pathmx-beat-kind").map(str::to_owned);
        self.mark(element, id.clone(), BeatKind::Step, scope.parent.clone());
        if let Some(kind) = kind {
            element.set("data-pathmx-beat-kind", kind);
        }
        let mut inside = Scope::inside(&id, scope, self.density.nested_items);
        self.nodes(&mut element.children, &mut inside);
        contain(element, inside.children);
    }

    /// Beats that are no elements: the element around them lists them.
    fn children(&mut self, around: &mut Element<'_>, id: &str, kind: BeatKind, names: &[String], scope: &mut Scope) {
        if names.is_empty() {
            return;
        }
        let mut ids = String::new();
        for name in names {
            scope.children += 1;
            let child = child_id(id, scope.children);
            ids.push_str(if ids.is_empty() { "" } else { " " });
            ids.push_str(&child);
            let label = shorten(name, super::label::MAX_LABEL);
            self.beats.push(Beat { id: child, kind, parent: Some(id.to_owned()), label });
        }
        around.set("data-pathmx-beat-children", html::escape(&ids).into_owned());
    }

    fn mark(&mut self, element: &mut Element<'_>, id: String, kind: BeatKind, parent: Option<String>) {
        element.set("data-pathmx-beat", html::escape(&id).into_owned());
        element.set("data-pathmx-beat-kind", kind.name());
        self.beats.push(Beat { id, kind, parent, label: label(element) });
    }

    fn step_id(&mut self, scope: &mut Scope) -> String {
        match &scope.parent {
            Some(parent) => self.free(|_| child_id(parent, next(&mut scope.children) + 1)),
            None => {
                let block = self.block;
                self.free(|walk| format!("{block}:step-{}", next(&mut walk.steps)))
            }
        }
    }

    /// The first of some ids that no author took; each is asked for once.
    fn free(&mut self, mut id: impl FnMut(&mut Self) -> String) -> String {
        loop {
            let candidate = id(self);
            if self.authored.is_empty() || self.authored.insert(candidate.clone()) {
                return candidate;
            }
        }
    }
}

fn child_id(parent: &str, number: usize) -> String {
    format!("{parent}:step-{number}")
}

/// The number, which is then the one after it.
fn next(number: &mut usize) -> usize {
    *number += 1;
    *number - 1
}

/// Says that an element holds other Beats, if it does.
fn contain(element: &mut Element<'_>, children: usize) {
    if children > 0 {
        element.set("data-pathmx-beat-container", "true");
    }
}

/// Says to which steps an element belongs.
fn belong(element: &mut Element<'_>, ids: &[String]) {
    if !ids.is_empty() {
        let ids = ids.join(" ");
        element.set("data-pathmx-beat-member", Cow::Owned(html::escape(&ids).into_owned()));
    }
}

/// The rows of the body of a table.
fn rows<'n, 'a>(table: &'n mut Element<'a>) -> impl Iterator<Item = &'n mut Element<'a>> {
    table.children.iter_mut().filter_map(Node::element_mut).flat_map(|part| {
        let rows: Box<dyn Iterator<Item = &'n mut Element<'a>>> = if part.is("tbody") {
            Box::new(part.children.iter_mut().filter_map(Node::element_mut))
        } else {
            Box::new(std::iter::once(part))
        };
        rows.filter(|row| super::survey::is_body_row(row))
    })
}

/// The lines of a code block.
fn line_elements<'n, 'a>(nodes: &'n mut [Node<'a>], depth: usize, lines: &mut Vec<&'n mut Element<'a>>) {
    for element in nodes.iter_mut().filter_map(Node::element_mut) {
        if element.has_class("line") {
            lines.push(element);
        } else if depth < MAX_DEPTH {
            line_elements(&mut element.children, depth + 1, lines);
        }
    }
}

/// `3` or `2-4`, from 1.
fn line_range(text: &str) -> Option<(usize, usize)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let (from, to) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    (from > 0 && from <= to).then_some((from, to))
}
