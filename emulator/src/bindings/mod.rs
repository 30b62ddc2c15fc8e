//! The bindings of a Worker (`env` on the platform): KV, R2 and Durable Objects, with what else an op can ask for. An op is answered from
//! memory on the calling thread where memory has the answer; all else runs on a thread that may block, or waits.

mod completion;
mod request_body;

pub(crate) use completion::{BoxFuture, Completion, Dispatched, Resource};
pub(crate) use request_body::RequestBody;

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use bytes::Bytes;
use pmx_model::Hash;

use crate::abi::ops::{Answer, ObjectRequest, Op};
use crate::clock::{self, Clock};
use crate::faults::{Faults, Service};
use crate::kv::{self, Kv};
use crate::r2::{self, R2};
use crate::trace::Trace;
use crate::websocket::ClientEnd;

/// What every instance's ops reach.
pub(crate) struct Bindings {
    pub(crate) kv: Kv,
    pub(crate) r2: R2,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) trace: Trace,
    /// Set once, when the namespace exists. Weak, since its objects have these bindings too.
    pub(crate) objects: OnceLock<Weak<dyn Objects>>,
}

/// The namespace of Durable Objects as its callers see it.
pub(crate) trait Objects: Send + Sync {
    /// Calls an object. The call goes on if the answer is not waited for.
    fn call(&self, request: ObjectRequest<'_>) -> BoxFuture<Result<ObjectAnswer, String>>;
}

/// What an object answered.
pub(crate) struct ObjectAnswer {
    /// The fields of the op's answer after `ok`.
    pub(crate) fields: Vec<u8>,
    pub(crate) socket: Option<ClientEnd>,
}

impl Bindings {
    /// Begins an op. `body` is that of the task's request; those that consume it take it.
    pub(crate) fn dispatch(self: &Arc<Self>, op: Op<'_>, body: &mut RequestBody) -> Dispatched {
        let Some(injection) = service(&op).and_then(|service| self.faults.inject(service)) else {
            return self.perform(op, body);
        };
        let dispatched = match failure(&op).filter(|_| injection.fails) {
            Some(text) => Dispatched::Ready(Completion::error(text)),
            None => self.perform(op, body),
        };
        self.delayed(dispatched, injection.late_by)
    }

    /// Holds an answer back.
    fn delayed(&self, dispatched: Dispatched, late_by: Duration) -> Dispatched {
        if late_by.is_zero() {
            return dispatched;
        }
        let clock = self.clock.clone();
        let due = clock.elapsed_ms().saturating_add(clock::millis(late_by));
        Dispatched::Pending(Box::pin(async move {
            clock.sleep_until_elapsed(due).await;
            match dispatched {
                Dispatched::Ready(completion) => completion,
                Dispatched::Pending(work) => work.await,
            }
        }))
    }

    fn perform(self: &Arc<Self>, op: Op<'_>, body: &mut RequestBody) -> Dispatched {
        match op {
            Op::KvGet { key } => match self.kv.cached(key) {
                Some(value) => value.map_or(Answer::None, Answer::Value).into(),
                None => {
                    let (kv, key) = (self.kv.clone(), key.to_owned());
                    blocking(move || answer(kv.get(&key), Answer::Value))
                }
            },
            Op::KvPut { key, value } => self.kv_put(key.to_owned(), Bytes::copy_from_slice(value)),
            Op::R2Head { key } => match self.r2.cached_size(key) {
                Some(size) => size.map_or(Answer::None, Answer::Number).into(),
                None => {
                    let (r2, key) = (self.r2.clone(), key.to_owned());
                    blocking(move || answer(r2.head(&key), |object| Answer::Number(object.size)))
                }
            },
            Op::R2Get { key, range } => self.r2_get(key, range),
            Op::R2Read { key, max } => self.r2_read(key, max),
            Op::R2Put { key, sha256 } => match sha256.parse::<Hash>() {
                Ok(hash) => {
                    let upload = std::mem::take(body).upload(self.r2.clone(), key.to_owned(), *hash.as_bytes());
                    Dispatched::Pending(Box::pin(upload))
                }
                Err(_) => Dispatched::Ready(Completion::error(format_args!(
                    "SHA-256 is 64 hex characters, not {}",
                    sha256.len()
                ))),
            },
            Op::BodyRead { max } => Dispatched::Pending(Box::pin(std::mem::take(body).read(max))),
            Op::ObjectFetch(request) => self.object_fetch(request),
            Op::Sleep { millis } => {
                let clock = self.clock.clone();
                let due = clock.elapsed_ms().saturating_add(millis);
                Dispatched::Pending(Box::pin(async move {
                    clock.sleep_until_elapsed(due).await;
                    Answer::Ok.into()
                }))
            }
            Op::AlarmSet { .. } | Op::AlarmGet => {
                Dispatched::Ready(Completion::error("Alarms are only available inside a Durable Object."))
            }
        }
    }

    fn kv_put(self: &Arc<Self>, key: String, value: Bytes) -> Dispatched {
        let this = Arc::clone(self);
        Dispatched::Pending(Box::pin(async move {
            let latency = clock::millis(this.faults.kv_put_latency());
            this.clock.sleep_until_elapsed(this.clock.elapsed_ms().saturating_add(latency)).await;
            on_thread(move || match this.kv.put(&key, &value, Default::default()) {
                Ok(()) => Answer::Ok.into(),
                Err(error) => Completion::error(error),
            })
            .await
        }))
    }

    fn r2_get(self: &Arc<Self>, key: &str, range: Option<(u64, u64)>) -> Dispatched {
        match self.r2.cached(key) {
            Some(None) => return Answer::None.into(),
            Some(Some(r2::Object { meta, body: r2::Body::Bytes(bytes), .. })) => {
                if let Some(bytes) = slice(&bytes, range) {
                    return Dispatched::Ready(with_body(meta.size, r2::Body::Bytes(bytes)));
                }
            }
            // Not in memory, or a range that reaches beyond the end: the engine knows what the platform says to that.
            _ => {}
        }
        let (r2, key) = (self.r2.clone(), key.to_owned());
        let range = range.map(|(offset, length)| r2::Range::From { offset, length: Some(length) });
        blocking(move || match r2.get(&key, range) {
            Ok(Some(object)) => with_body(object.meta.size, object.body),
            Ok(None) => Answer::None.into(),
            Err(error) => Completion::error(error),
        })
    }

    fn r2_read(self: &Arc<Self>, key: &str, max: u64) -> Dispatched {
        if let Some(cached) = self.r2.cached(key) {
            match cached {
                None => return Answer::None.into(),
                Some(object) if object.meta.size > max => return Dispatched::Ready(too_large(object.meta.size)),
                Some(r2::Object { body: r2::Body::Bytes(bytes), .. }) => return Answer::Value(bytes).into(),
                Some(_) => {}
            }
        }
        let (r2, key) = (self.r2.clone(), key.to_owned());
        blocking(move || match r2.get(&key, None) {
            Ok(Some(object)) if object.meta.size > max => too_large(object.meta.size),
            Ok(Some(object)) => match object.body.into_bytes() {
                Ok(bytes) => Answer::Value(bytes).into(),
                Err(error) => {
                    tracing::error!(%error, key, "an R2 object cannot be read");
                    Completion::error("get: We encountered an internal error. Please try again. (10001)")
                }
            },
            Ok(None) => Answer::None.into(),
            Err(error) => Completion::error(error),
        })
    }

    fn object_fetch(&self, request: ObjectRequest<'_>) -> Dispatched {
        let Some(objects) = self.objects.get().and_then(Weak::upgrade) else {
            return Dispatched::Ready(Completion::error(CONNECTION_LOST));
        };
        let call = objects.call(request);
        Dispatched::Pending(Box::pin(async move {
            match call.await {
                Ok(answer) => {
                    Completion::with_resource(Answer::Fields(answer.fields), answer.socket.map(Resource::Socket))
                }
                Err(text) => Completion::error(text),
            }
        }))
    }
}

fn service(op: &Op<'_>) -> Option<Service> {
    match op {
        Op::KvGet { .. } | Op::KvPut { .. } => Some(Service::Kv),
        Op::R2Head { .. } | Op::R2Get { .. } | Op::R2Read { .. } | Op::R2Put { .. } => Some(Service::R2),
        Op::ObjectFetch(_) => Some(Service::Object),
        Op::BodyRead { .. } | Op::AlarmSet { .. } | Op::AlarmGet | Op::Sleep { .. } => None,
    }
}

/// What the platform says when a service fails.
fn failure(op: &Op<'_>) -> Option<String> {
    let kv = |op: kv::Method| format!("KV {op} failed: 500 Internal Server Error");
    let r2 = |op: r2::Method| format!("{op}: We encountered an internal error. Please try again. (10001)");
    Some(match op {
        Op::KvGet { .. } => kv(kv::Method::Get),
        Op::KvPut { .. } => kv(kv::Method::Put),
        Op::R2Head { .. } => r2(r2::Method::Head),
        Op::R2Get { .. } | Op::R2Read { .. } => r2(r2::Method::Get),
        Op::R2Put { .. } => r2(r2::Method::Put),
        Op::ObjectFetch(_) => CONNECTION_LOST.to_owned(),
        Op::BodyRead { .. } | Op::AlarmSet { .. } | Op::AlarmGet | Op::Sleep { .. } => return None,
    })
}

/// What the platform says of a peer that went away.
pub(crate) const CONNECTION_LOST: &str = "Network connection lost.";

fn answer<T, E: std::error::Error>(result: Result<Option<T>, E>, ok: impl FnOnce(T) -> Answer) -> Completion {
    match result {
        Ok(Some(value)) => ok(value).into(),
        Ok(None) => Answer::None.into(),
        Err(error) => {
            tracing::debug!(%error, source = error.source(), "an op failed");
            Completion::error(error)
        }
    }
}

fn with_body(size: u64, body: r2::Body) -> Completion {
    Completion::with_resource(Answer::Number(size), Some(Resource::Body(body)))
}

fn too_large(size: u64) -> Completion {
    Completion::error(format_args!("too large: {size} bytes"))
}

/// The part of an object in memory that a range names, unless it reaches beyond the end.
fn slice(bytes: &Bytes, range: Option<(u64, u64)>) -> Option<Bytes> {
    let Some((offset, length)) = range else { return Some(bytes.clone()) };
    let end = usize::try_from(offset.checked_add(length)?).ok()?;
    let start = usize::try_from(offset).ok()?;
    (length > 0 && end <= bytes.len()).then(|| bytes.slice(start..end))
}

fn blocking(work: impl FnOnce() -> Completion + Send + 'static) -> Dispatched {
    Dispatched::Pending(Box::pin(on_thread(work)))
}

/// Runs what may wait for the disk where waiting harms nobody.
pub(crate) async fn on_thread(work: impl FnOnce() -> Completion + Send + 'static) -> Completion {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a binding failed");
        Completion::error("internal error")
    })
}
