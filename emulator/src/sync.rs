//! Locks that a panic in one holder does not take from the others.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock, also after a holder has panicked: for data that no holder leaves half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
