use crate::{
    Edge,
    http::{Request, Response},
    object::{LiveObject, Object, ObjectId, Reply},
};
use std::rc::Rc;

/// A program for both hosts. Exported with [`export_worker!`](crate::export_worker), which names its classes of Durable Objects.
#[allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]
pub trait Worker: 'static {
    /// Answers a client. Dropped before its end if the client goes away; [`Reply::rest`] runs when the answer is out.
    async fn fetch(edge: Edge, request: Request) -> Reply;

    /// Answers another Worker, or this one, that asks for an entrypoint by its name, with props as JSON (empty: none). By default there
    /// is none.
    async fn entrypoint(_edge: Edge, name: &str, _props: &str, _request: Request) -> Reply {
        Response::throw(format!("this Worker has no entrypoint {name}")).into()
    }
}

/// Makes an object by the name of its class; `None` for a class that the Worker has not.
pub type MakeObject = fn(class: &str, id: &ObjectId, object: Object) -> Option<Rc<dyn LiveObject>>;

/// Exports a [`Worker`] with its classes of Durable Objects as the ABI's `start`; the other exports come from this crate. Nothing on a
/// target that is not WebAssembly.
///
/// ```
/// # use pmx_edge::{Edge, Worker, http::{Request, Response}, object::Reply};
/// struct Hello;
///
/// impl Worker for Hello {
///     async fn fetch(_edge: Edge, request: Request) -> Reply {
///         Response::bytes(200, "text/plain", request.path().into()).into()
///     }
/// }
///
/// pmx_edge::export_worker!(Hello, objects: []);
/// ```
#[macro_export]
macro_rules! export_worker {
    ($worker:ty, objects: [$($class:ty),* $(,)?]) => {
        const MAKE_OBJECT: $crate::MakeObject = |class, id, object| {
            let _ = (id, object);
            match class {
                $(<$class as $crate::ObjectClass>::NAME => Some($crate::object::live::<$class>(id, object)),)*
                _ => None,
            }
        };

        #[cfg(not(target_arch = "wasm32"))]
        const _: () = $crate::events::is_worker::<$worker>(MAKE_OBJECT);

        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "an exported symbol, and a message that the host hands over by pointer")]
        #[unsafe(no_mangle)]
        extern "C" fn start(task: u32, ptr: *mut u8, len: usize) {
            // SAFETY: the host passes a pointer from `alloc(len)`, once.
            unsafe { $crate::events::start::<$worker>(task, ptr, len, MAKE_OBJECT) }
        }
    };
}
