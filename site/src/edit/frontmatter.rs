//! The addresses in a Source's frontmatter: `related`, `image`, and the files of `fonts`.

use super::{
    pieces::LineTable,
    reference::{AddressList, Reference, Removal, Syntax},
};
use std::ops::Range;

/// A scalar of the YAML and the keys above it.
struct Scalar {
    top: String,
    key: String,
    /// Without its quotes.
    range: Range<usize>,
    quote: Option<char>,
    line: usize,
    /// Whether it stands between brackets.
    flow: bool,
}

/// The addresses in the frontmatter, which are the first bytes of the text up to `end`.
pub(super) fn references(text: &str, end: usize) -> Vec<Reference> {
    let front = &text[..end];
    let lines = LineTable::of(front);
    let (scalars, regions) = scalars(&lines);
    let wanted = |scalar: &&Scalar| match scalar.top.as_str() {
        "related" | "image" => true,
        "fonts" => scalar.key == "src",
        _ => false,
    };
    let members = |top: &str| scalars.iter().filter(|scalar| scalar.top == top).count();
    let mut found = Vec::new();
    for (index, scalar) in scalars.iter().enumerate().filter(|(_, scalar)| wanted(scalar)) {
        let syntax = Syntax::Scalar(scalar.quote);
        let region = regions.iter().find(|(top, ..)| *top == scalar.top);
        let list = region
            .filter(|_| scalar.top == "related")
            .map(|(top, first, last)| AddressList { whole: lines.whole(*first, *last), members: members(top) });
        let neighbour = |other: Option<&Scalar>| {
            other.filter(|other| other.flow && other.top == scalar.top).map(|other| other.outer())
        };
        let removal = if scalar.top == "fonts" {
            Removal::Keep("a font without its file is none: take the whole entry out")
        } else if scalar.flow {
            // With the comma that follows, or the one before the last.
            let outer = scalar.outer();
            let before = index.checked_sub(1).and_then(|index| scalars.get(index));
            Removal::Cut(vec![match (neighbour(scalars.get(index + 1)), neighbour(before)) {
                (Some(next), _) => outer.start..next.start,
                (None, Some(previous)) => previous.end..outer.end,
                (None, None) => outer,
            }])
        } else {
            Removal::Cut(vec![lines.whole(scalar.line, scalar.line)])
        };
        found.push(Reference {
            address: syntax.unescape(&front[scalar.range.clone()]),
            written: scalar.range.clone(),
            syntax,
            by_id: true,
            removal,
            list,
        });
    }
    found
}

impl Scalar {
    fn outer(&self) -> Range<usize> {
        let quote = usize::from(self.quote.is_some());
        self.range.start - quote..self.range.end + quote
    }
}

/// All scalars that are values, and the lines of each key at the top.
fn scalars(lines: &LineTable<'_>) -> (Vec<Scalar>, Vec<(String, usize, usize)>) {
    let mut found = Vec::new();
    let mut regions: Vec<(String, usize, usize)> = Vec::new();
    let (mut top, mut key, mut depth) = (String::new(), String::new(), 0_usize);
    for number in 2..=lines.count() {
        let line = lines.get(number);
        let mut rest = line.trim_start_matches([' ', '\t']);
        if rest.is_empty() || rest.starts_with('#') {
            continue;
        }
        if matches!(line.trim_end(), "---" | "...") {
            break;
        }
        let indented = rest.len() < line.len() || depth > 0;
        let mut item = false;
        while let Some(after) = rest.strip_prefix("- ").filter(|_| depth == 0) {
            item = true;
            rest = after.trim_start();
        }
        if depth == 0
            && let Some((name, after)) = key_of(rest)
        {
            name.clone_into(&mut key);
            if !indented && !item {
                name.clone_into(&mut top);
                regions.push((top.clone(), number, number));
            }
            rest = after;
        }
        if let Some(region) = regions.last_mut() {
            region.2 = number;
        }
        let base = lines.range(number).start + (line.len() - rest.len());
        values(rest, &mut depth, |range, quote, flow| {
            found.push(Scalar {
                top: top.clone(),
                key: key.clone(),
                range: base + range.start..base + range.end,
                quote,
                line: number,
                flow,
            });
        });
    }
    (found, regions)
}

/// `key:` at the start of a text, and what follows.
fn key_of(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.split_once(':')?;
    let name = name.trim_matches(['"', '\'']);
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    (plain && (after.is_empty() || after.starts_with([' ', '\t']))).then_some((name, after))
}

/// The scalars of a value; `depth` counts the brackets that are open.
fn values(text: &str, depth: &mut usize, mut found: impl FnMut(Range<usize>, Option<char>, bool)) {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match c {
            ' ' | '\t' | ',' => at += 1,
            '#' => return,
            '[' | '{' => {
                *depth += 1;
                at += 1;
            }
            ']' | '}' => {
                *depth = depth.saturating_sub(1);
                at += 1;
            }
            '"' | '\'' => {
                let start = at + 1;
                // One that goes on in the next line is no address.
                let Some(end) = closing(text, start, c) else { return };
                found(start..end, Some(c), *depth > 0);
                at = end + 1;
            }
            _ => {
                let rest = &text[at..];
                let stop = if *depth > 0 { rest.find([',', ']', '}']) } else { None }.unwrap_or(rest.len());
                let stop = rest[..stop].find(" #").unwrap_or(stop);
                let value = rest[..stop].trim_end();
                found(at..at + value.len(), None, *depth > 0);
                at += stop.max(1);
            }
        }
    }
}

fn closing(text: &str, start: usize, quote: char) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == '"' => at += 2,
            b'\'' if quote == '\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
            byte if char::from(byte) == quote => return Some(at),
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        references(text, text.len()).into_iter().map(|reference| reference.address).collect()
    }

    #[test]
    fn every_way_to_write_the_list_is_read() {
        assert_eq!(
            found("---\ntitle: x.md\nrelated:\n  - ./a.md # why\n  - \"./b c.md\"\n- './d''s.md'\nx: [y.md]\n---\n"),
            ["./a.md", "./b c.md", "./d's.md"]
        );
        assert_eq!(found("---\nrelated: [./a.md, \"b.md\",\n  c.md]\n---\n"), ["./a.md", "b.md", "c.md"]);
        assert_eq!(
            found("---\nrelated: ./a.md\nimage: i.png\nfonts:\n  - family: F\n    src: f.woff2\n---\n"),
            ["./a.md", "i.png", "f.woff2"]
        );
    }

    #[test]
    fn an_entry_goes_with_its_line_or_its_comma() {
        let cut = |text: &str, index: usize| {
            let reference = references(text, text.len()).swap_remove(index);
            let Removal::Cut(cuts) = reference.removal else { panic!("kept") };
            let mut out = text.to_owned();
            out.replace_range(cuts[0].clone(), "");
            (out, reference.list.map(|list| (text[list.whole].to_owned(), list.members)))
        };
        let list = "---\nrelated:\n  - a.md\n  - b.md\nz: 1\n---\n";
        assert_eq!(cut(list, 0).0, "---\nrelated:\n  - b.md\nz: 1\n---\n");
        assert_eq!(cut(list, 0).1, Some(("related:\n  - a.md\n  - b.md\n".to_owned(), 2)));
        let flow = "---\nrelated: [a.md, 'b.md', c.md]\n---\n";
        assert_eq!(cut(flow, 0).0, "---\nrelated: ['b.md', c.md]\n---\n");
        assert_eq!(cut(flow, 1).0, "---\nrelated: [a.md, c.md]\n---\n");
        assert_eq!(cut(flow, 2).0, "---\nrelated: [a.md, 'b.md']\n---\n");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_fear(text in "---\n(related|:|\n|  - |- |[\\[\\]{}\"',# ü\\\\]|a){0,30}") {
            for reference in references(&text, text.len()) {
                proptest::prop_assert!(text.get(reference.written).is_some());
                if let Removal::Cut(cuts) = reference.removal {
                    for cut in cuts {
                        proptest::prop_assert!(text.get(cut).is_some());
                    }
                }
            }
        }
    }
}
