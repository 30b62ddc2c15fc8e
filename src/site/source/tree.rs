//! The tree of a body. The parser knows neither names in double brackets nor formulas as PathMX has them; what it makes of them decides
//! nevertheless: where it sees code, HTML or a link of CommonMark, there is nothing else. So the text is parsed, what the tree shows to be
//! something else is hidden or fenced in the text, and the text is parsed again. A Source without such things is parsed once.

use super::{
    Settings,
    formulas::{self, Found},
    lines::Lines,
    mask::Mask,
    options, wikilinks,
};
use comrak::{
    Arena, Options,
    nodes::{AstNode, NodeValue},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

/// How often a text is parsed again for its formulas. Each time the half of a chain of dollars is settled, so this is one of 200.
const MAX_PASSES: usize = 8;

/// Parses a body. Lines and columns of the tree are those of the body; names in double brackets are `WikiLink`s, and formulas of several
/// blocks are fences of the language `math`.
pub(in crate::site) fn tree<'a>(arena: &'a Arena<'a>, body: &str, settings: &Settings) -> &'a AstNode<'a> {
    let parser = Parser { arena, options: options(settings) };
    let named = settings.wikilinks && body.contains("[[");
    let dollars = settings.has("math") && body.contains('$');
    let mask = if named || dollars { Mask::for_text(body) } else { None };
    let Some(mask) = mask else { return parser.parse(body) };
    let text = if named { wikilinks::hidden(body, &mask, |text| parser.parse(text)) } else { Cow::Borrowed(body) };
    let root = if dollars { parser.with_formulas(&text, &mask) } else { parser.parse(&text) };
    restore(arena, root, &mask, &Lines::of(&text, 1));
    root
}

struct Parser<'a> {
    arena: &'a Arena<'a>,
    options: Options<'static>,
}

impl<'a> Parser<'a> {
    fn parse(&self, text: &str) -> &'a AstNode<'a> {
        comrak::parse_document(self.arena, text, &self.options)
    }

    fn with_formulas(&self, text: &str, mask: &Mask) -> &'a AstNode<'a> {
        let mut text = text.to_owned();
        // Lines `$$` that became fences, and those that cannot.
        let mut fences: BTreeMap<usize, usize> = BTreeMap::new();
        let mut refused: BTreeSet<usize> = BTreeSet::new();
        let mut root = self.parse(&text);
        for _ in 0..MAX_PASSES {
            let lines = Lines::of(&text, 1);
            let Found { prose, formulas, fenced } = formulas::find(root, &lines, &refused);
            let lost: Vec<usize> = fences.keys().copied().filter(|open| !fenced.contains(open)).collect();
            if prose.is_empty() && formulas.is_empty() && lost.is_empty() {
                return root;
            }
            for open in lost {
                fences.remove(&open);
                refused.insert(open);
            }
            fences.extend(formulas);
            text = formulas::as_prose(&text, &prose, mask);
            root = self.parse(&formulas::fenced(&text, &fences));
        }
        let found = formulas::find(root, &Lines::of(&text, 1), &refused);
        if fences.keys().any(|open| !found.fenced.contains(open)) {
            root = self.parse(&text);
        }
        formulas::leave(root, mask);
        root
    }
}

/// Shows what was hidden, and makes links of names.
fn restore<'a>(arena: &'a Arena<'a>, root: &'a AstNode<'a>, mask: &Mask, lines: &Lines<'_>) {
    let mut texts = Vec::new();
    for node in root.descendants() {
        let mut data = node.data_mut();
        let each: &mut [&mut String] = match &mut data.value {
            NodeValue::Text(text) => {
                if mask.is_in(text) {
                    texts.push(node);
                }
                &mut []
            }
            NodeValue::Code(code) => &mut [&mut code.literal],
            NodeValue::CodeBlock(code) => &mut [&mut code.info, &mut code.literal],
            NodeValue::HtmlBlock(block) => &mut [&mut block.literal],
            NodeValue::HtmlInline(literal) => &mut [literal],
            NodeValue::Math(math) => &mut [&mut math.literal],
            NodeValue::Link(link) | NodeValue::Image(link) => &mut [&mut link.url, &mut link.title],
            NodeValue::FootnoteDefinition(note) => &mut [&mut note.name],
            NodeValue::FootnoteReference(note) => &mut [&mut note.name],
            NodeValue::Callout(callout) => {
                callout.metadata.iter_mut().for_each(|text| show(text, mask));
                &mut [&mut callout.callout_type]
            }
            _ => &mut [],
        };
        each.iter_mut().for_each(|text| show(text, mask));
    }
    for node in texts {
        wikilinks::split(arena, node, mask, lines);
    }
}

fn show(text: &mut String, mask: &Mask) {
    if let Cow::Owned(shown) = mask.show(text) {
        *text = shown;
    }
}
