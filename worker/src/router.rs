//! The shared router: a decoded path and a site's documents in, what it means out. It reads nothing and knows no HTTP.

use crate::model::{File, ManifestIndex, Route, Routes};
use std::{borrow::Cow, rc::Rc};

/// The parsed documents of one root.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// Its files.
    pub manifest: Rc<ManifestIndex>,
    /// Its routes, which name only files of the manifest.
    pub routes: Rc<Routes>,
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
    /// Nothing; perhaps with the page that says so.
    NotFound {
        /// Path and file of that page.
        page: Option<(&'a str, File)>,
    },
}

/// Resolves a path. A mounted root comes before the default one, and the default one is asked when the mounted has nothing.
#[must_use]
pub fn resolve<'a>(roots: &'a [Mounted], path: &str) -> ResolvedRoute<'a> {
    let mut page = None;
    for root in by_mount(roots, path) {
        let local = match &path[root.mount.len()..] {
            "" => "/",
            local => local,
        };
        let Documents { manifest, routes } = &*root.documents;
        let file = |name: &str| manifest.file(name);
        match routes.routes.get(local) {
            Some(Route::Source { path, .. }) => {
                if let Some((path, file)) = file(path) {
                    return ResolvedRoute::File { path, file };
                }
            }
            Some(Route::Redirect { to, status }) => {
                let location = match to.starts_with('/') && !root.mount.is_empty() {
                    true => Cow::Owned(format!("{}{to}", root.mount)),
                    false => Cow::Borrowed(to.as_str()),
                };
                return ResolvedRoute::Redirect { location, status: *status };
            }
            None => {
                if let Some((path, file)) = file(&local[1..]) {
                    return ResolvedRoute::File { path, file };
                }
            }
        }
        page = page.or_else(|| file(routes.not_found.as_deref()?));
    }
    ResolvedRoute::NotFound { page }
}

/// The file at exactly this path in any of these roots; what an earlier deploy is asked for.
#[must_use]
pub fn file_at<'a>(roots: &'a [Mounted], path: &str) -> Option<(&'a str, File)> {
    by_mount(roots, path).find_map(|root| root.documents.manifest.file(path[root.mount.len()..].strip_prefix('/')?))
}

/// The roots that a path may belong to, the longest mount first.
fn by_mount<'a>(roots: &'a [Mounted], path: &str) -> impl Iterator<Item = &'a Mounted> {
    let below = |root: &Mounted| {
        path.strip_prefix(root.mount.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mounted = roots.iter().find(|root| !root.mount.is_empty() && below(root));
    mounted.into_iter().chain(roots.iter().find(|root| root.mount.is_empty()))
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

/// At least this many hex digits of its hash in a file's name make its URL immutable.
const HASH_DIGITS: usize = 16;

/// The longest run of hex digits in a file's name that may be a prefix of its hash.
#[must_use]
pub fn hash_in_name(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next()?;
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|run| {
            (HASH_DIGITS..=64).contains(&run.len()) && run.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        })
        .max_by_key(|run| run.len())
}

/// Whether the URL of this file can never mean other bytes.
#[must_use]
pub fn is_immutable(path: &str, file: &File) -> bool {
    hash_in_name(path).is_some_and(|digits| file.hash.hex().starts_with(digits.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Hash, Manifest};

    fn file(text: &str) -> File {
        File { hash: Hash::of(text.as_bytes()), size: text.len() as u64 }
    }

    fn root(mount: &str, marker: &str) -> Mounted {
        let mut manifest = Manifest::default();
        for path in ["index.path.html", "a.b/c.html", "404.html", "file.tar.gz", "v1.2"] {
            manifest.files.insert(path.to_owned(), file(&format!("{marker} {path}")));
        }
        let mut routes = Routes { not_found: Some("404.html".to_owned()), ..Routes::default() };
        let page = |path: &str| Route::Source { source: "s".to_owned(), path: path.to_owned() };
        routes.routes.insert("/index.path".to_owned(), page("index.path.html"));
        routes.routes.insert("/a.b/c".to_owned(), page("a.b/c.html"));
        routes.routes.insert("/".to_owned(), Route::Redirect { to: "/index.path".to_owned(), status: 308 });
        Mounted {
            mount: mount.to_owned(),
            documents: Rc::new(Documents { manifest: Rc::new((&manifest).into()), routes: Rc::new(routes) }),
        }
    }

    #[test]
    fn routes_files_redirects_and_the_page_for_nothing() {
        let roots = [root("", "main"), root("/guide", "guide")];
        let found = |path: &str, text: &str, at: &str| {
            assert_eq!(
                resolve(&roots, at),
                ResolvedRoute::File { path: path.to_owned().leak(), file: file(text) },
                "{at}"
            );
        };
        found("index.path.html", "main index.path.html", "/index.path");
        found("index.path.html", "main index.path.html", "/index.path.html");
        found("a.b/c.html", "main a.b/c.html", "/a.b/c");
        found("file.tar.gz", "main file.tar.gz", "/file.tar.gz");
        found("v1.2", "main v1.2", "/v1.2");
        found("index.path.html", "guide index.path.html", "/guide/index.path");
        let redirect = |at| match resolve(&roots, at) {
            ResolvedRoute::Redirect { location, status: 308 } => location.into_owned(),
            other => panic!("{at}: {other:?}"),
        };
        assert_eq!(redirect("/"), "/index.path");
        assert_eq!(redirect("/guide"), "/guide/index.path");
        assert_eq!(redirect("/guide/"), "/guide/index.path");
        for at in ["/nope", "/guides", "/INDEX.PATH", "/index.path/", "/.well-known/x"] {
            assert!(matches!(resolve(&roots, at), ResolvedRoute::NotFound { page: Some(("404.html", _)) }), "{at}");
        }
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

    #[test]
    fn only_a_name_that_carries_its_own_hash_is_immutable() {
        let file = file("body");
        let hash = file.hash.to_string();
        assert!(is_immutable(&format!("assets/app.{}.js", &hash[..16]), &file));
        assert!(is_immutable(&format!("assets/app.{hash}.js"), &file));
        assert!(!is_immutable(&format!("assets/app.{}.js", &hash[..15]), &file));
        assert!(!is_immutable(&format!("assets/{}/app.js", &hash[..16]), &file));
        assert!(!is_immutable("assets/app.0123456789abcdef.js", &file));
        assert!(!is_immutable("logo.png", &file));
    }
}
