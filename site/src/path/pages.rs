//! The pages of a Path: kept where nothing that goes into them changed, else rendered.

use super::{
    Frame, Site,
    frame::ROOT_STYLES,
    memory::{CachedPage, Pages},
};
use crate::{
    diagnostic::Diagnostic,
    documents::{self, MappedBeat},
    graph::{Node, Target, asset::Asset, assets, layouts::Chosen, routes},
    page::{self, NavItem, Page, Shell, SourceText, Stylesheet},
    render::{self, Embeds, Picture, completion::Completion},
};
use pmx_model::Hash;
use rayon::prelude::*;
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// A page, new or kept.
pub(super) struct RenderedPage<'a> {
    pub node: &'a Node,
    pub page: CachedPage,
    pub is_new: bool,
    pub findings: Vec<Diagnostic>,
    /// Ids of the other Sources that go into it.
    pub takes: Vec<String>,
}

/// A page before it is looked at: its layouts, and all that it takes in.
struct Composed<'a> {
    node: &'a Node,
    chosen: Chosen<'a>,
    embeds: Embeds<'a>,
}

/// Where the links of a Source lead from this Path.
#[derive(Debug)]
pub(super) struct Addresses {
    pub each: Vec<String>,
    /// Hash of all of them.
    pub digest: Hash,
    pub findings: Vec<Diagnostic>,
}

impl<'a> Frame<'a> {
    /// The pages of these Sources.
    pub(super) fn render_all(&mut self, nodes: &[&'a Node], shell: &Shell, known: &Pages) -> Vec<RenderedPage<'a>> {
        let composed: Vec<Composed<'a>> = nodes.par_iter().map(|node| self.compose(node)).collect();
        let taken = composed.iter().flat_map(|page| page.embeds.nodes().skip(1));
        let taken: BTreeMap<&str, &Node> = taken.map(|node| (node.id.as_str(), node)).collect();
        self.addresses = taken.into_par_iter().map(|(id, node)| (id, self.addresses_of(node))).collect();
        composed.into_par_iter().map(|page| self.render(page, shell, known)).collect()
    }

    fn compose(&self, node: &'a Node) -> Composed<'a> {
        let Site { project, graph, defined, .. } = self.site;
        let chosen = self.layouts.of(node);
        let embeds = Embeds::of(project, graph, defined, node, &chosen.layouts);
        Composed { node, chosen, embeds }
    }

    fn addresses_of(&self, node: &Node) -> Addresses {
        let mut findings = Vec::new();
        let links = node.source.links.iter().zip(&node.targets);
        let each: Vec<String> = links.map(|(link, target)| self.address(node, link, target, &mut findings)).collect();
        let digest = Hash::of(each.join("\0").as_bytes());
        Addresses { each, digest, findings }
    }

    fn render(&self, page: Composed<'a>, shell: &Shell, known: &Pages) -> RenderedPage<'a> {
        let Composed { node, chosen, embeds } = page;
        let site = self.site;
        let mut findings = Vec::new();
        if node.id == self.root.entry_id {
            self.styles(node, ROOT_STYLES, &mut findings);
        } else {
            self.refuse_root_styles(node, &mut findings);
        }
        let made;
        let own_addresses = match self.addresses.get(node.id.as_str()) {
            Some(known) => known,
            None => {
                made = self.addresses_of(node);
                &made
            }
        };
        findings.extend(own_addresses.findings.iter().cloned());
        let addresses: &[String] = &own_addresses.each;
        findings.extend(chosen.findings);
        // What is wrong with those of a layout is said on its own page.
        let of_layouts = chosen.layouts.iter().rev().flat_map(|layout| self.styles(layout, "@styles", &mut Vec::new()));
        let mut styles: Vec<Stylesheet> = of_layouts.collect();
        for style in self.styles(node, "@styles", &mut findings) {
            styles.retain(|known| known.tag() != style.tag());
            styles.push(style);
        }
        let artifact = format!("{}/{}", self.root.prefix, routes::page_file(&node.id));
        let own = self.own_theme(node, &mut findings);
        let (theme, scheme) = if own.is_empty() {
            (Cow::Borrowed(&*self.look_head), self.look.scheme())
        } else {
            let look = if node.id == self.root.entry_id { own } else { own.over(&self.look) };
            (Cow::Owned(look.head(&node.id)), look.scheme())
        };
        let backlinks = self.nav_items(self.relations.backlinks(&node.id));
        let others: Vec<NavItem> = backlinks.iter().filter(|item| item.id != self.root.entry_id).cloned().collect();
        let links = page::links(&self.nav_items(self.relations.related(&node.id)), &others);
        let page = Page {
            node,
            addresses,
            styles: &styles,
            artifact: &artifact,
            address: &self.address_of(&node.id),
            markdown: &self.markdown_of(&node.id),
            backlinks: &backlinks,
            links: &links,
            theme: &theme,
            scheme,
        };
        let clashes = embeds.clashes().into_iter();
        findings.extend(clashes.map(|finding| finding.at(site.project.show(&node.path))));
        let shows = embeds.nodes().any(|node| node.source.standard.completion);
        let completion = shows.then(|| Completion::of(site.graph, node));
        let mut others = self.embedded(&embeds);
        others.extend(completion.as_ref().map(Completion::digest).unwrap_or_default().into_bytes());
        let inputs = page.inputs(shell, &others);
        let kept = known.get(&node.id).filter(|kept| kept.inputs == inputs);
        let is_new = kept.is_none();
        let page = kept.cloned().unwrap_or_else(|| self.make(&page, &embeds, completion.as_ref(), shell, inputs));
        findings.extend(page.findings.iter().cloned());
        let takes = embeds.nodes().skip(1).map(|node| node.id.clone()).collect();
        RenderedPage { node, page, is_new, findings, takes }
    }

    /// What a page depends on besides itself: the Sources that it takes in, and how things are made.
    fn embedded(&self, embeds: &Embeds<'_>) -> Vec<u8> {
        let mut out = self.site.making.as_bytes().to_vec();
        for node in embeds.nodes().skip(1) {
            out.extend_from_slice(node.hash.as_bytes());
            out.extend_from_slice(node.id.as_bytes());
            if let Some(addresses) = self.addresses.get(node.id.as_str()) {
                out.extend_from_slice(addresses.digest.as_bytes());
            }
        }
        for layout in embeds.layouts() {
            out.extend([b"\0layout\0", embeds.node(*layout).id.as_bytes()].concat());
        }
        for node in embeds.nodes() {
            for asset in self.site.components.get(&node.id).into_iter().flat_map(|files| files.all()) {
                out.extend_from_slice(asset.file.as_bytes());
            }
        }
        out
    }

    fn make(
        &self,
        page: &Page<'_>,
        embeds: &Embeds<'_>,
        completion: Option<&Completion>,
        shell: &Shell,
        inputs: Hash,
    ) -> CachedPage {
        let site = self.site;
        let leads = |node: &Node, link: usize| match node.targets.get(link) {
            Some(Target::Asset { path, .. }) => Picture::File(site.assets.get(path).and_then(Asset::size)),
            Some(Target::AsWritten) => Picture::Missing,
            _ => Picture::Elsewhere,
        };
        let content = render::render(embeds, site.bodies, &site.project.settings, &leads, completion);
        let (styles, mut scripts) = self.component_head(embeds, &content.components);
        if content.has_completion {
            scripts.push(format!("{}/{}", self.root.prefix, site.theme.completion_js.file));
        }
        if embeds.nodes().any(|node| node.source.draws_in_browser) {
            scripts.push(format!("{}/{}", self.root.prefix, assets::mermaid_js(site.blobs).file));
        }
        let address = |link: usize| match link.checked_sub(page.addresses.len()) {
            None => page.addresses.get(link).map_or("", String::as_str),
            Some(adopted) => {
                let from = content.adopted.get(adopted).copied();
                let found = from.and_then(|(origin, link)| match origin {
                    0 => page.addresses.get(link),
                    origin => self.addresses.get(embeds.node(origin).id.as_str())?.each.get(link),
                });
                found.map_or("", String::as_str)
            }
        };
        let html = page.html(shell, (&content.blocks, &content.surrounds), address, (&styles, &scripts));
        let map = site.project.source_maps.then(|| {
            let beats: Vec<Vec<MappedBeat<'_>>> =
                content.beats.iter().map(|beats| beats.iter().map(MappedBeat::of).collect()).collect();
            site.blobs.put(documents::source_map(page.node, &beats))
        });
        let others = |id: &str| {
            let addresses = self.addresses.get(id)?.each.as_slice();
            Some(SourceText { node: site.graph.nodes.get(id)?, addresses })
        };
        let markdown = page.markdown(&site.project.settings, &others);
        CachedPage {
            inputs,
            html: site.blobs.put(html.into_bytes()),
            markdown: site.blobs.put(markdown.into_bytes()),
            map,
            record: Arc::new(content.record),
            findings: content.findings,
        }
    }

    /// The stylesheets and scripts of the components that a page uses.
    fn component_head(&self, embeds: &Embeds<'_>, used: &[(usize, String)]) -> (Vec<Stylesheet>, Vec<String>) {
        let (mut styles, mut scripts) = (Vec::<Stylesheet>::new(), Vec::new());
        let address = |file: &str| format!("{}/{file}", self.root.prefix);
        if !used.is_empty() {
            scripts.push(address(&self.site.theme.runtime_js.file));
        }
        for (origin, name) in used {
            let node = embeds.node(*origin);
            let Some(files) = self.site.components.get(&node.id) else { continue };
            if let Some(style) = &files.style
                && !styles.iter().any(|known| known.source == node.path)
            {
                let (address, source) = (address(&style.file), node.path.clone());
                styles.push(Stylesheet { address, scope: "component", source, name: None, media: None });
            }
            scripts.extend(files.scripts.get(name).map(|script| address(&script.file)));
        }
        (styles, scripts)
    }
}
