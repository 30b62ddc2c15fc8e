//! What reading both languages has in common.

use super::{diagnostic::Place, limits::MAX_VALUES};

/// Why a text is no config: the byte where it ceases to be one, and what is the matter there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) at: usize,
    pub(super) message: String,
}

/// How many values were read.
#[derive(Default)]
pub(super) struct Count(usize);

impl Count {
    /// # Errors
    /// There is one more than a config may have.
    pub(super) fn one(&mut self, at: usize) -> Result<(), SyntaxError> {
        self.0 += 1;
        if self.0 > MAX_VALUES {
            return Err(SyntaxError { at, message: format!("a config has at most {MAX_VALUES} values") });
        }
        Ok(())
    }
}

/// Where the lines of a text begin.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The place of a byte.
    pub(super) fn place(&self, at: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let column = self.text.get(start..at).map_or(1, |before| before.chars().count() + 1);
        Place { line, column }
    }
}
