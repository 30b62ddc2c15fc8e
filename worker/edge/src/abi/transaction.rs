//! Closures that the host calls in the middle of a synchronous call: what `transactionSync` is on the platform.
#![allow(unsafe_code, reason = "a closure that borrows is called through the host, which knows it by a number")]

use std::cell::RefCell;

/// A closure that runs inside of a transaction and says whether it is to be kept.
type Closure<'a> = dyn FnMut() -> bool + 'a;

thread_local! {
    /// The transactions that are open, the innermost last. A token is a place in it, counted from 1.
    static OPEN: RefCell<Vec<Option<*mut Closure<'static>>>> = const { RefCell::new(Vec::new()) };
}

/// Makes a closure callable by [`in_transaction`] while `call`, which gets its token, runs.
pub(crate) fn during<T>(closure: &mut Closure<'_>, call: impl FnOnce(u32) -> T) -> T {
    /// Takes the closure away again, also when `call` panics.
    struct Registered;
    impl Drop for Registered {
        fn drop(&mut self) {
            OPEN.with_borrow_mut(Vec::pop);
        }
    }
    let pointer: *mut Closure<'_> = closure;
    // SAFETY: only the lifetime changes. The pointer is removed when `Registered` is dropped, before the borrow of `closure` ends.
    let pointer: *mut Closure<'static> = unsafe { std::mem::transmute(pointer) };
    let token = OPEN.with_borrow_mut(|open| {
        open.push(Some(pointer));
        open.len() as u32
    });
    let _registered = Registered;
    call(token)
}

/// Runs the closure of an open transaction; whether it is to be kept. A token that is unknown, or whose closure was run before, is
/// answered `false`.
pub fn in_transaction(token: u32) -> bool {
    // The place stays, so that the tokens of those inside of it do not move.
    let taken = OPEN.with_borrow_mut(|open| open.get_mut((token as usize).checked_sub(1)?)?.take());
    match taken {
        // SAFETY: `during` holds the unique borrow that the pointer was made from, and each pointer is taken out once.
        Some(closure) => unsafe { (*closure)() },
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_runs_once_while_its_call_runs_and_nested_ones_by_tokens_of_their_own() {
        let mut steps = Vec::new();
        let mut outer = || {
            let mut inner = || {
                steps.push("inner");
                false
            };
            let kept = during(&mut inner, in_transaction);
            steps.push("outer");
            !kept
        };
        let answers = during(&mut outer, |token| (in_transaction(token), in_transaction(token)));
        assert_eq!((answers, steps), ((true, false), vec!["inner", "outer"]));
        assert!(!in_transaction(0) && !in_transaction(1) && !in_transaction(u32::MAX));
    }
}
