//! An object of this instance, whatever its class.

use super::{Alarm, Closed, Exception, Message, Object, ObjectClass, ObjectId, Reply, Sender};
use crate::{
    abi::Reader,
    http::{Request, Response},
};
use std::{future::Future, pin::Pin, rc::Rc};

/// What happens to an object, as far as it is taken apart.
pub enum ObjectEvent {
    /// A request, which is answered.
    Fetch(Request),
    /// Anything else: its kind, and the frame from the fields of the kind on.
    Other {
        /// Without `object.` before it.
        kind: OtherEvent,
        /// The fields of the kind.
        fields: Vec<u8>,
    },
}

/// The events that are not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherEvent {
    /// `object.alarm`.
    Alarm,
    /// `object.message`.
    Message,
    /// `object.close`.
    Close,
    /// `object.error`.
    Error,
}

/// What an event led to: an answer for who asked, or for the platform that the event failed.
pub(crate) type Outcome = Option<Reply>;

/// An object in memory.
pub trait LiveObject {
    /// Handles an event to its answer.
    fn handle(self: Rc<Self>, object: Object, event: ObjectEvent) -> Pin<Box<dyn Future<Output = Outcome>>>;
}

struct Live<C>(Rc<C>);

/// Makes the object of a class at its first event.
pub fn live<C: ObjectClass>(id: &ObjectId, object: Object) -> Rc<dyn LiveObject> {
    Rc::new(Live(Rc::new(C::new(id, object))))
}

impl<C: ObjectClass> LiveObject for Live<C> {
    fn handle(self: Rc<Self>, object: Object, event: ObjectEvent) -> Pin<Box<dyn Future<Output = Outcome>>> {
        let class = self.0.clone();
        Box::pin(async move {
            let (kind, frame) = match event {
                ObjectEvent::Fetch(request) => return Some(class.fetch(object, request).await),
                ObjectEvent::Other { kind, fields } => (kind, fields),
            };
            let mut fields = Reader::new(&frame);
            let handled = match kind {
                OtherEvent::Alarm => {
                    let alarm = Alarm { retries: fields.number(), scheduled_ms: fields.number() };
                    class.alarm(object, alarm).await
                }
                OtherEvent::Message => {
                    let from = Sender::read(object, &mut fields);
                    let (kind, data) = (fields.text(), fields.bytes());
                    let message = match std::str::from_utf8(data) {
                        Ok(text) if kind == "text" => Message::Text(text),
                        _ => Message::Binary(data),
                    };
                    class.message(object, from, message).await
                }
                OtherEvent::Close => {
                    let from = Sender::read(object, &mut fields);
                    let code = u16::try_from(fields.number()).unwrap_or(0);
                    let closed = Closed { code, reason: fields.text(), is_clean: fields.flag() };
                    class.close(object, from, closed).await
                }
                OtherEvent::Error => {
                    let from = Sender::read(object, &mut fields);
                    class.error(object, from, fields.text()).await
                }
            };
            handled.err().map(|Exception(message)| Response::throw(message).into())
        })
    }
}
