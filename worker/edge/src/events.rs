//! What becomes of an event of the host: a task, which hands it to the Worker or to the object that it is for.
#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively only the tests use it"))]

use crate::{
    Edge, Worker,
    abi::{Reader, current_task},
    http::{Request, Response},
    object::{LiveObject, Object, ObjectEvent, ObjectId, OtherEvent, Reply},
};
use std::{cell::RefCell, rc::Rc};

thread_local! {
    /// What the object of this instance keeps in memory.
    static OBJECT: RefCell<Option<Rc<dyn LiveObject>>> = const { RefCell::new(None) };
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
        const MAKE_OBJECT: $crate::events::MakeObject = |class, id, object| {
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

/// Starts a task for an event of the host.
///
/// # Safety
/// `ptr` came from the export `alloc(len)` with this `len`, and is passed once.
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "a message that the host hands over by pointer")]
pub unsafe fn start<W: Worker>(task: u32, ptr: *mut u8, len: usize, make: MakeObject) {
    // SAFETY: the caller's promise.
    let event = unsafe { crate::abi::reclaim(ptr, len) };
    let host = &crate::abi::Imports;
    crate::abi::start(host, task, dispatch::<W>(Edge::new(host), event, make));
}

/// What [`export_worker!`](crate::export_worker) checks where there is nothing to export.
#[cfg(not(target_arch = "wasm32"))]
pub const fn is_worker<W: Worker>(_: MakeObject) {}

/// Runs one event to its end.
async fn dispatch<W: Worker>(edge: Edge, event: Vec<u8>, make: MakeObject) {
    let event = Rc::new(event);
    let mut fields = Reader::new(&event);
    let reply = match fields.text() {
        "fetch" => Some(W::fetch(edge, Request::read(edge.host(), &event, &mut fields)).await),
        "entrypoint.fetch" => {
            let (name, props) = (fields.text(), fields.text());
            Some(W::entrypoint(edge, name, props, Request::read(edge.host(), &event, &mut fields)).await)
        }
        kind => {
            let object = Object::new(edge);
            match this_object(&mut fields, object, make) {
                Err(class) => Some(Response::throw(format!("this Worker has no class {class}")).into()),
                Ok(live) => {
                    let other = |kind| ObjectEvent::Other { kind, fields: fields.rest().to_vec() };
                    let event = match kind {
                        "object.fetch" => ObjectEvent::Fetch(Request::read(edge.host(), &event, &mut fields)),
                        "object.alarm" => other(OtherEvent::Alarm),
                        "object.message" => other(OtherEvent::Message),
                        "object.close" => other(OtherEvent::Close),
                        "object.error" => other(OtherEvent::Error),
                        // An event that a later ABI may add.
                        _ => return,
                    };
                    live.handle(object, event).await
                }
            }
        }
    };
    drop(event);
    if let Some(Reply { response, rest }) = reply {
        edge.host().respond(current_task(), response.give().bytes());
        if let Some(rest) = rest {
            rest.await;
        }
    }
}

/// The object of this instance, made at its first event; the name of its class, if the Worker has none such.
fn this_object(fields: &mut Reader<'_>, object: Object, make: MakeObject) -> Result<Rc<dyn LiveObject>, String> {
    let (class, id) = (fields.text(), fields.text());
    let (is_named, name) = (fields.flag(), fields.text());
    if let Some(live) = OBJECT.with_borrow(Clone::clone) {
        return Ok(live);
    }
    let id = ObjectId { id: id.to_owned(), name: is_named.then(|| name.to_owned()) };
    let made = make(class, &id, object).ok_or_else(|| class.to_owned())?;
    OBJECT.set(Some(made.clone()));
    Ok(made)
}
