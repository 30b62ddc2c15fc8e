//! What a diagram may not say, whoever draws it: what would load something, and what takes an age to lay out although it is short.

use std::ops::Range;

/// The most edges of one statement `a & b --> c & d`; Mermaid itself draws at most 500 in a diagram.
const MAX_EDGES: usize = 500;
/// The most days of a Gantt chart that leaves days out, over all its tasks: each is looked at. More than two centuries of work.
const MAX_DAYS: f64 = 80_000.0;
/// The most statements of a diagram of a kind whose layout counts as far too little work: what takes seconds has more.
const MAX_STATEMENTS: usize = 400;
/// What such diagrams begin with, in lower case.
const UNCOUNTED: [&str; 7] =
    ["class", "classdiagram", "erdiagram", "kanban", "requirement", "requirementdiagram", "statediagram"];
const DAYS_OF_A_YEAR: f64 = 366.0;

/// Ways in which CSS loads something.
const LOADING: [&str; 5] = ["url(", "image(", "image-set(", "src(", "@import"];
/// What statements begin with that name where a link leads.
const LINKS: [&str; 5] = ["click ", "link ", "links ", "href ", "callback "];

/// Whether a diagram shows a picture: that would be loaded from elsewhere, by readers or by the build.
pub(super) fn has_picture(text: &str) -> bool {
    let data = || text.split("@{").skip(1);
    data().next().is_some()
        && (data().any(|data| words(data).any(|word| word.eq_ignore_ascii_case("img")))
            // What YAML reads as another letter, or as none.
            || escapes(text).any(|at| text[at + 1..].starts_with(['x', 'u', 'U', '\n', '\r'])))
}

/// Whether Mermaid may load something for a diagram. What it draws stands in the page for a moment before anybody can clean it, so what could
/// be an address anywhere but in a link is one, and so is what is written in a way that hides what it says.
pub(super) fn may_load(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    // A break in a label: in no way to load something is an `n`, and between slashes it hides an address.
    let is_break = |at: usize| {
        let after = text[at + 1..].strip_prefix('n');
        after.is_some_and(|after| !after.starts_with(['/', '\\']) && !text[..at].ends_with(['/', '\\']))
    };
    let is_escaped = |at: usize| {
        let is_digit = text[at + 1..].starts_with(|letter: char| letter.is_ascii_digit());
        is_digit || formulas(text).all(|formula| !formula.contains(&at))
    };
    LOADING.iter().any(|way| lower.contains(way))
        || escapes(text).any(|at| !is_break(at) && is_escaped(at))
        || lower.lines().map(str::trim).any(|line| {
            let is_link = LINKS.iter().any(|link| line.starts_with(link));
            let is_comment = line.starts_with("%%") && !line.starts_with("%%{");
            !is_link && !is_comment && (line.contains("//") || line.contains("#47;") || line.contains("#x2f;"))
        })
}

/// Why a diagram would take too long.
pub(super) fn is_endless(text: &str, word: &str) -> Option<&'static str> {
    if text.lines().flat_map(|line| line.split(';')).any(|statement| edges(statement) > MAX_EDGES) {
        return Some("one of its lines has more than 500 edges");
    }
    let is_gantt = word.eq_ignore_ascii_case("gantt");
    (is_gantt && text.contains("excludes") && days(text) > MAX_DAYS)
        .then_some("it leaves days out and is longer than 200 years")
}

/// At most so many edges a statement has: with the `&` shared out evenly over two sides.
fn edges(statement: &str) -> usize {
    let both = statement.matches('&').count() + 2;
    (both / 2) * both.div_ceil(2)
}

/// Whether a diagram would take seconds, of a kind whose work is not counted while it is drawn.
pub(super) fn is_long(text: &str, word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    UNCOUNTED.contains(&word.trim_end_matches("-v2").trim_end_matches("-beta")) && statements(text) > MAX_STATEMENTS
}

/// How many statements there are, without what a block says of one thing: members, columns, facts.
fn statements(text: &str) -> usize {
    let (mut count, mut open) = (0, Vec::new());
    for line in text.lines().flat_map(|line| line.split(';')).map(str::trim) {
        let is_outer = open.last().copied().unwrap_or(true);
        if line == "}" {
            open.pop();
        } else if !line.is_empty() && !line.starts_with("%%") && is_outer {
            count += 1;
        }
        // Not the sign of a relation, `||--o{`.
        if line.strip_suffix('{').is_some_and(|before| !["-o", ".o", "|"].iter().any(|end| before.ends_with(end))) {
            // Blocks that hold other things than what they are about.
            open.push(is_outer && ["namespace ", "state "].iter().any(|holder| line.starts_with(holder)));
        }
    }
    count
}

/// About how many days the tasks of a chart have together, and at least that.
fn days(text: &str) -> f64 {
    let (mut days, mut tasks, mut first, mut last) = (0.0, 0.0, f64::MAX, 0.0_f64);
    for line in text.lines().filter(|line| line.contains(':')) {
        tasks += 1.0;
        let mut rest = line;
        while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
            let digits = &rest[start..];
            let end = digits.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(digits.len());
            let number: f64 = digits[..end].parse().unwrap_or(0.0);
            rest = &digits[end..];
            let unit = match rest.bytes().next() {
                Some(b'y') => DAYS_OF_A_YEAR,
                Some(b'M') => 31.0,
                Some(b'w') => 7.0,
                Some(b'd') => 1.0,
                Some(b'h') => 1.0 / 24.0,
                Some(b'm' | b's') => 1.0 / 1440.0,
                // A year, or something longer that only some format of dates makes sense of.
                _ if end >= 4 => {
                    (first, last) = (first.min(number), last.max(number));
                    continue;
                }
                _ => continue,
            };
            days += number * unit;
        }
    }
    days + tasks * (last - first).max(0.0) * DAYS_OF_A_YEAR
}

/// Where backslashes stand.
fn escapes(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices('\\').map(|(at, _)| at)
}

/// Where formulas stand, with their marks.
fn formulas(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut marks = text.match_indices("$$").map(|(at, _)| at);
    std::iter::from_fn(move || Some(marks.next()?..marks.next()? + 2))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_however_they_are_written() {
        for picture in [
            "flowchart TD\n A@{ img: \"x.png\" }",
            "flowchart TD\n A@{ label: \"}\", img: \"http://host/t1.png\", h: 60 } --> B",
            "flowchart TD\n A@{ shape: rect, \"\\x69mg\": \"http://host/t2.png\" } --> B",
            "flowchart TD\n A@{ 'IMG': x }",
        ] {
            assert!(has_picture(picture), "{picture}");
        }
        for other in ["flowchart TD\n A@{ shape: rect, label: \"imgs\\n\" }", "flowchart TD\n A[img \\x69] --> B"] {
            assert!(!has_picture(other), "{other}");
        }
    }

    #[test]
    fn what_could_load_something_is_known_however_it_is_written() {
        for loading in [
            "classDef evil background-image:url(http://host/t4.png)",
            "classDef evil fill:URL(x)",
            "classDef evil background-image:image-set(\"http://host/t3.png\" 1x)",
            "rect url(http://host/t16b.svg#a)",
            "classDef q background-image:\\75rl(//host)",
            "a[$$\\frac12$$]\nclassDef q x:\\u(y)",
            "%%{init: {\"themeCSS\": \"@import 'x'\"}}%%",
            "%%{init: {\"themeCSS\": \"a{background:'//host'}\"}}%%",
            "style A fill:#47;#47;host",
            "a[$$\\75$$]",
            "A@{ label: \"/\\n/host\" }",
            "A@{ label: \"\\\\nu\" }",
        ] {
            assert!(may_load(loading), "{loading}");
        }
        for harmless in [
            "flowchart TD\n A[\"$$\\frac{1}{2}$$\"] --> B\n click A href \"https://example.com\"",
            "sequenceDiagram\n link Ada: Page @ https://example.com\n %% see https://example.com\n Ada->>Bob: hi",
            "flowchart TD\n A --> B\n classDef q fill:#fff",
            "classDiagram\n class A {\n -int age$\n }\n note for A \"$$x^2$$\\ncan dive\\n\"",
        ] {
            assert!(!may_load(harmless), "{harmless}");
        }
    }

    #[test]
    fn short_diagrams_that_take_an_age_are_known() {
        let gantt = |rest: &str| format!("gantt\ndateFormat YYYY-MM-DD\nexcludes weekends\n{rest}");
        for endless in [
            "a :a, 0001-01-01, 9999999d",
            "a :a, 2000-01-01, 9999y",
            "a :a, 0001-01-01, 9999-12-31",
            "a :a, 2000-01-01, 90000w",
        ] {
            assert!(is_endless(&gantt(endless), "gantt").is_some(), "{endless}");
        }
        assert!(is_endless(&gantt(&"a :2024-01-01, 2025-01-01\n".repeat(1000)), "gantt").is_some());
        assert_eq!(
            is_endless(&gantt("a :a, 2024-01-01, 30d\nb :after a, 20d\nc :2025-01-01, 2026-02-01"), "gantt"),
            None
        );
        let side = |count: usize| (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>().join(" & ");
        assert!(is_endless(&format!("graph TD\n{} --> {}", side(30), side(30)), "graph").is_some());
        assert_eq!(is_endless(&format!("graph TD\n{} --> {}", side(10), side(10)), "graph"), None);
        let many = |count: usize, statement: &str| statement.repeat(count);
        for (kind, statement) in [
            ("requirementDiagram", "requirement a {\nid: 1\n}\n"),
            ("erDiagram", "a ||--o{ b : x\n"),
            ("classDiagram", "namespace n {\nclass a {\n+x\n}\n}\n"),
            ("stateDiagram-v2", "state s {\na --> b\n}\n"),
            ("kanban", "a\n"),
        ] {
            let text = |count| format!("{kind}\n{}", many(count, statement));
            assert!(is_long(&text(500), kind), "{kind}");
            assert!(!is_long(&text(150), kind), "{kind}");
        }
        let table = format!("erDiagram\na {{\n{}}}", many(1_000, "int x\n"));
        assert!(!is_long(&table, "erDiagram"));
        assert!(is_long(&format!("erDiagram\n{}", many(900, "a ||--o{\nb : x\n")), "erDiagram"));
        assert_eq!(is_endless("graph TD\n a --> b\n a[R & D &amp; more] --> c", "graph"), None);
    }
}
