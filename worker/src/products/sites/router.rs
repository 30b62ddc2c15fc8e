//! The shared router: a decoded path and the documents of a root in, what it means out. It reads nothing and knows no HTTP.

use pmx_model::{File, ManifestIndex, RouteRef, RoutesIndex};
use std::{borrow::Cow, rc::Rc};

/// The parsed documents of one root.
#[derive(Clone, Debug, Default)]
pub(super) struct Documents {
    /// Its files.
    pub(super) manifest: Rc<ManifestIndex>,
    /// Its routes, which name only files of the manifest.
    pub(super) routes: Rc<RoutesIndex>,
}

/// A root at its place in the site.
#[derive(Clone, Debug)]
pub(super) struct Mounted {
    /// Empty for the default root, `/<root id>` for the others.
    pub(super) mount: String,
    /// What it holds.
    pub(super) documents: Rc<Documents>,
}

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ResolvedRoute<'a> {
    /// The page of a Source, which may be there as Markdown, too: [`markdown_of`] its path.
    Page {
        /// Its path in the manifest.
        path: &'a str,
        /// The file.
        file: File,
    },
    /// This file.
    File {
        /// Its path in the manifest.
        path: &'a str,
        /// The file.
        file: File,
    },
    /// Another address.
    Redirect {
        /// Percent-encoded.
        location: Cow<'a, str>,
        /// A redirect status.
        status: u16,
    },
    /// Nothing in this root; perhaps with the page that says so. The next root of the path is asked
    /// ([`pmx_model::Roots::on_path`]), and the first such page counts.
    NotFound {
        /// Path and file of that page.
        page: Option<(&'a str, File)>,
    },
}

/// Resolves a path in a root that is mounted at its first `mount` bytes.
#[must_use]
pub(super) fn resolve<'a>(documents: &'a Documents, mount: usize, path: &str) -> ResolvedRoute<'a> {
    let (mount, local) = path.split_at(mount);
    let local = if local.is_empty() { "/" } else { local };
    let Documents { manifest, routes } = documents;
    let found = match routes.get(local) {
        Some(RouteRef::Source { path, .. }) => match manifest.file(path) {
            Some((path, file)) => return ResolvedRoute::Page { path, file },
            None => None,
        },
        Some(RouteRef::Redirect { to, status }) => {
            let location = match to.starts_with('/') && !mount.is_empty() {
                true => Cow::Owned(format!("{mount}{to}")),
                false => Cow::Borrowed(to),
            };
            return ResolvedRoute::Redirect { location, status };
        }
        None => manifest.file(&local[1..]).or_else(|| markdown_at(documents, local)),
    };
    match found {
        Some((path, file)) => ResolvedRoute::File { path, file },
        None => ResolvedRoute::NotFound { page: routes.not_found().and_then(|name| manifest.file(name)) },
    }
}

/// The Markdown of the page that is at this path but for the `.md` at its end.
fn markdown_at<'a>(documents: &'a Documents, local: &str) -> Option<(&'a str, File)> {
    match documents.routes.get(local.strip_suffix(".md")?)? {
        RouteRef::Source { path, .. } => markdown_of(documents, path),
        RouteRef::Redirect { .. } => None,
    }
}

/// The same page as Markdown: the file beside it.
#[must_use]
pub(super) fn markdown_of<'a>(documents: &'a Documents, page: &str) -> Option<(&'a str, File)> {
    documents.manifest.file(&format!("{}.md", page.strip_suffix(".html")?))
}

/// The file at exactly this path in a root that is mounted at its first `mount` bytes; what an earlier deploy is asked for.
#[must_use]
pub(super) fn file_at<'a>(documents: &'a Documents, mount: usize, path: &str) -> Option<(&'a str, File)> {
    documents.manifest.file(path[mount..].strip_prefix('/')?)
}

/// Decodes `%41`. `None` for what is no UTF-8 or holds a NUL: no file has such a name.
#[must_use]
pub(super) fn decode_path(path: &str) -> Option<Cow<'_, str>> {
    if !path.contains('%') {
        return Some(path.into());
    }
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped =
            bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        let digits = escaped.filter(|pair| !pair.starts_with('+'));
        match digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok().filter(|path| !path.contains('\0')).map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmx_model::{Hash, Manifest, Root, Roots, Routes};
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    /// The vectors that the compiled Worker is tried with, too (`tests/router.rs` of the workspace).
    #[derive(serde::Deserialize)]
    struct Vectors {
        files: Vec<String>,
        routes: Value,
        #[serde(rename = "notFound")]
        not_found: String,
        /// By path: a status, then the address of a redirect, or the root and the path of a file.
        expected: BTreeMap<String, String>,
    }

    fn documents(vectors: &Vectors, root: &str) -> Documents {
        let routes = json!({ "routes": vectors.routes, "notFound": vectors.not_found });
        let routes: Routes = serde_json::from_value(routes).unwrap();
        let file = |path: &String| {
            let text = format!("{root} {path}");
            (path.clone(), File { hash: Hash::of(text.as_bytes()), size: text.len() as u64 })
        };
        let manifest = Manifest { files: vectors.files.iter().map(file).collect(), ..Manifest::default() };
        Documents { manifest: Rc::new((&manifest).into()), routes: Rc::new(RoutesIndex::of(&routes)) }
    }

    /// What the roots of a path say, asked one after the other.
    fn resolved(roots: &Roots, documents: &BTreeMap<&str, Documents>, path: &str) -> String {
        let mut nothing = None;
        for (mount, root) in roots.on_path(path) {
            let name = root.entry.as_str();
            match resolve(&documents[name], mount, path) {
                ResolvedRoute::Page { path, file } | ResolvedRoute::File { path, file } => {
                    let text = format!("{name} {path}");
                    assert_eq!(file.hash, Hash::of(text.as_bytes()));
                    return format!("200 {text}");
                }
                ResolvedRoute::Redirect { location, status } => return format!("{status} {location}"),
                ResolvedRoute::NotFound { page } => {
                    nothing = nothing.or(page.map(|(path, _)| format!("404 {name} {path}")));
                }
            }
        }
        nothing.unwrap_or_default()
    }

    #[test]
    fn routes_files_redirects_and_the_page_for_nothing() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../../tests/router.json")).unwrap();
        let names = ["main", "guide"];
        let documents: BTreeMap<_, _> = names.map(|name| (name, documents(&vectors, name))).into();
        // The entry names the root here, so that what is found says where.
        let root = |name: &str| Root { entry: name.to_owned(), routes: Hash::of(b""), manifest: Hash::of(b"") };
        let roots = names.map(|name| (name.to_owned(), root(name))).into();
        let roots = Roots { roots, default: "main".to_owned() };
        for (path, expected) in &vectors.expected {
            assert_eq!(&resolved(&roots, &documents, path), expected, "{path}");
        }
    }

    #[test]
    fn a_page_is_told_from_a_file() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../../tests/router.json")).unwrap();
        let documents = documents(&vectors, "main");
        assert!(matches!(resolve(&documents, 0, "/home"), ResolvedRoute::Page { path: "index.path.html", .. }));
        assert!(matches!(resolve(&documents, 0, "/index.path.html"), ResolvedRoute::File { .. }));
        assert!(matches!(resolve(&documents, 0, "/home.md"), ResolvedRoute::File { path: "index.path.md", .. }));
    }

    #[test]
    fn a_path_is_decoded_once() {
        assert_eq!(decode_path("/a%20b%C3%A9").as_deref(), Some("/a bé"));
        assert_eq!(decode_path("/pct%2520").as_deref(), Some("/pct%20"));
        assert_eq!(decode_path("/%zz%4").as_deref(), Some("/%zz%4"));
        assert_eq!(decode_path("/%+1"), Some("/%+1".into()));
        assert_eq!(decode_path("/%ff"), None);
        assert_eq!(decode_path("/%00"), None);
    }
}
