//! Where a page of a listing ended, as text: opaque to callers, the hexadecimal bytes of the last name to us.

use std::fmt::Write as _;

pub(crate) fn write(name: &str) -> String {
    name.bytes().fold(String::with_capacity(name.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `None` for text that [`write`] has not made.
pub(crate) fn read(text: &str) -> Option<String> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cursor_is_read_back_and_garbage_is_none() {
        assert_eq!(super::read(&super::write("a/é")).as_deref(), Some("a/é"));
        for garbage in ["a", "zz", "+1", "ff", "é"] {
            assert_eq!(super::read(garbage), None, "{garbage}");
        }
    }
}
