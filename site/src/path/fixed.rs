//! The files of a Path that say nothing of the texts of Sources.

use super::{Frame, plan::Plan};
use crate::{
    documents::{self, GraphEntry, Listed},
    graph::{
        Node,
        assets::{asset_path, mermaid_js},
        component_files::ComponentFiles,
        routes::{self, NOT_FOUND},
    },
    page, search, source,
};
use pmx_model::File;
use rayon::prelude::*;

/// Documents of every Path.
const SERVE_ROUTES: &str = "serve-routes.json";
const SOURCES: &str = "sources.json";
const GRAPH: &str = "graph-index.json";
const LLMS: &str = "llms.txt";
/// Those of a site that knows its address.
const SITEMAP: &str = "sitemap.xml";
const ROBOTS: &str = "robots.txt";

/// Whether a build of the Path has a document with this name, which pages may link to.
pub(super) fn is_document(frame: &Frame<'_>, name: &str) -> bool {
    let knows_address = frame.site.project.address.url.is_some();
    match name {
        SOURCES | GRAPH | LLMS | NOT_FOUND | search::INDEX => true,
        SERVE_ROUTES => frame.site.project.hosting.is_live(),
        SITEMAP => knows_address,
        ROBOTS => knows_address && frame.root.mount.is_empty(),
        _ => false,
    }
}

/// All of them, by their paths below the folder of the Path.
pub(super) fn files(frame: &Frame<'_>, plan: &Plan) -> Vec<(String, File)> {
    let members: Vec<&Node> = plan.members.iter().filter_map(|id| frame.site.graph.nodes.get(id)).collect();
    let documents = documents(frame, plan, &members).into_iter();
    let documents = documents.map(|(path, bytes)| (path.to_owned(), frame.site.blobs.put(bytes)));
    assets(frame, &members).into_iter().chain(documents).collect()
}

fn assets(frame: &Frame<'_>, members: &[&Node]) -> Vec<(String, File)> {
    let site = frame.site;
    let used = members.iter().flat_map(|node| &node.targets).filter_map(asset_path);
    let made_of_sources = members.iter().filter_map(|node| site.components.get(&node.id)).flat_map(ComponentFiles::all);
    let shows_completion = members.iter().any(|node| node.source.standard.completion);
    let generated = made_of_sources
        .chain(site.theme.all(site.project.player, site.project.hosting.is_live()))
        .chain(shows_completion.then_some(&site.theme.completion_js));
    // What pages take in are members, too.
    let draws_in_browser = members.iter().any(|node| node.source.draws_in_browser);
    let mermaid = draws_in_browser.then(|| mermaid_js(site.blobs));
    let all = site.assets.closure(used).into_values().chain(generated).chain(&mermaid);
    all.map(|asset| (asset.file.clone(), asset.content)).collect()
}

fn documents(frame: &Frame<'_>, plan: &Plan, members: &[&Node]) -> Vec<(&'static str, Vec<u8>)> {
    let Frame { site, root, table, relations, look, .. } = frame;
    let route = |node: &Node| table.of.get(&node.id).map(|route| site.project.hosting.page(route));
    let fragments: Vec<(String, String)> = members
        .par_iter()
        .map(|node| {
            let (backlinks, related) = (relations.backlinks(&node.id), relations.related(&node.id));
            let route = route(node);
            let entry = GraphEntry { node, route: route.as_deref(), backlinks, related };
            (documents::source_fragment(node, route.as_deref()), documents::graph_fragment(&entry))
        })
        .collect();
    let listed: Vec<Listed<'_>> = members.iter().map(|node| frame.listed(node)).collect();
    let url = site.project.address.url.as_deref();
    let mut documents = vec![
        (SERVE_ROUTES, documents::bytes(&documents::serve_routes(&table.document))),
        (SOURCES, documents::assemble(&documents::SOURCES, fragments.iter().map(|(source, _)| &**source))),
        (GRAPH, documents::assemble(&documents::GRAPH, fragments.iter().map(|(_, graph)| &**graph))),
        (LLMS, documents::llms(&listed, &root.entry_id, url)),
    ];
    // A Source `404.md` takes the place of the page that every site has.
    if !plan.members.iter().any(|id| routes::page_file(id) == NOT_FOUND) {
        let artifact = format!("{}/{NOT_FOUND}", root.prefix);
        let page = page::not_found(&plan.shell, &artifact, look, &root.entry_id);
        documents.push((NOT_FOUND, page.into_bytes()));
    }
    if let Some(url) = url {
        let pages = members.iter().filter(|node| !source::is_definition(&node.id));
        let addresses: Vec<String> = pages.map(|node| frame.address_of(&node.id)).collect();
        documents.push((SITEMAP, documents::sitemap(url, addresses.iter().map(String::as_str))));
        if root.mount.is_empty() {
            let prefixes = site.roots.iter().map(|root| root.prefix.as_str());
            documents.push((ROBOTS, documents::robots(url, prefixes)));
        }
    }
    documents
}
