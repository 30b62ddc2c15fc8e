//! What differs from run to run, by names that stay.

use std::collections::BTreeMap;

/// Masks, in the order in which they were learned.
#[derive(Default)]
pub(crate) struct Masks {
    words: Vec<(String, String)>,
    /// Ids of deploys, each with the number of its mask.
    deploys: BTreeMap<String, usize>,
    /// Names of shares, in the order in which they were met.
    shares: Vec<String>,
}

/// A UUID, as the ids of deploys are.
const UUID: &str = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
/// What the name of a share begins with, and how many letters and digits follow.
const SHARE: &str = "share-";
const RANDOM: usize = 26;
/// Digits of a deploy's id that are shown to people.
const SHORT: usize = 8;
/// Units of what is measured, not counted.
const UNITS: [&str; 10] = [" ms", " s", " min", " h", " bytes", " B", " KiB", " MiB", " kB", " MB"];
/// Members of JSON that hold measured numbers.
const MEMBERS: [&str; 11] =
    ["bytes", "size", "ms", "dueMs", "alarmMs", "sinceMs", "pid", "rowsRead", "rowsWritten", "uploadedMs", "tookMs"];

impl Masks {
    /// Shows a word as another one.
    pub(crate) fn word(&mut self, word: impl Into<String>, shown: &str) {
        self.words.push((word.into(), shown.to_owned()));
    }

    /// The text with every mask.
    pub(crate) fn apply(&mut self, text: &str) -> String {
        let mut text = self.words.iter().fold(text.to_owned(), |text, (word, shown)| text.replace(word, shown));
        for at in shapes(&text, UUID) {
            let number = self.deploys.len() + 1;
            self.deploys.entry(text[at..at + UUID.len()].to_owned()).or_insert(number);
        }
        for (id, number) in &self.deploys {
            text = text.replace(id, &format!("<deploy-{number}>"));
            text = text.replace(&id[..SHORT], &format!("<dep-{number}>"));
        }
        for (at, prefix) in text.match_indices(SHARE) {
            let random =
                text[at + prefix.len()..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            let name = format!("{prefix}{random}");
            if random.len() == RANDOM && !self.shares.contains(&name) {
                self.shares.push(name);
            }
        }
        for (at, name) in self.shares.iter().enumerate() {
            text = text.replace(name, &format!("<share-{}>", at + 1));
        }
        text = shaped(&text, &"x".repeat(64), "<sha256>");
        text = shaped(&text, &"x".repeat(32), "<hash>");
        text = shaped(&text, &"x".repeat(16), "<hash>");
        text = shaped(&text, &"x".repeat(SHORT), "<dep>");
        for separator in ["T", " "] {
            let time = format!("0000-00-00{separator}00:00:00");
            for fraction in [".000000", ".000", ""] {
                text = shaped(&text, &format!("{time}{fraction}Z"), "<time>");
            }
        }
        text = shaped(&text, "00:00:00", "<time>");
        for host in ["localhost", "127.0.0.1"] {
            text = numbers(&text, &format!("{host}:"), "", "<port>");
        }
        for unit in UNITS {
            text = numbers(&text, "", unit, "<n>");
        }
        // Bytes of an object, in the column after its alarm.
        text = numbers(&text, "<time>  ", "  <sha256>", "<n>");
        for member in MEMBERS {
            text = numbers(&text, &format!("\"{member}\":"), "", "<n>");
        }
        text.replace(env!("CARGO_PKG_VERSION"), "<version>")
    }
}

/// Where a text has a shape: `0` is a digit, `x` a hexadecimal one in lower case. No letter or digit stands beside it.
fn shapes(text: &str, shape: &str) -> Vec<usize> {
    let (bytes, shape) = (text.as_bytes(), shape.as_bytes());
    let fits = |found: &u8, wanted: &u8| match wanted {
        b'0' => found.is_ascii_digit(),
        b'x' => found.is_ascii_digit() || (b'a'..=b'f').contains(found),
        other => found == other,
    };
    let apart = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let mut found = Vec::new();
    let mut at = 0;
    while at + shape.len() <= bytes.len() {
        let end = at + shape.len();
        let alike = bytes[at..end].iter().zip(shape).all(|(found, wanted)| fits(found, wanted));
        if alike && apart(at.checked_sub(1)) && apart(Some(end)) {
            found.push(at);
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

fn shaped(text: &str, shape: &str, shown: &str) -> String {
    let mut out = text.to_owned();
    for at in shapes(text, shape).into_iter().rev() {
        out.replace_range(at..at + shape.len(), shown);
    }
    out
}

/// Shows a number between two texts, with its decimals, as something else.
fn numbers(text: &str, before: &str, after: &str, shown: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let length = rest[at..].find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(rest.len() - at);
        let number = rest[at..at + length].trim_end_matches(['.', ',']);
        let (head, tail) = (&rest[..at], &rest[at + number.len()..]);
        let end = tail.strip_prefix(after);
        let whole = end.is_some_and(|end| after.is_empty() || !end.starts_with(|c: char| c.is_ascii_alphanumeric()));
        let apart = !before.is_empty() || !head.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
        out.push_str(head);
        out.push_str(if whole && apart && head.ends_with(before) { shown } else { number });
        rest = tail;
    }
    out + rest
}

#[test]
fn what_differs_is_masked_and_nothing_else() {
    let mut masks = Masks::default();
    masks.word("/tmp/x", "<folder>");
    let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    for (text, shown) in [
        (format!("deploy {id} is {}", &id[..8]), "deploy <deploy-1> is <dep-1>".to_owned()),
        (
            "at 2026-11-27T12:00:00.123Z, 12:01:02 and 2026-11-27 12:00:00Z".to_owned(),
            "at <time>, <time> and <time>".to_owned(),
        ),
        (
            "http://a.localhost:8123/x in /tmp/x/site".to_owned(),
            "http://a.localhost:<port>/x in <folder>/site".to_owned(),
        ),
        ("12 pages, 3.5 KiB, 17 ms, 0 s, 5 sites".to_owned(), "12 pages, <n> KiB, <n> ms, <n> s, 5 sites".to_owned()),
        (r#"{"bytes":12,"pages":3}"#.to_owned(), r#"{"bytes":<n>,"pages":3}"#.to_owned()),
        ("a".repeat(64), "<sha256>".to_owned()),
    ] {
        assert_eq!(masks.apply(&text), shown, "{text}");
    }
}
