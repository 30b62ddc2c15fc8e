use crate::{
    bindings::{Edge, Object},
    http::{Request, Response},
    migrations::Migration,
    object::{ObjectCall, ObjectClass, Reply},
};
use std::rc::Rc;

/// A program for both hosts. Exported with [`export_worker!`](crate::export_worker).
pub trait Worker: 'static {
    /// The class of its Durable Objects; [`NoObjects`] if it has none. The ABI's events name no class, so there is one.
    type Object: ObjectClass;

    /// Answers a client. Dropped before its end if the client goes away; [`Reply::rest`] runs when the answer is out.
    #[allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]
    async fn fetch<E: Edge>(edge: E, request: &Request<'_>) -> Reply;
}

/// The class of a Worker without Durable Objects.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObjects;

impl ObjectClass for NoObjects {
    const NAME: &'static str = "";
    const MIGRATIONS: &'static [Migration] = &[];

    async fn fetch<O: Object>(self: Rc<Self>, _: O, _: &str, _: ObjectCall<'_>) -> Reply {
        Response::empty(404).into()
    }
}

/// Exports a [`Worker`] as the ABI's `start`; the other exports come from this crate. Nothing on a target that is not WebAssembly.
#[macro_export]
macro_rules! export_worker {
    ($worker:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "an exported symbol, and a message that the host hands over by pointer")]
        #[unsafe(no_mangle)]
        extern "C" fn start(task: u32, ptr: *mut u8, len: usize) {
            // SAFETY: the host passes a pointer from `alloc(len)`, once.
            unsafe { $crate::abi::start::<$worker>(task, ptr, len) }
        }
    };
}
