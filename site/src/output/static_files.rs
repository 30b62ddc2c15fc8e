//! A build as a folder of plain files, for hosts that know no routes.
//!
//! A page is the `index.html` of a folder that is called like its route, so that its address is the same everywhere. A redirect is a
//! page that leads on. What only deploys need is left out.

use crate::{
    build::Build,
    diagnostic::{Diagnostic, Position},
    error::SiteError,
    project::{Project, hosting::Hosting},
    text::{address, html},
};
use pmx_model::{File, Manifest, Root, Route, Routes};
use serde::de::DeserializeOwned;
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    path::PathBuf,
    sync::Arc,
};

/// The file of a folder that hosts answer the folder's address with.
const INDEX: &str = "index.html";
/// The file that hosts answer with where nothing is.
const NOT_FOUND: &str = "404.html";
/// Tells GitHub Pages to serve folders whose names begin with `_` or `.`, too; it is empty.
const NO_JEKYLL: &str = ".nojekyll";
/// Documents of deploys, which say nothing of a folder.
const OF_DEPLOYS: [&str; 2] = ["serve-routes.json", "artifacts.json"];
/// What is said of addresses that a folder cannot have.
const CLASH: &str = "static/clash";

/// What a place in the folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlaceKind {
    Page,
    Redirect,
    File,
}

/// The places of the folder.
type FolderLayout = BTreeMap<String, (PlaceKind, File)>;

/// The same build, laid out for a host of plain files. It was built for one ([`Project::hosting`]), with all its bytes at hand.
///
/// # Errors
/// A document of the build cannot be read.
pub fn static_files(project: &Project, build: &Build) -> Result<Build, SiteError> {
    let mut laid = build.clone();
    let Some(roots) = &build.roots else { return Ok(laid) };
    let mut places = FolderLayout::new();
    // A Path below its mount comes before what the default one has there.
    let mut mounts: Vec<(String, &str, &Root)> =
        roots.mounts().zip(roots.roots.keys()).map(|((mount, root), id)| (mount, id.as_str(), root)).collect();
    mounts.sort_by_key(|(mount, ..)| mount.is_empty());
    for (mount, id, root) in mounts {
        let routes: Routes = document(build, root.routes, id)?;
        let manifest: Manifest = document(build, root.manifest, id)?;
        let layout = Layout { hosting: &project.hosting, url: project.address.url.as_deref(), mount: &mount, build };
        for (place, kind, file) in layout.places(&routes, &manifest) {
            if let Entry::Vacant(free) = places.entry(place) {
                free.insert((kind, file));
            }
        }
    }
    places.insert(NO_JEKYLL.to_owned(), (PlaceKind::File, build.blobs.put(Vec::new())));
    laid.diagnostics.extend(part(&mut places));
    laid.outputs = Arc::new(places.into_iter().map(|(place, (_, file))| (place, file)).collect());
    Ok(laid)
}

fn document<T: DeserializeOwned>(build: &Build, hash: pmx_model::Hash, id: &str) -> Result<T, SiteError> {
    let bytes = build.blobs.get(&hash).ok_or_else(|| SiteError::NotHeld(vec![hash]))?;
    serde_json::from_slice(&bytes).map_err(|error| SiteError::document(&PathBuf::from(id), error))
}

/// How one Path is laid out.
struct Layout<'a> {
    hosting: &'a Hosting,
    url: Option<&'a str>,
    mount: &'a str,
    build: &'a Build,
}

impl Layout<'_> {
    /// In the order in which they take a place: pages, files, redirects.
    fn places(&self, routes: &Routes, manifest: &Manifest) -> Vec<(String, PlaceKind, File)> {
        let mut places = Vec::new();
        let mut moved = BTreeSet::new();
        for (route, target) in &routes.routes {
            if let Route::Source { path, .. } = target
                && let Some(file) = manifest.files.get(path)
            {
                moved.insert(path.as_str());
                places.push((self.page(route), PlaceKind::Page, *file));
            }
        }
        // A page that says that nothing is there is looked for at its own name, whatever its route.
        let stays = |path: &str| !moved.contains(path) || path == NOT_FOUND;
        let files = manifest.files.iter().filter(|(path, _)| stays(path) && !OF_DEPLOYS.contains(&path.as_str()));
        places.extend(files.map(|(path, file)| (self.place(path), PlaceKind::File, *file)));
        if let Some(nothing) = routes.not_found.as_ref().and_then(|path| manifest.files.get(path)) {
            places.push((self.place(NOT_FOUND), PlaceKind::File, *nothing));
        }
        // A page is at its address with `.md` behind it, too, as where the Worker serves it.
        for (route, target) in &routes.routes {
            let Route::Source { path, .. } = target else { continue };
            let markdown = path.strip_suffix(".html").map(|stem| format!("{stem}.md"));
            if let Some(file) = markdown.and_then(|path| manifest.files.get(&path)) {
                let name = if route == "/" { "/index" } else { route };
                places.push((self.place(&format!("{}.md", name.trim_start_matches('/'))), PlaceKind::File, *file));
            }
        }
        for (route, target) in &routes.routes {
            if let Route::Redirect { to, .. } = target {
                let to = self.address(to, routes);
                places.push((
                    self.page(route),
                    PlaceKind::Redirect,
                    self.build.blobs.put(self.redirect(&to).into_bytes()),
                ));
            }
        }
        places
    }

    /// Where a file is, below the folder.
    fn place(&self, path: &str) -> String {
        format!("{}/{path}", self.mount).trim_start_matches('/').to_owned()
    }

    /// Where the page of a route is.
    fn page(&self, route: &str) -> String {
        match route.trim_matches('/') {
            "" => self.place(INDEX),
            route => self.place(&format!("{route}/{INDEX}")),
        }
    }

    /// Where a redirect leads, as it stands in a page: `to` is encoded, and below the mount if it begins with `/`.
    fn address(&self, to: &str, routes: &Routes) -> String {
        if !to.starts_with('/') {
            return to.to_owned();
        }
        let is_page = routes.routes.contains_key(&*address::decode(to));
        let to = if is_page { self.hosting.page(to) } else { to.into() };
        format!("{}{}{to}", self.hosting.base(), self.mount)
    }

    /// A page that leads on. The script takes query and fragment along; without it the reader arrives all the same.
    fn redirect(&self, to: &str) -> String {
        // A `<` could end the script.
        let quoted = serde_json::Value::from(to).to_string().replace('<', "\\u003c");
        let canonical =
            if to.starts_with('/') { format!("{}{to}", self.url.unwrap_or_default()) } else { to.to_owned() };
        let (to, canonical) = (html::escape(to), html::escape(&canonical));
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>This page is elsewhere</title>\n\
             <link rel=\"canonical\" href=\"{canonical}\">\n\
             <script>location.replace({quoted}+location.search+location.hash)</script>\n\
             <meta http-equiv=\"refresh\" content=\"0; url={to}\">\n</head>\n\
             <body>\n<p>This page is at <a href=\"{to}\">{to}</a>.</p>\n</body>\n</html>\n"
        )
    }
}

/// A name cannot be a file and a folder: of two such places one goes, and it is said.
fn part(places: &mut FolderLayout) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut clashes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for place in places.keys() {
        for (at, _) in place.match_indices('/') {
            if let Some((folder, _)) = places.get_key_value(&place[..at]) {
                clashes.entry(folder.clone()).or_default().push(place.clone());
            }
        }
    }
    for (file, below) in clashes {
        let is_page = places.get(&file).is_some_and(|(kind, _)| *kind == PlaceKind::Page);
        let (kept, left) = if is_page { (&file, &below[..]) } else { (&below[0], std::slice::from_ref(&file)) };
        for left in left {
            let page = places.remove(left).is_some_and(|(kind, _)| kind == PlaceKind::Page);
            let message = format!("/{left} is left out: no folder can hold it beside /{kept}");
            // A page that is missing is one thing, a copy of its text or another file is another.
            let finding = match page {
                true => Diagnostic::error(CLASH, Position::START, message),
                false => Diagnostic::warning(CLASH, Position::START, message),
            };
            findings.push(finding.hint("give one of the Sources another `route`").at(left.clone()));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmx_model::Hash;

    #[test]
    fn of_a_file_and_a_folder_of_one_name_the_page_stays() {
        let file = File { hash: Hash::of(b""), size: 0 };
        let place = |path: &str, kind| (path.to_owned(), (kind, file));
        let mut places = FolderLayout::from([
            place("a.md", PlaceKind::File),
            place("a.md/index.html", PlaceKind::Page),
            place("b/index.html", PlaceKind::Page),
            place("b/index.html/c/index.html", PlaceKind::Page),
            place("d.md", PlaceKind::File),
            place("d/e/index.html", PlaceKind::Redirect),
        ]);
        let left: Vec<String> = part(&mut places).into_iter().map(|finding| finding.path).collect();
        assert_eq!(left, ["a.md", "b/index.html/c/index.html"]);
        let kept: Vec<&str> = places.keys().map(String::as_str).collect();
        assert_eq!(kept, ["a.md/index.html", "b/index.html", "d.md", "d/e/index.html"]);
    }
}
