//! Frames: the lists of byte strings that cross the ABI (`worker/ABI.md`, "Frames").

use std::fmt::Write as _;

/// Appends the fields of one frame to a buffer.
pub(crate) struct FrameWriter<'a>(&'a mut Vec<u8>);

impl<'a> FrameWriter<'a> {
    pub(crate) fn new(buffer: &'a mut Vec<u8>) -> Self {
        Self(buffer)
    }

    pub(crate) fn field(&mut self, bytes: &[u8]) -> &mut Self {
        let at = self.begin();
        self.0.extend_from_slice(bytes);
        self.end(at)
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.field(text.as_bytes())
    }

    /// A number in decimal.
    pub(crate) fn number(&mut self, number: impl std::fmt::Display) -> &mut Self {
        self.display(number)
    }

    /// What a value is as text.
    pub(crate) fn display(&mut self, value: impl std::fmt::Display) -> &mut Self {
        self.compose(|out| {
            // Writing into a Vec cannot fail.
            let _ = write!(Text(out), "{value}");
        })
    }

    /// `1`, or the empty field.
    pub(crate) fn flag(&mut self, flag: bool) -> &mut Self {
        self.text(if flag { "1" } else { "" })
    }

    /// A number, or the empty field.
    pub(crate) fn optional_number(&mut self, number: Option<impl std::fmt::Display>) -> &mut Self {
        match number {
            Some(number) => self.display(number),
            None => self.text(""),
        }
    }

    /// A field that holds a list, which `list` writes.
    pub(crate) fn list(&mut self, list: impl FnOnce(&mut FrameWriter<'_>)) -> &mut Self {
        self.compose(|out| list(&mut FrameWriter::new(out)))
    }

    /// A field that `compose` appends piece by piece.
    pub(crate) fn compose(&mut self, compose: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        let at = self.begin();
        compose(self.0);
        self.end(at)
    }

    /// Fields that are already in the form of a frame.
    pub(crate) fn raw(&mut self, fields: &[u8]) -> &mut Self {
        self.0.extend_from_slice(fields);
        self
    }

    /// What comes before a field of so many bytes, which the caller places behind the frame.
    pub(crate) fn begins(&mut self, len: usize) -> &mut Self {
        self.0.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
        self
    }

    fn begin(&mut self) -> usize {
        self.0.extend_from_slice(&[0; 4]);
        self.0.len()
    }

    fn end(&mut self, at: usize) -> &mut Self {
        // A field of 4 GiB cannot exist: a guest's memory is bounded far below, and so is what a host reads.
        let len = u32::try_from(self.0.len() - at).unwrap_or(u32::MAX);
        self.0[at - 4..at].copy_from_slice(&len.to_le_bytes());
        self
    }
}

struct Text<'a>(&'a mut Vec<u8>);

impl std::fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// What a guest sent is not a frame, or not the frame that the ABI asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the frame ends inside a field")]
    Truncated,
    #[error("the frame has no field `{0}`")]
    Missing(&'static str),
    #[error("field `{0}` is not UTF-8")]
    NotText(&'static str),
    #[error("field `{0}` is not a number")]
    NotNumber(&'static str),
    #[error("field `{0}` is not a flag")]
    NotFlag(&'static str),
}

/// Reads the fields of a frame one after the other.
#[derive(Clone, Copy)]
pub(crate) struct FrameReader<'a> {
    rest: &'a [u8],
}

impl<'a> FrameReader<'a> {
    pub(crate) fn new(frame: &'a [u8]) -> Self {
        Self { rest: frame }
    }

    /// What has not been read yet, still in the form of a frame.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next field, or `None` at the end of the frame.
    pub(crate) fn next(&mut self) -> Result<Option<&'a [u8]>, FrameError> {
        let Some((len, rest)) = self.rest.split_first_chunk::<4>() else {
            return if self.rest.is_empty() { Ok(None) } else { Err(FrameError::Truncated) };
        };
        let (field, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or(FrameError::Truncated)?;
        self.rest = rest;
        Ok(Some(field))
    }

    pub(crate) fn bytes(&mut self, name: &'static str) -> Result<&'a [u8], FrameError> {
        self.next()?.ok_or(FrameError::Missing(name))
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<&'a str, FrameError> {
        std::str::from_utf8(self.bytes(name)?).map_err(|_| FrameError::NotText(name))
    }

    pub(crate) fn string(&mut self, name: &'static str) -> Result<String, FrameError> {
        self.text(name).map(str::to_owned)
    }

    /// A text, or `None` for the empty field.
    pub(crate) fn optional_text(&mut self, name: &'static str) -> Result<Option<&'a str>, FrameError> {
        Ok(Some(self.text(name)?).filter(|text| !text.is_empty()))
    }

    /// `1` or empty.
    pub(crate) fn flag(&mut self, name: &'static str) -> Result<bool, FrameError> {
        match self.bytes(name)? {
            b"1" => Ok(true),
            b"" => Ok(false),
            _ => Err(FrameError::NotFlag(name)),
        }
    }

    /// The list that a field holds.
    pub(crate) fn list(&mut self, name: &'static str) -> Result<FrameReader<'a>, FrameError> {
        Ok(FrameReader::new(self.bytes(name)?))
    }

    /// The texts to the end of the frame.
    pub(crate) fn texts(mut self, name: &'static str) -> Result<Vec<String>, FrameError> {
        let mut texts = Vec::new();
        while !self.rest.is_empty() {
            texts.push(self.text(name)?.to_owned());
        }
        Ok(texts)
    }

    /// The next pair, or `None` at the end of the frame.
    pub(crate) fn pair(&mut self) -> Result<Option<(&'a str, &'a [u8])>, FrameError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        Ok(Some((self.text("name")?, self.bytes("value")?)))
    }

    pub(crate) fn number<N: std::str::FromStr>(&mut self, name: &'static str) -> Result<N, FrameError> {
        self.text(name)?.parse().map_err(|_| FrameError::NotNumber(name))
    }

    /// A number, or `None` for the empty field.
    pub(crate) fn optional_number<N: std::str::FromStr>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<N>, FrameError> {
        match self.text(name)? {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| FrameError::NotNumber(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_written() {
        let mut frame = Vec::new();
        FrameWriter::new(&mut frame).text("kv.get").number(-7).field(b"").raw(b"\x01\0\0\0x");
        let mut reader = FrameReader::new(&frame);
        assert_eq!(reader.text("name"), Ok("kv.get"));
        assert_eq!(reader.number::<i64>("n"), Ok(-7));
        assert_eq!(reader.optional_number::<u64>("offset"), Ok(None));
        assert_eq!(reader.bytes("x"), Ok(&b"x"[..]));
        assert_eq!(reader.next(), Ok(None));
        assert_eq!(reader.bytes("more"), Err(FrameError::Missing("more")));
    }

    #[test]
    fn a_frame_that_ends_early_is_an_error_and_nothing_is_read_beyond_it() {
        for frame in [&b"\x01"[..], b"\x02\0\0\0x", b"\xff\xff\xff\xffx"] {
            assert_eq!(FrameReader::new(frame).next(), Err(FrameError::Truncated));
        }
    }

    #[test]
    fn text_and_numbers_are_checked() {
        let mut frame = Vec::new();
        FrameWriter::new(&mut frame).field(b"\xff").text("12x");
        let mut reader = FrameReader::new(&frame);
        assert_eq!(reader.text("key"), Err(FrameError::NotText("key")));
        assert_eq!(reader.number::<u64>("max"), Err(FrameError::NotNumber("max")));
    }
}
