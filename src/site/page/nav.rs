//! The pages of a Path in the order in which one reads them: what the entry links to, and below it what further Paths (`*.path`)
//! link to. Each page stands once, as near to the entry as it can.

use super::push;
use crate::site::{address, html};
use pmx_worker::model::Hash;
use std::collections::{HashMap, HashSet, VecDeque};

/// The most pages in one list. A Path that links to more is its own list; the last item leads there.
const MAX_LIST: usize = 100;
/// How deep lists nest, the entry's own being the first.
const MAX_DEPTH: usize = 4;

/// A page in the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::site) struct NavItem {
    /// Id of the Source.
    pub id: String,
    pub title: String,
    /// Ready for a URL.
    pub address: String,
}

/// The tree of pages. The entry is its root.
#[derive(Debug)]
pub(in crate::site) struct Nav {
    /// The entry first; then list by list, the nearest first.
    places: Vec<Place>,
    by_id: HashMap<String, usize>,
    /// All places in reading order.
    order: Vec<usize>,
    /// Hash of the entry, and of the list that every page shows.
    digest: Hash,
}

#[derive(Debug)]
struct Place {
    item: NavItem,
    parent: usize,
    depth: usize,
    children: Vec<usize>,
    /// Of the list below, if there is one.
    digest: Option<Hash>,
    /// Where it stands in the order.
    at: usize,
}

impl Nav {
    /// `links`: what the text of a Source links to, in order, with repetitions if there are some.
    pub(in crate::site) fn grow(home: NavItem, links: impl Fn(&str) -> Vec<NavItem>) -> Self {
        let place = |item, parent, depth| Place { item, parent, depth, children: Vec::new(), digest: None, at: 0 };
        let mut seen = HashSet::from([home.id.clone()]);
        let mut places = vec![place(home, 0, 0)];
        let mut open = VecDeque::from([0]);
        while let Some(at) = open.pop_front() {
            let (id, depth) = (places[at].item.id.clone(), places[at].depth + 1);
            for item in links(&id) {
                if !seen.insert(item.id.clone()) {
                    continue;
                }
                if is_hub(&item.id) && depth < MAX_DEPTH {
                    open.push_back(places.len());
                }
                let child = places.len();
                places[at].children.push(child);
                places.push(place(item, at, depth));
            }
        }
        for at in 0..places.len() {
            if at == 0 || !places[at].children.is_empty() {
                places[at].digest = Some(list_digest(&places, at));
            }
        }
        let mut order = Vec::with_capacity(places.len());
        let mut open = vec![0];
        while let Some(at) = open.pop() {
            places[at].at = order.len();
            order.push(at);
            open.extend(places[at].children.iter().rev());
        }
        let by_id = places.iter().enumerate().map(|(at, place)| (place.item.id.clone(), at)).collect();
        let digest = places[0].digest.unwrap_or_else(|| Hash::of(b""));
        Self { places, by_id, order, digest }
    }

    /// The entry.
    pub(in crate::site) fn home(&self) -> &NavItem {
        &self.places[0].item
    }

    /// The hash of everything that [`Self::menu`] and [`Self::pager`] show on this page.
    pub(super) fn digest(&self, here: Option<&str>) -> Hash {
        let Some(at) = self.place(here) else { return self.digest };
        let mut text = self.digest.to_string();
        for open in self.open_lists(at) {
            text.extend(self.places[open].digest.map(|digest| digest.to_string()));
        }
        for item in std::iter::once(&self.places[at].item).chain(self.beside(at).into_iter().flatten()) {
            push(&mut text, &["\0", &item.id, "\0", &item.title, "\0", &item.address]);
        }
        Hash::of(text.as_bytes())
    }

    /// The list of pages, those of the Path that one is in unfolded.
    pub(super) fn menu(&self, out: &mut String, here: Option<&str>) {
        if self.places[0].children.is_empty() {
            return;
        }
        out.push_str("<details class=\"pmx-site-menu\"><summary>Pages</summary>");
        out.push_str("<nav class=\"pmx-site-nav\" aria-label=\"Pages\">");
        let here = self.place(here);
        let open: HashSet<usize> = here.into_iter().flat_map(|at| self.open_lists(at)).collect();
        self.list(out, 0, here, &open);
        out.push_str("</nav></details>");
    }

    /// One list; as deep as [`MAX_DEPTH`].
    fn list(&self, out: &mut String, at: usize, here: Option<usize>, open: &HashSet<usize>) {
        let children = &self.places[at].children;
        let shown = shown(children.len());
        // Whoever is here finds it in the list, however long that is.
        let mine = children.iter().skip(shown).find(|child| Some(**child) == here || open.contains(child));
        out.push_str("<ul>\n");
        for &child in children.iter().take(shown).chain(mine) {
            let item = &self.places[child].item;
            let current = current(here == Some(child));
            push(out, &["<li><a href=\"", &html::escape(&item.address), "\"", current, ">"]);
            push(out, &[&html::escape(&item.title), "</a>"]);
            if open.contains(&child) {
                self.list(out, child, here, open);
            }
            out.push_str("</li>\n");
        }
        if shown < children.len() {
            let address = html::escape(&self.places[at].item.address);
            push(out, &["<li><a href=\"", &address, "\">All ", &children.len().to_string(), " pages</a></li>\n"]);
        }
        out.push_str("</ul>");
    }

    /// The page before and the page after.
    pub(super) fn pager(&self, out: &mut String, here: Option<&str>) {
        let Some(at) = self.place(here) else { return };
        let beside = self.beside(at);
        if beside.iter().all(Option::is_none) {
            return;
        }
        out.push_str("<nav class=\"pmx-pager\" aria-label=\"Previous and next page\">");
        for (rel, item) in ["prev", "next"].into_iter().zip(beside) {
            if let Some(item) = item {
                push(out, &["<a rel=\"", rel, "\" href=\"", &html::escape(&item.address), "\">"]);
                push(out, &[&html::escape(&item.title), "</a>"]);
            }
        }
        out.push_str("</nav>\n");
    }

    fn place(&self, here: Option<&str>) -> Option<usize> {
        self.by_id.get(here?).copied()
    }

    /// The places below the entry whose lists are unfolded for a page: it and what it stands under.
    fn open_lists(&self, at: usize) -> impl Iterator<Item = usize> {
        let up = std::iter::successors(Some(at), |at| (*at != 0).then(|| self.places[*at].parent));
        up.filter(|at| *at != 0 && !self.places[*at].children.is_empty())
    }

    fn beside(&self, at: usize) -> [Option<&NavItem>; 2] {
        let at = self.places[at].at;
        let item = |at: Option<usize>| Some(&self.places.get(*self.order.get(at?)?)?.item);
        [item(at.checked_sub(1)), item(at.checked_add(1))]
    }
}

/// How many of a list are shown.
const fn shown(all: usize) -> usize {
    if all > MAX_LIST { MAX_LIST - 1 } else { all }
}

fn list_digest(places: &[Place], at: usize) -> Hash {
    let place = &places[at];
    let mut text = place.children.len().to_string();
    let listed = place.children.iter().take(shown(place.children.len())).filter_map(|child| places.get(*child));
    for Place { item, .. } in std::iter::once(place).chain(listed) {
        push(&mut text, &["\0", &item.id, "\0", &item.title, "\0", &item.address]);
    }
    Hash::of(text.as_bytes())
}

/// Whether the links of a Source are a list of pages to read in order.
fn is_hub(id: &str) -> bool {
    let name = address::name(id);
    name == "index" || name.ends_with(".path")
}

/// The attribute of a link to the page that it stands on.
pub(super) const fn current(is: bool) -> &'static str {
    if is { " aria-current=\"page\"" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str) -> NavItem {
        NavItem { id: id.to_owned(), title: id.to_uppercase(), address: format!("/{id}") }
    }

    fn nav(links: &[(&str, &[&str])]) -> Nav {
        let links: HashMap<&str, Vec<NavItem>> =
            links.iter().map(|(id, links)| (*id, links.iter().map(|id| item(id)).collect())).collect();
        Nav::grow(item("index.path"), |id| links.get(id).cloned().unwrap_or_default())
    }

    fn written(write: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    fn course() -> Nav {
        nav(&[
            ("index.path", &["about", "week.path", "about", "end"]),
            ("week.path", &["week/one", "index.path", "week/two", "end"]),
            ("week/one", &["aside"]),
        ])
    }

    #[test]
    fn pages_follow_each_other_through_the_paths_below() {
        let nav = course();
        let pager = |id| written(|out| nav.pager(out, Some(id)));
        let of = |prev: &str, next: &str| {
            let link = |rel: &str, id: &str| {
                if id.is_empty() {
                    String::new()
                } else {
                    format!("<a rel=\"{rel}\" href=\"/{id}\">{}</a>", id.to_uppercase())
                }
            };
            format!(
                "<nav class=\"pmx-pager\" aria-label=\"Previous and next page\">{}{}</nav>\n",
                link("prev", prev),
                link("next", next)
            )
        };
        assert_eq!(pager("index.path"), of("", "about"));
        assert_eq!(pager("week.path"), of("about", "week/one"));
        assert_eq!(pager("week/two"), of("week/one", "end"));
        assert_eq!(pager("end"), of("week/two", ""));
        assert_eq!(pager("aside"), "", "what only a text mentions is beside the way");
    }

    #[test]
    fn the_list_of_the_path_that_one_is_in_is_unfolded() {
        let nav = course();
        let menu = written(|out| nav.menu(out, Some("week/two")));
        assert!(
            menu.contains("<li><a href=\"/week.path\">WEEK.PATH</a><ul>\n<li><a href=\"/week/one\">WEEK/ONE</a></li>\n<li><a href=\"/week/two\" aria-current=\"page\">"),
            "{menu}"
        );
        assert!(!written(|out| nav.menu(out, Some("about"))).contains("/week/one"));
        assert!(written(|out| nav.menu(out, None)).contains("/about"));
        assert_eq!(written(|out| self::nav(&[]).menu(out, None)), "");
    }

    #[test]
    fn a_page_depends_on_what_its_own_navigation_shows() {
        let renamed = |id: &str| {
            let mut nav = course();
            let links = nav.places.iter().map(|place| (place.item.clone(), place.parent)).collect::<Vec<_>>();
            let parents: Vec<String> = links.iter().map(|(_, parent)| links[*parent].0.id.clone()).collect();
            nav = Nav::grow(item("index.path"), |of| {
                let children = links.iter().zip(&parents).skip(1).filter(|(_, parent)| *parent == of);
                children
                    .map(|((item, _), _)| NavItem {
                        title: if item.id == id { "New".to_owned() } else { item.title.clone() },
                        ..item.clone()
                    })
                    .collect()
            });
            nav
        };
        let same = |nav: &Nav, id: &str| nav.digest(Some(id)) == course().digest(Some(id));
        for id in ["index.path", "about", "week.path", "week/one", "week/two", "end", "aside"] {
            assert!(same(&renamed("nothing"), id), "{id}");
            assert!(!same(&renamed("about"), id), "{id} shows the first list");
        }
        let nav = renamed("week/one");
        assert!(same(&nav, "about") && same(&nav, "end") && same(&nav, "index.path"));
        assert!(!same(&nav, "week.path") && !same(&nav, "week/two"));
    }

    #[test]
    fn a_long_list_ends_with_the_way_to_all() {
        let ids: Vec<String> = (0..300).map(|n| format!("p{n}")).collect();
        let links: Vec<&str> = ids.iter().map(String::as_str).collect();
        let nav = nav(&[("index.path", &links)]);
        let menu = written(|out| nav.menu(out, Some("p250")));
        assert_eq!(menu.matches("<li>").count(), 101);
        assert!(menu.ends_with("aria-current=\"page\">P250</a></li>\n<li><a href=\"/index.path\">All 300 pages</a></li>\n</ul></nav></details>"), "{menu}");
        assert!(written(|out| nav.pager(out, Some("p250"))).contains("/p251"));
    }

    #[test]
    fn paths_that_lead_to_paths_end_somewhere() {
        let ids: Vec<String> = (0..50).map(|n| format!("{n}.path")).collect();
        let nav = Nav::grow(item("index.path"), |id| {
            let next = ids.iter().position(|known| known == id).map_or(0, |at| at + 1);
            ids.get(next).map(|id| item(id)).into_iter().collect()
        });
        assert_eq!(nav.places.len(), MAX_DEPTH + 1);
    }
}
