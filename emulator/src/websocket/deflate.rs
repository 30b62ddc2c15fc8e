//! permessage-deflate (RFC 7692).
//!
//! Idle connections keep next to nothing: what is sent is compressed without regard to the message before, which any sender may do, and of
//! what was received only as much is kept as a client may refer to, at most 32 KiB.

use http::HeaderValue;
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::protocol_error::ProtocolError;

/// The name of the extension.
const NAME: &str = "permessage-deflate";
/// The distance up to which compressed data refers back: 2 to the power of 15, the largest window.
const WINDOW_BYTES: usize = 32 * 1024;
/// What a sender leaves out at the end of a message (7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];
/// Messages below it are sent as they are: compressed they would be hardly smaller.
const MIN_BYTES: usize = 128;
/// Messages above it are sent as they are: the thread that compresses one has other connections too.
const MAX_BYTES: usize = 1024 * 1024;
/// How hard to try, from 0 to 9. A message is compressed once for all that it is sent to.
const LEVEL: i32 = 4;

/// What client and server have agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// Whether the client compresses each message by itself.
    client_resets: bool,
    answer: String,
}

impl Agreement {
    /// Accepts the first offer that can be; `offers` are the values of `Sec-WebSocket-Extensions`. Only what was offered is in the answer.
    pub(crate) fn read<'a>(offers: impl Iterator<Item = &'a HeaderValue>) -> Option<Self> {
        offers.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).find_map(Self::accept)
    }

    fn accept(offer: &str) -> Option<Self> {
        let mut parts = offer.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case(NAME) {
            return None;
        }
        let mut agreement = Self { client_resets: false, answer: NAME.to_owned() };
        let mut seen: Vec<&str> = Vec::new();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
                None => (part, None),
            };
            if seen.contains(&name) {
                return None;
            }
            seen.push(name);
            match (name, value) {
                ("client_no_context_takeover", None) => {
                    agreement.client_resets = true;
                    agreement.answer.push_str("; client_no_context_takeover");
                }
                ("server_no_context_takeover", None) => agreement.answer.push_str("; server_no_context_takeover"),
                ("client_max_window_bits", None) => agreement.answer.push_str("; client_max_window_bits=15"),
                ("client_max_window_bits", Some(bits)) => {
                    let bits = window_bits(bits)?;
                    agreement.answer.push_str(&format!("; client_max_window_bits={bits}"));
                }
                // The compressor has one window, and this is it.
                ("server_max_window_bits", Some("15")) => agreement.answer.push_str("; server_max_window_bits=15"),
                _ => return None,
            }
        }
        Some(agreement)
    }

    /// The value of the answer's `Sec-WebSocket-Extensions`.
    pub(crate) fn answer(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.answer).ok()
    }

    pub(crate) fn inflater(&self) -> Inflater {
        Inflater { window: Vec::new(), keeps_window: !self.client_resets }
    }
}

fn window_bits(text: &str) -> Option<u8> {
    text.parse().ok().filter(|bits| (8..=15).contains(bits) && text.len() <= 2 && !text.starts_with('0'))
}

/// A message in compressed form, if that is worth it.
pub(crate) fn deflate(message: &[u8]) -> Option<Vec<u8>> {
    if !(MIN_BYTES..=MAX_BYTES).contains(&message.len()) {
        return None;
    }
    let mut compressor = Box::new(CompressorOxide::new(create_comp_flags_from_zip_params(LEVEL, -15, 0)));
    let mut compressed = Vec::with_capacity(message.len() / 2);
    let (status, taken) = compress_to_output(&mut compressor, message, TDEFLFlush::Sync, |bytes| {
        compressed.extend_from_slice(bytes);
        true
    });
    let whole = status == TDEFLStatus::Okay && taken == message.len() && compressed.ends_with(&TAIL);
    compressed.truncate(compressed.len().saturating_sub(TAIL.len()));
    (whole && compressed.len() < message.len()).then_some(compressed)
}

/// Decompresses the messages of one client.
#[derive(Debug)]
pub(crate) struct Inflater {
    /// What the next message may refer back to: the end of all that was decompressed.
    window: Vec<u8>,
    keeps_window: bool,
}

impl Inflater {
    /// The message that was compressed.
    ///
    /// # Errors
    /// If it is none, or has more than `max` bytes; of those no more are ever in memory.
    pub(crate) fn inflate(&mut self, mut compressed: Vec<u8>, max: usize) -> Result<Vec<u8>, ProtocolError> {
        compressed.extend_from_slice(&TAIL);
        let start = self.window.len();
        let mut out = std::mem::take(&mut self.window);
        let mut end = start;
        let mut rest = compressed.as_slice();
        let mut decompressor = Box::<DecompressorOxide>::default();
        loop {
            if end == out.len() {
                let room = (out.len() - start).max(compressed.len() * 2).max(256);
                // One byte more than may be, so that a message that is too large is told from one that is just not.
                out.resize(out.len() + room.min(max + 1 - (end - start)), 0);
            }
            let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF | TINFL_FLAG_HAS_MORE_INPUT;
            let (status, taken, written) = decompress(&mut decompressor, rest, &mut out, end, flags);
            rest = &rest[taken..];
            end += written;
            if end - start > max {
                // How long it would have become is not known.
                return Err(ProtocolError::TooLarge { bytes: (end - start) as u64, max: max as u64 });
            }
            match status {
                TINFLStatus::HasMoreOutput => {}
                // The client has ended its stream, and begins another.
                TINFLStatus::Done if !rest.is_empty() => decompressor.init(),
                TINFLStatus::NeedsMoreInput | TINFLStatus::Done => break,
                _ => return Err(ProtocolError::Compression),
            }
        }
        if !rest.is_empty() {
            return Err(ProtocolError::Compression);
        }
        out.truncate(end);
        if self.keeps_window {
            self.window = out[end.saturating_sub(WINDOW_BYTES)..].to_vec();
        }
        out.drain(..start);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(offers: &[&str]) -> Option<String> {
        let offers: Vec<_> = offers.iter().map(|offer| HeaderValue::from_str(offer).unwrap()).collect();
        Some(Agreement::read(offers.iter())?.answer)
    }

    #[test]
    fn the_first_offer_that_can_be_is_accepted_with_what_it_names() {
        for (offers, expected) in [
            (&["permessage-deflate"][..], Some("permessage-deflate")),
            (&["permessage-deflate; client_max_window_bits"], Some("permessage-deflate; client_max_window_bits=15")),
            (
                &["permessage-deflate; client_no_context_takeover; server_no_context_takeover"],
                Some("permessage-deflate; client_no_context_takeover; server_no_context_takeover"),
            ),
            (
                &[
                    "x-other, permessage-deflate; server_max_window_bits=10",
                    "permessage-deflate; client_max_window_bits=\"9\"",
                ],
                Some("permessage-deflate; client_max_window_bits=9"),
            ),
            (&["permessage-deflate; server_max_window_bits=10"], None),
            (&["permessage-deflate; client_max_window_bits=16"], None),
            (&["permessage-deflate; client_no_context_takeover; client_no_context_takeover"], None),
            (&["permessage-deflate; something"], None),
            (&["x-webkit-deflate-frame"], None),
            (&[], None),
        ] {
            assert_eq!(answer(offers).as_deref(), expected, "{offers:?}");
        }
    }

    fn inflater(offer: &str) -> Inflater {
        Agreement::accept(offer).unwrap().inflater()
    }

    #[test]
    fn messages_come_back_as_they_were() {
        let mut inflater = inflater("permessage-deflate");
        for message in ["a".repeat(100_000), "hello ".repeat(50), (0..5_000).map(|n| n.to_string()).collect()] {
            let compressed = deflate(message.as_bytes()).unwrap();
            assert!(compressed.len() < message.len());
            assert_eq!(inflater.inflate(compressed, message.len()).unwrap(), message.as_bytes());
        }
        assert_eq!(deflate(b"short"), None);
    }

    /// The examples of RFC 7692, 7.2.3.1 and 7.2.3.2.
    #[test]
    fn a_message_may_refer_to_the_one_before_unless_the_client_said_it_would_not() {
        let first = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let second = [0xf2, 0x00, 0x11, 0x00, 0x00];
        let mut keeps = inflater("permessage-deflate");
        assert_eq!(keeps.inflate(first.to_vec(), 100).unwrap(), b"Hello");
        assert_eq!(keeps.inflate(second.to_vec(), 100).unwrap(), b"Hello");
        let mut resets = inflater("permessage-deflate; client_no_context_takeover");
        assert_eq!(resets.inflate(first.to_vec(), 100).unwrap(), b"Hello");
        assert_eq!(resets.window, b"");
        assert_eq!(resets.inflate(second.to_vec(), 100), Err(ProtocolError::Compression));
    }

    #[test]
    fn a_block_that_ends_the_stream_ends_the_message() {
        let mut inflater = inflater("permessage-deflate");
        // 7.2.3.4 of RFC 7692.
        let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflater.inflate(last.to_vec(), 100).unwrap(), b"Hello");
    }

    #[test]
    fn a_message_that_grows_beyond_the_limit_is_given_up() {
        let compressed = deflate(&[0; 1_000_000]).unwrap();
        assert!(compressed.len() < 10_000);
        let mut inflater = inflater("permessage-deflate");
        let given_up = Err(ProtocolError::TooLarge { bytes: 1_000_000, max: 999_999 });
        assert_eq!(inflater.inflate(compressed.clone(), 999_999), given_up);
        assert_eq!(self::inflater("permessage-deflate").inflate(compressed, 1_000_000).unwrap().len(), 1_000_000);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_message_or_an_error(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            if let Ok(message) = inflater("permessage-deflate").inflate(bytes, 10_000) {
                proptest::prop_assert!(message.len() <= 10_000);
            }
        }

        #[test]
        fn a_row_of_messages_comes_back(messages in proptest::collection::vec("[ab]{0,600}", 1..6)) {
            let mut inflater = inflater("permessage-deflate");
            for message in messages {
                if let Some(compressed) = deflate(message.as_bytes()) {
                    proptest::prop_assert_eq!(inflater.inflate(compressed, 600).unwrap(), message.as_bytes());
                }
            }
        }
    }
}
