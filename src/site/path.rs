//! One Path of a site: everything that one entry reaches, under one mount.

use super::{
    address,
    assets::{self, Assets, ThemeAssets, asset_path},
    blobs::Blobs,
    build::{Pages, UNUSABLE},
    cache::CachedPage,
    diagnostic::{Diagnostic, Position},
    documents::{self, GraphEntry, Listed, Relations},
    graph::{self, Graph, Node, Target},
    output::RECEIPT,
    page::{self, Nav, NavItem, Page, Shell, Stylesheet},
    project::Project,
    routes::{self, NOT_FOUND, RouteTable},
    search::{self, Entry, Record},
    source::{self, Link, Place},
    tokens::{self, Theme},
};
use pmx_worker::model::{MAX_BLOB, Manifest, Routes, SourceEntry};
use rayon::prelude::*;
use std::{collections::BTreeMap, sync::Arc};

/// The document that lists the files for deploy scripts.
const ARTIFACTS: &str = "artifacts.json";

/// A root with its id and mount.
#[derive(Debug)]
pub(super) struct NamedRoot {
    pub id: String,
    /// Empty for the default root, else `/<id>`.
    pub mount: String,
    /// Path of the entry below the source root.
    pub entry: String,
    pub entry_id: String,
    /// Path of the entry as a person names it.
    pub shown: String,
}

/// What one Path gives.
pub(super) struct BuiltPath {
    pub manifest: Manifest,
    pub routes: Routes,
    /// All pages, by their output path.
    pub pages: Pages,
    /// Ids of the Sources whose page was not kept.
    pub made: Vec<String>,
    pub findings: Vec<Diagnostic>,
}

/// What all Paths of a site share.
pub(super) struct Site<'a> {
    pub project: &'a Project,
    pub graph: &'a Graph,
    pub assets: &'a Assets,
    pub theme: &'a ThemeAssets,
    pub roots: &'a [NamedRoot],
    /// Takes the bytes of what is made.
    pub blobs: &'a Blobs,
}

/// What all pages of a Path share while they are made.
struct Frame<'a> {
    site: &'a Site<'a>,
    root: &'a NamedRoot,
    table: &'a RouteTable,
    relations: &'a Relations<'a>,
    /// Of the entry.
    look: Theme,
}

/// Names the roots: the default one by its entry, the others by their handle.
pub(super) fn name_roots(project: &Project, graph: &Graph, findings: &mut Vec<Diagnostic>) -> Vec<NamedRoot> {
    let mut named: Vec<NamedRoot> = Vec::new();
    for (index, entry) in project.roots.iter().enumerate() {
        let Some(entry_id) = entry.path.strip_suffix(graph::EXTENSION) else { continue };
        let Some(node) = graph.nodes.get(entry_id) else { continue };
        let shown = project.show(&entry.path);
        let handle = node.source.handle.as_ref();
        let position = handle.map_or(Position::START, |(_, position)| *position);
        let handle = handle.and_then(|(written, _)| {
            let handle = written.strip_prefix('@').filter(|handle| is_root_id(handle));
            if handle.is_none() {
                let message = format!("`{written}` is no handle: @ and 1 to 64 letters, digits, `.`, `_` or `-`");
                findings.push(Diagnostic::error("root/handle", position, message).at(&*shown));
            }
            handle
        });
        let is_default = index == 0;
        if !is_default && node.source.handle.is_none() {
            let finding =
                Diagnostic::warning("root/no-handle", position, "a Path beside the default one needs a handle");
            findings.push(finding.hint("add `handle: \"@name\"` to its frontmatter").at(&*shown));
        }
        let id = match handle {
            Some(handle) if !is_default => handle.to_owned(),
            _ => path_id(entry_id),
        };
        if named.iter().any(|other| other.id == id) {
            let message = format!("another Path is called `{id}` already");
            findings.push(Diagnostic::error("root/duplicate", position, message).at(&*shown));
            continue;
        }
        let mount = if is_default { String::new() } else { format!("/{id}") };
        named.push(NamedRoot { id, mount, entry: entry.path.clone(), entry_id: entry_id.to_owned(), shown });
    }
    named
}

/// A path id: the Source id with `-` for `/` and for what no URL segment should have.
fn path_id(source_id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let id: String = source_id.chars().map(plain).take(64).collect();
    if is_root_id(&id) { id } else { format!("path-{id}") }
}

fn is_root_id(id: &str) -> bool {
    // The last three are files beside the folders of the roots.
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && !matches!(id, "." | ".." | RECEIPT | "roots.json" | "paths.json")
}

/// Builds a Path. Pages that `known` has with the same inputs are taken over.
pub(super) fn build(site: &Site<'_>, root: &NamedRoot, known: &Pages) -> BuiltPath {
    let Site { project, graph, assets, theme, roots, blobs } = site;
    let members: Vec<&Node> = graph.reach(&root.entry_id).into_iter().filter_map(|id| graph.nodes.get(id)).collect();
    let mut table = routes::routes(&members, &root.entry_id, &root.mount);
    if root.mount.is_empty() {
        let mounts: Vec<&str> = roots.iter().map(|other| &*other.mount).collect();
        table.findings.extend(routes::shadowed(&members, &table, &mounts));
    }
    let mut findings: Vec<Diagnostic> = table.findings.drain(..).map(|finding| shown(project, finding)).collect();
    let relations = Relations::of(&members);
    let entry = graph.nodes.get(&root.entry_id);
    let mut frame = Frame { site, root, table: &table, relations: &relations, look: Theme::default() };
    frame.look = entry.map(|entry| frame.own_theme(entry, &mut Vec::new())).unwrap_or_default();
    let shell = frame.shell(theme, &mut findings);

    let rendered: Vec<Rendered<'_>> = members.par_iter().map(|node| frame.render(node, &shell, known)).collect();
    let mut files = BTreeMap::new();
    let search = frame.search(&rendered);
    let mut pages = Pages::new();
    let mut made = Vec::new();
    for page in rendered {
        files.insert(routes::page_file(&page.node.id), page.page.html);
        files.insert(format!("{}.md", page.node.id), page.page.markdown);
        if page.is_new {
            made.push(page.node.id.clone());
        }
        findings.extend(page.findings);
        pages.insert(format!("{}/{}", root.id, page.node.id), page.page);
    }
    let used = members.iter().flat_map(|node| &node.targets).filter_map(asset_path);
    for asset in assets.closure(used).into_values().chain(theme.all()) {
        files.insert(asset.file.clone(), asset.content);
    }
    let mut add = |file: &str, bytes: Vec<u8>| {
        files.entry(file.to_owned()).or_insert_with(|| blobs.put(bytes));
    };
    // A Source `404.md` takes the place of the page that every site has.
    add(NOT_FOUND, {
        let theme = frame.look.head(&root.entry_id);
        page::not_found(&shell, &format!("{}/{NOT_FOUND}", root.mount), &theme).into_bytes()
    });
    add("serve-routes.json", documents::bytes(&documents::serve_routes(&table.document)));
    let route = |node: &Node| table.of.get(&node.id).map(String::as_str);
    let fragments: Vec<(String, String)> = members
        .par_iter()
        .map(|node| {
            let (backlinks, related) = (relations.backlinks(&node.id), relations.related(&node.id));
            let entry = GraphEntry { node, route: route(node), backlinks, related, annotations: None };
            (documents::source_fragment(node, route(node)), documents::graph_fragment(&entry))
        })
        .collect();
    add("sources.json", documents::assemble(&documents::SOURCES, fragments.iter().map(|(source, _)| &**source)));
    add("graph-index.json", documents::assemble(&documents::GRAPH, fragments.iter().map(|(_, graph)| &**graph)));
    let listed: Vec<Listed<'_>> = members.iter().map(|node| frame.listed(node)).collect();
    for (file, bytes) in search {
        add(&file, bytes);
    }
    add("llms.txt", documents::llms(&listed, &root.entry_id, None));
    let named: BTreeMap<&str, bool> = files
        .iter()
        .map(|(path, file)| (&**path, assets::bears_hash(path, file.hash)))
        .chain([(ARTIFACTS, false)])
        .collect();
    let artifacts = blobs.put(documents::bytes(&documents::artifacts(named.into_iter())));
    files.insert(ARTIFACTS.to_owned(), artifacts);

    let sources = members.iter().map(|node| (node.id.clone(), SourceEntry { hash: node.hash })).collect();
    let manifest = Manifest { files, sources };
    let broken = unusable(&manifest, &table.document).into_iter();
    findings.extend(broken.map(|message| Diagnostic::error(UNUSABLE, Position::START, message).at(&*root.shown)));
    BuiltPath { manifest, routes: table.document, pages, made, findings }
}

/// Why no deploy could have this Path.
fn unusable(manifest: &Manifest, routes: &Routes) -> Vec<String> {
    let too_large = manifest.files.iter().filter(|(_, file)| file.size > MAX_BLOB);
    let mut reasons: Vec<String> = too_large
        .map(|(path, file)| format!("{path} has {} bytes, at most {MAX_BLOB} can be published", file.size))
        .collect();
    reasons.extend(manifest.check().err().map(|error| error.to_string()));
    reasons.extend(routes.check(manifest).err().map(|error| error.to_string()));
    reasons
}

fn shown(project: &Project, finding: Diagnostic) -> Diagnostic {
    let path = project.show(&finding.path);
    finding.at(path)
}

/// A page, new or kept.
struct Rendered<'a> {
    node: &'a Node,
    page: CachedPage,
    is_new: bool,
    findings: Vec<Diagnostic>,
}

impl Frame<'_> {
    fn shell(&self, theme: &ThemeAssets, findings: &mut Vec<Diagnostic>) -> Shell {
        let asset = |file: &str| format!("{}/{file}", self.root.mount);
        let mut styles = Vec::new();
        let nodes = &self.site.graph.nodes;
        let entry = nodes.get(&self.root.entry_id);
        if let Some(entry) = entry {
            styles.extend(self.styles(entry, "@root.styles", findings));
        }
        let home = entry.map_or_else(
            || NavItem { id: String::new(), title: String::new(), address: asset("") },
            |entry| self.nav_item(entry),
        );
        let links = |id: &str| {
            let linked = nodes.get(id).into_iter().flat_map(|node| node.linked(true));
            linked.filter_map(|id| nodes.get(id)).map(|node| self.nav_item(node)).collect()
        };
        Shell::new(page::Frame {
            nav: Nav::grow(home, links),
            mount: self.root.mount.clone(),
            lang: "en".to_owned(),
            url: None,
            favicon: asset(&theme.favicon.file),
            base_css: asset(&theme.base_css.file),
            styles,
            live: asset(&theme.live_js.file),
            player: None,
        })
    }

    /// What a Source's frontmatter says about its look.
    fn own_theme(&self, node: &Node, findings: &mut Vec<Diagnostic>) -> Theme {
        let (mut theme, found) = tokens::theme(&node.source.values, &source::decode(&node.bytes));
        let shown = self.site.project.show(&node.path);
        findings.extend(found.into_iter().map(|finding| finding.at(&*shown)));
        theme.serve_fonts(|file| {
            let (link, target) = node.source.links.iter().zip(&node.targets).find(|(link, _)| link.target == file)?;
            Some(self.address(node, link, target, &mut Vec::new()))
        });
        theme
    }

    fn nav_items(&self, ids: &[&str]) -> Vec<NavItem> {
        ids.iter().filter_map(|id| self.site.graph.nodes.get(*id)).map(|node| self.nav_item(node)).collect()
    }

    /// The files of the search.
    fn search(&self, rendered: &[Rendered<'_>]) -> Vec<(String, Vec<u8>)> {
        let records = rendered.iter().map(|page| (page.node.id.as_str(), &page.page.record));
        let shards = search::Shards::of(records, None, Arc::<[u8]>::from);
        let pages: Vec<(NavItem, &Record)> =
            rendered.iter().map(|page| (self.nav_item(page.node), &*page.page.record)).collect();
        let entries = pages.iter().map(|(NavItem { id, title, address }, record)| Entry { id, address, title, record });
        let mut files = vec![(search::INDEX.to_owned(), search::index(entries, shards.count()))];
        files.extend(shards.files().map(|(file, bytes)| (file, bytes.to_vec())));
        files
    }

    fn listed<'n>(&self, node: &'n Node) -> Listed<'n> {
        let description = node.source.description.as_deref();
        Listed { id: &node.id, title: node.title(), description, markdown: self.markdown_of(&node.id) }
    }

    /// The address of a Source's Markdown.
    fn markdown_of(&self, id: &str) -> String {
        format!("{}/{}.md", self.root.mount, address::encode_path(id))
    }

    fn nav_item(&self, node: &Node) -> NavItem {
        NavItem { id: node.id.clone(), title: node.title(), address: self.address_of(&node.id) }
    }

    fn render<'n>(&self, node: &'n Node, shell: &Shell, known: &Pages) -> Rendered<'n> {
        let mut findings = Vec::new();
        if node.id != self.root.entry_id {
            self.refuse_root_styles(node, &mut findings);
        }
        let links = node.source.links.iter().zip(&node.targets);
        let addresses: Vec<String> =
            links.map(|(link, target)| self.address(node, link, target, &mut findings)).collect();
        let styles = self.styles(node, "@styles", &mut findings);
        let artifact = format!("{}/{}", self.root.mount, routes::page_file(&node.id));
        let own = self.own_theme(node, &mut findings);
        let theme_source = if own.is_empty() { &self.root.entry_id } else { &node.id };
        let look = if node.id == self.root.entry_id { own } else { own.over(&self.look) };
        let theme = look.head(theme_source);
        let backlinks = self.nav_items(self.relations.backlinks(&node.id));
        let others: Vec<NavItem> = backlinks.iter().filter(|item| item.id != self.root.entry_id).cloned().collect();
        let links = page::links(&self.nav_items(self.relations.related(&node.id)), &others);
        let page = Page {
            node,
            addresses: &addresses,
            styles: &styles,
            artifact: &artifact,
            address: &self.address_of(&node.id),
            markdown: &self.markdown_of(&node.id),
            backlinks: &backlinks,
            links: &links,
            theme: &theme,
            scheme: look.scheme(),
        };
        let inputs = page.inputs(shell);
        let kept = known.get(&format!("{}/{}", self.root.id, node.id)).filter(|kept| kept.inputs == inputs);
        let is_new = kept.is_none();
        let page = kept.cloned().unwrap_or_else(|| {
            let blobs = self.site.blobs;
            let html = blobs.put(page.html(shell).into_bytes());
            let markdown = blobs.put(page.markdown().into_bytes());
            CachedPage { inputs, html, markdown, record: Arc::new(page.record()) }
        });
        Rendered { node, page, is_new, findings }
    }

    /// The address of a Source's page.
    fn address_of(&self, id: &str) -> String {
        // Who has no route of its own is still a file.
        let file = || format!("/{}", routes::page_file(id));
        let route = self.table.of.get(id).cloned().unwrap_or_else(file);
        format!("{}{}", self.root.mount, address::encode_path(&route))
    }

    fn address(&self, node: &Node, link: &Link, target: &Target, findings: &mut Vec<Diagnostic>) -> String {
        match target {
            // A name that nothing has leads nowhere.
            Target::AsWritten if link.place == Place::Wiki => "#".to_owned(),
            Target::AsWritten => link.target.clone(),
            Target::Home { suffix } => format!("{}{suffix}", self.address_of(&self.root.entry_id)),
            Target::Page { id, suffix } => format!("{}{suffix}", self.address_of(id)),
            Target::Asset { path, suffix } => match self.site.assets.get(path) {
                Some(asset) => format!("{}/{}{suffix}", self.root.mount, asset.file),
                None => link.target.clone(),
            },
            Target::Address { path, suffix } => {
                if !self.table.document.routes.contains_key(path) {
                    let message = format!("there is no page at `{path}`");
                    let finding = Diagnostic::warning("link/unresolved", link.position, message);
                    findings.push(finding.at(self.site.project.show(&node.path)));
                }
                format!("{}{}{suffix}", self.root.mount, address::encode_path(path))
            }
        }
    }

    /// The stylesheets that a Source's definitions with this directive bring, in order.
    fn styles(&self, node: &Node, directive: &str, findings: &mut Vec<Diagnostic>) -> Vec<Stylesheet> {
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
                    address: format!("{}/{}", self.root.mount, asset.file),
                    scope: if directive == "@styles" { "source" } else { "root" },
                    source: path.to_owned(),
                    name: (media.is_none() && !name.is_empty()).then(|| name.to_owned()),
                    media,
                });
            } else {
                let message =
                    format!("`{}` is no stylesheet of this site: it must be an existing local .css file", link.target);
                let finding = Diagnostic::error("styles/target", link.position, message);
                findings.push(finding.at(self.site.project.show(&node.path)));
            }
        }
        styles
    }

    fn refuse_root_styles(&self, node: &Node, findings: &mut Vec<Diagnostic>) {
        for link in &node.source.links {
            if matches!(&link.place, Place::Definition { label } if label.starts_with("@root.styles")) {
                let message = "`@root.styles` counts in the entry of a Path only, and is ignored here";
                let finding = Diagnostic::warning("styles/not-root", link.position, message);
                findings.push(finding.hint("use `@styles`").at(self.site.project.show(&node.path)));
            }
        }
    }
}
