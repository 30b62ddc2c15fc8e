//! Signs that shall mean nothing to the Markdown parser, in a text of the same length: each is a control character that the text does not
//! have, until the tree is there.

use super::hosts;
use std::borrow::Cow;

/// What means something within a paragraph.
const SIGNS: [u8; 21] = *b"!$&*.:<=>@[\\]^_`{|}~\"";

/// Which control character stands for which sign.
pub(super) struct Mask {
    hidden: [u8; 128],
    shown: [u8; 128],
    /// Whether there are letters for pictures in hosts, too.
    pub(super) hosts: bool,
}

impl Mask {
    /// None for a text that has nearly all control characters, which no author writes.
    pub(super) fn for_text(text: &str) -> Option<Self> {
        let mut taken = [false; 128];
        for byte in text.bytes().filter(|byte| *byte < 0x20 || *byte == 0x7f) {
            taken[usize::from(byte)] = true;
        }
        // Those that are white space, and NUL, mean something themselves.
        let mut free = (1..=8).chain(0x0e..=0x1f).chain([0x7f]).filter(|byte: &u8| !taken[usize::from(*byte)]);
        let mut mask = Self { hidden: [0; 128], shown: [0; 128], hosts: false };
        for sign in SIGNS {
            let byte = free.next()?;
            mask.hidden[usize::from(sign)] = byte;
            mask.shown[usize::from(byte)] = sign;
        }
        Some(mask)
    }

    /// What stands for a sign.
    pub(super) fn hidden(&self, sign: u8) -> u8 {
        self.hidden.get(usize::from(sign)).copied().filter(|byte| *byte != 0).unwrap_or(sign)
    }

    /// The same text with its signs hidden.
    pub(super) fn hide(&self, text: &str) -> String {
        let hide = |c: char| u8::try_from(c).map_or(c, |byte| char::from(self.hidden(byte)));
        text.chars().map(|c| if c.is_ascii() { hide(c) } else { c }).collect()
    }

    /// Whether a text has hidden signs.
    pub(super) fn is_in(&self, text: &str) -> bool {
        text.bytes().any(|byte| byte < 128 && self.shown[usize::from(byte)] != 0)
            || self.hosts && text.chars().any(hosts::is_letter)
    }

    /// The text as it was written.
    pub(super) fn show<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !self.is_in(text) {
            return Cow::Borrowed(text);
        }
        let show = |c: char| match u8::try_from(c) {
            Ok(byte) if byte < 128 && self.shown[usize::from(byte)] != 0 => char::from(self.shown[usize::from(byte)]),
            _ if self.hosts => hosts::shown(c),
            _ => c,
        };
        Cow::Owned(text.chars().map(show).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_hidden_is_shown_again(text in "[!-/:-@\\[-`{-~a-cé\u{1}-\u{4}\u{1b}\n]{0,40}") {
            let mask = Mask::for_text(&text).unwrap();
            let hidden = mask.hide(&text);
            proptest::prop_assert_eq!(hidden.len(), text.len());
            proptest::prop_assert!(!hidden.bytes().any(|byte| SIGNS.contains(&byte)));
            proptest::prop_assert_eq!(mask.show(&hidden), &*text);
        }
    }

    #[test]
    fn a_text_of_all_control_characters_has_no_mask() {
        let all: String = (1..=0x7f_u8).map(char::from).collect();
        assert!(Mask::for_text(&all).is_none());
    }
}
