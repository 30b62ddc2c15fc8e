//! From the scopes of a grammar to the classes of pmx.

use crate::source::highlight::paint::{Class, Paint};
use std::collections::HashMap;
use syntect::parsing::{ClearAmount, Scope};

/// Scopes and the class of what they stand for. The longest that a scope begins with decides; a scope that none of them begins has the
/// class of what it stands in.
const CLASSES: &[(&str, Class)] = &[
    // What begins a language within another one.
    ("source", Class::Plain),
    ("text", Class::Plain),
    ("meta.embedded", Class::Plain),
    ("meta.interpolation", Class::Plain),
    ("meta.template.expression", Class::Plain),
    ("comment", Class::Comment),
    ("string", Class::String),
    ("constant", Class::Builtin),
    ("constant.numeric", Class::Number),
    ("constant.other.color", Class::Number),
    ("constant.other.rgb-value", Class::Number),
    ("constant.character.escape", Class::Escape),
    ("constant.other.placeholder", Class::Escape),
    ("keyword", Class::Keyword),
    ("keyword.operator", Class::Operator),
    ("keyword.operator.word", Class::Keyword),
    ("keyword.operator.new", Class::Keyword),
    ("keyword.operator.wordlike", Class::Keyword),
    ("keyword.other.unit", Class::Number),
    ("storage", Class::Keyword),
    ("storage.type.primitive", Class::Type),
    ("storage.type.numeric", Class::Type),
    ("storage.type.built-in", Class::Type),
    ("storage.type.annotation", Class::Meta),
    ("entity.name", Class::Type),
    ("entity.name.function", Class::Function),
    ("entity.name.section", Class::Heading),
    ("entity.name.label", Class::Meta),
    ("entity.name.constant", Class::Builtin),
    ("entity.name.variable", Class::Variable),
    ("entity.other.attribute-name", Class::Attribute),
    ("entity.other.inherited-class", Class::Type),
    ("support", Class::Builtin),
    ("support.function", Class::Function),
    ("support.macro", Class::Function),
    ("support.type", Class::Type),
    ("support.class", Class::Type),
    ("support.type.property-name", Class::Attribute),
    ("support.variable.property", Class::Attribute),
    ("variable", Class::Variable),
    ("variable.function", Class::Function),
    ("variable.language", Class::Builtin),
    ("variable.annotation", Class::Meta),
    ("variable.other.member", Class::Plain),
    ("variable.other.property", Class::Plain),
    ("variable.other.object", Class::Plain),
    ("meta.annotation", Class::Meta),
    ("meta.decorator", Class::Meta),
    ("meta.preprocessor", Class::Meta),
    ("meta.property-name", Class::Attribute),
    ("meta.diff.header", Class::Heading),
    ("meta.diff.range", Class::Heading),
    ("punctuation.section.interpolation", Class::Escape),
    ("punctuation.section.embedded", Class::Escape),
    ("punctuation.definition.template-expression", Class::Escape),
    ("markup.heading", Class::Heading),
    ("markup.bold", Class::Strong),
    ("markup.italic", Class::Emphasis),
    ("markup.raw", Class::String),
    ("markup.underline.link", Class::Link),
    ("markup.inserted", Class::Inserted),
    ("markup.deleted", Class::Deleted),
];

/// The classes of scopes, each looked up once.
#[derive(Default)]
pub(super) struct Classes(HashMap<Scope, Option<Class>>);

impl Classes {
    fn of(&mut self, scope: Scope) -> Option<Class> {
        *self.0.entry(scope).or_insert_with(|| {
            let name = scope.build_string();
            let begins =
                |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            CLASSES
                .iter()
                .filter(|(prefix, _)| begins(prefix))
                .max_by_key(|(prefix, _)| prefix.len())
                .map(|found| found.1)
        })
    }
}

/// Paints a line while scopes begin and end.
pub(super) struct Painter<'p> {
    paint: &'p mut Paint,
    line: String,
    painted: usize,
    /// The class of each scope that is open.
    open: Vec<Class>,
    /// What grammars put aside, to be restored.
    aside: Vec<Vec<Class>>,
}

impl<'p> Painter<'p> {
    pub(super) const fn new(paint: &'p mut Paint) -> Self {
        Self { paint, line: String::new(), painted: 0, open: Vec::new(), aside: Vec::new() }
    }

    /// Begins a line, of which this is what is painted.
    pub(super) fn begin(&mut self, line: &str) {
        self.line.clear();
        self.line.push_str(line);
        self.painted = 0;
    }

    /// Paints up to this byte. What was painted stays as it is.
    pub(super) fn to(&mut self, at: usize) {
        let at = at.min(self.line.len());
        if let Some(text) = self.line.get(self.painted..at).filter(|text| !text.is_empty()) {
            self.paint.put(self.open.last().copied().unwrap_or(Class::Plain), text);
            self.painted = at;
        }
    }

    /// Paints what is left of the line.
    pub(super) fn end(&mut self) {
        self.to(self.line.len());
    }

    pub(super) fn push(&mut self, scope: Scope, classes: &mut Classes) {
        let around = self.open.last().copied().unwrap_or(Class::Plain);
        self.open.push(classes.of(scope).unwrap_or(around));
    }

    pub(super) fn pop(&mut self, count: usize) {
        self.open.truncate(self.open.len().saturating_sub(count));
    }

    pub(super) fn clear(&mut self, amount: ClearAmount) {
        let kept = match amount {
            ClearAmount::TopN(count) => self.open.len().saturating_sub(count),
            ClearAmount::All => 0,
        };
        self.aside.push(self.open.split_off(kept));
    }

    pub(super) fn restore(&mut self) {
        self.open.extend(self.aside.pop().unwrap_or_default());
    }
}
