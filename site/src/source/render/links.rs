//! Links, includes and images.

use super::{Children, MARK, Renderer, escape};
use crate::{
    source::{Link, Place, Standing, ids, text},
    text::address::{self, Address},
};
use comrak::nodes::{AstNode, NodeLink, NodeValue, Sourcepos};
use std::fmt::Write as _;

/// What marks a link as an include; the second is how it was written before.
const INCLUDES: [&str; 2] = ["@include", ">embed"];
/// What marks a link as a button.
const BUTTON: &str = ">button";
/// The most digits of a picture's width, so that it is a number to every browser.
const MAX_DIGITS: usize = 5;
/// Endings of files that a page can show as pictures.
const PICTURES: [&str; 10] = ["apng", "avif", "bmp", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp"];
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

/// Whether a name is that of a picture.
pub(super) fn is_picture(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.trim().to_ascii_lowercase());
    ending.is_some_and(|ending| PICTURES.contains(&&*ending))
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

    pub(super) fn open_wikilink(&mut self, node: &'a AstNode<'a>, target: &str, at: Sourcepos) -> Children {
        let start = (at.start.line, at.start.column);
        let (name, heading) = target.split_once('#').map_or((target, None), |(name, heading)| (name, Some(heading)));
        if name.trim().is_empty() && heading.is_none_or(|heading| heading.trim().is_empty()) {
            self.out.push_str("[[");
            escape(&text::of(node), &mut self.out);
            self.out.push_str("]]");
            return Children::Done;
        }
        self.out.push_str("<a class=\"pmx-wikilink\" href=\"");
        match heading.filter(|_| name.trim().is_empty()) {
            Some(heading) => self.address(&format!("#{}", ids::slug(heading)), Place::Anchor, start),
            None => {
                let number = self.links.len();
                self.mark(target.to_owned(), Place::Wiki, start, false);
                self.list(node, number);
            }
        }
        self.out.push_str("\">");
        Children::Follow
    }

    /// `![[picture.png|label]]`; a label of digits is a width, or width and height, in pixels.
    pub(super) fn named_picture(&mut self, node: &'a AstNode<'a>, target: &str, at: Sourcepos) {
        self.out.push_str("<img src=\"");
        self.mark(target.to_owned(), Place::Picture, (at.start.line, at.start.column), false);
        let label = text::of(node);
        let (width, height) = label.split_once('x').map_or((&*label, None), |(width, height)| (width, Some(height)));
        let is_size = |text: &str| (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if is_size(width) && height.is_none_or(is_size) {
            let _ = write!(self.out, "\" width=\"{width}");
            if let Some(height) = height {
                let _ = write!(self.out, "\" height=\"{height}");
            }
            self.out.push_str("\" alt=\"\">");
            return;
        }
        self.out.push_str("\" alt=\"");
        // A name that is no label says nothing to those who do not see the picture.
        escape(if label == target { "" } else { &label }, &mut self.out);
        self.out.push_str("\">");
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
        let position = self.lines.position(at.0, at.1);
        let _ = write!(self.out, "{MARK}{}{MARK}", self.links.len());
        self.links.push(Link { target, place, position, in_html });
    }
}
