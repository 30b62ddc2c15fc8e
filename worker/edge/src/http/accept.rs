//! Which form of a page a client asks for (RFC 9110, 12.5.1).

/// What `Accept` says of one form: how exactly it is named, and with which weight in thousandths.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Wish {
    /// 3: by its name, 2: by `text/*`, 1: by `*/*`, 0: not at all.
    exactness: u8,
    weight: u16,
}

impl Wish {
    /// Of the ranges that name a form, the most exact one counts; of several that do so, the greatest weight.
    fn hear(&mut self, exactness: u8, weight: u16) {
        *self = (*self).max(Self { exactness, weight });
    }
}

/// Whether a client would rather have Markdown than HTML, by the values of its `Accept`, one for each line.
///
/// HTML is the default: for a client that says nothing, for one that takes neither, and where both weigh the same. Of equal weights those
/// count as preferring Markdown that name it while HTML is only among `text/*` or `*/*`: no browser names it. Parameters other than the
/// weight are not looked at, and a range whose weight is none is as if it were not there.
#[must_use]
pub fn prefers_markdown<'a>(values: impl Iterator<Item = &'a str>) -> bool {
    let (mut markdown, mut html) = (Wish::default(), Wish::default());
    for value in values {
        for range in elements(value, b',') {
            let mut parts = elements(range, b';');
            let name = parts.next().unwrap_or_default();
            let Some(weight) = weight(parts) else { continue };
            if name.eq_ignore_ascii_case("text/markdown") {
                markdown.hear(3, weight);
            } else if name.eq_ignore_ascii_case("text/html") {
                html.hear(3, weight);
            } else if name.eq_ignore_ascii_case("text/*") || name == "*/*" {
                let exactness = if name == "*/*" { 1 } else { 2 };
                markdown.hear(exactness, weight);
                html.hear(exactness, weight);
            }
        }
    }
    let is_named = markdown.exactness == 3 && html.exactness < 3;
    markdown.weight > html.weight || (is_named && markdown.weight == html.weight && markdown.weight > 0)
}

/// The parts of a list, trimmed. What stands in quotes separates nothing.
fn elements(list: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(list);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut quoted, mut escaped) = (false, false);
        let end = text.bytes().position(|byte| {
            let is_escaped = std::mem::take(&mut escaped);
            match byte {
                b'\\' if quoted && !is_escaped => escaped = true,
                b'"' if !is_escaped => quoted = !quoted,
                _ => {}
            }
            byte == separator && !quoted
        });
        rest = end.map(|end| &text[end + 1..]);
        Some(text[..end.unwrap_or(text.len())].trim_matches([' ', '\t']))
    })
}

/// The weight among the parameters of a range: 1 if none says it, none if what says it is no weight.
fn weight<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<u16> {
    let named = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim_end().eq_ignore_ascii_case("q").then_some(value.trim_start())
    });
    let Some(value) = named else { return Some(1000) };
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if !matches!(whole, "0" | "1") || fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.bytes().zip([100, 10, 1]).map(|(digit, value)| u16::from(digit - b'0') * value).sum();
    match (whole, fraction) {
        ("0", fraction) => Some(fraction),
        (_, 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::prefers_markdown;

    #[test]
    fn html_is_the_default() {
        for accept in [
            "",
            "*/*",
            "text/*",
            "text/html",
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            "text/html, text/markdown",
            "text/markdown, text/html",
            "text/markdown;q=0.5, text/html;q=0.5",
            "text/markdown;q=0.9, text/html",
            "text/markdown;q=0.5, */*",
            "text/markdown;q=0, text/html;q=0",
            "text/markdown;q=0, */*",
            "text/markdown;q=0",
            "application/json",
            "text/x-markdown",
            "text/markdown-x",
            "text/markdown;q=high",
            "text/markdown;q=1.5",
            "text/markdown;q=.5",
            "text/markdown;q=0.5000",
            "application/json;x=\"text/markdown, text/markdown\"",
            "application/json;x=\"a\\\", text/markdown\"",
        ] {
            assert!(!prefers_markdown([accept].into_iter()), "{accept}");
        }
        assert!(!prefers_markdown(std::iter::empty()));
    }

    #[test]
    fn markdown_is_for_those_who_would_rather_have_it() {
        for accept in [
            "text/markdown",
            "TEXT/Markdown",
            "text/markdown;charset=utf-8",
            "text/markdown ; variant=GFM ; q=0.1",
            "text/markdown, text/html;q=0.9",
            "text/html;q=0.7, text/markdown;q=0.8, */*;q=0.1",
            "text/markdown, */*",
            "text/markdown;q=0.5, text/*;q=0.5",
            "text/markdown;Q=1.000, text/html;q=0.999",
            "text/*, text/html;q=0.1",
            "*/*, text/html;q=0",
            "text/html;q=none, text/markdown;q=0.001",
            "application/json;x=\",\", text/markdown",
            " , text/markdown ,",
        ] {
            assert!(prefers_markdown([accept].into_iter()), "{accept}");
        }
        assert!(prefers_markdown(["text/html;q=0.2", "text/markdown;q=0.3"].into_iter()), "lines are one list");
    }
}
