use super::push;
use crate::site::html;
use pmx_worker::model::Hash;
use std::{collections::HashMap, fmt::Write as _};

/// The most pages in a page's navigation. A Path that links to more is its own list; the last item leads there.
const MAX_NAV: usize = 100;

/// The frame of all pages of a Path. All addresses are ready for a URL.
#[derive(Debug)]
pub(in crate::site) struct Shell {
    site_title: String,
    home: NavItem,
    nav: Vec<NavItem>,
    /// Where a Source stands in the navigation, by id.
    places: HashMap<String, usize>,
    head: String,
    digest: Hash,
}

/// A page in the navigation.
#[derive(Clone, Debug)]
pub(in crate::site) struct NavItem {
    /// Id of the Source.
    pub id: String,
    pub title: String,
    pub address: String,
}

/// A stylesheet of a page.
#[derive(Clone, Debug)]
pub(in crate::site) struct Stylesheet {
    pub address: String,
    /// `root`: of every page of the Path; `source`: of one Source.
    pub scope: &'static str,
    /// The file, below the source root.
    pub source: String,
    /// What follows `@styles.`, if it is no medium.
    pub name: Option<String>,
    pub media: Option<&'static str>,
}

impl Stylesheet {
    pub(in crate::site) fn tag(&self) -> String {
        let mut tag = String::from("<link rel=\"stylesheet\"");
        // Scripts of existing sites look for these attributes in this order.
        push(&mut tag, &[" href=\"", &html::escape(&self.address), "\" data-pathmx-style=\"", self.scope]);
        push(&mut tag, &["\" data-pathmx-style-source=\"", &html::escape(&self.source), "\""]);
        if let Some(name) = &self.name {
            push(&mut tag, &[" data-pathmx-style-name=\"", &html::escape(name), "\""]);
        }
        if let Some(media) = self.media {
            push(&mut tag, &[" media=\"", media, "\""]);
        }
        tag.push_str(">\n");
        tag
    }
}

impl Shell {
    /// `home`: the entry. `nav`: what it links to, in order. `styles`: those of every page.
    pub(in crate::site) fn new(
        home: NavItem,
        nav: Vec<NavItem>,
        styles: &[Stylesheet],
        favicon: &str,
        script: &str,
    ) -> Self {
        let mut head = String::new();
        push(&mut head, &["<link rel=\"icon\" type=\"image/svg+xml\" href=\"", &html::escape(favicon), "\">\n"]);
        for style in styles {
            head.push_str(&style.tag());
        }
        push(&mut head, &["\0<script src=\"", &html::escape(script), "\" defer></script>\n"]);
        let mut all = head.clone();
        for item in std::iter::once(&home).chain(&nav) {
            push(&mut all, &["\0", &item.id, "\0", &item.title, "\0", &item.address]);
        }
        let places = nav.iter().enumerate().map(|(at, item)| (item.id.clone(), at)).collect();
        Self { site_title: home.title.clone(), home, nav, places, head, digest: Hash::of(all.as_bytes()) }
    }

    /// The hash of everything in the frame.
    pub(in crate::site) const fn digest(&self) -> Hash {
        self.digest
    }

    /// Everything before the document. `here`: the Source whose page it is.
    pub(in crate::site) fn open<'a>(
        &self,
        out: &mut String,
        artifact: &str,
        title: &str,
        description: Option<&str>,
        styles: impl Iterator<Item = &'a Stylesheet>,
        here: Option<&str>,
    ) {
        push(
            out,
            &["<!doctype html>\n<html lang=\"en\" data-pmx-artifact=\"", &html::escape(artifact), "\">\n<head>\n"],
        );
        out.push_str(
            "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        );
        let is_home = here == Some(&*self.home.id);
        let full = if is_home { title.to_owned() } else { format!("{title} · {}", self.site_title) };
        push(out, &["<title>", &html::escape(&full), "</title>\n"]);
        if let Some(description) = description {
            push(out, &["<meta name=\"description\" content=\"", &html::escape(description), "\">\n"]);
        }
        let (before, after) = self.head.split_once('\0').unwrap_or((&self.head, ""));
        out.push_str(before);
        for style in styles {
            out.push_str(&style.tag());
        }
        push(out, &[after, "</head>\n<body>\n<a class=\"pmx-skip\" href=\"#pmx-main\">Skip to the text</a>\n"]);
        push(out, &["<header class=\"pmx-site-header\"><a class=\"pmx-site-title\" href=\""]);
        push(out, &[&html::escape(&self.home.address), "\"", current(is_home), ">", &html::escape(&self.site_title)]);
        out.push_str("</a>");
        self.nav(out, here);
        out.push_str("</header>\n<main id=\"pmx-main\">\n");
    }

    fn nav(&self, out: &mut String, here: Option<&str>) {
        if self.nav.is_empty() {
            return;
        }
        out.push_str("<details class=\"pmx-site-menu\"><summary>Pages</summary>");
        out.push_str("<nav class=\"pmx-site-nav\" aria-label=\"Pages\"><ul>\n");
        let shown = if self.nav.len() > MAX_NAV { MAX_NAV - 1 } else { self.nav.len() };
        for item in &self.nav[..shown] {
            let current = current(here == Some(&*item.id));
            push(out, &["<li><a href=\"", &html::escape(&item.address), "\"", current, ">"]);
            push(out, &[&html::escape(&item.title), "</a></li>\n"]);
        }
        if shown < self.nav.len() {
            let address = html::escape(&self.home.address);
            let _ = writeln!(out, "<li><a href=\"{address}\">All {} pages</a></li>", self.nav.len());
        }
        out.push_str("</ul></nav></details>");
    }

    /// Everything after the document.
    pub(in crate::site) fn close(&self, out: &mut String, here: Option<&str>) {
        let place = here.and_then(|id| self.places.get(id)).copied();
        let (previous, next) = match place {
            Some(at) => (Some(at.checked_sub(1).map_or(&self.home, |at| &self.nav[at])), self.nav.get(at + 1)),
            None if here == Some(&*self.home.id) => (None, self.nav.first()),
            None => (None, None),
        };
        if previous.is_some() || next.is_some() {
            out.push_str("<nav class=\"pmx-pager\" aria-label=\"Previous and next page\">");
            for (rel, item) in [("prev", previous), ("next", next)] {
                if let Some(item) = item {
                    push(out, &["<a rel=\"", rel, "\" href=\"", &html::escape(&item.address), "\">"]);
                    push(out, &[&html::escape(&item.title), "</a>"]);
                }
            }
            out.push_str("</nav>\n");
        }
        out.push_str("</main>\n<footer class=\"pmx-site-footer\"><p>Built with pmx</p></footer>\n</body>\n</html>\n");
    }

    /// The entry.
    pub(in crate::site) const fn home(&self) -> &NavItem {
        &self.home
    }
}

const fn current(is: bool) -> &'static str {
    if is { " aria-current=\"page\"" } else { "" }
}
