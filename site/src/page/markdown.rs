//! A Source as agents read it: Markdown with its title and address on top, links that lead to addresses, and who links to it at the end.

use super::NavItem;
use crate::{graph, text::html};
use std::ops::ControlFlow;

/// What the Markdown of a page is made of.
pub(crate) struct AgentPage<'a> {
    pub title: &'a str,
    /// The text after the frontmatter.
    pub body: &'a str,
    /// The page's address, with the site's origin if that is known.
    pub address: &'a str,
    /// Those whose text links here.
    pub backlinks: &'a [NavItem],
}

/// The Markdown. `address`: where a link of the Source leads, by its target as it was written.
pub(crate) fn agent_markdown<'l>(page: &AgentPage<'_>, address: impl Fn(&str) -> Option<&'l str>) -> String {
    let mut out = String::with_capacity(page.body.len() + 512);
    let (heading, before, after) = take_heading(page.body);
    match heading {
        Some(heading) => out.push_str(heading),
        None => {
            out.push_str("# ");
            out.push_str(&page.title.split_whitespace().collect::<Vec<_>>().join(" "));
        }
    }
    out.push_str(&format!("\n\n> Source URL: {}\n\n", page.address));
    let mut rewriter = Rewriter { out, address, fence: None, in_comment: false, dropped: false, unclosed: Vec::new() };
    for part in [before, after] {
        for line in part.trim_start_matches(['\n', '\r']).split_inclusive('\n') {
            rewriter.line(line);
        }
    }
    let Rewriter { mut out, fence, .. } = rewriter;
    out.truncate(out.trim_end().len());
    out.push('\n');
    if let Some((mark, length)) = fence {
        out.push_str(&format!("{}\n", mark.to_string().repeat(length)));
    }
    if !page.backlinks.is_empty() {
        out.push_str("\n## Backlinks\n\n");
        for link in page.backlinks {
            let title = link.title.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
            out.push_str(&format!("- [{title}]({})\n", link.address));
        }
    }
    out
}

/// The line of the first heading, what is before it and what follows, if only comments and definitions are before it.
fn take_heading(body: &str) -> (Option<&str>, &str, &str) {
    let mut at = 0;
    let mut in_comment = false;
    for line in body.split_inclusive('\n') {
        let text = line.trim();
        let is_definition = text.starts_with('[') && text.contains("]:");
        if in_comment || text.starts_with("<!--") {
            // What follows on the line of its end is content.
            match text.find("-->") {
                Some(end) if end + 3 == text.len() => in_comment = false,
                Some(_) => break,
                None => in_comment = true,
            }
        } else if text.starts_with("# ") && !line.starts_with("    ") {
            return (Some(text), &body[..at], &body[at + line.len()..]);
        } else if !text.is_empty() && !is_definition {
            let rest = &body[at + line.len()..];
            let under = rest.split_inclusive('\n').next().unwrap_or("");
            // The other way to write a heading; it gets its address all the same.
            if !under.trim().is_empty() && under.trim_end().bytes().all(|b| b == b'=') && is_plain(text) {
                return (None, &body[..at], &rest[under.len()..]);
            }
            break;
        }
        at += line.len();
    }
    (None, "", body)
}

/// Whether a line can be nothing but text.
fn is_plain(line: &str) -> bool {
    line.starts_with(|c: char| c.is_alphanumeric())
}

/// What has no end on the line that is rewritten.
#[derive(PartialEq, Eq)]
enum Open {
    /// A run of so many backticks.
    Code(usize),
    Quote(char),
}

struct Rewriter<F> {
    out: String,
    address: F,
    /// Character and length of the fence that is open.
    fence: Option<(char, usize)>,
    in_comment: bool,
    /// Whether the line before was left out: a blank one goes with it.
    dropped: bool,
    unclosed: Vec<Open>,
}

impl<'l, F: Fn(&str) -> Option<&'l str>> Rewriter<F> {
    fn line(&mut self, line: &str) {
        let text = line.trim();
        if let Some((mark, length)) = self.fence {
            let closes = text.len() >= length && text.chars().all(|c| c == mark);
            if closes {
                self.fence = None;
            }
            self.out.push_str(line);
            return;
        }
        if std::mem::take(&mut self.dropped) && text.is_empty() {
            return;
        }
        if !self.in_comment {
            // Fences in lists and quotes stand behind their marks.
            let inner = text.trim_start_matches(|c: char| c.is_ascii_digit() || " >-*+.)".contains(c));
            let mark = inner.chars().next().filter(|c| matches!(c, '`' | '~'));
            let length = mark.map_or(0, |mark| inner.chars().take_while(|c| *c == mark).count());
            if let Some(mark) = mark.filter(|_| length >= 3)
                && !(mark == '`' && inner[length..].contains('`'))
            {
                self.fence = Some((mark, length));
                self.out.push_str(line);
                return;
            }
            if let Some((label, target)) = definition(text) {
                if graph::is_style(label) {
                    self.dropped = true;
                    return;
                }
                let start = self.out.len();
                self.out.push_str(line);
                if let Some(address) = (self.address)(&html::unescape(target)) {
                    let at = start + line.find("]:").map_or(0, |at| at + 2);
                    if let Some(found) = self.out[at..].find(target) {
                        self.out.replace_range(at + found..at + found + target.len(), address);
                    }
                }
                return;
            }
        }
        self.inline(line);
    }

    fn inline(&mut self, line: &str) {
        self.unclosed.clear();
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            if self.in_comment {
                let end = rest.find("-->").map_or(rest.len(), |end| end + 3);
                self.in_comment = !rest[..end].ends_with("-->");
                rest = self.copy(rest, end);
                continue;
            }
            rest = match c {
                '\\' => self.copy(rest, 1 + rest[1..].chars().next().map_or(0, char::len_utf8)),
                '`' => {
                    let run = rest.len() - rest.trim_start_matches('`').len();
                    let end = self.code_end(rest, run);
                    self.copy(rest, end)
                }
                '<' if rest.starts_with("<!--") => {
                    self.in_comment = true;
                    self.copy(rest, 4)
                }
                '[' => {
                    self.out.push('[');
                    &rest[1 + directive(&rest[1..])..]
                }
                ']' if rest.starts_with("](") => {
                    self.out.push_str("](");
                    self.destination(&rest[2..])
                }
                '=' => self.attribute(rest),
                c => {
                    let next = rest[c.len_utf8()..].find(['\\', '`', '<', '[', ']', '=']);
                    self.copy(rest, next.map_or(rest.len(), |next| c.len_utf8() + next))
                }
            };
        }
    }

    fn copy<'t>(&mut self, text: &'t str, end: usize) -> &'t str {
        self.out.push_str(&text[..end]);
        &text[end..]
    }

    /// The end of a code span that starts with a run of backticks; of the run alone if it is not closed on this line.
    fn code_end(&mut self, text: &str, run: usize) -> usize {
        // Each length is looked for in vain but once.
        if self.unclosed.contains(&Open::Code(run)) {
            return run;
        }
        let mut at = run;
        while let Some(found) = text[at..].find('`') {
            let start = at + found;
            let length = text.len() - start - text[start..].trim_start_matches('`').len();
            at = start + length;
            if length == run {
                return at;
            }
        }
        self.unclosed.push(Open::Code(run));
        run
    }

    /// The target of an inline link; what follows it is returned.
    fn destination<'t>(&mut self, text: &'t str) -> &'t str {
        let lead = text.len() - text.trim_start().len();
        let target = target(&text[lead..]);
        let bare = target.trim_start_matches('<').trim_end_matches('>');
        match (self.address)(&html::unescape(bare)) {
            Some(address) => {
                self.out.push_str(&text[..lead]);
                self.out.push_str(address);
            }
            None => self.out.push_str(&text[..lead + target.len()]),
        }
        &text[lead + target.len()..]
    }

    /// A quoted value after `=`, if it is a link.
    fn attribute<'t>(&mut self, text: &'t str) -> &'t str {
        let quote = text[1..].chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.filter(|quote| !self.unclosed.contains(&Open::Quote(*quote)));
        let end = quote.and_then(|quote| text[2..].find(quote));
        if let (Some(quote), None) = (quote, end) {
            self.unclosed.push(Open::Quote(quote));
        }
        let value = quote.zip(end).map(|(quote, end)| (quote, &text[2..2 + end]));
        match value.and_then(|(quote, value)| Some((quote, value, (self.address)(&html::unescape(value))?))) {
            Some((quote, value, address)) => {
                self.out.push_str(&format!("={quote}{}{quote}", html::escape(address)));
                &text[3 + value.len()..]
            }
            None => self.copy(text, 1),
        }
    }
}

/// The length of `@include: ` and the like at the start of a label: what is left is the label.
fn directive(label: &str) -> usize {
    let known = ["@include", "@image"].iter().find_map(|name| label.strip_prefix(name));
    let Some(rest) = known else { return 0 };
    let Some(colon) = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))) else {
        return 0;
    };
    match rest[colon..].strip_prefix(':') {
        Some(after) => label.len() - after.trim_start_matches(' ').len(),
        None => 0,
    }
}

/// A link's target: in angle brackets, or up to a space or the parenthesis that is not its own.
fn target(text: &str) -> &str {
    if let Some(inner) = text.strip_prefix('<') {
        let end = inner.find(['>', '<', '\n']).filter(|end| inner[*end..].starts_with('>'));
        return end.map_or("", |end| &text[..end + 2]);
    }
    let mut open = 0_usize;
    let end = text.char_indices().try_for_each(|(at, c)| match c {
        '(' => {
            open += 1;
            ControlFlow::Continue(())
        }
        ')' if open > 0 => {
            open -= 1;
            ControlFlow::Continue(())
        }
        ')' => ControlFlow::Break(at),
        c if c.is_whitespace() => ControlFlow::Break(at),
        _ => ControlFlow::Continue(()),
    });
    match end {
        ControlFlow::Break(at) => &text[..at],
        ControlFlow::Continue(()) => text,
    }
}

/// Label and target of a line that is a definition.
fn definition(line: &str) -> Option<(&str, &str)> {
    let (label, rest) = line.strip_prefix('[')?.split_once("]:")?;
    let target = rest.split_whitespace().next()?;
    let target = target.strip_prefix('<').and_then(|target| target.strip_suffix('>')).unwrap_or(target);
    (!label.is_empty() && !label.starts_with('^') && !label.contains(['[', ']']) && !target.is_empty())
        .then_some((label, target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn markdown(body: &str) -> String {
        let page = AgentPage { title: "T", body, address: "/x", backlinks: &[] };
        let text = agent_markdown(&page, |target| match target {
            "./a.md" => Some("/a"),
            "./a.md#b" => Some("/a#b"),
            "./i (1).png" => Some("/assets/i.png"),
            _ => None,
        });
        assert!(text.ends_with('\n'));
        text
    }

    fn body(body: &str) -> String {
        let text = markdown(body);
        text.strip_prefix("# T\n\n> Source URL: /x\n\n").unwrap_or_else(|| panic!("{text}")).to_owned()
    }

    #[test]
    fn the_title_comes_first_and_then_the_address() {
        assert_eq!(
            markdown("<!-- id: a -->\n\n# My *title*\n\nText.\n"),
            "# My *title*\n\n> Source URL: /x\n\n<!-- id: a -->\n\nText.\n"
        );
        assert_eq!(markdown("Text.\n\n# Late\n"), "# T\n\n> Source URL: /x\n\nText.\n\n# Late\n");
        assert_eq!(markdown("Mine\n====\n\nText"), "# T\n\n> Source URL: /x\n\nText\n");
        assert_eq!(markdown("[@styles]: ./x.css\n\n# A\nText"), "# A\n\n> Source URL: /x\n\nText\n");
        assert_eq!(markdown("<!--\nid: a\n-->\n# A"), "# A\n\n> Source URL: /x\n\n<!--\nid: a\n-->\n");
        assert_eq!(markdown(""), "# T\n\n> Source URL: /x\n");
    }

    #[test]
    fn links_lead_to_addresses() {
        assert_eq!(
            body("x [a](./a.md) [b](./a.md#b \"t\") ![i](<./i (1).png>) [w](https://x.y/a.md)\n"),
            "x [a](/a) [b](/a#b \"t\") ![i](/assets/i.png) [w](https://x.y/a.md)\n"
        );
        assert_eq!(
            body("x\n\n[r]: ./a.md \"t\"\n[@root.styles.x]: ./x.css\n[^n]: [n](./a.md)\n"),
            "x\n\n[r]: /a \"t\"\n[^n]: [n](/a)\n"
        );
        assert_eq!(body("x <a class=\"y\" href='./a.md'>z</a>\n"), "x <a class=\"y\" href='/a'>z</a>\n");
        assert_eq!(
            body("x\n\n[@include: A note](./a.md#b)\n![@image.wide: alt](<./i (1).png>)\n"),
            "x\n\n[A note](/a#b)\n![alt](/assets/i.png)\n"
        );
    }

    #[test]
    fn code_and_comments_stay_as_they_are() {
        for same in [
            "x `[a](./a.md)` y\n",
            "x ``[a](./a.md) ` `` y\n",
            "```md\n[a](./a.md)\n[r]: ./a.md\n```\n",
            "- ~~~\n  [a](./a.md)\n  ~~~\n",
            "x <!-- [a](./a.md)\n[b](./a.md) --> y\n",
            "x \\`[\n",
        ] {
            assert_eq!(body(same), same);
        }
        assert_eq!(body("x ` [a](./a.md)\n"), "x ` [a](/a)\n");
        assert_eq!(body("~~~~\nopen"), "~~~~\nopen\n~~~~\n");
    }

    #[test]
    fn who_links_here_is_listed_at_the_end() {
        let link = NavItem { id: "a".into(), title: "A [1]".into(), address: "/a".into() };
        let page = AgentPage { title: "T", body: "Text\n\n\n", address: "https://x.y/x", backlinks: &[link] };
        let text = agent_markdown(&page, |_| None);
        assert_eq!(text, "# T\n\n> Source URL: https://x.y/x\n\nText\n\n## Backlinks\n\n- [A \\[1\\]](/a)\n");
    }

    #[test]
    fn what_is_never_closed_costs_no_more_than_its_length() {
        for part in ["word ", "`", "` `` ", "](<", "](", "=\"", "='", "[", "<!--", "\\"] {
            let text = part.repeat(400_000 / part.len());
            assert!(markdown(&text).len() >= 300_000, "{part}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_rewritten_without_fear(text in "[\\[\\]()<>!`~=\"'#@:./a-c \n\\\\é-]{0,60}") {
            let page = AgentPage { title: "T", body: &text, address: "/x", backlinks: &[] };
            let whole = agent_markdown(&page, |_| None);
            prop_assert!(whole.ends_with('\n'));
            let _ = agent_markdown(&page, |_| Some("/y"));
        }
    }
}
