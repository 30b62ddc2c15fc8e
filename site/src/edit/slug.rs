//! The name of a file from a title.

use crate::search::plain_letter;

/// The longest name made of a title, in bytes: with its kind it is a short file name on every system.
const MAX_SLUG: usize = 80;
/// Names that Windows keeps for devices, whatever follows them after a dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Letters and digits of the title in lower case, Latin ones without their accents, joined by hyphens where anything else stands between
/// them. `None` if the title has neither letters nor digits.
pub(super) fn slug(title: &str) -> Option<String> {
    let mut out = String::with_capacity(title.len());
    let mut word = String::new();
    for c in title.chars().chain([' ']) {
        if c.is_alphanumeric() {
            match c {
                'ß' | 'ẞ' => word.push_str("ss"),
                'æ' | 'Æ' => word.push_str("ae"),
                'œ' | 'Œ' => word.push_str("oe"),
                c => word.extend(c.to_lowercase().map(plain_letter).filter(|c| c.is_alphanumeric())),
            }
            continue;
        }
        // An apostrophe and a combining accent stand within a word.
        if matches!(c, '\'' | '’' | '\u{ad}' | '\u{300}'..='\u{36f}') || word.is_empty() {
            continue;
        }
        let joined = out.len() + usize::from(!out.is_empty()) + word.len();
        if joined > MAX_SLUG && !out.is_empty() {
            break;
        }
        if !out.is_empty() {
            out.push('-');
        }
        let end = (0..=MAX_SLUG.min(word.len())).rev().find(|end| word.is_char_boundary(*end)).unwrap_or(0);
        out.push_str(&word[..end]);
        word.clear();
    }
    let device = DEVICES.contains(&out.as_str())
        || (out.len() == 4
            && (out.starts_with("com") || out.starts_with("lpt"))
            && out.ends_with(|c: char| c.is_ascii_digit()));
    if device {
        out.push_str("-page");
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_gives_a_name_that_can_be_typed() {
        for (title, expected) in [
            ("Loops and lists", "loops-and-lists"),
            ("  What's   new? (2026) ", "whats-new-2026"),
            ("Über die Größe", "uber-die-grosse"),
            ("Crème brûlée – à la carte", "creme-brulee-a-la-carte"),
            ("Cafe\u{301}", "cafe"),
            ("Привет, мир", "привет-мир"),
            ("日本語 入門", "日本語-入門"),
            ("../../etc/passwd", "etc-passwd"),
            ("a.b.c", "a-b-c"),
            ("C++ & C#", "c-c"),
            ("🎉 Party 🎉", "party"),
            ("CON", "con-page"),
            ("com1", "com1-page"),
            ("COM1 port", "com1-port"),
        ] {
            assert_eq!(slug(title).as_deref(), Some(expected), "{title}");
        }
        for title in ["", " ", "?!", "🎉", "…", "\u{301}"] {
            assert_eq!(slug(title), None, "{title:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_title_gives_a_short_name_without_anything_special(title in "\\PC*") {
            if let Some(slug) = slug(&title) {
                proptest::prop_assert!(slug.len() <= MAX_SLUG + 5 && !slug.starts_with('-') && !slug.ends_with('-'), "{slug}");
                proptest::prop_assert!(slug.chars().all(|c| c == '-' || c.is_alphanumeric()), "{slug}");
            }
        }
    }
}
