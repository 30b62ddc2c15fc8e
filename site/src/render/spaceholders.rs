//! `<!-- @spaceholder prompt="A map of the harbour" ar=16:9 -->` behind a picture or a link: what somebody is to draw. pmx makes no pictures; while
//! the file is missing, its room is kept, and what will be there is told in words.

use super::pictures::{Picture, mark};
use crate::text::{
    dom::{self, Element, Node},
    html,
};
use std::ops::RangeInclusive;

/// The name of the directive.
const NAME: &str = "@spaceholder";
/// What either side of a ratio may be: a ratio beyond it would be a line.
const SIDES: RangeInclusive<u32> = 1..=100;
/// The ratio of a room that has none.
const RATIO: (u32, u32) = (16, 9);

/// Takes the comments away and puts rooms in place of pictures that are missing.
pub(super) fn put<'a>(nodes: &mut Vec<Node<'a>>, leads: &dyn Fn(usize) -> Picture) {
    let mut at = 0;
    while at < nodes.len() {
        let Some(settings) = nodes.get(at).and_then(settings) else {
            at += 1;
            continue;
        };
        nodes.remove(at);
        let before = nodes.get_mut(..at).unwrap_or_default().iter_mut().rev().find(|node| !node.is_blank());
        if let Some(picture) = before.and_then(Node::element_mut).and_then(picture)
            && picture.attr("src").and_then(mark).map(leads) == Some(Picture::Missing)
        {
            *picture = room(picture, &settings);
        }
    }
}

/// The picture that an element is, or that is all there is in it.
fn picture<'n, 'a>(element: &'n mut Element<'a>) -> Option<&'n mut Element<'a>> {
    if element.is("img") {
        return Some(element);
    }
    if !element.is("p") {
        return None;
    }
    let mut inside = element.children.iter_mut().filter(|node| !node.is_blank());
    let only = inside.next()?.element_mut().filter(|only| only.is("img"))?;
    inside.next().is_none().then_some(only)
}

/// What a comment asks for.
struct Spaceholder {
    /// Escaped.
    prompt: String,
    ratio: (u32, u32),
}

fn settings(node: &Node<'_>) -> Option<Spaceholder> {
    let Node::Other(comment) = node else { return None };
    let settings = dom::comment(comment)?
        .strip_prefix(NAME)
        .filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))?;
    // They look like attributes, so they are read as such.
    let tag = format!("<img {settings}>");
    let value = |name: &str| {
        let found = html::scan(&tag).attributes().find(|attribute| attribute.name == name);
        found.map(|attribute| html::unescape(&tag[attribute.value]).trim().to_owned())
    };
    let ratio = value("ar").and_then(|ratio| {
        let (width, height) = ratio.split_once([':', '/'])?;
        let side = |text: &str| text.trim().parse().ok().filter(|side| SIDES.contains(side));
        Some((side(width)?, side(height)?))
    });
    Some(Spaceholder {
        prompt: html::escape(&value("prompt").unwrap_or_default()).into_owned(),
        ratio: ratio.unwrap_or(RATIO),
    })
}

/// The room of a picture, with its words.
fn room<'a>(picture: &Element<'a>, settings: &Spaceholder) -> Element<'a> {
    let Spaceholder { prompt, ratio: (width, height) } = settings;
    let words = picture.attr("alt").map(str::trim).filter(|words| !words.is_empty()).unwrap_or(prompt).to_owned();
    let mut room = Element::new("span");
    room.set("class", "pmx-spaceholder");
    room.set("style", format!("aspect-ratio: {width} / {height}"));
    room.set("role", "img");
    room.set("aria-label", if words.is_empty() { "A picture that is still to be made".to_owned() } else { words });
    room.children = vec![Node::Text(prompt.clone().into())];
    room
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::dom;

    fn of(html: &str, leads: Picture) -> String {
        let mut nodes = dom::parse(html);
        super::super::pictures::complete(&mut nodes, &|_| leads);
        let mut out = String::new();
        dom::write(&nodes, &mut out);
        out
    }

    #[test]
    fn the_room_of_a_missing_picture_is_kept_with_its_words() {
        let comment = "<!-- @spaceholder prompt=\"A <map>\" ar=4:3 -->";
        let room = "<span class=\"pmx-spaceholder\" style=\"aspect-ratio: 4 / 3\" role=\"img\" aria-label=\"Harbour\">A &lt;map&gt;</span>";
        let picture = "<img src=\"\x000\x00\" alt=\"Harbour\">";
        assert_eq!(of(&format!("<p>{picture}{comment} x</p>"), Picture::Missing), format!("<p>{room} x</p>"));
        assert_eq!(of(&format!("<p>{picture}</p>\n{comment}"), Picture::Missing), format!("<p>{room}</p>\n"));
        assert_eq!(of(&format!("<p>{picture}{comment}</p>"), Picture::File(None)), format!("<p>{picture}</p>"));
        assert_eq!(of(&format!("<a href=x>y</a>{comment}"), Picture::Missing), "<a href=\"x\">y</a>");
        assert_eq!(of("a<!-- @spaceholders -->", Picture::Missing), "a<!-- @spaceholders -->");
    }

    #[test]
    fn a_ratio_that_is_none_is_not_taken() {
        for ratio in ["0:9", "16", "x:y", "9999:1", "16:9;position:fixed"] {
            let out = of(&format!("<img src=\"\x000\x00\"><!-- @spaceholder ar=\"{ratio}\" -->"), Picture::Missing);
            assert!(out.contains("style=\"aspect-ratio: 16 / 9\"") && out.contains("still to be made"), "{out}");
        }
    }
}
