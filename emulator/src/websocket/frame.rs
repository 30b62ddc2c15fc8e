//! Frames of RFC 6455, section 5: their heads, and the mask of a client's payload. Bytes in, values out; no I/O.

use super::protocol_error::ProtocolError;

/// Bytes of a control frame's payload (5.5).
const MAX_CONTROL_BYTES: u8 = 125;
/// Bytes of the longest head that a client sends: two, the length in eight, the mask in four.
const MAX_HEAD_BYTES: usize = 14;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

/// The head of a client's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHead {
    /// Whether it is the last one of its message.
    pub(crate) is_last: bool,
    /// Whether its message is compressed (RFC 7692, 7.2).
    pub(crate) is_compressed: bool,
    pub(crate) opcode: Opcode,
    pub(crate) length: u64,
    pub(crate) mask: [u8; 4],
}

impl Opcode {
    fn of(number: u8) -> Result<Self, ProtocolError> {
        Ok(match number {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return Err(ProtocolError::UnknownOpcode(number)),
        })
    }

    fn number(self) -> u8 {
        match self {
            Self::Continuation => 0,
            Self::Text => 1,
            Self::Binary => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

impl FrameHead {
    /// Reads a head from the begin of `bytes`, with the number of bytes that it takes; `None` if there are not enough of them yet.
    ///
    /// # Errors
    /// If no client may send such a frame. `may_compress` says whether compression was agreed on.
    pub(crate) fn read(bytes: &[u8], may_compress: bool) -> Result<Option<(Self, usize)>, ProtocolError> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        let (is_last, is_compressed) = (first & 0x80 != 0, first & 0x40 != 0);
        if first & 0x30 != 0 {
            return Err(ProtocolError::ReservedBits);
        }
        let opcode = Opcode::of(first & 0x0f)?;
        if is_compressed && !may_compress {
            return Err(ProtocolError::NoCompression);
        }
        if is_compressed && (opcode.is_control() || opcode == Opcode::Continuation) {
            return Err(ProtocolError::UnexpectedCompression);
        }
        if second & 0x80 == 0 {
            return Err(ProtocolError::Unmasked);
        }
        if opcode.is_control() && !is_last {
            return Err(ProtocolError::FragmentedControl);
        }
        // Longer ones say their length in further bytes, which control frames must not.
        if opcode.is_control() && second & 0x7f > MAX_CONTROL_BYTES {
            return Err(ProtocolError::LongControl);
        }
        let (length, rest) = match second & 0x7f {
            126 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            length => (u64::from(length), rest),
        };
        let Some((mask, rest)) = rest.split_first_chunk() else { return Ok(None) };
        Ok(Some((Self { is_last, is_compressed, opcode, length, mask: *mask }, bytes.len() - rest.len())))
    }
}

/// Writes the head of a frame that a server sends whole.
pub(crate) fn write_head(opcode: Opcode, is_compressed: bool, length: usize, out: &mut Vec<u8>) {
    out.reserve(MAX_HEAD_BYTES);
    out.push(0x80 | if is_compressed { 0x40 } else { 0 } | opcode.number());
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..=125), _) => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Applies a mask to the part of a payload that begins at the byte `at`.
pub(crate) fn unmask(bytes: &mut [u8], mask: [u8; 4], at: usize) {
    let mut mask = mask;
    mask.rotate_left(at % 4);
    let (words, tail) = bytes.as_chunks_mut::<4>();
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    for (byte, mask) in tail.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(bytes: &[u8]) -> Result<Option<(FrameHead, usize)>, ProtocolError> {
        FrameHead::read(bytes, true)
    }

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        for (bytes, length) in [
            (&[0x81, 0x85, 1, 2, 3, 4][..], 5),
            (&[0x82, 0xfe, 0x01, 0x00, 1, 2, 3, 4], 256),
            (&[0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4], 65_536),
        ] {
            for end in 0..bytes.len() {
                assert_eq!(head(&bytes[..end]), Ok(None), "{bytes:?}, the first {end}");
            }
            let (head, taken) = head(&[bytes, b"more"].concat()).unwrap().unwrap();
            assert_eq!((head.length, head.mask, taken), (length, [1, 2, 3, 4], bytes.len()));
        }
    }

    #[test]
    fn what_no_client_may_send_is_refused_before_it_is_whole() {
        for (bytes, error) in [
            ([0x81, 0x05], ProtocolError::Unmasked),
            ([0xa1, 0x85], ProtocolError::ReservedBits),
            ([0x83, 0x85], ProtocolError::UnknownOpcode(3)),
            ([0xb3, 0x85], ProtocolError::ReservedBits),
            ([0x09, 0x80], ProtocolError::FragmentedControl),
            ([0x89, 0xfd + 1], ProtocolError::LongControl),
            ([0xc9, 0x80], ProtocolError::UnexpectedCompression),
            ([0xc0, 0x80], ProtocolError::UnexpectedCompression),
        ] {
            let whole = [&bytes[..], &[0; 12]].concat();
            assert_eq!(head(&whole), Err(error), "{bytes:x?}");
        }
        assert_eq!(FrameHead::read(&[0xc1, 0x80], false), Err(ProtocolError::NoCompression));
    }

    #[test]
    fn a_mask_goes_on_where_the_part_before_ended() {
        let mask = [1, 2, 3, 4];
        let mut whole: Vec<u8> = (0..23).collect();
        let mut parts = whole.clone();
        unmask(&mut whole, mask, 0);
        let (one, two) = parts.split_at_mut(6);
        unmask(one, mask, 0);
        unmask(two, mask, 6);
        assert_eq!(whole, parts);
        assert_eq!(whole[..5], [1, 3, 1, 7, 5]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_head_or_an_error_and_never_more_than_there_is(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..20)) {
            if let Ok(Some((_, taken))) = head(&bytes) {
                proptest::prop_assert!(taken <= bytes.len() && taken <= MAX_HEAD_BYTES);
            }
        }
    }
}
