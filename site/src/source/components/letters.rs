//! Tags whose name nothing defines. `press <Enter>` and `Vec<String>` are words to their author, and browsers would show nothing of them:
//! such a tag is shown as it was written. A tag that was meant to be an element stays one, and it is said that nothing is called so.

use super::expand::{Expander, ExpansionFrame, UNRESOLVED, has_block};
use crate::{
    diagnostic::Diagnostic,
    source::{NoTag, standard::is_standard},
    text::{
        dom::{self, Element, Node},
        html, nearest,
    },
};
use std::borrow::Cow;

/// An element that nothing can end: browsers would show the rest of the page as source text.
const PLAINTEXT: &str = "plaintext";
/// Elements that are nothing in a text without attributes: browsers leave their tags out, or show nothing for them.
const NOTHING: [&str; 11] =
    ["area", "base", "body", "embed", "head", "html", "link", "meta", "param", "source", "track"];

/// What an author brings that may give a meaning to a tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brings {
    /// Scripts of the page, which may define elements.
    scripts: bool,
    /// A script that the Source names.
    names_scripts: bool,
    /// A `<script>` or a `<style>` in the Source.
    elements: bool,
}

/// What becomes of an element.
pub(super) enum Shown<'d> {
    Element(Element<'d>),
    /// Its tags are text now.
    Letters,
}

/// Whether something among these nodes has to be looked at though there are no components in sight.
pub(super) fn has_unknown(nodes: &[Node<'_>]) -> bool {
    nodes.iter().filter_map(Node::element).any(|element| {
        let foreign = matches!(&*element.name, "svg" | "math");
        !dom::is_known(&element.name) || is_nothing(element) || !foreign && has_unknown(&element.children)
    })
}

/// What is said of a text that begins like the tag of a component and is none.
pub(crate) fn no_tag(found: &NoTag) -> Diagnostic {
    let name = &found.name;
    let message = format!("the component `{name}` is not shown: what begins with `<{name}` is no tag");
    Diagnostic::warning(UNRESOLVED, found.position, message).hint(
        "a tag ends with `>`; its attributes have names of letters, digits and dashes, values in quotes, and a space between one another",
    )
}

fn is_nothing(element: &Element<'_>) -> bool {
    NOTHING.contains(&&*element.name) && !element.is_closed && element.attributes.is_empty()
}

impl<'d> Expander<'_, 'd> {
    /// Looks at an element that is no component and stands outside of SVG and MathML.
    pub(super) fn unknown(
        &mut self,
        mut element: Element<'d>,
        frame: &ExpansionFrame<'d>,
        level: usize,
        out: &mut Vec<Node<'d>>,
    ) -> Shown<'d> {
        let name = element.name.clone();
        if element.is(PLAINTEXT) || is_nothing(&element) && !frame.is_template() {
            self.letters(&mut element, frame, level, out);
            return Shown::Letters;
        }
        if dom::is_known(&name) || name.starts_with("pmx-") || is_standard(&name) {
            return Shown::Element(element);
        }
        if frame.is_template() {
            self.check_template(&name);
            return Shown::Element(element);
        }
        let elsewhere = self.page.lookup.elsewhere(&name);
        let near = nearest::likest(&name, self.names.iter().map(|known| (*known, *known))).map(str::to_owned);
        let is_meant = elsewhere.is_some() || near.is_some();
        let is_bare = element.attributes.is_empty();
        // Of the author's own script or style sheet.
        let custom = name.contains('-');
        let brings = self.brings();
        let is_own = custom && (brings.scripts || !self.names.is_empty() && brings.names_scripts)
            || element.is_closed && brings.elements;
        let is_other = !custom && (dom::is_foreign(&name) || dom::is_former(&name));
        let is_word = if is_bare {
            // Markdown in it: it was meant to hold something.
            !is_own && !(element.is_closed && (level == 0 || element.children.iter().any(has_block)))
        } else {
            !is_own && !is_other && !custom && !element.is_closed
        };
        let is_word = is_word && self.page.written.start_tag(element.at).is_some();
        let looks_like_one = element.is_closed || element.self_closing || custom || !is_bare;
        let is_lost = !is_word && !is_other && (is_bare || !custom);
        if is_meant || !is_own && (is_lost || !self.names.is_empty() && looks_like_one && !is_other) {
            let hint = match (elsewhere, near) {
                (Some(path), _) => format!("`{path}` defines it; import it with `[@components]: {path}`"),
                (None, Some(near)) => format!("there is `{near}`"),
                (None, None) => format!("import the Source that defines it, or write `&lt;{name}>` for the words"),
            };
            let message = format!("no component is called `{name}`");
            let place = self.position_of(&element);
            self.tell_at(place, UNRESOLVED, message, Some(hint));
        }
        if is_word {
            self.letters(&mut element, frame, level, out);
            return Shown::Letters;
        }
        Shown::Element(element)
    }

    fn brings(&self) -> Brings {
        *self.brings.get_or_init(|| {
            let text = self.page.written.text;
            let script = text.contains("<script");
            Brings {
                scripts: script || text.contains("[@script") || self.page.lookup.has_scripts(),
                names_scripts: text.contains("@script"),
                elements: script || text.contains("<style"),
            }
        })
    }

    /// Writes the tags of an element as text; what is in it stands between them.
    fn letters(
        &mut self,
        element: &mut Element<'d>,
        frame: &ExpansionFrame<'d>,
        level: usize,
        out: &mut Vec<Node<'d>>,
    ) {
        let name = element.name.clone();
        let written = if frame.is_template() { None } else { self.page.written.start_tag(element.at) };
        let start = written.map_or_else(|| format!("<{name}>"), str::to_owned);
        let end = element.is_closed.then(|| format!("</{}>", html::tag_name(&start[1..])));
        let text = |tag: &str| Node::Text(Cow::Owned(html::escape(tag).into_owned()));
        let mut inner = std::mem::take(&mut element.children);
        self.walk(&mut inner, frame, level, false);
        inner.insert(0, text(&start));
        inner.extend(end.as_deref().map(text));
        self.changed += 1;
        if level > 0 {
            return out.append(&mut inner);
        }
        // Beside paragraphs, text needs one of its own.
        let blocks = inner.iter().position(has_block).unwrap_or(inner.len());
        let rest = inner.split_off(blocks);
        let mut paragraph = Element::new("p");
        paragraph.children = inner;
        out.push(Node::Element(paragraph));
        out.extend(rest);
    }

    /// In a template: what another Source defines, and what nothing can have a meaning for.
    fn check_template(&mut self, name: &str) {
        let Some((origin, user)) = self.active.last().copied() else { return };
        let elsewhere = self.page.lookup.elsewhere(name);
        let hint = match elsewhere {
            Some(path) => format!("`{path}` defines it; import it where `{user}` is defined"),
            None => {
                let own = self.page.lookup.definition(origin, user).is_some_and(|(_, definition)| {
                    let of_text = |chunk: &super::Chunk| match chunk {
                        super::Chunk::Text(text) => text.contains(name),
                        super::Chunk::File(_) => true,
                    };
                    definition.css.iter().chain(&definition.script).any(of_text)
                });
                let custom = name.contains('-') && self.brings().scripts;
                let is_other = !name.contains('-') && (dom::is_foreign(name) || dom::is_former(name));
                if own || custom || is_other {
                    return;
                }
                format!("import the Source that defines it where `{user}` is defined")
            }
        };
        let message = format!("the template of `{user}` uses `{name}`, which its Source does not import");
        self.tell_at(self.place, UNRESOLVED, message, Some(hint));
    }
}
