//! What is bound under which name.

use std::collections::HashMap;
use std::sync::{OnceLock, Weak};

use super::callees::{Objects, WorkerService};
use crate::kv::Kv;
use crate::r2::R2;

/// The bindings and variables of a Worker, by name.
#[derive(Default)]
pub(crate) struct BindingTable {
    bindings: HashMap<String, Binding>,
    variables: HashMap<String, Variable>,
}

/// What ops can be asked of.
pub(crate) enum Binding {
    Kv(Kv),
    R2(R2),
    /// A namespace of Durable Objects. Set once, when it exists; weak, since its objects have bindings too.
    Objects(OnceLock<Weak<dyn Objects>>),
    Service(BoundService),
}

/// Another Worker of this process, or this one.
pub(crate) struct BoundService {
    /// Set once, when all Workers exist.
    pub(crate) worker: OnceLock<Weak<dyn WorkerService>>,
    /// The default one if there is none.
    pub(crate) entrypoint: Option<String>,
    /// JSON text.
    pub(crate) props: Option<String>,
}

/// A variable or secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Variable {
    Text(String),
    /// JSON text.
    Json(String),
}

impl BindingTable {
    pub(crate) fn bind(&mut self, name: &str, binding: Binding) {
        self.bindings.insert(name.to_owned(), binding);
    }

    pub(crate) fn set(&mut self, name: &str, variable: Variable) {
        self.variables.insert(name.to_owned(), variable);
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(name)
    }

    pub(crate) fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name)
    }
}

impl Binding {
    /// Its kind, as the ABI calls it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Kv(_) => "kv",
            Self::R2(_) => "r2",
            Self::Objects(_) => "object",
            Self::Service(_) => "service",
        }
    }
}

impl Variable {
    /// Its kind, as the ABI calls it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Json(_) => "json",
        }
    }

    pub(crate) fn value(&self) -> &str {
        match self {
            Self::Text(value) | Self::Json(value) => value,
        }
    }
}
