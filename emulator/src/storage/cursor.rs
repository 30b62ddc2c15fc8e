//! Where a page of a listing ended, as text: opaque to callers; to us, and to miniflare, the Base64 of the last name.

use data_encoding::BASE64;

pub(crate) fn write(name: &str) -> String {
    BASE64.encode(name.as_bytes())
}

/// The name in a cursor. Text that [`write`] has not made is read as well as it goes, as Node's `Buffer` does: what is no digit is skipped,
/// and what is no UTF-8 is replaced.
pub(crate) fn read(text: &str) -> String {
    let digits = text.bytes().take_while(|byte| *byte != b'=').filter_map(digit);
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
    for digit in digits {
        bits = (bits << 6) | digit;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.extend(u8::try_from(bits >> held & 0xff));
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Of either alphabet.
fn digit(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cursor_is_read_back() {
        for name in ["", "a", "ab", "a/é", "\u{10ffff}"] {
            assert_eq!(super::read(&super::write(name)), name);
        }
        assert_eq!(super::write("10"), "MTA=");
    }

    #[test]
    fn garbage_is_somewhere() {
        for (garbage, name) in
            [("", ""), ("!", ""), ("M T\nA", "10"), ("MTA=MTA=", "10"), ("__8", "\u{fffd}\u{fffd}"), ("A", "")]
        {
            assert_eq!(super::read(garbage), name, "{garbage}");
        }
    }
}
