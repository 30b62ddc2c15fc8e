//! Libraries that may panic on what an author writes.

use std::{cell::Cell, panic, sync::Once, thread};

/// What `work` answers; nothing if it panics, of which nobody else hears.
pub(crate) fn caught<T>(work: impl FnOnce() -> T + panic::UnwindSafe) -> thread::Result<T> {
    thread_local! {
        static CAUGHT: Cell<bool> = const { Cell::new(false) };
    }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !CAUGHT.get() {
                report(panic);
            }
        }));
    });
    CAUGHT.set(true);
    let result = panic::catch_unwind(work);
    CAUGHT.set(false);
    result
}
