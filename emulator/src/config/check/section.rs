//! The part of a config that is looked at: the top level, or one environment.

use crate::config::tree::{Node, Table};

/// A part of a config.
pub(super) struct Section<'a> {
    /// Its values.
    pub(super) table: &'a Table,
    /// The environment's name and the top level, if it is an environment.
    pub(super) within: Option<(&'a str, &'a Table)>,
    /// Where it begins.
    pub(super) at: usize,
}

impl<'a> Section<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.table.get(key)
    }

    /// What messages call a key that is not inherited: with its environment.
    pub(super) fn label(&self, key: &str) -> String {
        match self.within {
            Some((environment, _)) => format!("env.{environment}.{key}"),
            None => key.to_owned(),
        }
    }
}
