//! The guest's side of `worker/ABI.md`, as plain as the page has it: frames in, frames out.

mod executor;
mod exports;
mod frame;
mod imports;

pub(crate) use executor::{Join, current_task};
pub(crate) use frame::{Fields, Frame};

use std::{cell::RefCell, collections::BTreeMap};

/// What an op or a call answered with `err`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failure {
    pub(crate) message: String,
    /// The name of the error's class, as a script would see it.
    pub(crate) class: String,
    pub(crate) flags: Vec<String>,
}

/// `None` is the answer `none`.
pub(crate) type Answer = Result<Option<Fields>, Failure>;

/// Begins a binding call, now; its answer is awaited.
pub(crate) fn op(frame: &Frame) -> impl Future<Output = Answer> + use<> {
    let begun = executor::Op::begin(frame.bytes());
    async move { answer(begun.await) }
}

/// A synchronous call.
pub(crate) fn call(frame: &Frame) -> Answer {
    answer(imports::call(frame.bytes()))
}

pub(crate) fn respond(frame: &Frame) {
    imports::respond(current_task(), frame.bytes());
}

pub(crate) fn now() -> f64 {
    imports::now()
}

/// A variable's kind (`text` or `json`) and value.
pub(crate) fn variable(name: &str) -> Option<(String, String)> {
    let mut fields = Fields::new(imports::env(name));
    let kind = fields.next()?;
    Some((String::from_utf8_lossy(&kind).into_owned(), fields.text()))
}

fn answer(frame: Vec<u8>) -> Answer {
    let mut fields = Fields::new(frame);
    match fields.text().as_str() {
        "ok" => Ok(Some(fields)),
        "none" => Ok(None),
        _ => {
            let (message, class, flags) = (fields.text(), fields.text(), fields.text());
            Err(Failure { message, class, flags: flags.split_whitespace().map(str::to_owned).collect() })
        }
    }
}

/// What runs inside of a transaction; true if it is to be kept.
type Closure = Box<dyn FnOnce() -> bool>;

thread_local! {
    static TRANSACTIONS: RefCell<(u32, BTreeMap<u32, Closure>)> = RefCell::default();
}

/// Runs a closure as a synchronous transaction.
pub(crate) fn transaction(closure: Closure) -> Answer {
    let token = TRANSACTIONS.with_borrow_mut(|(last, closures)| {
        *last = last.wrapping_add(1);
        closures.insert(*last, closure);
        *last
    });
    let answer = call(Frame::of("transaction").text(&token.to_string()));
    TRANSACTIONS.with_borrow_mut(|(_, closures)| closures.remove(&token));
    answer
}

fn in_transaction(token: u32) -> bool {
    let closure = TRANSACTIONS.with_borrow_mut(|(_, closures)| closures.remove(&token));
    closure.is_some_and(|closure| closure())
}
