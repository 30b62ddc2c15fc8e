//! What the pages of a Path share, and how they address one another.

use super::{Frame, fixed};
use crate::{
    diagnostic::Diagnostic,
    documents::Listed,
    graph::{
        Node, Target,
        assets::{ThemeAssets, asset_path},
        routes,
    },
    page::{self, LinkList, Nav, NavItem, Shell, Stylesheet},
    search::{self, IndexEntry, Record, RecordKind},
    source::{
        Link, Place,
        tokens::{self, Theme},
    },
    text::{address, css, html},
};
use std::{borrow::Cow, sync::Arc};

/// The definitions of the entry that bring stylesheets to all pages.
pub(super) const ROOT_STYLES: &str = "@root.styles";

/// An address, or a part of one, as it goes into a page.
fn written(link: &Link, text: &str) -> String {
    if link.in_html { text.to_owned() } else { address::encode_written(text).into_owned() }
}

impl Frame<'_> {
    /// What stands around every page. What is wrong with the styles of the entry is said on its page.
    pub(super) fn shell(&self, theme: &ThemeAssets) -> Shell {
        let asset = |file: &str| format!("{}/{file}", self.root.prefix);
        let mut styles = Vec::new();
        let nodes = &self.site.graph.nodes;
        let entry = nodes.get(&self.root.entry_id);
        if let Some(entry) = entry {
            styles.extend(self.styles(entry, ROOT_STYLES, &mut Vec::new()));
        }
        let home = entry.map_or_else(
            || NavItem { id: String::new(), title: String::new(), address: asset("") },
            |entry| self.nav_item(entry),
        );
        let links = |id: &str| {
            let Some(node) = nodes.get(id) else { return LinkList::default() };
            let linked = node.links(true).filter_map(|(number, id)| Some((number, self.nav_item(nodes.get(id)?))));
            LinkList { links: linked.collect(), listed: &node.source.listed, sections: &node.source.sections }
        };
        Shell::new(page::PageFrame {
            nav: Nav::grow(home, links),
            mount: self.root.prefix.clone(),
            lang: self.site.project.address.lang.clone().unwrap_or_else(|| "en".to_owned()),
            url: self.site.project.address.url.clone(),
            unlisted: self.site.project.unlisted,
            favicon: asset(&theme.favicon.file),
            base_css: asset(&theme.base_css.file),
            styles,
            live: self.site.project.hosting.is_live().then(|| asset(&theme.live_js.file)),
            player: self.site.project.player.then(|| asset(&theme.player_js.file)),
        })
    }

    /// What a Source's frontmatter says about its look.
    pub(super) fn own_theme(&self, node: &Node, findings: &mut Vec<Diagnostic>) -> Theme {
        let (mut theme, found) = tokens::theme(&node.source.values, &node.bytes);
        let shown = self.site.project.show(&node.path);
        findings.extend(found.into_iter().map(|finding| finding.at(&*shown)));
        theme.serve_fonts(|file| {
            let (link, target) = node.source.links.iter().zip(&node.targets).find(|(link, _)| link.target == file)?;
            Some(self.address(node, link, target, &mut Vec::new()))
        });
        theme
    }

    pub(super) fn nav_items(&self, ids: &[String]) -> Vec<NavItem> {
        ids.iter().filter_map(|id| self.site.graph.nodes.get(id)).map(|node| self.nav_item(node)).collect()
    }

    /// The list of Sources that the search begins with.
    pub(super) fn index<'r>(&self, pages: impl Iterator<Item = (&'r Node, &'r Arc<Record>)>, shards: usize) -> Vec<u8> {
        let pages: Vec<(NavItem, &Record, RecordKind)> = pages
            .map(|(node, record)| {
                (
                    self.nav_item(node),
                    record.as_ref(),
                    RecordKind::of(&node.id, self.site.components.contains_key(&node.id)),
                )
            })
            .collect();
        let entries = pages.iter().map(|(NavItem { id, title, address }, record, kind)| IndexEntry {
            id,
            address,
            title,
            record,
            kind: *kind,
        });
        search::index(entries, shards)
    }

    pub(super) fn listed<'n>(&self, node: &'n Node) -> Listed<'n> {
        let description = node.source.description.as_deref();
        Listed { id: &node.id, title: node.title(), description, markdown: self.markdown_of(&node.id) }
    }

    /// The address of a Source's Markdown.
    pub(super) fn markdown_of(&self, id: &str) -> String {
        format!("{}/{}.md", self.root.prefix, address::encode_path(id))
    }

    pub(super) fn nav_item(&self, node: &Node) -> NavItem {
        NavItem { id: node.id.clone(), title: node.title(), address: self.address_of(&node.id) }
    }

    /// The address of a Source's page.
    pub(super) fn address_of(&self, id: &str) -> String {
        // Who has no route of its own is still a file.
        let file = || format!("/{}", routes::page_file(id)).into();
        let hosting = &self.site.project.hosting;
        let route = self.table.of.get(id).map_or_else(file, |route| hosting.page(route));
        format!("{}{}", self.root.prefix, address::encode_path(&route))
    }

    pub(super) fn address(&self, node: &Node, link: &Link, target: &Target, findings: &mut Vec<Diagnostic>) -> String {
        let address = self.plain_address(node, link, target, findings);
        match link.place {
            // In a `<style>` element nothing undoes what is escaped for HTML.
            Place::Sheet => css::escape(&address),
            Place::Document => html::escape(&address).into_owned(),
            _ => address,
        }
    }

    fn plain_address(&self, node: &Node, link: &Link, target: &Target, findings: &mut Vec<Diagnostic>) -> String {
        match target {
            // A name that nothing has leads nowhere.
            Target::AsWritten if link.place.is_link_by_name() => "#".to_owned(),
            Target::AsWritten => written(link, &link.target),
            Target::Home { suffix } => {
                format!("{}{}", self.address_of(&self.root.entry_id), written(link, suffix))
            }
            Target::Page { id, suffix } => format!("{}{}", self.address_of(id), written(link, suffix)),
            Target::Asset { path, suffix } => match self.site.assets.get(path) {
                Some(asset) => {
                    format!("{}/{}{}", self.root.prefix, address::encode_path(&asset.file), written(link, suffix))
                }
                None => written(link, &link.target),
            },
            Target::Address { path, suffix } => {
                let known = self.table.document.routes.contains_key(path);
                let is_document = !known && fixed::is_document(self, path.trim_start_matches('/'));
                // What is sent may be for a program of the server.
                if !known && !is_document && link.place != Place::Request {
                    let message = format!("there is no page at `{path}`");
                    let finding = Diagnostic::warning("link/unresolved", link.position, message);
                    findings.push(finding.at(self.site.project.show(&node.path)));
                }
                let shown: Cow<'_, str> = match known {
                    true => self.site.project.hosting.page(path),
                    false => path.into(),
                };
                // Nobody knows what else it names, so its spelling stays.
                let as_written = link.target.strip_suffix(suffix.as_str()).filter(|_| link.in_html && !known);
                let path = as_written.map_or_else(|| address::encode_path(&shown), Cow::Borrowed);
                format!("{}{path}{}", self.root.prefix, written(link, suffix))
            }
        }
    }

    /// The stylesheets that a Source's definitions with this directive bring, in order.
    pub(super) fn styles(&self, node: &Node, directive: &str, findings: &mut Vec<Diagnostic>) -> Vec<Stylesheet> {
        let mut styles = Vec::new();
        for (link, target) in node.source.links.iter().zip(&node.targets) {
            let Place::Definition { label } = &link.place else { continue };
            let Some(name) = label.strip_prefix(directive) else { continue };
            let Some(name) = name.strip_prefix('.').or_else(|| name.is_empty().then_some("")) else { continue };
            let media = match name {
                "print" => Some("print"),
                "screen" => Some("screen"),
                _ => None,
            };
            let asset =
                asset_path(target).filter(|path| path.ends_with(".css")).map(|path| (path, self.site.assets.get(path)));
            if let Some((path, Some(asset))) = asset {
                styles.push(Stylesheet {
                    address: format!("{}/{}", self.root.prefix, asset.file),
                    scope: if directive == "@styles" { "source" } else { "root" },
                    source: path.to_owned(),
                    name: (media.is_none() && !name.is_empty()).then(|| name.to_owned()),
                    media,
                });
            } else {
                let message =
                    format!("`{}` is no stylesheet of this site: it must be an existing local .css file", link.target);
                let finding = Diagnostic::warning("styles/target", link.position, message);
                findings.push(finding.at(self.site.project.show(&node.path)));
            }
        }
        styles
    }

    pub(super) fn refuse_root_styles(&self, node: &Node, findings: &mut Vec<Diagnostic>) {
        for link in &node.source.links {
            if matches!(&link.place, Place::Definition { label } if label.starts_with(ROOT_STYLES)) {
                let message = "`@root.styles` counts in the entry of a Path only, and is ignored here";
                let finding = Diagnostic::warning("styles/not-root", link.position, message);
                findings.push(finding.hint("use `@styles`").at(self.site.project.show(&node.path)));
            }
        }
    }
}
