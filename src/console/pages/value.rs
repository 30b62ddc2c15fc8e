//! A value, looked at as text, as JSON, or as bytes.

use crate::console::{
    html::{bytes, counted},
    url::address,
};
use maud::{Markup, html};
use serde_json::Value;
use std::fmt::Write as _;

/// Bytes that are shown as text.
const TEXT: usize = 256 * 1024;
/// Bytes that are shown as hex.
const HEX: usize = 8 * 1024;
/// Bytes that can be edited in the page.
pub(super) const EDITABLE: usize = 512 * 1024;

/// The text, if the bytes are one that a field can hold without changing it.
pub(super) fn editable(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.len() <= EDITABLE)?;
    // A form turns every line end into CR LF, and a field drops NUL.
    (!text.contains(['\0', '\r'])).then_some(text)
}

/// The value with the ways to look at it. `path` and `key` are of the page.
pub(super) fn view(value: &[u8], size: u64, wanted: &str, (path, key): (&str, &str)) -> Markup {
    let text = std::str::from_utf8(value).ok();
    let json = text
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
        .filter(|json| json.is_object() || json.is_array());
    let chosen = match wanted {
        "text" | "hex" => wanted,
        _ if json.is_some() => "json",
        _ if text.is_some() => "text",
        _ => "hex",
    };
    let tab = |name: &str, label: &str| {
        html! { a href=(address(path, &[("key", key), ("as", name)])) aria-current=[(name == chosen).then_some("true")] { (label) } }
    };
    let cut = |most: usize| html! { @if size > most as u64 { p.muted { "The first " (bytes(most as u64)) " of " (bytes(size)) "; a download has all." } } };
    html! {
        div.tabs role="group" aria-label="Shown as" {
            @if json.is_some() { (tab("json", "JSON")) }
            (tab("text", "Text"))
            (tab("hex", "Hex"))
        }
        @match chosen {
            "json" => pre tabindex="0" role="group" aria-label="Value" { (pretty(json.as_ref())) },
            "text" => {
                pre.flow tabindex="0" role="group" aria-label="Value" { (String::from_utf8_lossy(&value[..value.len().min(TEXT)])) }
                (cut(TEXT))
            }
            _ => {
                pre tabindex="0" role="group" aria-label="Value" { (hex(&value[..value.len().min(HEX)])) }
                (cut(HEX))
            }
        }
        @if value.is_empty() { p.muted { "The value is empty: " (counted(0, "byte")) "." } }
    }
}

fn pretty(json: Option<&Value>) -> String {
    let mut text = json.and_then(|json| serde_json::to_string_pretty(json).ok()).unwrap_or_default();
    if text.len() > TEXT {
        text.truncate(text.floor_char_boundary(TEXT));
        text.push('…');
    }
    text
}

/// Lines of sixteen bytes: where they are, what they are, what they read as.
fn hex(bytes: &[u8]) -> String {
    bytes.chunks(16).enumerate().fold(String::new(), |mut out, (line, chunk)| {
        let _ = write!(out, "{:08x}  ", line * 16);
        for at in 0..16 {
            let _ = match chunk.get(at) {
                Some(byte) => write!(out, "{byte:02x} "),
                None => write!(out, "   "),
            };
            if at == 7 {
                out.push(' ');
            }
        }
        out.push(' ');
        out.extend(chunk.iter().map(|byte| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '·' }));
        out.push('\n');
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_sixteen_to_a_line() {
        assert_eq!(
            hex(b"0123456789abcdef\xff"),
            "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef\n\
             00000010  ff                                                ·\n"
        );
    }

    #[test]
    fn what_a_field_would_change_is_not_edited_there() {
        assert_eq!(editable(b"a\nb"), Some("a\nb"));
        assert_eq!([editable(b"a\r\nb"), editable(b"\xff"), editable(&[b'a'; EDITABLE + 1])], [None, None, None]);
    }
}
