//! A Source's page, and what surrounds it.

mod head;
mod links;
mod markdown;
mod menu;
mod nav;
mod not_found;
mod shell;

pub(super) use head::PageHead;
pub(super) use links::links;
pub(super) use markdown::{AgentPage, SourceText, agent_markdown};
pub(super) use nav::{LinkList, Nav, NavItem};
pub(super) use not_found::not_found;
pub(super) use shell::{PageFrame, Shell, Stylesheet};

use crate::{
    graph::Node,
    render::{Surround, icons},
    source::{self, Settings, tokens::ColorScheme},
    text::html,
};
use pmx_model::Hash;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// What a page is made from, besides the frame that all pages of a Path share.
pub(super) struct Page<'a> {
    pub node: &'a Node,
    /// The address of each link of the Source.
    pub addresses: &'a [String],
    /// The Source's own styles.
    pub styles: &'a [Stylesheet],
    /// `/`-led path of the page's file below the site's origin.
    pub artifact: &'a str,
    /// The page's own address, ready for a URL, with the mount.
    pub address: &'a str,
    /// The address of its Markdown.
    pub markdown: &'a str,
    /// Those whose text links here.
    pub backlinks: &'a [NavItem],
    /// What stands at the end of the page; see [`links()`].
    pub links: &'a str,
    /// See [`crate::source::tokens::Theme::head`].
    pub theme: &'a str,
    /// The only scheme that the page is made for.
    pub scheme: Option<ColorScheme>,
}

impl Page<'_> {
    /// The hash of everything that the page's bytes depend on.
    pub(super) fn inputs(&self, shell: &Shell, others: &[u8]) -> Hash {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(bytes);
        };
        part(shell.digest(Some(&self.node.id)).as_bytes());
        part(others);
        part(self.node.hash.as_bytes());
        part(self.node.id.as_bytes());
        part(self.scheme.map_or("", ColorScheme::name).as_bytes());
        for text in [self.artifact, self.address, self.markdown, self.links, self.theme] {
            part(text.as_bytes());
        }
        for NavItem { title, address, .. } in self.backlinks {
            part(title.as_bytes());
            part(address.as_bytes());
        }
        for style in self.styles {
            part(style.tag().as_bytes());
        }
        for address in self.addresses {
            part(address.as_bytes());
        }
        Hash::from_bytes(hasher.finalize().into())
    }

    /// The page: `blocks` is the marked HTML of its Blocks, `address` what a mark stands for. Components bring styles and scripts.
    pub(super) fn html<'m>(
        &self,
        shell: &Shell,
        (blocks, surrounds): (&[String], &[Surround]),
        address: impl Fn(usize) -> &'m str,
        components: (&[Stylesheet], &[String]),
    ) -> String {
        let node = self.node;
        let source = &node.source;
        let size: usize = blocks.iter().map(String::len).sum();
        let mut out = String::with_capacity(8 * 1024 + size + size / 8);
        let styles: Vec<Stylesheet> = self.styles.iter().chain(components.0).cloned().collect();
        let title = node.title();
        let targets = self.targets();
        let text = |key: &str| source.values.get(key).and_then(Value::as_str);
        let head = PageHead {
            artifact: self.artifact,
            title: &title,
            description: source.description.as_deref(),
            here: Some(&node.id),
            address: Some(self.address),
            markdown: Some(self.markdown),
            image: text("image").map(|image| targets.get(image).copied().unwrap_or(image)),
            lang: text("lang"),
            scheme: self.scheme,
            theme: self.theme,
            styles: &styles,
            scripts: components.1,
            is_laid_out: !surrounds.is_empty(),
            ..PageHead::default()
        };
        shell.open(&mut out, &head);
        let has_main = surrounds.iter().any(|surround| surround.has_main);
        for surround in surrounds.iter().rev() {
            push(&mut out, &["<div class=\"pmx-layout\" data-pathmx-layout=\"", &html::escape(&surround.id), "\">"]);
            self.around(surround.before(), &mut out, &address);
        }
        if !surrounds.is_empty() && !has_main {
            out.push_str("<main id=\"pmx-main\">");
        }
        push(&mut out, &["<article class=\"pmx-document", &class_list(&source.classes), "\" data-pathmx-source=\""]);
        push(&mut out, &[&html::escape(&node.id), "\""]);
        if has_main {
            out.push_str(" id=\"pmx-main\"");
        }
        if blocks.iter().any(|block| block.contains(icons::HOOK)) {
            // By this scripts of existing sites tell that icons are drawn.
            out.push_str(" data-pathmx-icons=\"lucide\"");
        }
        if let Some(scheme) = self.scheme {
            push(&mut out, &[" data-pathmx-color-scheme=\"", scheme.name(), "\""]);
        }
        if let Some(presentation) = text("presentation").filter(|name| source::PRESENTATIONS.contains(name)) {
            push(&mut out, &[" data-pathmx-presentation=\"", presentation, "\""]);
        }
        out.push_str(">\n");
        for (block, marked) in source.blocks.iter().zip(blocks) {
            let id = html::escape(&block.id);
            push(&mut out, &["<section class=\"pmx-block pmx-prose", &class_list(&block.classes)]);
            push(&mut out, &["\" data-pathmx-block=\"", &html::escape(&node.id), "#", &id, "\" id=\"", &id, "\""]);
            if source::is_revealed_at_once(&source.values, &block.values) {
                out.push_str(" data-pathmx-reveal=\"all\"");
            }
            out.push_str(">\n");
            source::fill(marked, &mut out, &address);
            out.push_str("</section>\n");
        }
        out.push_str("</article>\n");
        if surrounds.is_empty() {
            shell.close(&mut out, Some(&node.id), self.links);
            return out;
        }
        if !has_main {
            out.push_str("</main>");
        }
        for surround in surrounds {
            self.around(surround.after(), &mut out, &address);
            out.push_str("</div>\n");
        }
        shell.close_laid_out(&mut out);
        out
    }

    /// Writes what stands around the content, in pieces between which the lists of related pages come.
    fn around<'p, 'm>(
        &self,
        pieces: impl Iterator<Item = &'p str>,
        out: &mut String,
        address: &impl Fn(usize) -> &'m str,
    ) {
        for (number, piece) in pieces.enumerate() {
            if number > 0 {
                out.push_str(self.links);
            }
            source::fill(piece, out, address);
        }
    }

    /// The address of each target, as it was written.
    fn targets(&self) -> HashMap<&str, &str> {
        let links = self.node.source.links.iter().zip(self.addresses);
        links.map(|(link, address)| (link.target.as_str(), address.as_str())).collect()
    }

    /// The Source as agents read it; `others`: what it may include, by its id.
    pub(super) fn markdown<'m>(
        &'m self,
        settings: &'m Settings,
        others: &'m dyn Fn(&str) -> Option<SourceText<'m>>,
    ) -> String {
        let Self { node, addresses, address, backlinks, .. } = *self;
        agent_markdown(&AgentPage { text: SourceText { node, addresses }, address, backlinks, settings, others })
    }
}

fn class_list(classes: &[String]) -> String {
    classes.iter().map(|class| format!(" {}", html::escape(class))).collect()
}

fn push(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}
