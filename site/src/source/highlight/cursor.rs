//! A place in a text. It moves over whole characters only, and forward only.

/// The text that a lexer reads, and how far it has come.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) const fn at(&self) -> usize {
        self.at
    }

    pub(super) const fn done(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The byte `ahead` of the next one.
    pub(super) fn ahead(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn looks_at(&self, what: &str) -> bool {
        self.bytes().starts_with(what.as_bytes())
    }

    /// The next character, whatever it is.
    pub(super) fn take_char(&mut self) -> &'a str {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        self.take(length)
    }

    /// The next `length` bytes, or up to the next character boundary, or what is left.
    pub(super) fn take(&mut self, length: usize) -> &'a str {
        let mut end = (self.at + length).min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        let taken = &self.text[self.at..end];
        self.at = end;
        taken
    }

    /// While the bytes are such; bytes of characters beyond ASCII must be accepted all or none.
    pub(super) fn take_while(&mut self, accept: impl Fn(u8) -> bool) -> &'a str {
        let bytes = self.bytes();
        let length = bytes.iter().position(|byte| !accept(*byte)).unwrap_or(bytes.len());
        self.take(length)
    }

    /// Up to and with `end`, or all that is left.
    pub(super) fn take_past(&mut self, end: &str) -> &'a str {
        let length = self.rest().find(end).map_or(usize::MAX / 2, |at| at + end.len());
        self.take(length)
    }

    /// Up to the end of the line, without it.
    pub(super) fn take_line(&mut self) -> &'a str {
        self.take_while(|byte| byte != b'\n')
    }

    /// Up to and with the end of the line.
    pub(super) fn take_whole_line(&mut self) -> &'a str {
        self.take_past("\n")
    }

    /// The first byte after blanks on this line.
    pub(super) fn after_blanks(&self) -> Option<u8> {
        self.bytes().iter().copied().find(|byte| !matches!(byte, b' ' | b'\t'))
    }

    /// A number: digits of any base, with separators, fraction, exponent and suffix.
    pub(super) fn take_number(&mut self) -> &'a str {
        let bytes = self.bytes();
        let hex = bytes.first() == Some(&b'0') && matches!(bytes.get(1), Some(b'x' | b'X'));
        let mut end = 0;
        while let Some(byte) = bytes.get(end) {
            let sign = matches!(byte, b'+' | b'-')
                && !hex
                && end > 0
                && matches!(bytes[end - 1], b'e' | b'E')
                && bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
            // `1..2` is a range and `1.max(2)` a call.
            let point = *byte == b'.'
                && bytes.get(end + 1).is_none_or(|next| *next != b'.' && !next.is_ascii_alphabetic() && *next != b'_');
            if !(byte.is_ascii_alphanumeric() || *byte == b'_' || sign || point) {
                break;
            }
            end += 1;
        }
        self.take(end)
    }
}

/// Whether a name may begin so.
pub(super) const fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// Whether a name may go on so.
pub(super) const fn in_name(byte: u8) -> bool {
    begins_name(byte) || byte.is_ascii_digit()
}
