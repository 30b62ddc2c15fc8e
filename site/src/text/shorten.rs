//! Texts that stand where there is little room.

/// A text in one line of at most `most` characters, an ellipsis included. What is too long is cut between words; within one only if
/// it is the first.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    // What stands if the text turns out to be too long: bytes of `out` that leave room for the ellipsis.
    let mut kept = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
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
