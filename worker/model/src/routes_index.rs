//! A routes document as an instance keeps it: the bytes of its JSON, and where the parts are. A route takes 16 bytes beside them.

use super::{Route, Routes, RoutesError, routes, scan::Scan};

/// The routes of one root, sorted by their paths.
#[derive(Clone, Debug, Default)]
pub struct RoutesIndex {
    text: Vec<u8>,
    entries: Vec<RouteEntry>,
    not_found: NotFound,
    /// Bytes of the JSON that it was read from.
    document: usize,
}

/// A route: where its path stands in the text, and from there on the rest.
#[derive(Clone, Copy, Debug)]
struct RouteEntry {
    from: u32,
    len: u16,
    /// Of a redirect; [`PAGE`] for a page.
    status: u16,
    target: Part,
    source: Part,
}

/// A part of the text, counted from where its route begins.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    from: u16,
    len: u16,
}

/// Where the file for "not found" stands in the text, and its length.
type NotFound = Option<(u32, u32)>;

/// No redirect has this status.
const PAGE: u16 = 0;

/// A route in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteRef<'a> {
    /// To the page of a Source.
    Source {
        /// Id of the Source.
        source: &'a str,
        /// Its file in the manifest.
        path: &'a str,
    },
    /// To another address.
    Redirect {
        /// A path relative to the mount when it starts with `/`, else an absolute URL.
        to: &'a str,
        /// 301, 302, 303, 307 or 308.
        status: u16,
    },
}

/// Why a routes document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RoutesIndexError {
    /// It is no routes document.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It breaks a rule.
    #[error(transparent)]
    Routes(#[from] RoutesError),
}

impl<'a> From<&'a Route> for RouteRef<'a> {
    fn from(route: &'a Route) -> Self {
        match route {
            Route::Source { source, path } => Self::Source { source, path },
            Route::Redirect { to, status } => Self::Redirect { to, status: *status },
        }
    }
}

impl RoutesIndex {
    /// Reads a routes document and checks it; `has_file` says whether the manifest has a file at a path.
    ///
    /// # Errors
    /// It is no routes document, or breaks a rule of [`Routes::check`].
    pub fn read(json: Vec<u8>, has_file: impl Fn(&str) -> bool) -> Result<Self, RoutesIndexError> {
        if let Some((entries, not_found)) = scan(&json) {
            let index = Self { document: json.len(), text: json, entries, not_found };
            index.check_against(has_file)?;
            return Ok(index);
        }
        // Written by somebody else, or with names that JSON escapes, or with one that is too long.
        let document = json.len();
        let routes: Routes = serde_json::from_slice(&json)?;
        drop(json);
        routes.check_against(has_file)?;
        Ok(Self { document, ..Self::of(&routes) })
    }

    /// Checks it against another manifest than the one that it was read beside.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check_against(&self, has_file: impl Fn(&str) -> bool) -> Result<(), RoutesError> {
        routes::check(self.iter(), self.not_found(), has_file)
    }

    /// The index of routes that passed [`Routes::check`]: no name in them is longer than 16 bits can say.
    #[must_use]
    pub fn of(routes: &Routes) -> Self {
        let mut text = Vec::new();
        let entries = routes
            .routes
            .iter()
            .map(|(path, route)| {
                let from = text.len();
                let mut keep = |name: &str| {
                    let part = Part { from: (text.len() - from) as u16, len: name.len() as u16 };
                    text.extend_from_slice(name.as_bytes());
                    part
                };
                let Part { len, .. } = keep(path);
                let (status, target, source) = match route {
                    Route::Source { source, path } => (PAGE, keep(path), keep(source)),
                    Route::Redirect { to, status } => (*status, keep(to), Part::default()),
                };
                RouteEntry { from: from as u32, len, status, target, source }
            })
            .collect();
        let not_found = routes.not_found.as_ref().map(|name| {
            text.extend_from_slice(name.as_bytes());
            ((text.len() - name.len()) as u32, name.len() as u32)
        });
        text.shrink_to_fit();
        Self { text, entries, not_found, document: 0 }
    }

    /// Where a path leads.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<RouteRef<'_>> {
        let at = self.entries.binary_search_by(|entry| self.name(entry).cmp(path.as_bytes())).ok()?;
        Some(self.route(&self.entries[at]))
    }

    /// The file that is shown when nothing is found.
    #[must_use]
    pub fn not_found(&self) -> Option<&str> {
        self.not_found.map(|(from, len)| self.text(from as usize, len as usize))
    }

    /// Every route with its path, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, RouteRef<'_>)> {
        self.entries.iter().map(|entry| (self.text(entry.from as usize, usize::from(entry.len)), self.route(entry)))
    }

    /// How many bytes of memory it takes, about.
    #[must_use]
    pub fn cost(&self) -> usize {
        self.text.capacity() + self.entries.capacity() * size_of::<RouteEntry>() + size_of::<Self>()
    }

    /// Bytes of the document that it was read from.
    #[must_use]
    pub const fn document(&self) -> usize {
        self.document
    }

    fn name(&self, entry: &RouteEntry) -> &[u8] {
        self.text.get(entry.from as usize..entry.from as usize + usize::from(entry.len)).unwrap_or_default()
    }

    fn route(&self, entry: &RouteEntry) -> RouteRef<'_> {
        let part = |part: Part| self.text(entry.from as usize + usize::from(part.from), usize::from(part.len));
        match entry.status {
            PAGE => RouteRef::Source { source: part(entry.source), path: part(entry.target) },
            status => RouteRef::Redirect { to: part(entry.target), status },
        }
    }

    /// Names are checked when they are read.
    fn text(&self, from: usize, len: usize) -> &str {
        self.text.get(from..from + len).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default()
    }
}

/// `None` for what is not in the form that pmx writes, or has names that are too long for the index (which no rule allows).
fn scan(json: &[u8]) -> Option<(Vec<RouteEntry>, NotFound)> {
    let mut scan = Scan::new(json);
    let mut entries = Vec::<RouteEntry>::new();
    let mut last = "";
    scan.literal(b"{\"routes\":{")?;
    if scan.literal(b"}").is_none() {
        loop {
            let (from, path) = scan.string()?;
            if !entries.is_empty() && last >= path {
                return None;
            }
            last = path;
            scan.literal(b":")?;
            let (status, target, source) = route(&mut scan, from)?;
            entries.push(RouteEntry { from, len: u16::try_from(path.len()).ok()?, status, target, source });
            if scan.literal(b",").is_none() {
                scan.literal(b"}")?;
                break;
            }
        }
    }
    let not_found = match scan.literal(b",\"notFound\":") {
        Some(()) => {
            let (from, name) = scan.string()?;
            Some((from, name.len() as u32))
        }
        None => None,
    };
    scan.literal(b"}")?;
    entries.shrink_to_fit();
    scan.is_end().then_some((entries, not_found))
}

fn route(scan: &mut Scan<'_>, begin: u32) -> Option<(u16, Part, Part)> {
    let part = |(from, name): (u32, &str)| {
        Some(Part { from: u16::try_from(from - begin).ok()?, len: u16::try_from(name.len()).ok()? })
    };
    if scan.literal(b"{\"type\":\"source\",\"source\":").is_some() {
        let source = part(scan.string()?)?;
        scan.literal(b",\"path\":")?;
        let path = part(scan.string()?)?;
        scan.literal(b"}")?;
        return Some((PAGE, path, source));
    }
    scan.literal(b"{\"type\":\"redirect\",\"to\":")?;
    let to = part(scan.string()?)?;
    scan.literal(b",\"status\":")?;
    let status = u16::try_from(scan.number()?).ok().filter(|status| *status != PAGE)?;
    scan.literal(b"}")?;
    Some((status, to, Part::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn routes() -> Routes {
        let mut routes = Routes { not_found: Some("404.html".to_owned()), ..Routes::default() };
        for path in ["/", "/a", "/a b/é", "/z"] {
            let page = Route::Source { source: format!("{path}.md"), path: format!("{}x.html", &path[1..]) };
            routes.routes.insert(path.to_owned(), page);
        }
        routes.routes.insert("/b".to_owned(), Route::Redirect { to: "/a?x".to_owned(), status: 308 });
        routes
    }

    fn content(index: &RoutesIndex) -> Routes {
        let owned = |route: RouteRef<'_>| match route {
            RouteRef::Source { source, path } => Route::Source { source: source.to_owned(), path: path.to_owned() },
            RouteRef::Redirect { to, status } => Route::Redirect { to: to.to_owned(), status },
        };
        Routes {
            routes: index.iter().map(|(path, route)| (path.to_owned(), owned(route))).collect(),
            not_found: index.not_found().map(str::to_owned),
        }
    }

    #[test]
    fn routes_read_the_same_in_every_form() {
        let routes = routes();
        let ours = serde_json::to_vec(&routes).unwrap();
        assert!(scan(&ours).is_some(), "the form that pmx writes is read without a tree");
        let pretty = serde_json::to_vec_pretty(&routes).unwrap();
        let sorted = serde_json::to_vec(&json!(routes)).unwrap();
        for form in [ours.clone(), [&ours[..], b"\n"].concat(), pretty, sorted] {
            let index = RoutesIndex::read(form.clone(), |_| true).unwrap();
            assert_eq!(content(&index), routes);
            assert_eq!(index.document(), form.len());
            for (path, route) in &routes.routes {
                assert_eq!(index.get(path), Some(RouteRef::from(route)));
            }
            assert_eq!((index.get("/A"), index.get("")), (None, None));
        }
    }

    #[test]
    fn what_breaks_a_rule_is_refused_in_every_form() {
        let long = "x".repeat(2_048);
        for (path, route) in [
            ("a".to_owned(), json!({ "type": "redirect", "to": "/b", "status": 308 })),
            (format!("/{long}"), json!({ "type": "redirect", "to": "/b", "status": 308 })),
            (format!("/{}", "x".repeat(70_000)), json!({ "type": "redirect", "to": "/b", "status": 308 })),
            ("/a\u{7}".to_owned(), json!({ "type": "redirect", "to": "/b", "status": 308 })),
            ("/a".to_owned(), json!({ "type": "redirect", "to": format!("/{long}"), "status": 308 })),
            ("/a".to_owned(), json!({ "type": "redirect", "to": "/b", "status": 0 })),
            ("/a".to_owned(), json!({ "type": "redirect", "to": "/b", "status": 200 })),
            ("/a".to_owned(), json!({ "type": "redirect", "to": "//evil.example", "status": 308 })),
            ("/a".to_owned(), json!({ "type": "source", "source": long, "path": "x" })),
            ("/a".to_owned(), json!({ "type": "source", "source": "a\u{0}", "path": "x" })),
            ("/a".to_owned(), json!({ "type": "source", "source": "a", "path": "nowhere" })),
            ("/a".to_owned(), json!({ "type": { "source": null }, "source": "a", "path": "x" })),
        ] {
            let mut document = json!({ "routes": {} });
            document["routes"][path] = route;
            let text = document.to_string();
            // As pmx orders the members, too.
            let ours = text.replace("{\"path\":\"x\",\"source\":", "{\"type\":\"source\",\"source\":");
            for text in [text.clone(), ours] {
                assert!(RoutesIndex::read(text.into_bytes(), |file| file == "x").is_err());
            }
        }
        for not_found in ["nowhere", "x\u{0}"] {
            let text = json!({ "routes": {}, "notFound": not_found }).to_string();
            assert!(RoutesIndex::read(text.into_bytes(), |file| file == "x").is_err());
        }
        let twice = r#"{"routes":{"/a":{"type":"redirect","to":"/b","status":308},"/a":{"type":"redirect","to":"/c","status":308}}}"#;
        assert!(RoutesIndex::read(twice.into(), |_| true).is_err(), "a path that stands there twice");
    }

    #[test]
    fn the_smallest_routes_take_no_more_than_half_of_their_text_beside_it() {
        let mut routes = Routes::default();
        for n in 0..1_000 {
            let page = Route::Source { source: String::new(), path: "x".to_owned() };
            routes.routes.insert(format!("/{n:x}"), page);
        }
        let mut json = serde_json::to_vec(&routes).unwrap();
        json.shrink_to_fit();
        let bytes = json.len();
        let index = RoutesIndex::read(json, |_| true).unwrap();
        assert!(index.cost() < bytes + bytes / 2, "{} for {bytes}", index.cost());
    }
}
