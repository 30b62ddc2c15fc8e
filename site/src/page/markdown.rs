//! A Source as agents read it: Markdown that stands by itself. Its title and address are on top and who links to it at the end; links lead
//! to addresses, values are put in, includes are taken in. Nothing is left that only a builder understands, and nothing of solutions.

mod inline;
mod rewrite;

use super::NavItem;
use crate::{
    graph::{Node, Target},
    render::{MAX_INCLUDED, MAX_NESTED},
    source::{Settings, Source},
    text::address::{self, Address},
};
use rewrite::Rewriter;

/// What the Markdown of a page is made of.
pub(crate) struct AgentPage<'a> {
    pub text: SourceText<'a>,
    /// The page's address, with the site's origin if that is known.
    pub address: &'a str,
    /// Those whose text links here.
    pub backlinks: &'a [NavItem],
    pub settings: &'a Settings,
    /// What may be included, by its id.
    pub others: &'a dyn Fn(&str) -> Option<SourceText<'a>>,
}

/// A Source, and where its links lead from the page.
#[derive(Clone, Copy)]
pub(crate) struct SourceText<'a> {
    pub node: &'a Node,
    /// The address of each link.
    pub addresses: &'a [String],
}

/// The Markdown.
pub(crate) fn agent_markdown(page: &AgentPage<'_>) -> String {
    let node = page.text.node;
    let mut includes = Includes { page, stack: Vec::new(), included: 0 };
    let body = includes.text(page.text, None, "\n\n---\n\n");
    let mut out = String::with_capacity(body.len() + 512);
    let (heading, before, after) = take_heading(&body);
    match heading {
        Some(heading) => out.push_str(heading),
        None => {
            out.push_str("# ");
            out.push_str(&inline::escaped(&node.title().split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    out.push_str(&format!("\n\n> Source URL: {}\n\n", page.address));
    for part in [before, after] {
        out.push_str(part.trim_start_matches('\n'));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    if !page.backlinks.is_empty() {
        out.push_str("\n## Backlinks\n\n");
        for link in page.backlinks {
            out.push_str(&format!("- [{}]({})\n", inline::escaped(&link.title), inline::destination(&link.address)));
        }
    }
    out
}

/// Takes in what a page includes, and what that includes.
struct Includes<'p, 'a> {
    page: &'p AgentPage<'a>,
    /// What is being written, the outermost first: the id of a Source, and the Block of it, if it is one alone.
    stack: Vec<(&'a str, Option<usize>)>,
    included: usize,
}

impl<'a> Includes<'_, 'a> {
    /// A Source, or one of its Blocks, by its index; `between` stands between two Blocks.
    fn text(&mut self, of: SourceText<'a>, block: Option<usize>, between: &str) -> String {
        let blocks = block.map_or(0..of.node.source.blocks.len(), |at| at..at + 1);
        self.stack.push((&of.node.id, block));
        let mut out = String::new();
        Rewriter::of(of, self).blocks(blocks, |text| {
            let text = text.trim_matches('\n').trim_end();
            if !text.is_empty() {
                out.push_str(if out.is_empty() { "" } else { between });
                out.push_str(text);
            }
        });
        self.stack.pop();
        out
    }

    /// What a link of a Source includes. Nothing where the page has a link instead.
    fn take(&mut self, from: SourceText<'a>, link: usize) -> Option<String> {
        let of = self.target(from, link)?;
        let source = &of.node.source;
        let block = match fragment(from.node, link) {
            Some(id) => Some(source.blocks.iter().position(|block| block.id == id)?),
            None => None,
        };
        let is_same =
            |(id, at): &(&str, Option<usize>)| *id == of.node.id && (at.is_none() || block.is_none() || *at == block);
        if self.stack.iter().any(is_same) || self.stack.len() >= MAX_NESTED || self.included >= MAX_INCLUDED {
            return None;
        }
        self.included += block.map_or(source.blocks.len(), |_| 1);
        Some(self.text(of, block, "\n\n"))
    }

    /// The title of the Source that a link leads to.
    fn title(&self, from: SourceText<'a>, link: usize) -> Option<String> {
        self.target(from, link).map(|of| of.node.title())
    }

    fn target(&self, from: SourceText<'a>, link: usize) -> Option<SourceText<'a>> {
        match from.node.targets.get(link)? {
            Target::Page { id, .. } => (self.page.others)(id),
            _ => None,
        }
    }
}

/// The fragment of a link to a Source.
fn fragment(node: &Node, link: usize) -> Option<String> {
    match address::classify(&node.source.links.get(link)?.target) {
        Address::File(file) => file.fragment().map(|id| id.into_owned()).filter(|id| !id.is_empty()),
        _ => None,
    }
}

/// The lines of each Block of a Source, without the dividers between them: the number of the first, from 1, and the text.
fn block_texts<'t>(source: &Source, text: &'t str) -> Vec<(usize, &'t str)> {
    let mut starts = vec![0];
    starts.extend(text.match_indices('\n').map(|(at, _)| at + 1));
    starts.push(text.len());
    let start = |line: usize| starts.get(line.saturating_sub(1)).copied().unwrap_or(text.len());
    let is_divider = |line: usize| text.get(start(line)..start(line + 1)).is_some_and(|line| line.trim_end() == "---");
    let first = text.get(..source.body).unwrap_or_default().matches('\n').count() + 1;
    // What stands above a Block belongs to it, up to the divider: definitions of links.
    let dividers: Vec<usize> = source
        .blocks
        .windows(2)
        .map(|pair| match pair {
            [before, next] => {
                (before.line + 1..next.line).rev().find(|line| is_divider(*line)).unwrap_or(next.line - 1)
            }
            _ => first,
        })
        .collect();
    let firsts = std::iter::once(first).chain(dividers.iter().map(|divider| divider + 1));
    let ends = dividers.iter().map(|divider| start(*divider)).chain([text.len()]);
    firsts.zip(ends).map(|(first, end)| (first, text.get(start(first)..end).unwrap_or_default())).collect()
}

/// The line of the first heading, what is before it and what follows, if only definitions and marks of Blocks are before it.
fn take_heading(body: &str) -> (Option<&str>, &str, &str) {
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let text = line.trim();
        let is_definition = text.starts_with('[') && text.contains("]:");
        if text.starts_with("# ") && !line.starts_with("    ") {
            return (Some(text), &body[..at], &body[at + line.len()..]);
        }
        if !text.is_empty() && !is_definition && !inline::is_anchor(text) {
            let rest = &body[at + line.len()..];
            let under = rest.split_inclusive('\n').next().unwrap_or("");
            // The other way to write a heading; it gets its address all the same.
            if !under.trim().is_empty() && under.trim_end().bytes().all(|b| b == b'=') && is_plain(text) {
                return (None, &body[..at], &rest[under.len()..]);
            }
            break;
        }
        at += line.len();
    }
    (None, "", body)
}

/// Whether a line can be nothing but text.
fn is_plain(line: &str) -> bool {
    line.starts_with(|c: char| c.is_alphanumeric())
}

#[cfg(test)]
mod tests;
