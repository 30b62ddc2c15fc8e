//! Frames: a list of byte strings, each with its length before it.

/// Writes a frame.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame(Vec<u8>);

impl Frame {
    /// A frame whose field 0 is a name.
    pub(crate) fn of(name: &str) -> Self {
        let mut frame = Self::default();
        frame.text(name);
        frame
    }

    pub(crate) fn field(&mut self, bytes: &[u8]) -> &mut Self {
        // The frame lies in a memory of 32 bits.
        self.0.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.field(text.as_bytes())
    }

    /// `1` or empty.
    pub(crate) fn flag(&mut self, flag: bool) -> &mut Self {
        self.text(if flag { "1" } else { "" })
    }

    /// A field that holds a frame.
    pub(crate) fn list(&mut self, list: &Self) -> &mut Self {
        self.field(&list.0)
    }

    /// All fields of another frame.
    pub(crate) fn all(&mut self, other: &Self) -> &mut Self {
        self.0.extend_from_slice(&other.0);
        self
    }

    pub(crate) fn pair(&mut self, name: &str, value: &str) -> &mut Self {
        self.text(name).text(value)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Reads a frame. What is missing is empty.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    frame: Vec<u8>,
    at: usize,
}

impl Fields {
    pub(crate) const fn new(frame: Vec<u8>) -> Self {
        Self { frame, at: 0 }
    }

    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(&self.next().unwrap_or_default()).into_owned()
    }

    /// `None` if the field is empty.
    pub(crate) fn given(&mut self) -> Option<String> {
        Some(self.text()).filter(|text| !text.is_empty())
    }

    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        self.next().unwrap_or_default()
    }

    pub(crate) fn flag(&mut self) -> bool {
        !self.bytes().is_empty()
    }

    pub(crate) fn number(&mut self) -> f64 {
        self.text().parse().unwrap_or(f64::NAN)
    }

    /// The fields of a field that is a frame.
    pub(crate) fn list(&mut self) -> Self {
        Self::new(self.bytes())
    }

    pub(crate) fn texts(self) -> Vec<String> {
        self.map(|field| String::from_utf8_lossy(&field).into_owned()).collect()
    }

    /// What is left, as pairs.
    pub(crate) fn pairs(self) -> Vec<(String, String)> {
        let texts = self.texts();
        texts.as_chunks::<2>().0.iter().map(|[name, value]| (name.clone(), value.clone())).collect()
    }
}

impl Iterator for Fields {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let (prefix, rest) = self.frame.get(self.at..)?.split_first_chunk::<4>()?;
        let field = rest.get(..u32::from_le_bytes(*prefix) as usize)?.to_vec();
        self.at += 4 + field.len();
        Some(field)
    }
}
