//! A further link in a Source: at the end of its last list of links, or in a list of its own at its end.

use super::{kinds::markdown, reference::Syntax};
use crate::{
    source::{self, Settings},
    text,
};
use comrak::{
    Arena,
    nodes::{AstNode, ListDelimType, ListType, NodeList, NodeValue},
};

/// The file with the link in it; `None` if no place was found where it would be one. Its line ends are kept. `path` is the Source's.
pub(super) fn with_link(path: &str, file: &str, title: &str, address: &str, settings: &Settings) -> Option<String> {
    let text = &*text::normal(file);
    let body = source::parse(path, text.as_bytes(), settings).body;
    let link = format!("[{}]({})", markdown(title), Syntax::Destination.escape(address));
    let after = match last_list(&text[body..], settings) {
        Some(list) => {
            let at = body + list.end;
            let (before, after) = text.split_at(at);
            let open = if before.ends_with('\n') { "" } else { "\n" };
            let gap = if list.is_loose { "\n" } else { "" };
            format!("{before}{open}{gap}{}{link}\n{after}", list.marker)
        }
        None => {
            let before = text.trim_end();
            let gap = if before.is_empty() { "" } else { "\n\n" };
            format!("{before}{gap}- {link}\n")
        }
    };
    let count = |text: &str| {
        let source = source::parse(path, text.as_bytes(), settings);
        let here = source.links.iter().filter(|link| link.target == address).count();
        (here, source.links.len())
    };
    let ((here, all), (now, all_now)) = (count(text), count(&after));
    (now == here + 1 && all_now == all + 1).then(|| text::write_back(file, &after))
}

/// Where a list ends, and what its next item begins with.
struct ListEnd {
    /// Past the line end of its last item.
    end: usize,
    marker: String,
    is_loose: bool,
}

/// The last list whose last item begins with a link, not within anything else.
fn last_list(body: &str, settings: &Settings) -> Option<ListEnd> {
    let arena = Arena::new();
    let root = source::tree(&arena, body, settings);
    let lists = root.children().filter_map(|node| match node.data.borrow().value {
        NodeValue::List(list) => Some((node, list)),
        _ => None,
    });
    let (node, list) = lists.filter(|(node, _)| node.last_child().is_some_and(begins_with_link)).last()?;
    let starts: Vec<usize> = std::iter::once(0).chain(body.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line = |number: usize| -> &str {
        let start = starts.get(number.wrapping_sub(1)).copied().unwrap_or(body.len());
        let end = starts.get(number).copied().unwrap_or(body.len());
        &body[start..end]
    };
    let mut last = node.data.borrow().sourcepos.end.line;
    while last > 1 && line(last).trim().is_empty() {
        last -= 1;
    }
    let first_line = |node: &AstNode<'_>| line(node.data.borrow().sourcepos.start.line).to_owned();
    let items = node.children().count();
    let (first, newest) = (first_line(node.first_child()?), first_line(node.last_child()?));
    Some(ListEnd {
        end: starts.get(last).copied().unwrap_or(body.len()),
        marker: marker(&list, items, &first, &newest)?,
        is_loose: !list.tight && items > 1,
    })
}

fn begins_with_link<'a>(item: &'a AstNode<'a>) -> bool {
    let paragraph = item.first_child().filter(|node| matches!(node.data.borrow().value, NodeValue::Paragraph));
    let first = paragraph.and_then(AstNode::first_child);
    first.is_some_and(|node| matches!(node.data.borrow().value, NodeValue::Link(_) | NodeValue::WikiLink(_)))
}

/// The marker of an item that follows `newest`, with the space around it.
fn marker(list: &NodeList, items: usize, first: &str, newest: &str) -> Option<String> {
    let indent = &newest[..newest.len() - newest.trim_start().len()];
    let written = &newest[indent.len()..];
    let width = written.find(|c: char| c.is_whitespace())?;
    let space: String = written[width..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
    let number = |line: &str| -> Option<u64> {
        let line = line.trim_start();
        line[..line.find(|c: char| !c.is_ascii_digit())?].parse().ok()
    };
    Some(match list.list_type {
        ListType::Bullet => format!("{indent}{}{space}", &written[..width]),
        ListType::Ordered => {
            let (first, newest) = (number(first)?, number(newest)?);
            // Who numbers every item the same goes on so.
            let next = if items > 1 && first == newest { newest } else { newest.checked_add(1)? };
            let mark = if matches!(list.delimiter, ListDelimType::Paren) { ')' } else { '.' };
            format!("{indent}{next}{mark}{space}")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(text: &str) -> String {
        with_link("x.path.md", text, "New", "./new.md", &Settings::default()).unwrap_or_else(|| "nowhere".to_owned())
    }

    #[test]
    fn the_link_goes_to_the_end_of_the_last_list_of_links() {
        for (before, after) in [
            (
                "# T\n\n- [A](./a.md)\n- [B](./b.md)\n\nEnd.\n",
                "# T\n\n- [A](./a.md)\n- [B](./b.md)\n- [New](./new.md)\n\nEnd.\n",
            ),
            ("- [A](./a.md)", "- [A](./a.md)\n- [New](./new.md)\n"),
            (
                "* [A](./a.md): what\n  it is\n\n---\n\n- no link\n",
                "* [A](./a.md): what\n  it is\n* [New](./new.md)\n\n---\n\n- no link\n",
            ),
            ("1. [A](./a.md)\n2. [B](./b.md)\n", "1. [A](./a.md)\n2. [B](./b.md)\n3. [New](./new.md)\n"),
            ("1. [A](./a.md)\n1. [B](./b.md)\n", "1. [A](./a.md)\n1. [B](./b.md)\n1. [New](./new.md)\n"),
            ("1. [A](./a.md)\n", "1. [A](./a.md)\n2. [New](./new.md)\n"),
            ("- [A](./a.md)\n\n- [B](./b.md)\n", "- [A](./a.md)\n\n- [B](./b.md)\n\n- [New](./new.md)\n"),
            ("- [A](./a.md)\n  - [B](./b.md)\n", "- [A](./a.md)\n  - [B](./b.md)\n- [New](./new.md)\n"),
            ("---\na: 1\n---\n\n-   [A](./a.md)\r\n", "---\na: 1\n---\n\n-   [A](./a.md)\r\n-   [New](./new.md)\r\n"),
            ("# T\n\n```md\n- [A](./a.md)\n```\n", "# T\n\n```md\n- [A](./a.md)\n```\n\n- [New](./new.md)\n"),
            ("# T\r\n\r\nText.\r\n", "# T\r\n\r\nText.\r\n\r\n- [New](./new.md)\r\n"),
            ("", "- [New](./new.md)\n"),
            ("# T\n\n[@parts]: ./p.components.md\n", "# T\n\n[@parts]: ./p.components.md\n\n- [New](./new.md)\n"),
            ("```\nnever closed\n", "nowhere"),
            ("<!-- never closed\n", "nowhere"),
        ] {
            assert_eq!(linked(before), after, "{before:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_other_byte_stays(text in "([-*#>`1. \\n\\r]|\\[a\\]\\(./a.md\\)|---\\n|<!--|[a-cü]){0,40}") {
            if let Some(after) = with_link("x.md", &text, "New", "./new.md", &Settings::default()) {
                let without = after.split("[New](./new.md)").collect::<Vec<_>>();
                proptest::prop_assert_eq!(without.len(), 2);
                proptest::prop_assert!(text.starts_with(without[0].trim_end_matches(['-', '*', '+', '.', ')', ' ', '\t', '\r', '\n', '1', '2', '3', '4', '5', '6', '7', '8', '9', '0'])), "{after:?}");
            }
        }
    }
}
