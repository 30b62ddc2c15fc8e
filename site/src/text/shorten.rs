//! Texts that stand where there is little room.

/// A text in one line of at most `most` characters, an ellipsis included. What is too long is cut between words; within one only if
/// it is the first.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(2 * most));
    let mut count = 0;
    // What stands if the text turns out to be too long: bytes of `out` that leave room for the ellipsis.
    let mut kept = 0;
    let mut rest = text;
    while let Some((word, length, behind)) = first_word(rest) {
        rest = behind;
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        if count + length > most {
            if kept == 0 {
                out.push_str(word);
                kept = out.char_indices().nth(most.saturating_sub(1)).map_or(out.len(), |(at, _)| at);
            }
            out.truncate(kept);
            out.truncate(out.trim_end_matches([',', ';', ':', '.', ' ']).len());
            out.push('…');
            return out;
        }
        out.push_str(word);
        count += length;
        if count < most {
            kept = out.len();
        }
    }
    out
}

/// The first word of a text, how many characters it has, and what is behind it.
fn first_word(text: &str) -> Option<(&str, usize, &str)> {
    let text = text.trim_start();
    // Nearly all words are of ASCII.
    let plain = text.bytes().position(|byte| !byte.is_ascii_graphic()).unwrap_or(text.len());
    let (plain, more) = text.split_at(plain);
    let end = more.find(char::is_whitespace).unwrap_or(more.len());
    let (word, behind) = text.split_at(plain.len() + end);
    (!word.is_empty()).then(|| (word, plain.len() + more[..end].chars().count(), behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_cut_between_words_and_within_the_first() {
        for (text, most, short) in [
            ("", 9, ""),
            (" one \n two ", 9, "one two"),
            ("one two", 7, "one two"),
            ("one two three", 12, "one two…"),
            ("one two three", 7, "one…"),
            ("one two, three", 10, "one two…"),
            ("abcdefgh", 5, "abcd…"),
            ("äöü ß", 4, "äöü…"),
            ("abc d", 3, "ab…"),
            ("a\u{a0}b\u{b}c\u{1}d", 9, "a b c\u{1}d"),
            ("zoë, naïve text", 9, "zoë…"),
        ] {
            assert_eq!(shorten(text, most), short, "{text:?} in {most}");
        }
    }

    proptest! {
        #[test]
        fn it_is_never_longer_than_allowed(text in "[a-c,. é\n]{0,40}", most in 1_usize..20) {
            let short = shorten(&text, most);
            prop_assert!(short.chars().count() <= most, "{short:?}");
            prop_assert!(!short.contains('\n'));
        }
    }
}
