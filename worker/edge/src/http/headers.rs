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
    /// A part of a frame, by offset and length. What is no UTF-8 reads as nothing: no handler here understands it.
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
            Source::Part(..) => std::str::from_utf8(self.bytes()).unwrap_or_default(),
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers(Vec<(Text, Text)>);

impl Headers {
    /// Room for so many.
    #[must_use]
    pub fn with_capacity(headers: usize) -> Self {
        Self(Vec::with_capacity(headers))
    }

    /// The pairs at the end of a frame.
    pub(crate) fn read(frame: &Rc<Vec<u8>>, fields: &mut Reader<'_>) -> Self {
        let mut headers = Self::with_capacity(16);
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            headers.0.push((Text::part(frame, name), Text::part(frame, value)));
        }
        headers
    }

    pub(crate) fn write(&self, frame: &mut Writer) {
        for (name, value) in &self.0 {
            frame.field(name.bytes()).field(value.bytes());
        }
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
        self.0.iter().filter(move |(n, _)| n.bytes() == name.as_bytes()).map(|(_, value)| &**value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Adds one more value.
    pub fn append(&mut self, name: impl Into<Text>, value: impl Into<Text>) {
        self.0.push((name.into(), value.into()));
    }

    /// Replaces the values of a name by this one.
    pub fn set(&mut self, name: &'static str, value: impl Into<Text>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Removes all values of a name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n.bytes() != name.as_bytes());
    }
}
