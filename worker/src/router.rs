//! The shared router: a decoded path and the documents of a root in, what it means out. It reads nothing and knows no HTTP.

use pmx_model::{File, ManifestIndex, RouteRef, RoutesIndex};
use std::{borrow::Cow, rc::Rc};

/// The parsed documents of one root.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// Its files.
    pub manifest: Rc<ManifestIndex>,
    /// Its routes, which name only files of the manifest.
    pub routes: Rc<RoutesIndex>,
}

/// A root at its place in the site.
#[derive(Clone, Debug)]
pub struct Mounted {
    /// Empty for the default root, `/<root id>` for the others.
    pub mount: String,
    /// What it holds.
    pub documents: Rc<Documents>,
}

/// What a path means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolvedRoute<'a> {
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
pub fn resolve<'a>(documents: &'a Documents, mount: usize, path: &str) -> ResolvedRoute<'a> {
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
pub fn markdown_of<'a>(documents: &'a Documents, page: &str) -> Option<(&'a str, File)> {
    documents.manifest.file(&format!("{}.md", page.strip_suffix(".html")?))
}

/// The file at exactly this path in a root that is mounted at its first `mount` bytes; what an earlier deploy is asked for.
#[must_use]
pub fn file_at<'a>(documents: &'a Documents, mount: usize, path: &str) -> Option<(&'a str, File)> {
    documents.manifest.file(path[mount..].strip_prefix('/')?)
}

/// Decodes `%41`. `None` for what is no UTF-8 or holds a NUL: no file has such a name.
#[must_use]
pub fn decode_path(path: &str) -> Option<Cow<'_, str>> {
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
    use pmx_model::{Hash, Manifest, Root, Roots, Route, Routes};

    fn file(text: &str) -> File {
        File { hash: Hash::of(text.as_bytes()), size: text.len() as u64 }
    }

    fn documents(marker: &str) -> Documents {
        let mut manifest = Manifest::default();
        for path in ["index.path.html", "index.path.md", "a.b/c.html", "404.html", "file.tar.gz", "v1.2", "draft.md"] {
            manifest.files.insert(path.to_owned(), file(&format!("{marker} {path}")));
        }
        let mut routes = Routes { not_found: Some("404.html".to_owned()), ..Routes::default() };
        let page = |path: &str| Route::Source { source: "s".to_owned(), path: path.to_owned() };
        routes.routes.insert("/index.path".to_owned(), page("index.path.html"));
        routes.routes.insert("/a.b/c".to_owned(), page("a.b/c.html"));
        routes.routes.insert("/home".to_owned(), page("index.path.html"));
        routes.routes.insert("/".to_owned(), Route::Redirect { to: "/index.path".to_owned(), status: 308 });
        Documents { manifest: Rc::new((&manifest).into()), routes: Rc::new(RoutesIndex::of(&routes)) }
    }

    /// The roots of a path as they are asked, one after the other.
    fn resolved<'a>(guide: &'a Documents, main: &'a Documents, path: &str) -> ResolvedRoute<'a> {
        let root =
            |marker: &str| Root { entry: String::new(), routes: Hash::of(b""), manifest: Hash::of(marker.as_bytes()) };
        let roots = [("main", root("main")), ("guide", root("guide"))];
        let roots = Roots {
            roots: roots.into_iter().map(|(id, root)| (id.to_owned(), root)).collect(),
            default: "main".to_owned(),
        };
        let mut nothing = ResolvedRoute::NotFound { page: None };
        for (mount, root) in roots.on_path(path) {
            let documents = if root.manifest == Hash::of(b"guide") { guide } else { main };
            match resolve(documents, mount, path) {
                ResolvedRoute::NotFound { page } => {
                    if nothing == (ResolvedRoute::NotFound { page: None }) {
                        nothing = ResolvedRoute::NotFound { page };
                    }
                }
                found => return found,
            }
        }
        nothing
    }

    #[test]
    fn routes_files_redirects_and_the_page_for_nothing() {
        let (guide, main) = (documents("guide"), documents("main"));
        let found = |path: &str, text: &str, at: &str| {
            let expected = ResolvedRoute::File { path: path.to_owned().leak(), file: file(text) };
            assert_eq!(resolved(&guide, &main, at), expected, "{at}");
        };
        let page = |path: &str, text: &str, at: &str| {
            let expected = ResolvedRoute::Page { path: path.to_owned().leak(), file: file(text) };
            assert_eq!(resolved(&guide, &main, at), expected, "{at}");
        };
        page("index.path.html", "main index.path.html", "/index.path");
        found("index.path.html", "main index.path.html", "/index.path.html");
        page("a.b/c.html", "main a.b/c.html", "/a.b/c");
        for at in ["/index.path.md", "/home.md"] {
            found("index.path.md", "main index.path.md", at);
        }
        found("index.path.md", "guide index.path.md", "/guide/home.md");
        found("draft.md", "main draft.md", "/draft.md");
        found("file.tar.gz", "main file.tar.gz", "/file.tar.gz");
        found("v1.2", "main v1.2", "/v1.2");
        page("index.path.html", "guide index.path.html", "/guide/index.path");
        let redirect = |at| match resolved(&guide, &main, at) {
            ResolvedRoute::Redirect { location, status: 308 } => location.into_owned(),
            other => panic!("{at}: {other:?}"),
        };
        assert_eq!(redirect("/"), "/index.path");
        assert_eq!(redirect("/guide"), "/guide/index.path");
        assert_eq!(redirect("/guide/"), "/guide/index.path");
        for at in [
            "/nope",
            "/guides",
            "/INDEX.PATH",
            "/index.path/",
            "/.well-known/x",
            "/main/",
            "/main",
            "/.md",
            "/a.b/c.md",
            "/home.MD",
            "/home.md/",
        ] {
            let page = Some(("404.html", file("main 404.html")));
            assert_eq!(resolved(&guide, &main, at), ResolvedRoute::NotFound { page }, "{at}");
        }
        let page = Some(("404.html", file("guide 404.html")));
        assert_eq!(resolved(&guide, &main, "/guide/nope"), ResolvedRoute::NotFound { page }, "that of its own root");
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
