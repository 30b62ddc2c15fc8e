//! A new path, written the way the old one was.

use super::reference::Syntax;
use crate::text::address;
use std::collections::HashMap;

/// How the file in `folder` names `target`, both below one base. `old` is the path as it is written now, without query and fragment:
/// its leading `./`, its percent-encoding and the spelling of the folders that stay are kept.
pub(super) fn relative(syntax: Syntax, old: &str, folder: &str, target: &str) -> String {
    let here: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    let there: Vec<&str> = target.split('/').filter(|segment| !segment.is_empty()).collect();
    // A file shares its folders only: its own name is always written.
    let most = here.len().min(there.len().saturating_sub(1));
    let shared = here.iter().zip(&there).take(most).take_while(|(a, b)| a == b && **a != "..").count();
    let up = here.len() - shared;
    let path = spelled(syntax, old, &there[shared..]);
    let dotted = old.starts_with('.') || path.split('/').next().is_some_and(|first| first.contains(':'));
    match up {
        0 if dotted => format!("./{path}"),
        0 => path,
        _ => format!("{}{path}", "../".repeat(up)),
    }
}

/// The same for a path that starts at the top of the site.
pub(super) fn rooted(syntax: Syntax, old: &str, target: &str) -> String {
    let segments: Vec<&str> = target.split('/').collect();
    format!("/{}", spelled(syntax, old, &segments))
}

/// Segments joined, each as the old path has it, else encoded in its manner.
fn spelled(syntax: Syntax, old: &str, segments: &[&str]) -> String {
    let sound = |written: &&str| written.trim() == *written && !written.chars().any(|c| syntax.forbids(c));
    let known: HashMap<_, _> =
        old.split('/').filter(sound).map(|written| (address::decode(written).into_owned(), written)).collect();
    let style = Style::of(syntax, old);
    let mut out = String::new();
    for (index, segment) in segments.iter().enumerate() {
        if index > 0 {
            out.push('/');
        }
        match known.get(*segment) {
            Some(written) => out.push_str(written),
            None => style.encode(segment, &mut out),
        }
    }
    if old.ends_with('/') && !out.ends_with('/') {
        out.push('/');
    }
    out
}

struct Style {
    syntax: Syntax,
    spaces: bool,
    /// Whether letters beyond ASCII are percent-encoded.
    ascii: bool,
}

impl Style {
    fn of(syntax: Syntax, old: &str) -> Self {
        let encoded_space = old.contains("%20");
        let spaces = !encoded_space && (syntax.has_spaces() || old.contains(' '));
        let high = |part: &str| part.starts_with(|c: char| c.to_digit(16).is_some_and(|digit| digit >= 8));
        Self { syntax, spaces, ascii: old.split('%').skip(1).any(high) }
    }

    fn encode(&self, segment: &str, out: &mut String) {
        let mut depth = 0_i32;
        let balanced = segment.chars().all(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth >= 0
        }) && depth == 0;
        for (at, c) in segment.char_indices() {
            let reserved = match c {
                '%' => is_escape(&segment[at..]),
                // At an end it would be taken for space around the address.
                ' ' => !self.spaces || at == 0 || at + 1 == segment.len(),
                '(' | ')' => !balanced,
                _ => !c.is_ascii() && self.ascii,
            };
            if reserved || self.syntax.forbids(c) {
                let mut buffer = [0; 4];
                for byte in c.encode_utf8(&mut buffer).bytes() {
                    out.push('%');
                    for digit in [byte >> 4, byte & 15] {
                        out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
                    }
                }
            } else {
                out.push(c);
            }
        }
    }
}

/// Whether `%` is followed by two hex digits.
fn is_escape(text: &str) -> bool {
    text.as_bytes().get(1..3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_manner_of_the_old_path_stays() {
        let destination = |old: &str, folder: &str, target: &str| relative(Syntax::Destination, old, folder, target);
        assert_eq!(destination("./a.md", "x", "x/b.md"), "./b.md");
        assert_eq!(destination("a.md", "x", "x/y/b.md"), "y/b.md");
        assert_eq!(destination("a.md", "x/z", "x/b.md"), "../b.md");
        assert_eq!(destination("../a%20b/c.md", "x", "a b/d e.md"), "../a%20b/d%20e.md");
        assert_eq!(destination("./a.md", "", "ü (1.md"), "./ü%20%281.md");
        assert_eq!(destination("./%C3%BC.md", "", "ö.md"), "./%C3%B6.md");
        assert_eq!(relative(Syntax::Angle, "./a b.md", "", "c d.md"), "./c d.md");
        assert_eq!(relative(Syntax::Attribute(Some('"')), "./a.png", "", "c d.png"), "./c%20d.png");
        assert_eq!(destination("a.md", "", "b:c.md"), "./b:c.md");
        assert_eq!(destination("./x/", "a", "b/y"), "../b/y/");
        assert_eq!(destination("../R.md", "a/b", "../R.md"), "../../../R.md");
        assert_eq!(destination("./x.md", "x", "x"), "../x");
        assert_eq!(rooted(Syntax::Destination, "/a/b.md", "a/100%25.md"), "/a/100%2525.md");
    }

    proptest! {
        #[test]
        fn what_is_written_leads_to_the_target(
            old in "(\\./|\\.\\./)?[a-c %()ü]{1,4}\\.md",
            folder in "([a-b]/){0,2}[a-b]",
            target in "([a-b]/){0,2}[a-c #?%()&'\"ü<>|`,=;\\[\\]*]{1,6}\\.md",
            which in 0_usize..9,
        ) {
            let quote = Some('"');
            let syntax = [
                Syntax::Destination, Syntax::Angle, Syntax::Attribute(None), Syntax::Attribute(quote),
                Syntax::Candidate(quote), Syntax::Scalar(None), Syntax::Scalar(Some('\'')),
                Syntax::Stylesheet(None), Syntax::Stylesheet(quote),
            ][which];
            let written = relative(syntax, &old, &folder, &target);
            let read = syntax.unescape(&syntax.escape(&written));
            prop_assert_eq!(&read, &written);
            let address::Address::File(file) = address::classify(&read) else { panic!("{written}") };
            prop_assert_eq!(file.suffix, "");
            prop_assert_eq!(address::resolve(&folder, &file.path), Some(target));
        }
    }
}
