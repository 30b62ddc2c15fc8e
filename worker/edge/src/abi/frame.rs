//! Frames: a list of byte strings, each with its length before it (`ABI.md`).

/// Writes a frame.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn field(&mut self, bytes: &[u8]) -> &mut Self {
        self.prefix(bytes.len());
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.field(text.as_bytes())
    }

    pub(crate) fn number(&mut self, mut number: u64) -> &mut Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.field(&digits[start..])
    }

    /// A field of two parts, without joining them first.
    pub(crate) fn tagged(&mut self, tag: u8, bytes: &[u8]) -> &mut Self {
        self.prefix(bytes.len() + 1);
        self.0.push(tag);
        self.0.extend_from_slice(bytes);
        self
    }

    fn prefix(&mut self, len: usize) {
        // A frame that is longer than the 4 GiB of the memory it lies in cannot exist.
        self.0.extend_from_slice(&(len as u32).to_le_bytes());
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Reads a frame.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(frame: &'a [u8]) -> Self {
        Self(frame)
    }

    pub(crate) fn text(&mut self) -> &'a str {
        self.next().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        self.next().unwrap_or_default()
    }

    /// How many bytes were not read yet.
    pub(crate) const fn left(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.text().parse().unwrap_or_default()
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = &'a [u8];

    /// The next field; `None` at the end, and for a frame that is cut off.
    fn next(&mut self) -> Option<&'a [u8]> {
        let (prefix, rest) = self.0.split_first_chunk()?;
        let (field, rest) = rest.split_at_checked(u32::from_le_bytes(*prefix) as usize)?;
        self.0 = rest;
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_stops_where_a_frame_is_cut_off() {
        let mut frame = Writer::default();
        frame.text("kv.get").number(0).number(1_234_567).field(b"").tagged(b't', b"x");
        let fields: Vec<_> = Reader::new(frame.bytes()).collect();
        assert_eq!(fields, [&b"kv.get"[..], b"0", b"1234567", b"", b"tx"]);
        let cut = &frame.bytes()[..frame.bytes().len() - 1];
        assert_eq!(Reader::new(cut).count(), 4);
    }
}
