//! Classes of Durable Objects: their ids, and the way to each of them.

use super::fetcher::{Callee, Fetcher};
use crate::{
    Edge,
    abi::{Bound, Reader, Writer, call, some},
};

/// A class of Durable Objects.
#[derive(Clone, Copy)]
pub struct Objects<'a> {
    edge: Edge,
    binding: &'a str,
}

impl Edge {
    /// The class of Durable Objects that is bound under this name.
    #[must_use]
    pub const fn objects(self, binding: &str) -> Objects<'_> {
        Objects { edge: self, binding }
    }
}

impl<'a> Objects<'a> {
    /// The object of this name.
    #[must_use]
    pub const fn by_name(self, name: &'a str) -> Fetcher<'a> {
        Fetcher::new(self.edge, Callee::Object { binding: self.binding, by: "name", key: name })
    }

    /// The object of this id, 64 hex digits.
    #[must_use]
    pub const fn by_id(self, id: &'a str) -> Fetcher<'a> {
        Fetcher::new(self.edge, Callee::Object { binding: self.binding, by: "id", key: id })
    }

    /// The id of the object of this name.
    ///
    /// # Errors
    /// Nothing is bound here.
    pub fn id_of(self, name: &str) -> Bound<String> {
        self.id("id.name", Some(name))
    }

    /// The id of a new object without a name.
    ///
    /// # Errors
    /// Nothing is bound here.
    pub fn unique_id(self) -> Bound<String> {
        self.id("id.unique", None)
    }

    /// An id from its text.
    ///
    /// # Errors
    /// It is none of this class.
    pub fn parse_id(self, text: &str) -> Bound<String> {
        self.id("id.parse", Some(text))
    }

    fn id(self, name: &str, argument: Option<&str>) -> Bound<String> {
        let mut frame = Writer::named(name);
        frame.text(self.binding);
        if let Some(argument) = argument {
            frame.text(argument);
        }
        some(call(self.edge.host(), &frame, |fields: &mut Reader<'_>| fields.text().to_owned()))
    }
}
