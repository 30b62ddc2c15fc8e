//! The tree of a body. The parser knows neither names in double brackets nor formulas as PathMX has them; what it makes of them decides
//! nevertheless: where it sees code, HTML or a link of CommonMark, there is nothing else. So the text is parsed, what the tree shows to be
//! something else is hidden or fenced in the text, and the text is parsed again. A Source without such things is parsed once.

use super::{
    Settings, braces,
    formulas::{self, DollarSurvey, Spans},
    hosts,
    lines::Lines,
    mask::Mask,
    options, tags, wikilinks,
};
use comrak::{
    Arena, Options,
    arena_tree::NodeEdge,
    nodes::{Ast, AstNode, NodeValue},
};
use std::{
    borrow::Cow,
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet},
};

/// How often a text is parsed again for its formulas. Each time the half of a chain of dollars is settled, so this is one of 200.
const MAX_PASSES: usize = 8;

/// What opens and closes a mark.
const MARK: &str = "==";

/// With a letter before it, a line is a paragraph.
const LETTER: &str = "x";

/// Parses a body. Lines and columns of the tree are those of the body; names in double brackets are `WikiLink`s, and formulas of several
/// blocks are fences of the language `math`.
pub(crate) fn tree<'a>(arena: &'a Arena<'a>, body: &str, settings: &Settings) -> &'a AstNode<'a> {
    let parser = MarkdownParser { arena, options: options(settings) };
    let opened = tags::opened(body, |text| parser.parse(text));
    let root = named(&parser, &opened.text, settings);
    opened.restore(root);
    braces::apart(arena, root, body);
    if body.contains("[!") {
        titles(&parser, root);
    }
    root
}

/// What the title of a callout begins with is a part of a line, but the parser takes HTML there for a block, with nothing but HTML in it.
fn titles<'a>(parser: &MarkdownParser<'a>, root: &'a AstNode<'a>) {
    let is_title = |node: &&'a AstNode<'a>| matches!(node.data().value, NodeValue::CalloutTitle);
    let titles: Vec<_> = root.descendants().filter(is_title).filter_map(|title| title.first_child()).collect();
    for block in titles {
        let (literal, at) = match &*block.data() {
            Ast { value: NodeValue::HtmlBlock(html), sourcepos, .. } => (html.literal.clone(), sourcepos.start),
            _ => continue,
        };
        let line = parser.parse(&format!("{LETTER}{}", literal.trim_end()));
        let Some(paragraph) = line.first_child().filter(|first| matches!(first.data().value, NodeValue::Paragraph))
        else {
            continue;
        };
        for node in paragraph.descendants() {
            let place = &mut node.data_mut().sourcepos;
            for end in [&mut place.start, &mut place.end] {
                end.line += at.line - 1;
                end.column = (end.column + at.column).saturating_sub(1 + LETTER.len()).max(1);
            }
        }
        if let Some(first) = paragraph.first_child()
            && let NodeValue::Text(text) = &mut first.data_mut().value
        {
            *text = text.strip_prefix(LETTER).unwrap_or(text).to_owned().into();
        }
        paragraph.detach();
        block.insert_before(paragraph);
        block.detach();
    }
}

/// The tree of a text in which no tag is left for the parser to mistake.
fn named<'a>(parser: &MarkdownParser<'a>, body: &str, settings: &Settings) -> &'a AstNode<'a> {
    let arena = parser.arena;
    let named = settings.wikilinks && body.contains("[[");
    let dollars = settings.has("math") && body.contains('$');
    let hosts = hosts::hidden(body);
    let mask = if named || dollars || hosts.is_some() { Mask::for_text(body) } else { None };
    let Some(mut mask) = mask else {
        let root = parser.parse(body);
        within_words(arena, root, body);
        return root;
    };
    mask.hosts = hosts.is_some();
    let text = hosts.as_deref().unwrap_or(body);
    let text = if named { wikilinks::hidden(text, &mask, |text| parser.parse(text)) } else { Cow::Borrowed(text) };
    let root = if dollars { parser.with_formulas(&text, &mask) } else { parser.parse(&text) };
    restore(arena, root, &mask, &Lines::of(&text, 1));
    within_words(arena, root, body);
    root
}

/// Takes marks back that begin or end within a word: `a==1 or b==2` compares.
fn within_words<'a>(arena: &'a Arena<'a>, root: &'a AstNode<'a>, body: &str) {
    if !body.contains(MARK) {
        return;
    }
    let marks: Vec<&AstNode<'_>> =
        root.descendants().filter(|node| matches!(node.data().value, NodeValue::Highlight)).collect();
    for node in marks {
        let is_word = |beside: Option<&'a AstNode<'a>>, end: fn(&str) -> Option<char>| {
            beside.and_then(|beside| beside.data().value.text().and_then(end)).is_some_and(char::is_alphanumeric)
        };
        if !is_word(node.previous_sibling(), |text| text.chars().next_back())
            && !is_word(node.next_sibling(), |text| text.chars().next())
        {
            continue;
        }
        let at = node.data().sourcepos;
        let sign = || arena.alloc(Ast::new_with_sourcepos(NodeValue::Text(MARK.into()), at).into());
        node.insert_before(sign());
        while let Some(child) = node.first_child() {
            node.insert_before(child);
        }
        node.insert_before(sign());
        node.detach();
    }
}

struct MarkdownParser<'a> {
    arena: &'a Arena<'a>,
    options: Options<'static>,
}

impl<'a> MarkdownParser<'a> {
    fn parse(&self, text: &str) -> &'a AstNode<'a> {
        comrak::parse_document(self.arena, text, &self.options)
    }

    fn with_formulas(&self, written: &str, mask: &Mask) -> &'a AstNode<'a> {
        let mut text = written.to_owned();
        // Lines `$$` that became fences, and those that cannot.
        let mut fences: BTreeMap<usize, usize> = BTreeMap::new();
        let mut refused: BTreeSet<usize> = BTreeSet::new();
        // Few texts have a dollar for which this must be known.
        let spans = LazyCell::new(|| {
            let without = written.replace('$', &char::from(mask.hidden(b'$')).to_string());
            Spans::of(self.parse(&without))
        });
        let mut root = self.parse(&text);
        for _ in 0..MAX_PASSES {
            let lines = Lines::of(&text, 1);
            let DollarSurvey { prose, formulas, fenced } = formulas::find(root, &lines, &refused, &spans);
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
        let lines = Lines::of(&text, 1);
        let found = formulas::find(root, &lines, &refused, &spans);
        if fences.keys().any(|open| !found.fenced.contains(open)) {
            root = self.parse(&text);
        }
        formulas::leave(root, &lines, mask);
        root
    }
}

/// Shows what was hidden, and makes links of names. In a link they are words.
fn restore<'a>(arena: &'a Arena<'a>, root: &'a AstNode<'a>, mask: &Mask, lines: &Lines<'_>) {
    let mut texts = Vec::new();
    // How many links are open.
    let mut links = 0_usize;
    for edge in root.traverse() {
        let (node, starts) = match edge {
            NodeEdge::Start(node) => (node, true),
            NodeEdge::End(node) => (node, false),
        };
        let mut data = node.data_mut();
        if matches!(data.value, NodeValue::Link(_) | NodeValue::Image(_)) {
            links = if starts { links + 1 } else { links.saturating_sub(1) };
        }
        if !starts {
            continue;
        }
        let each: &mut [&mut String] = match &mut data.value {
            NodeValue::Text(text) => {
                if mask.is_in(text) {
                    if links == 0 {
                        texts.push(node);
                    } else if let Cow::Owned(shown) = mask.show(text) {
                        *text = shown.into();
                    }
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
