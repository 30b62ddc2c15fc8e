//! Lucide's icons, and `:lucide-…:` in text.
//!
//! `lucide.tsv` is made by `generate.mjs`; its licence lies beside it. A name is looked up in the file as it is: nothing
//! is parsed before the first icon, and then only where the lines begin is noted.

use crate::text::html;
use std::sync::OnceLock;

const FILE: &str = include_str!("lucide.tsv");

/// Longer words after `:lucide-` are no names.
const MAX_NAME: usize = 64;

/// Longer labels are none.
const MAX_LABEL: usize = 400;

/// What every icon in a page says of itself.
pub(crate) const HOOK: &str = "data-pathmx-icon=\"lucide:";
/// What a shortcode begins with.
const MARK: &str = ":lucide-";

/// What stands inside the `<svg>` of an icon. Names that Lucide has given up still find theirs.
pub(crate) fn svg(name: &str) -> Option<&'static str> {
    let body = find(name)?;
    match body.strip_prefix('=') {
        Some(present) => find(present),
        None => Some(body),
    }
}

/// The likest name that exists, for one that does not.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    crate::text::nearest::likest(name, lines().iter().map(|line| split(*line)).map(|(name, _)| (name, name)))
}

/// Writes a run of HTML text, in which references stand as they were written, with icons for its shortcodes: `:lucide-x:`
/// for decoration, `:lucide-x[Label]:` with a name for those who do not see it. A shortcode that names no icon keeps its
/// text, and its name is added to `unknown`. `false`, and nothing is written, if the text has no shortcode.
pub(crate) fn replace(text: &str, out: &mut String, unknown: &mut Vec<String>) -> bool {
    let mut rest = text;
    let mut written = false;
    let mut kept = 0;
    while let Some(at) = rest[kept..].find(MARK).map(|at| kept + at) {
        let Some(code) = Shortcode::read(&rest[at..]) else {
            kept = at + MARK.len();
            continue;
        };
        let Some(body) = svg(code.name) else {
            unknown.push(code.name.to_owned());
            kept = at + code.length;
            continue;
        };
        out.push_str(&rest[..at]);
        code.write(body, out);
        rest = &rest[at + code.length..];
        kept = 0;
        written = true;
    }
    if written {
        out.push_str(rest);
    }
    written
}

struct Shortcode<'a> {
    name: &'a str,
    label: Option<&'a str>,
    length: usize,
}

impl<'a> Shortcode<'a> {
    /// The shortcode that the text begins with.
    fn read(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix(MARK)?;
        let end = rest
            .bytes()
            .take(MAX_NAME + 1)
            .position(|b| !(b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))?;
        let (name, rest) = rest.split_at(end);
        let (label, rest) = match rest.strip_prefix('[') {
            Some(inside) => {
                let close = inside.bytes().take(MAX_LABEL).position(|b| b == b']')?;
                (Some(inside[..close].trim()).filter(|label| !label.is_empty()), &inside[close + 1..])
            }
            None => (None, rest),
        };
        let rest = rest.strip_prefix(':').filter(|_| !name.is_empty())?;
        Some(Self { name, label, length: text.len() - rest.len() })
    }

    fn write(&self, body: &str, out: &mut String) {
        out.push_str("<span class=\"pmx-icon\" ");
        out.push_str(HOOK);
        out.push_str(self.name);
        match self.label {
            None => out.push_str("\" aria-hidden=\"true\">"),
            Some(label) => {
                out.push_str("\" role=\"img\" aria-label=\"");
                // References in the label mean in an attribute what they mean in text.
                out.push_str(&html::escape(&html::unescape(label)));
                out.push_str("\">");
            }
        }
        out.push_str(
            "<svg class=\"pmx-icon__svg\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 24 24\" width=\"1em\" height=\"1em\" \
             fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\" stroke-linejoin=\"round\" \
             aria-hidden=\"true\" focusable=\"false\">",
        );
        out.push_str(body);
        out.push_str("</svg></span>");
    }
}

/// Where each line of the file begins, sorted by name as the file is.
fn lines() -> &'static [u32] {
    static LINES: OnceLock<Vec<u32>> = OnceLock::new();
    LINES.get_or_init(|| {
        let ends = FILE.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        ends.filter(|at| *at < FILE.len()).filter_map(|at| u32::try_from(at).ok()).collect()
    })
}

/// Name and body of the line that begins there.
fn split(line: u32) -> (&'static str, &'static str) {
    let rest = usize::try_from(line).ok().and_then(|at| FILE.get(at..)).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    line.split_once('\t').unwrap_or((line, ""))
}

fn find(name: &str) -> Option<&'static str> {
    let lines = lines();
    lines.binary_search_by(|line| split(*line).0.cmp(name)).ok().map(|at| split(lines[at]).1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn replaced(text: &str) -> (String, Vec<String>) {
        let (mut out, mut unknown) = (String::new(), Vec::new());
        let written = replace(text, &mut out, &mut unknown);
        assert_eq!(written, !out.is_empty());
        (out, unknown)
    }

    #[test]
    fn every_name_of_the_file_is_found_and_has_a_picture() {
        assert!(lines().len() > 2_000);
        for line in lines() {
            let (name, _) = split(*line);
            assert!(svg(name).is_some_and(|body| body.starts_with('<') && body.ends_with("/>")), "{name}");
        }
        assert_eq!(svg("no-such-icon"), None);
        assert_eq!(svg(""), None);
    }

    #[test]
    fn a_name_of_old_shows_the_icon_of_today() {
        assert_eq!(svg("alert-triangle"), svg("triangle-alert"));
        assert!(svg("alert-triangle").is_some());
    }

    #[test]
    fn a_shortcode_is_hidden_decoration_unless_it_has_a_label() {
        let (out, unknown) = replaced("a :lucide-sparkles: b");
        assert!(out.starts_with("a <span class=\"pmx-icon\" data-pathmx-icon=\"lucide:sparkles\" aria-hidden=\"true\"><svg class=\"pmx-icon__svg\" "));
        assert!(out.ends_with("</svg></span> b"));
        assert_eq!(unknown, [""; 0]);
        let (out, _) = replaced(":lucide-info[Q&amp;A \"x\"]:");
        assert!(out.starts_with(
            "<span class=\"pmx-icon\" data-pathmx-icon=\"lucide:info\" role=\"img\" aria-label=\"Q&amp;A &quot;x&quot;\"><svg "
        ));
    }

    #[test]
    fn an_unknown_name_keeps_its_text_and_is_reported() {
        assert_eq!(replaced(":lucide-sparkels: x"), (String::new(), vec!["sparkels".to_owned()]));
        let (out, unknown) = replaced(":lucide-nope: :lucide-x:");
        assert!(out.starts_with(":lucide-nope: <span"));
        assert_eq!(unknown, ["nope"]);
        assert_eq!(nearest("sparkels"), Some("sparkles"));
    }

    #[test]
    fn what_only_looks_like_a_shortcode_is_text() {
        for text in [":lucide-", ":lucide-x", ":lucide-X:", ":lucide-x[a:", ":lucide:", "lucide-x:", ":lucide-x y:"] {
            assert_eq!(replaced(text), (String::new(), Vec::new()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_fear(text in "(:lucide-|x|info|\\[|\\]|:|-|é| |<|&amp;){0,30}") {
            let (out, _) = replaced(&text);
            prop_assert!(out.is_empty() || out.contains("pmx-icon"));
        }
    }
}
