//! Where a page of a listing ended, as text: opaque to callers, the hexadecimal bytes of the last name to us.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

pub(crate) fn write(name: &str) -> String {
    HEXLOWER.encode(name.as_bytes())
}

/// `None` for text that [`write`] has not made.
pub(crate) fn read(text: &str) -> Option<String> {
    String::from_utf8(HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?).ok()
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
