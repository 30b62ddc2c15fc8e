//! Links to fragments that name nothing in their page.

use super::{Graph, Node, Target};
use crate::{
    diagnostic::Diagnostic,
    project::Project,
    source::{Link, Place},
    text::{
        address::{self, Address},
        nearest::likest,
    },
};
use std::collections::HashMap;

/// How many ids are compared for what the fragments of one Source may mean; the ones beyond have no hint. A hundred wrong links to a page of
/// two thousand headings: beyond it nobody reads hints, and each link compared with each heading would go quadratic.
const MAX_COMPARED: usize = 200_000;

/// Fragments that name nothing in their page. A page that uses components gets more ids than its text shows.
pub(super) fn missing(project: &Project, graph: &Graph, node: &Node) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    // By the page: whether it uses components. Its links are looked through once, however many lead to it.
    let mut importing: HashMap<&str, bool> = HashMap::new();
    let mut compared = 0;
    // What an include cannot find is said where it is taken in.
    let links = node.source.links.iter().zip(&node.targets).filter(|(link, _)| link.place != Place::Include);
    for (link, target) in links {
        let (page, fragment) = match (target, address::classify(&link.target)) {
            (Target::Page { id, suffix }, _) if link.place.is_link_by_name() => {
                let Some(page) = graph.nodes.get(id) else { continue };
                (page, suffix.strip_prefix('#').map(str::to_owned))
            }
            (Target::Page { id, .. }, Address::File(file)) => {
                let Some(page) = graph.nodes.get(id) else { continue };
                (page, file.fragment().map(|fragment| fragment.into_owned()))
            }
            (Target::AsWritten, Address::Here(fragment)) => (node, fragment.map(|fragment| fragment.into_owned())),
            _ => continue,
        };
        let Some(fragment) = fragment.filter(|f| !f.is_empty() && f != "top" && !f.starts_with(":~:")) else {
            continue;
        };
        let imports = |(link, target): (&Link, &Target)| {
            matches!(&link.place, Place::Definition { label } if label.starts_with('@'))
                && matches!(target, Target::Page { .. })
        };
        if page.source.anchors.contains(&fragment)
            || *importing.entry(&page.id).or_insert_with(|| page.source.links.iter().zip(&page.targets).any(imports))
        {
            continue;
        }
        let message = format!("`{}` has no heading or Block `#{fragment}`", page.path);
        let finding = Diagnostic::warning("link/fragment", link.position, message);
        compared += page.source.anchors.len();
        let ids = page.source.anchors.iter().filter(|_| compared <= MAX_COMPARED).map(|id| (id.as_str(), id.as_str()));
        let finding = match likest(&fragment, ids) {
            Some(nearest) => finding.hint(format!("did you mean `#{nearest}`?")),
            None => finding,
        };
        findings.push(finding.at(project.show(&node.path)));
    }
    findings
}
