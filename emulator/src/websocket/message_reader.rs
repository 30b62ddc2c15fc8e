//! Messages of a client, put together from the frames of its connection.

use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;

use tokio::io::{AsyncRead, ReadBuf};

use super::client_end::Incoming;
use super::deflate::{Agreement, Inflater};
use super::frame::{FrameHead, Opcode, unmask};
use super::protocol_error::ProtocolError;

/// Bytes that are read at once, into the stack: an idle connection keeps no buffer.
const CHUNK_BYTES: usize = 8 * 1024;
/// Bytes by which a message grows at least.
const GROWTH_BYTES: usize = 64 * 1024;

/// Reads the messages of one client.
pub(crate) struct MessageReader {
    max_bytes: usize,
    inflater: Option<Inflater>,
    /// What has come; `buffer[..used]` has been dealt with.
    buffer: Vec<u8>,
    used: usize,
    frame: Option<PartialFrame>,
    message: Option<PartialMessage>,
    control: Vec<u8>,
}

/// A frame of which not all has come.
struct PartialFrame {
    head: FrameHead,
    /// Bytes of the payload that have come.
    taken: usize,
    /// Bytes of the whole payload.
    length: usize,
}

/// A message of which not all frames have come.
struct PartialMessage {
    is_text: bool,
    is_compressed: bool,
    bytes: Vec<u8>,
}

/// What a client has sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    Message(Incoming),
    Ping(Vec<u8>),
    /// A close frame: its code, unless it has none, and its reason.
    Close(Option<u16>, String),
    /// The connection has ended without one.
    End,
}

/// Why nothing more can be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReceiveError {
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl MessageReader {
    /// For a client that sends no message above `max_bytes`, and compresses them as agreed.
    pub(crate) fn new(agreement: Option<&Agreement>, max_bytes: usize) -> Self {
        Self {
            max_bytes,
            inflater: agreement.map(Agreement::inflater),
            buffer: Vec::new(),
            used: 0,
            frame: None,
            message: None,
            control: Vec::new(),
        }
    }

    /// What the client sends next. Dropping the future loses nothing.
    ///
    /// # Errors
    /// If the client breaks the protocol, or the connection is broken.
    pub(crate) async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Result<Received, ReceiveError> {
        loop {
            while self.used < self.buffer.len() {
                let before = self.used;
                if let Some(received) = self.advance()? {
                    return Ok(received);
                }
                if self.used == before {
                    break;
                }
            }
            self.release_used();
            if self.fill(stream).await? == 0 {
                return Ok(Received::End);
            }
        }
    }

    fn release_used(&mut self) {
        if self.used == self.buffer.len() {
            self.buffer = Vec::new();
        } else {
            self.buffer.drain(..self.used);
        }
        self.used = 0;
    }

    async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<usize> {
        let buffer = &mut self.buffer;
        poll_fn(|context| {
            let mut chunk = [MaybeUninit::uninit(); CHUNK_BYTES];
            let mut chunk = ReadBuf::uninit(&mut chunk);
            Pin::new(&mut *stream).poll_read(context, &mut chunk).map_ok(|()| {
                buffer.extend_from_slice(chunk.filled());
                chunk.filled().len()
            })
        })
        .await
    }

    /// Deals with some of what has come.
    fn advance(&mut self) -> Result<Option<Received>, ProtocolError> {
        let Some(frame) = &mut self.frame else {
            let Some((head, taken)) = FrameHead::read(&self.buffer[self.used..], self.inflater.is_some())? else {
                return Ok(None);
            };
            self.used += taken;
            let length = self.begin(&head)?;
            self.frame = Some(PartialFrame { head, taken: 0, length });
            return if length == 0 { self.end_frame() } else { Ok(None) };
        };
        let new = &mut self.buffer[self.used..];
        let count = new.len().min(frame.length - frame.taken);
        let part = &mut new[..count];
        unmask(part, frame.head.mask, frame.taken);
        match (frame.head.opcode, &mut self.message) {
            (Opcode::Text | Opcode::Binary | Opcode::Continuation, Some(message)) => {
                let bytes = &mut message.bytes;
                if bytes.capacity() - bytes.len() < count {
                    // What is announced is believed only as far as what has come goes.
                    bytes.reserve_exact((frame.length - frame.taken).min(bytes.len().max(GROWTH_BYTES)));
                }
                bytes.extend_from_slice(part);
            }
            _ => self.control.extend_from_slice(part),
        }
        self.used += count;
        frame.taken += count;
        if frame.taken == frame.length { self.end_frame() } else { Ok(None) }
    }

    /// Begins a frame, of which the length is returned if it may be as long as it is.
    fn begin(&mut self, head: &FrameHead) -> Result<usize, ProtocolError> {
        let so_far = match (head.opcode, &self.message) {
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(ProtocolError::Interleaved),
            (Opcode::Continuation, None) => return Err(ProtocolError::Continuation),
            (Opcode::Continuation, Some(message)) => message.bytes.len(),
            (Opcode::Text | Opcode::Binary, None) => {
                let (is_text, is_compressed) = (head.opcode == Opcode::Text, head.is_compressed);
                self.message = Some(PartialMessage { is_text, is_compressed, bytes: Vec::new() });
                0
            }
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => 0,
        };
        let total = head.length.saturating_add(so_far as u64);
        let too_large = ProtocolError::TooLarge { bytes: total, max: self.max_bytes as u64 };
        match usize::try_from(head.length) {
            Ok(length) if total <= self.max_bytes as u64 => Ok(length),
            _ => Err(too_large),
        }
    }

    /// The frame has come whole.
    fn end_frame(&mut self) -> Result<Option<Received>, ProtocolError> {
        let Some(PartialFrame { head, .. }) = self.frame.take() else { return Ok(None) };
        let control = match head.opcode {
            Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                return match self.message.take_if(|_| head.is_last) {
                    Some(message) => self.end_message(message).map(|message| Some(Received::Message(message))),
                    None => Ok(None),
                };
            }
            Opcode::Close | Opcode::Ping | Opcode::Pong => std::mem::take(&mut self.control),
        };
        match head.opcode {
            Opcode::Ping => Ok(Some(Received::Ping(control))),
            Opcode::Close => close(&control).map(Some),
            _ => Ok(None),
        }
    }

    fn end_message(&mut self, message: PartialMessage) -> Result<Incoming, ProtocolError> {
        let bytes = match &mut self.inflater {
            Some(inflater) if message.is_compressed => inflater.inflate(message.bytes, self.max_bytes)?,
            _ => message.bytes,
        };
        if !message.is_text {
            return Ok(Incoming::Binary(bytes));
        }
        // The platform refuses no text for its encoding.
        let text =
            String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Ok(Incoming::Text(text))
    }
}

fn close(payload: &[u8]) -> Result<Received, ProtocolError> {
    match payload.split_first_chunk() {
        None if payload.is_empty() => Ok(Received::Close(None, String::new())),
        Some((code, reason)) => match u16::from_be_bytes(*code) {
            // Codes that stand for the absence of one, or for what is no close frame (RFC 6455, 7.4).
            0..1000 | 1004..=1006 | 1015 | 5000.. => Err(ProtocolError::CloseCode),
            code => Ok(Received::Close(Some(code), String::from_utf8_lossy(reason).into_owned())),
        },
        None => Err(ProtocolError::CloseCode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's frame whose mask is 1, 2, 3, 4.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            length @ 0..=125 => frame.push(0x80 | u8::try_from(length).unwrap()),
            length => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&[1, 2, 3, 4]);
        let mut payload = payload.to_vec();
        unmask(&mut payload, [1, 2, 3, 4], 0);
        frame.extend_from_slice(&payload);
        frame
    }

    async fn read_all(reader: &mut MessageReader, bytes: &[u8]) -> (Vec<Received>, Option<ReceiveError>) {
        let (mut stream, mut all) = (bytes, Vec::new());
        loop {
            match reader.next(&mut stream).await {
                Ok(Received::End) => return (all, None),
                Ok(received) => all.push(received),
                Err(error) => return (all, Some(error)),
            }
        }
    }

    fn text(text: &str) -> Received {
        Received::Message(Incoming::Text(text.to_owned()))
    }

    #[tokio::test]
    async fn fragments_are_joined_and_control_frames_come_between_them() {
        let bytes = [
            frame(0x01, b"Hel"),
            frame(0x89, b"ping"),
            frame(0x8a, b"pong"),
            frame(0x80, b"lo"),
            frame(0x82, &[0; 70_000]),
            frame(0x81, b""),
            frame(0x81, b"\xff"),
            frame(0x88, &[&1000_u16.to_be_bytes()[..], b"bye"].concat()),
        ]
        .concat();
        let mut reader = MessageReader::new(None, 70_000);
        let (received, error) = read_all(&mut reader, &bytes).await;
        assert!(error.is_none(), "{error:?}");
        let expected = [
            Received::Ping(b"ping".to_vec()),
            text("Hello"),
            Received::Message(Incoming::Binary(vec![0; 70_000])),
            text(""),
            text("\u{fffd}"),
            Received::Close(Some(1000), "bye".to_owned()),
        ];
        assert_eq!(received, expected);
        assert_eq!((reader.buffer.capacity(), reader.control.capacity()), (0, 0), "at rest it keeps nothing");
    }

    #[tokio::test]
    async fn a_message_above_the_limit_is_refused_by_its_head() {
        let too_large = |bytes| ProtocolError::TooLarge { bytes, max: 100 };
        for (bytes, expected) in [
            (frame(0x82, &[0; 100]), None),
            (frame(0x82, &[0; 101])[..6].to_vec(), Some(too_large(101))),
            ([frame(0x02, &[0; 60]), frame(0x80, &[0; 41])].concat(), Some(too_large(101))),
            (vec![0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], Some(too_large(u64::MAX))),
        ] {
            let (_, error) = read_all(&mut MessageReader::new(None, 100), &bytes).await;
            let error = error.map(|error| match error {
                ReceiveError::Protocol(error) => error,
                ReceiveError::Io(error) => panic!("{error}"),
            });
            assert_eq!(error, expected);
        }
    }

    #[tokio::test]
    async fn frames_out_of_order_and_close_frames_that_are_none_are_refused() {
        for (bytes, expected) in [
            (frame(0x80, b"x"), "Unexpected continuation"),
            ([frame(0x01, b"x"), frame(0x81, b"y")].concat(), "Missing continuation"),
            (frame(0x88, b"x"), "no code"),
            (frame(0x88, &1005_u16.to_be_bytes()), "no code"),
            (frame(0xc1, b"x"), "compression"),
        ] {
            let (_, error) = read_all(&mut MessageReader::new(None, 100), &bytes).await;
            let error = error.unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[tokio::test]
    async fn it_does_not_matter_where_the_bytes_are_cut() {
        use tokio::io::AsyncWriteExt as _;
        let bytes = [frame(0x01, b"Hel"), frame(0x89, b""), frame(0x80, b"lo"), frame(0x82, b"xyz")].concat();
        for cut in 0..bytes.len() {
            let (mut client, mut server) = tokio::io::duplex(1_000);
            let mut reader = MessageReader::new(None, 100);
            client.write_all(&bytes[..cut]).await.unwrap();
            let mut received = Vec::new();
            // A read that is given up in the middle loses nothing.
            while let Ok(next) = tokio::time::timeout(std::time::Duration::ZERO, reader.next(&mut server)).await {
                received.push(next.unwrap());
            }
            client.write_all(&bytes[cut..]).await.unwrap();
            drop(client);
            loop {
                match reader.next(&mut server).await.unwrap() {
                    Received::End => break,
                    next => received.push(next),
                }
            }
            let expected =
                [Received::Ping(Vec::new()), text("Hello"), Received::Message(Incoming::Binary(b"xyz".to_vec()))];
            assert_eq!(received, expected, "cut at {cut}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end_in_messages_or_an_error(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let agreement = Agreement::read([&http::HeaderValue::from_static("permessage-deflate")].into_iter());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(read_all(&mut MessageReader::new(agreement.as_ref(), 1_000), &bytes));
        }
    }
}
