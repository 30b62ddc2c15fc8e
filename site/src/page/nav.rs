//! The pages of a Path in the order in which one reads them: what the entry links to, and below it what further Paths (`*.path`)
//! link to, under the headings under which the links stand. Each page stands once, as near to the entry as it can.

use super::{
    menu::{self, Row},
    push,
};
use crate::{
    source::{Section, Standing},
    text::{address, html},
};
use pmx_model::Hash;
use std::collections::{HashMap, HashSet, VecDeque};

/// The most pages in one list. A Path that links to more is its own list; the last item leads there.
const MAX_LIST: usize = 100;
/// How deep lists nest, the entry's own being the first.
const MAX_DEPTH: usize = 4;

/// A page in the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NavItem {
    /// Id of the Source.
    pub id: String,
    pub title: String,
    /// Ready for a URL.
    pub address: String,
}

/// What the text of a Source links to.
#[derive(Debug, Default)]
pub(crate) struct LinkList<'s> {
    /// In order, with repetitions if there are some; each with the number of its link.
    pub links: Vec<(usize, NavItem)>,
    /// The numbers of those that do not stand in prose, in order.
    pub listed: &'s [(usize, Standing)],
    pub sections: &'s [Section],
}

impl LinkList<'_> {
    /// Each page once, in the order of the links that count: of several to a page one that is written as lists are, of those one that
    /// stands in a section; then one in prose, then a button; then the first. So neither a button nor a mention on the way takes a page out of its list.
    fn pages(self) -> Vec<(usize, NavItem)> {
        let Self { links, listed, sections } = self;
        let rank = |number: usize| {
            let standing = listed.binary_search_by_key(&number, |(link, _)| *link).ok().and_then(|at| listed.get(at));
            let kind = match standing {
                Some((_, Standing::List)) => section_of(sections, number).map_or(1, |_| 0),
                None => 2,
                Some((_, Standing::Button)) => 3,
            };
            (kind, number)
        };
        let mut best: HashMap<String, (usize, NavItem)> = HashMap::new();
        for (number, item) in links {
            match best.get_mut(&item.id) {
                Some(known) if rank(number) < rank(known.0) => known.0 = number,
                Some(_) => {}
                None => drop(best.insert(item.id.clone(), (number, item))),
            }
        }
        let mut pages: Vec<(usize, NavItem)> = best.into_values().collect();
        pages.sort_by_key(|(number, _)| *number);
        pages
    }
}

/// The index of the section that a link stands in.
fn section_of(sections: &[Section], number: usize) -> Option<usize> {
    sections.partition_point(|section| section.first <= number).checked_sub(1)
}

/// The tree of pages. The entry is its root.
#[derive(Debug)]
pub(crate) struct Nav {
    /// The entry first; then list by list, the nearest first.
    places: Vec<NavNode>,
    by_id: HashMap<String, usize>,
    /// All places in reading order.
    order: Vec<usize>,
    /// Hash of the entry, and of the list that every page shows.
    digest: Hash,
}

#[derive(Debug)]
struct NavNode {
    item: NavItem,
    parent: usize,
    depth: usize,
    children: Vec<Child>,
    /// Those that the children stand in.
    sections: Vec<Section>,
    /// Of the list below, if there is one.
    digest: Option<Hash>,
    /// Where it stands in the order.
    at: usize,
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Child {
    /// Index among the places.
    pub place: usize,
    /// Index of the section that it stands in; from child to child it never gets less.
    pub section: Option<usize>,
    /// Whether the heading of the section is the link.
    pub is_heading: bool,
}

impl Nav {
    /// `links`: what the text of a Source links to.
    pub(crate) fn grow<'s>(home: NavItem, links: impl Fn(&str) -> LinkList<'s>) -> Self {
        let place = |item, parent, depth| {
            let (children, sections) = (Vec::new(), Vec::new());
            NavNode { item, parent, depth, children, sections, digest: None, at: 0 }
        };
        let mut seen = HashSet::from([home.id.clone()]);
        let mut places = vec![place(home, 0, 0)];
        let mut open = VecDeque::from([0]);
        while let Some(at) = open.pop_front() {
            let (id, depth) = (places[at].item.id.clone(), places[at].depth + 1);
            let listing = links(&id);
            let sections = listing.sections;
            for (number, item) in listing.pages() {
                if !seen.insert(item.id.clone()) {
                    continue;
                }
                if is_hub(&item.id) && depth < MAX_DEPTH {
                    open.push_back(places.len());
                }
                let section = section_of(sections, number);
                let is_heading = section
                    .and_then(|section| sections.get(section))
                    .is_some_and(|section| section.is_link && section.first == number);
                let child = Child { place: places.len(), section, is_heading };
                places[at].children.push(child);
                places.push(place(item, at, depth));
            }
            if !places[at].children.is_empty() {
                places[at].sections = sections.to_vec();
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
            open.extend(places[at].children.iter().rev().map(|child| child.place));
        }
        let by_id = places.iter().enumerate().map(|(at, place)| (place.item.id.clone(), at)).collect();
        let digest = places[0].digest.unwrap_or_else(|| Hash::of(b""));
        Self { places, by_id, order, digest }
    }

    /// The entry.
    pub(crate) fn home(&self) -> &NavItem {
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
        let open: Vec<usize> = here.into_iter().flat_map(|at| self.open_lists(at)).collect();
        self.list(out, 0, here, &open);
        out.push_str("</nav></details>");
    }

    /// One list; as deep as [`MAX_DEPTH`].
    fn list(&self, out: &mut String, at: usize, here: Option<usize>, open: &[usize]) {
        let NavNode { item, children, sections, .. } = &self.places[at];
        let shown = shown(children.len());
        // Whoever is here finds it in the list, however long that is.
        let is_mine = |child: &&Child| Some(child.place) == here || open.contains(&child.place);
        let mine = children.iter().skip(shown).find(is_mine);
        let listed: Vec<Child> = children.iter().take(shown).chain(mine).copied().collect();
        out.push_str("<ul>\n");
        if at == 0 {
            out.push_str("<li>");
            link(out, item, here == Some(0));
            out.push_str("</li>\n");
        }
        let page = |out: &mut String, place: usize| {
            link(out, &self.places[place].item, here == Some(place));
            if open.contains(&place) {
                self.list(out, place, here, open);
            }
        };
        for row in menu::rows(&listed, sections) {
            match row {
                Row::Page(place) => {
                    out.push_str("<li>");
                    page(out, place);
                    out.push_str("</li>\n");
                }
                Row::Section(title) => {
                    push(out, &["<li><span class=\"pmx-site-section\">", &html::escape(title), "</span><ul>\n"]);
                }
                Row::PageSection(place) => {
                    out.push_str("<li>");
                    page(out, place);
                    out.push_str("<ul>\n");
                }
                Row::End => out.push_str("</ul></li>\n"),
            }
        }
        if shown < children.len() {
            let address = html::escape(&item.address);
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
                push(out, &["<bdi>", &html::escape(&item.title), "</bdi></a>"]);
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

fn link(out: &mut String, item: &NavItem, is_here: bool) {
    push(out, &["<a href=\"", &html::escape(&item.address), "\"", current(is_here), ">"]);
    push(out, &[&html::escape(&item.title), "</a>"]);
}

/// How many of a list are shown.
const fn shown(all: usize) -> usize {
    if all > MAX_LIST { MAX_LIST - 1 } else { all }
}

fn list_digest(places: &[NavNode], at: usize) -> Hash {
    let place = &places[at];
    let mut text = place.children.len().to_string();
    let listed = || place.children.iter().take(shown(place.children.len()));
    for NavNode { item, .. } in std::iter::once(place).chain(listed().filter_map(|child| places.get(child.place))) {
        push(&mut text, &["\0", &item.id, "\0", &item.title, "\0", &item.address]);
    }
    for Section { title, depth, .. } in &place.sections {
        push(&mut text, &["\0", title, "\0", &depth.to_string()]);
    }
    for Child { section, is_heading, .. } in listed() {
        push(&mut text, &["\0", &format!("{section:?} {is_heading}")]);
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
    use crate::source;

    fn item(id: &str) -> NavItem {
        NavItem { id: id.to_owned(), title: id.to_uppercase(), address: format!("/{id}") }
    }

    fn listing(items: impl Iterator<Item = NavItem>) -> LinkList<'static> {
        LinkList { links: items.enumerate().collect(), ..LinkList::default() }
    }

    fn nav(links: &[(&str, &[&str])]) -> Nav {
        let links: HashMap<&str, &[&str]> = links.iter().copied().collect();
        Nav::grow(item("index.path"), |id| {
            listing(links.get(id).copied().unwrap_or_default().iter().map(|id| item(id)))
        })
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
                    format!("<a rel=\"{rel}\" href=\"/{id}\"><bdi>{}</bdi></a>", id.to_uppercase())
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
    fn the_entry_is_the_first_of_its_list() {
        let menu = |here| written(|out| course().menu(out, Some(here)));
        assert!(
            menu("about").contains("<ul>\n<li><a href=\"/index.path\">INDEX.PATH</a></li>\n<li><a href=\"/about\"")
        );
        assert!(menu("index.path").contains("<ul>\n<li><a href=\"/index.path\" aria-current=\"page\">"));
        assert_eq!(menu("week/one").matches("\"/index.path\"").count(), 1);
    }

    #[test]
    fn a_second_link_to_a_page_does_not_move_it() {
        let page = |text: &str| {
            let source = source::parse("index.path.md", text.as_bytes(), &source::Settings::default());
            let sections = source.sections.leak();
            let listed = source.listed.leak();
            let links: Vec<(usize, NavItem)> = source
                .links
                .iter()
                .map(|link| item(link.target.trim_start_matches("./").trim_end_matches(".md")))
                .enumerate()
                .collect();
            let nav = Nav::grow(item("index.path"), |id| match id {
                "index.path" => LinkList { links: links.clone(), listed, sections },
                _ => LinkList::default(),
            });
            let children = &nav.places[0].children;
            let of = |child: &Child| {
                let section = child.section.map_or("-", |section| &*nav.places[0].sections[section].title);
                format!("{section}/{}", nav.places[child.place].item.id)
            };
            children.iter().map(of).collect::<Vec<_>>().join(" ")
        };
        let list = "## W1\n\n- [a](./a.md)\n- [b](./b.md)\n\n## W2\n\n- [c](./c.md)\n";
        for (before, expected) in [
            ("[>button: Begin](./b.md)\n", "W1/a W1/b W2/c"),
            ("Begin with [c](./c.md), or [d](./d.md).\n", "-/d W1/a W1/b W2/c"),
            ("[>button: Begin](./d.md)\n\n## Then\n\n[d](./d.md)\n", "Then/d W1/a W1/b W2/c"),
            ("## Welcome\n\nBegin with [b](./b.md) or [b](./b.md).\n", "W1/a W1/b W2/c"),
            ("## Welcome\n\n[>button: Begin](./a.md)\n\n- [>button: Or here](./c.md)\n", "W1/a W1/b W2/c"),
            ("[[b]] and ![[b]]\n", "W1/a W1/b W2/c"),
            ("- [c](./c.md)\n- [a](./a.md)\n", "W1/a W1/b W2/c"),
            // A list or a table in a section that comes first is as good as another.
            ("## Soon\n\n| When | What |\n| - | - |\n| 1 | [c](./c.md) |\n", "Soon/c W1/a W1/b"),
            ("## Soon\n\n- [b](./b.md)\n", "Soon/b W1/a W2/c"),
            ("## [b](./b.md)\n", "b/b W1/a W2/c"),
        ] {
            assert_eq!(page(&format!("# T\n\n{before}\n{list}")), expected, "{before}");
        }
        assert_eq!(page("# T\n\n## A\n\n[a](./a.md)\n\n## B\n\n[a](./a.md) [b](./b.md)\n"), "A/a B/b");
        assert_eq!(page(&format!("# T\n\n{list}\n## Then\n\n[a](./a.md), [>button: b](./b.md)\n")), "W1/a W1/b W2/c");
    }

    #[test]
    fn pages_stand_under_the_headings_that_their_links_stand_under() {
        let section = |title: &str, depth, first, is_link| Section { title: title.to_owned(), depth, first, is_link };
        let sections = [
            section("A & B", 0, 1, false),
            section("Inner", 1, 2, false),
            section("C", 0, 3, true),
            section("D", 0, 5, true),
        ];
        let nav = |title: &str| {
            let mut sections = sections.clone();
            sections[1].title = title.to_owned();
            Nav::grow(item("index.path"), |id| match id {
                "index.path" => {
                    let ids = ["before", "one", "two", "three", "one", "four"];
                    let links = ids.iter().map(|id| item(id)).enumerate().collect();
                    LinkList { links, listed: &[], sections: Vec::leak(sections.to_vec()) }
                }
                _ => LinkList::default(),
            })
        };
        let menu = written(|out| nav("Inner").menu(out, None));
        let list = menu.replace('\n', "");
        let page = |id: &str| format!("<a href=\"/{id}\">{}</a>", id.to_uppercase());
        let title = |title: &str| format!("<li><span class=\"pmx-site-section\">{title}</span><ul>");
        let expected = format!(
            "<ul><li>{}</li><li>{}</li>{}<li>{}</li>{}<li>{}</li></ul></li></ul></li><li>{}</li><li>{}</li></ul>",
            page("index.path"),
            page("before"),
            title("A &amp; B"),
            page("one"),
            title("Inner"),
            page("two"),
            page("three"),
            page("four"),
        );
        assert!(list.contains(&expected), "{list}\n{expected}");
        assert_ne!(
            nav("Inner").digest(Some("four")),
            nav("Other").digest(Some("four")),
            "every page shows the headings"
        );
    }

    #[test]
    fn a_page_depends_on_what_its_own_navigation_shows() {
        let renamed = |id: &str| {
            let mut nav = course();
            let links = nav.places.iter().map(|place| (place.item.clone(), place.parent)).collect::<Vec<_>>();
            let parents: Vec<String> = links.iter().map(|(_, parent)| links[*parent].0.id.clone()).collect();
            nav = Nav::grow(item("index.path"), |of| {
                let children = links.iter().zip(&parents).skip(1).filter(|(_, parent)| *parent == of);
                listing(children.map(|((item, _), _)| NavItem {
                    title: if item.id == id { "New".to_owned() } else { item.title.clone() },
                    ..item.clone()
                }))
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
        assert_eq!(menu.matches("<li>").count(), 102, "the entry, 99, this one and the way to all");
        assert!(menu.ends_with("aria-current=\"page\">P250</a></li>\n<li><a href=\"/index.path\">All 300 pages</a></li>\n</ul></nav></details>"), "{menu}");
        assert!(written(|out| nav.pager(out, Some("p250"))).contains("/p251"));
    }

    #[test]
    fn paths_that_lead_to_paths_end_somewhere() {
        let ids: Vec<String> = (0..50).map(|n| format!("{n}.path")).collect();
        let nav = Nav::grow(item("index.path"), |id| {
            let next = ids.iter().position(|known| known == id).map_or(0, |at| at + 1);
            listing(ids.get(next).map(|id| item(id)).into_iter())
        });
        assert_eq!(nav.places.len(), MAX_DEPTH + 1);
    }
}
