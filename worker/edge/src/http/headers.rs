//! Headers, and the texts that they are made of.

use crate::abi::{Reader, Writer};
use std::{fmt, ops::Deref, rc::Rc};

/// A text of a message. What is known when this is written, what many answers share, and what arrived in a frame are not copied.
#[derive(Clone)]
pub struct Text(Source);

#[derive(Clone)]
enum Source {
    Static(&'static str),
    Owned(String),
    Shared(Rc<str>),
    /// A part of a frame, by offset and length.
    Part(Rc<Vec<u8>>, u32, u32),
}

impl Text {
    /// The text between two offsets of a frame.
    pub(crate) fn part(frame: &Rc<Vec<u8>>, field: &[u8]) -> Self {
        let start = field.as_ptr().addr() - frame.as_ptr().addr();
        Self(Source::Part(frame.clone(), start as u32, field.len() as u32))
    }

    fn bytes(&self) -> &[u8] {
        match &self.0 {
            Source::Static(text) => text.as_bytes(),
            Source::Owned(text) => text.as_bytes(),
            Source::Shared(text) => text.as_bytes(),
            Source::Part(frame, start, length) => {
                frame.get(*start as usize..(*start + *length) as usize).unwrap_or_default()
            }
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Source::Static(text) => text,
            Source::Owned(text) => text,
            Source::Shared(text) => text,
            Source::Part(..) => utf8(self.bytes()),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self(Source::Static(text))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Source::Owned(text))
    }
}

impl From<Rc<str>> for Text {
    fn from(text: Rc<str>) -> Self {
        Self(Source::Shared(text))
    }
}

/// Names, in lower case, and values, in the order in which they were added. A name may be there several times.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    /// The first of them as a frame has them, if they were [`Headers::packed`].
    packed: Option<Rc<[u8]>>,
    pairs: Vec<(Text, Text)>,
}

impl Headers {
    /// Room for so many.
    #[must_use]
    pub fn with_capacity(headers: usize) -> Self {
        Self { packed: None, pairs: Vec::with_capacity(headers) }
    }

    /// The pairs at the end of a frame.
    pub(crate) fn read(frame: &Rc<Vec<u8>>, fields: &mut Reader<'_>) -> Self {
        let mut headers = Self::with_capacity(16);
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            headers.pairs.push((Text::part(frame, name), Text::part(frame, value)));
        }
        headers
    }

    pub(crate) fn write(&self, frame: &mut Writer) {
        frame.append(self.packed.as_deref().unwrap_or_default());
        for (name, value) in &self.pairs {
            frame.field(name.bytes()).field(value.bytes());
        }
    }

    /// The same, which costs next to nothing to copy and to answer with: for what is answered often.
    #[must_use]
    pub fn packed(&self) -> Self {
        Self { packed: Some(self.list().into()), pairs: Vec::new() }
    }

    /// As a list in one field.
    pub(crate) fn list(&self) -> Vec<u8> {
        let mut frame = Writer::default();
        self.write(&mut frame);
        frame.into_bytes()
    }

    /// The first value of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a name.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.fields().filter(move |(n, _)| *n == name.as_bytes()).map(|(_, value)| utf8(value))
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields().map(|(name, value)| (utf8(name), utf8(value)))
    }

    /// The names alone, each as often as it is there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields().map(|(name, _)| utf8(name))
    }

    fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut packed = Reader::new(self.packed.as_deref().unwrap_or_default());
        let packed = std::iter::from_fn(move || Some((packed.next()?, packed.bytes())));
        packed.chain(self.pairs.iter().map(|(name, value)| (name.bytes(), value.bytes())))
    }

    /// Adds one more value.
    pub fn append(&mut self, name: impl Into<Text>, value: impl Into<Text>) {
        self.pairs.push((name.into(), value.into()));
    }

    /// Replaces the values of a name by this one.
    pub fn set(&mut self, name: &'static str, value: impl Into<Text>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Removes all values of a name.
    pub fn remove(&mut self, name: &str) {
        if self.packed.is_some() {
            let owned = |(name, value): (&str, &str)| (Text::from(name.to_owned()), Text::from(value.to_owned()));
            *self = Self { packed: None, pairs: self.iter().map(owned).collect() };
        }
        self.pairs.retain(|(n, _)| n.bytes() != name.as_bytes());
    }
}

/// What is no UTF-8 reads as nothing: no handler here understands it.
fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_headers_are_the_same_headers() {
        let mut headers = Headers::default();
        headers.append("a", "1");
        headers.append("set-cookie", "x".to_owned());
        headers.append("set-cookie", "y".to_owned());
        let mut packed = headers.packed();
        for headers in [&mut headers, &mut packed] {
            headers.append("b", "2");
        }
        assert_eq!(packed.list(), headers.list());
        assert!(packed.iter().eq(headers.iter()));
        assert_eq!(packed.all("set-cookie").collect::<Vec<_>>(), ["x", "y"]);
        for headers in [&mut headers, &mut packed] {
            headers.set("a", "3");
            headers.remove("set-cookie");
        }
        assert_eq!((packed.list(), packed.get("a")), (headers.list(), Some("3")));
    }
}
