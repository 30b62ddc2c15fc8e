//! The text of a Source without the data of its Blocks, which a page does not show.

use crate::source::Block;
use std::borrow::Cow;

/// The text from byte `body` on. Of a Block's topmatter its id stays, by which others link to it.
pub(super) fn without_data<'t>(text: &'t str, body: usize, blocks: &[Block]) -> Cow<'t, str> {
    let rest = text.get(body..).unwrap_or(text);
    let mut with_data = blocks.iter().filter(|block| block.values.keys().any(|key| key != "id")).peekable();
    if with_data.peek().is_none() {
        return Cow::Borrowed(rest);
    }
    let mut out = String::with_capacity(rest.len());
    let mut number = text[..text.len() - rest.len()].matches('\n').count();
    let mut at = 0;
    let mut lines = rest.split_inclusive('\n');
    while let Some(line) = lines.next() {
        number += 1;
        let start = at;
        at += line.len();
        let said = line.trim();
        let is_before = said.is_empty() || said == "---" || (said.starts_with('[') && said.contains("]:"));
        match with_data.next_if(|block| number >= block.line && !is_before) {
            None => out.push_str(line),
            Some(block) => {
                let length = topmatter(&rest[start..]);
                while at < start + length {
                    let Some(line) = lines.next() else { break };
                    (number, at) = (number + 1, at + line.len());
                }
                if block.values.contains_key("id") {
                    out.push_str(&format!("<!-- id: {} -->\n", block.id));
                }
                // What follows on the line of its end is content.
                out.push_str(rest.get(start + length..at).unwrap_or_default().trim_start());
            }
        }
    }
    Cow::Owned(out)
}

/// The length of the topmatter that a text begins with: a comment, or the lines up to a blank one.
fn topmatter(text: &str) -> usize {
    match text.trim_start().starts_with("<!--") {
        true => text.find("-->").map_or(text.len(), |end| end + 3),
        false => text.split_inclusive('\n').take_while(|line| !line.trim().is_empty()).map(str::len).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{self, Settings};

    fn shown(text: &str) -> String {
        let source = source::parse("a.md", text.as_bytes(), &Settings::default());
        without_data(text, source.body, &source.blocks).into_owned()
    }

    #[test]
    fn of_topmatter_only_the_id_is_shown() {
        for (text, expected) in [
            ("# A\n\ntext\n", "# A\n\ntext\n"),
            ("<!-- id: a -->\n\n# A\n", "<!-- id: a -->\n\n# A\n"),
            ("<!-- just words -->\n\n# A\n", "<!-- just words -->\n\n# A\n"),
            (
                "---\nx: 1\n---\n\n<!--\nid: q\nresponse: {choice: B}\n-->\n\n# A\n\n---\n\n<!-- note: hidden -->\n\n## B\n",
                "\n<!-- id: q -->\n\n# A\n\n---\n\n\n## B\n",
            ),
            ("# A\n\n---\n\ntype: question\nid: q\nresponse: x\n\nText\n", "# A\n\n---\n\n<!-- id: q -->\n\nText\n"),
            ("[@styles]: ./x.css\n\n<!-- secret: x -->\n\nText\n", "[@styles]: ./x.css\n\n\nText\n"),
            ("# A\n\n```\n<!-- note: x -->\n```\n", "# A\n\n```\n<!-- note: x -->\n```\n"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
