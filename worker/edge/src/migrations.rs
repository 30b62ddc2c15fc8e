//! Schemas that grow: each step is a list of statements, run once, in order.

use crate::{bindings::Bound, object::Object};

/// The statements that lead from one version of a schema to the next. Versions count from 0, an empty database.
pub type Migration = &'static [&'static str];

/// Runs the steps after version `from`, all in the turn that it is called in, and so in one transaction with what follows. Answers
/// the version that is reached, for the caller to write down, or `None` if nothing was to be done: a newer schema is left as it is.
///
/// # Errors
/// A statement failed; the caller must not write in this turn.
pub fn run(object: Object, migrations: &[Migration], from: u64) -> Bound<Option<u64>> {
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let Some(missing) = migrations.get(from..).filter(|missing| !missing.is_empty()) else { return Ok(None) };
    for statement in missing.iter().copied().flatten() {
        object.sql(statement, &[])?;
    }
    Ok(Some(migrations.len() as u64))
}
