//! Links, includes and images.

use super::{Children, MARK, Renderer, escape};
use crate::{
    source::{
        Link, Place, Standing, ids,
        media::{Caption, Medium, no_embed},
        text,
    },
    text::address::{self, Address},
};
use comrak::nodes::{AstNode, NodeLink, NodeValue, NodeWikiLink, Sourcepos};
use std::fmt::Write as _;

/// What marks a link as an include; the second is how it was written before.
const INCLUDES: [&str; 2] = ["@include", ">embed"];
/// What marks a link as a button.
const BUTTON: &str = ">button";
/// How an image can be shown.
const IMAGES: [&str; 3] = ["cover", "wide", "background"];

/// The words of a link's text after [`BUTTON`], without which it is no button.
pub(super) fn button_label(text: &str) -> Option<&str> {
    text.strip_prefix(BUTTON)?.strip_prefix(':').map(str::trim_start)
}

/// The first text of a link that is written as a button: `[>button: Begin](./first.md)`.
fn button<'a>(link: &'a AstNode<'a>) -> Option<&'a AstNode<'a>> {
    let first = link.first_child()?;
    let label = match &first.data().value {
        NodeValue::Text(text) => button_label(text).map(|label| !label.is_empty()),
        _ => None,
    }?;
    (label || first.next_sibling().is_some()).then_some(first)
}

impl<'a> Renderer<'a, '_> {
    pub(super) fn open_link(&mut self, node: &'a AstNode<'a>, link: &NodeLink, at: Sourcepos) -> Children {
        let start = (at.start.line, at.start.column);
        if self.is_include(node, link, at) {
            let words = text::of(node);
            let rest = INCLUDES.iter().find_map(|word| words.strip_prefix(word));
            let label = rest.map_or(&*words, |rest| rest.strip_prefix(':').unwrap_or(rest));
            let number = self.links.len();
            self.beside_paragraph(|this| {
                this.fresh_line();
                this.out.push_str("<pmx-include data-link=\"");
                this.address(&link.url, Place::Include, start);
                let _ = write!(this.out, "\" data-n=\"{number}\" data-label=\"");
                escape(label.trim(), &mut this.out);
                this.out.push_str("\"></pmx-include>");
            });
            return Children::Done;
        }
        self.out.push_str("<a ");
        let button = button(node);
        if let Some(first) = button {
            self.button = Some(first);
            self.out.push_str("class=\"pmx-button\" ");
        }
        self.out.push_str("href=\"");
        let number = self.links.len();
        self.address(&link.url, Place::Anchor, start);
        match button {
            Some(_) => self.listed.extend((number..self.links.len()).map(|number| (number, Standing::Button))),
            None => self.list(node, number),
        }
        self.link_title(&link.title);
        self.out.push_str("\">");
        Children::Follow
    }

    /// Notes the links from `number` on if they stand where lists of pages are written, and not on their way through prose.
    fn list(&mut self, node: &'a AstNode<'a>, number: usize) {
        let is_list = |above: &'a AstNode<'a>| {
            let value = &above.data().value;
            matches!(value, NodeValue::Item(_) | NodeValue::TaskItem(_) | NodeValue::TableCell | NodeValue::Heading(_))
        };
        if number < self.links.len() && node.ancestors().any(is_list) {
            self.listed.extend((number..self.links.len()).map(|number| (number, Standing::List)));
        }
    }

    /// Whether a link is `[@include: Label](./x.md)` or `[Label][@include.name]`, where content of its own may stand.
    fn is_include(&self, node: &'a AstNode<'a>, link: &NodeLink, at: Sourcepos) -> bool {
        let beside = node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::Paragraph));
        if !beside || !matches!(address::classify(&link.url), Address::File(_)) {
            return false;
        }
        let direct = node.first_child().is_some_and(|first| match &first.data().value {
            NodeValue::Text(text) => INCLUDES.iter().any(|word| {
                text.strip_prefix(word).is_some_and(|rest| rest.starts_with(':') || rest.trim().is_empty())
            }),
            _ => false,
        });
        let named = || {
            // Within the link alone: what stands before it in its line may be long, and full of links.
            let from = if at.start.line == at.end.line { at.start.column.saturating_sub(1) } else { 0 };
            let before = self.lines.get(at.end.line).get(from..at.end.column)?.strip_suffix(']')?;
            let (_, label) = before.rsplit_once("][")?;
            (label == "@include" || label.starts_with("@include.")).then_some(())
        };
        direct || named().is_some()
    }

    pub(super) fn open_wikilink(&mut self, node: &'a AstNode<'a>, link: &NodeWikiLink, at: Sourcepos) -> Children {
        let start = (at.start.line, at.start.column);
        let target = &link.url;
        let (name, heading) = target.split_once('#').map_or((&**target, None), |(name, heading)| (name, Some(heading)));
        if name.trim().is_empty() && heading.is_none_or(|heading| heading.trim().is_empty()) {
            self.out.push_str("[[");
            escape(&text::of(node), &mut self.out);
            self.out.push_str("]]");
            return Children::Done;
        }
        self.out.push_str("<a class=\"pmx-wikilink\" href=\"");
        match heading.filter(|_| name.trim().is_empty()) {
            Some(heading) => {
                if link.embed {
                    let hint = format!("write `[[#{}]]`: a part of the same Source is not taken in", heading.trim());
                    self.findings.push(no_embed(target, self.lines.position(start.0, start.1)).hint(hint));
                }
                self.address(&format!("#{}", ids::slug(heading)), Place::Anchor, start);
            }
            None => {
                let number = self.links.len();
                let place = if link.embed { Place::Embed } else { Place::Wiki };
                self.mark(target.clone(), place, start, false);
                self.list(node, number);
            }
        }
        self.out.push_str("\">");
        Children::Follow
    }

    /// `![[picture.png|label]]`, and the same of sound and films; a label of digits is a width, or width and height, in pixels.
    pub(super) fn medium(&mut self, node: &'a AstNode<'a>, medium: Medium, target: &str, at: Sourcepos) {
        let label = text::label(node);
        let Caption { words, width, height } = Caption::of(&label, target);
        self.out.push_str(match medium {
            Medium::Picture => "<img src=\"",
            Medium::Sound => "<audio controls preload=\"metadata\" src=\"",
            Medium::Film => "<video controls preload=\"metadata\" src=\"",
        });
        self.mark(target.to_owned(), Place::Medium, (at.start.line, at.start.column), false);
        for (name, length) in [("width", width), ("height", height)] {
            if let Some(length) = length.filter(|_| medium != Medium::Sound) {
                let _ = write!(self.out, "\" {name}=\"{length}");
            }
        }
        self.out.push_str(if medium == Medium::Picture { "\" alt=\"" } else { "\" aria-label=\"" });
        // Whoever does not see what a player plays is told its name.
        escape(if words.is_empty() && medium != Medium::Picture { target } else { words }, &mut self.out);
        self.out.push_str(match medium {
            Medium::Picture => "\">",
            Medium::Sound => "\"></audio>",
            Medium::Film => "\"></video>",
        });
    }

    pub(super) fn image(&mut self, node: &'a AstNode<'a>, image: &NodeLink, at: Sourcepos) {
        self.out.push_str("<img src=\"");
        self.address(&image.url, Place::Resource, (at.start.line, at.start.column));
        self.out.push_str("\" alt=\"");
        let words = text::of(node);
        // `@image.wide: words` says how it is shown.
        let kind = words.strip_prefix("@image.").and_then(|rest| rest.split_once(':'));
        let kind = kind.filter(|(kind, _)| IMAGES.contains(kind));
        escape(kind.map_or(&*words, |(_, words)| words.trim()), &mut self.out);
        if let Some((kind, _)) = kind {
            let _ = write!(self.out, "\" data-pathmx-image=\"{kind}");
        }
        self.link_title(&image.title);
        self.out.push_str("\">");
    }

    fn link_title(&mut self, title: &str) {
        if !title.is_empty() {
            self.out.push_str("\" title=\"");
            escape(title, &mut self.out);
        }
    }

    /// Writes an address: a mark for what depends on the site, else as it is. `at`: line and byte column, from 1.
    pub(super) fn address(&mut self, url: &str, place: Place, at: (usize, usize)) {
        if matches!(address::classify(url), Address::Elsewhere) {
            // Writing into a `String` does not fail.
            let _ = comrak::html::escape_href(&mut self.out, url, false);
        } else {
            self.mark(url.to_owned(), place, at, false);
        }
    }

    pub(super) fn mark(&mut self, target: String, place: Place, at: (usize, usize), in_html: bool) {
        let number = self.link(target, place, at, in_html);
        let _ = write!(self.out, "{MARK}{number}{MARK}");
    }

    /// The number of a new link.
    pub(super) fn link(&mut self, target: String, place: Place, at: (usize, usize), in_html: bool) -> usize {
        let position = self.lines.position(at.0, at.1);
        self.links.push(Link { target, place, position, in_html });
        self.links.len() - 1
    }
}
