//! Code that was coloured before: an edit renders the whole Source once more, and most of its code is what it was.

use super::Language;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

/// The most that is kept, in bytes of code; coloured it takes about five times that.
const MAX_KEPT: usize = 2 * 1024 * 1024;

#[derive(Default)]
struct Kept {
    bytes: usize,
    lines: HashMap<(Language, Box<str>), Arc<[String]>>,
}

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

pub(super) fn get(language: Language, code: &str) -> Option<Arc<[String]>> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.lines.get(&(language, code.into())).cloned()
}

pub(super) fn put(language: Language, code: &str, lines: &Arc<[String]>) {
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.bytes + code.len() > MAX_KEPT {
        *kept = Kept::default();
    }
    kept.bytes += code.len();
    kept.lines.insert((language, code.into()), Arc::clone(lines));
}
