//! A Source's page, and what surrounds it.

mod not_found;
mod shell;

pub(super) use not_found::not_found;
pub(super) use shell::{NavItem, Shell, Stylesheet};

use super::{graph::Node, html, source};
use pmx_worker::model::Hash;
use sha2::{Digest as _, Sha256};

/// What a page is made from, besides the frame that all pages of a Path share.
pub(super) struct Page<'a> {
    pub node: &'a Node,
    /// The address of each link of the Source.
    pub addresses: &'a [String],
    /// The Source's own styles.
    pub styles: &'a [Stylesheet],
    /// `/`-led path of the page's file below the site's origin.
    pub artifact: &'a str,
}

impl Page<'_> {
    /// The hash of everything that the page's bytes depend on.
    pub(super) fn inputs(&self, shell: &Shell) -> Hash {
        let mut hasher = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hasher.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(bytes);
        };
        part(shell.digest().as_bytes());
        part(self.node.hash.as_bytes());
        part(self.node.id.as_bytes());
        part(self.artifact.as_bytes());
        for style in self.styles {
            part(style.tag().as_bytes());
        }
        for address in self.addresses {
            part(address.as_bytes());
        }
        Hash::from_bytes(hasher.finalize().into())
    }

    /// The page.
    pub(super) fn html(&self, shell: &Shell) -> String {
        let Self { node, addresses, .. } = self;
        let source = &node.source;
        let mut out = String::with_capacity(8 * 1024 + node.bytes.len() * 2);
        let title = node.title();
        let styles = self.styles.iter();
        shell.open(&mut out, self.artifact, &title, source.description.as_deref(), styles, Some(&node.id));
        push(&mut out, &["<article class=\"pmx-document", &class_list(&source.classes), "\" data-pathmx-source=\""]);
        push(&mut out, &[&html::escape(&node.id), "\">\n"]);
        for block in &source.blocks {
            let id = html::escape(&block.id);
            push(&mut out, &["<section class=\"pmx-block pmx-prose", &class_list(&block.classes)]);
            push(&mut out, &["\" data-pathmx-block=\"", &html::escape(&node.id), "#", &id, "\" id=\"", &id, "\">\n"]);
            source::fill(&block.html, &mut out, |link| addresses.get(link).map_or("", String::as_str));
            out.push_str("</section>\n");
        }
        out.push_str("</article>\n");
        shell.close(&mut out, Some(&node.id));
        out
    }
}

/// The Source as agents read it: without its frontmatter, with a title.
pub(super) fn agent_markdown(node: &Node) -> Vec<u8> {
    let text = source::decode(&node.bytes);
    let body = text.get(node.source.body..).unwrap_or(&text).trim_start_matches(['\n', '\r']);
    let title = if node.source.has_h1 { String::new() } else { format!("# {}\n\n", node.title()) };
    format!("{title}{body}").into_bytes()
}

fn class_list(classes: &[String]) -> String {
    classes.iter().map(|class| format!(" {}", html::escape(class))).collect()
}

fn push(out: &mut String, parts: &[&str]) {
    for part in parts {
        out.push_str(part);
    }
}
