//! Frames: a list of byte strings, each with its length before it (`ABI.md`).

/// Writes a frame.
#[derive(Clone, Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty frame with room for so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    /// A frame whose first field is a name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let mut frame = Self::with_capacity(128);
        frame.text(name);
        frame
    }

    /// A field of these bytes.
    pub fn field(&mut self, bytes: &[u8]) -> &mut Self {
        self.prefix(bytes.len());
        self.0.extend_from_slice(bytes);
        self
    }

    /// A field of this text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.field(text.as_bytes())
    }

    /// A flag.
    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.text(if flag { "1" } else { "" })
    }

    /// A field of a number in decimal.
    pub fn number(&mut self, mut number: u64) -> &mut Self {
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

    /// A field of a number that may be any that JavaScript has.
    pub fn float(&mut self, number: f64) -> &mut Self {
        match number {
            f64::INFINITY => self.text("Infinity"),
            f64::NEG_INFINITY => self.text("-Infinity"),
            // `-0` and `NaN` are written alike in both languages.
            number => self.text(&number.to_string()),
        }
    }

    /// As [`Self::number`], or an empty field.
    pub fn optional(&mut self, number: Option<u64>) -> &mut Self {
        match number {
            Some(number) => self.number(number),
            None => self.field(b""),
        }
    }

    /// As [`Self::float`], or an empty field.
    pub fn optional_float(&mut self, number: Option<f64>) -> &mut Self {
        match number {
            Some(number) => self.float(number),
            None => self.field(b""),
        }
    }

    /// A field of two parts, without joining them first.
    pub fn tagged(&mut self, tag: u8, bytes: &[u8]) -> &mut Self {
        self.prefix(bytes.len() + 1);
        self.0.push(tag);
        self.0.extend_from_slice(bytes);
        self
    }

    /// The fields of another frame, one after the other.
    pub fn append(&mut self, frame: &[u8]) -> &mut Self {
        self.0.extend_from_slice(frame);
        self
    }

    fn prefix(&mut self, len: usize) {
        // A frame that is longer than the 4 GiB of the memory it lies in cannot exist.
        self.0.extend_from_slice(&(len as u32).to_le_bytes());
    }

    /// What was written.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Reads a frame. What is missing reads as an empty field.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// From the first field on.
    #[must_use]
    pub const fn new(frame: &'a [u8]) -> Self {
        Self(frame)
    }

    /// The next field as text; empty if it is no UTF-8.
    pub fn text(&mut self) -> &'a str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// The next field as text; `None` if it is empty.
    pub fn optional(&mut self) -> Option<&'a str> {
        Some(self.text()).filter(|text| !text.is_empty())
    }

    /// The next field.
    pub fn bytes(&mut self) -> &'a [u8] {
        self.next().unwrap_or_default()
    }

    /// The next field as a flag.
    pub fn flag(&mut self) -> bool {
        self.bytes() == b"1"
    }

    /// The next field as a list.
    pub fn list(&mut self) -> Reader<'a> {
        Reader(self.bytes())
    }

    /// The next field as a number; 0 if it is none. A fraction is dropped.
    pub fn number(&mut self) -> u64 {
        Self::number_of(self.bytes())
    }

    /// A field as a number; 0 if it is none. A fraction is dropped.
    #[must_use]
    pub fn number_of(field: &[u8]) -> u64 {
        let text = std::str::from_utf8(field).unwrap_or_default();
        text.parse().unwrap_or_else(|_| text.parse::<f64>().map_or(0, |number| number as u64))
    }

    /// What was not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The value of a name, where the rest of the frame is pairs.
    #[must_use]
    pub fn value(mut self, name: &str) -> Option<&'a [u8]> {
        loop {
            let (found, value) = (self.next()?, self.bytes());
            if found == name.as_bytes() {
                return Some(value);
            }
        }
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

    #[test]
    fn numbers_are_written_as_javascript_reads_them() {
        let written = |number| String::from_utf8(Writer::default().float(number).bytes()[4..].to_vec()).unwrap();
        let numbers = [0.0, -0.0, 5.0, -1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        assert_eq!(numbers.map(written), ["0", "-0", "5", "-1.5", "NaN", "Infinity", "-Infinity"]);
    }

    #[test]
    fn a_value_is_found_by_its_name() {
        let mut frame = Writer::default();
        frame.text("size").number(7).text("etag").text("size");
        let pairs = || Reader::new(frame.bytes());
        assert_eq!((pairs().value("etag"), pairs().value("key")), (Some(&b"size"[..]), None));
    }
}
