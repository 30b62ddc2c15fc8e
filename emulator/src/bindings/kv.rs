//! Ops on KV.

use std::sync::Arc;

use super::{Bindings, Completion, Dispatched, blocking, on_thread};
use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::abi::kv::{KvOp, KvPutOptions};
use crate::bodies::{Payload, TooLarge};
use crate::clock;
use crate::kv::{Kv, KvError, ListOptions, Method, PutOptions, limits};

impl Bindings {
    pub(super) fn kv(self: &Arc<Self>, kv: &Kv, op: KvOp) -> Dispatched {
        let kv = kv.clone();
        match op {
            KvOp::Get { key, .. } => match kv.cached(&key) {
                Some(value) => value.map_or(Answer::None, Answer::Value).into(),
                None => blocking(move || kv.get(&key).map(|value| value.map_or(Answer::None, Answer::Value)).into()),
            },
            KvOp::Put { key, value, options } => self.kv_put(kv, key, value, options),
            KvOp::Delete { key } => blocking(move || kv.delete(&key).map(|()| Answer::Ok).into()),
            KvOp::List { prefix, limit, cursor } => blocking(move || list(&kv, &prefix, limit, cursor.as_deref())),
            KvOp::GetWithMetadata { .. } | KvOp::GetMany { .. } => {
                GuestError::error("this op of KV is not there yet").into()
            }
        }
    }

    fn kv_put(self: &Arc<Self>, kv: Kv, key: String, value: Payload, options: KvPutOptions) -> Dispatched {
        let this = Arc::clone(self);
        Dispatched::Pending(Box::pin(async move {
            let value = match value.collect(limits::MAX_VALUE_BYTES as u64).await {
                Ok(Ok(value)) => value,
                Ok(Err(TooLarge)) => {
                    let length = limits::MAX_VALUE_BYTES + 1;
                    return GuestError::from(KvError::ValueTooLarge { length }).into();
                }
                Err(error) => return error.into(),
            };
            let latency = clock::millis(this.faults.kv_put_latency());
            this.clock.sleep_until_elapsed(this.clock.elapsed_ms().saturating_add(latency)).await;
            on_thread(move || {
                let options = PutOptions {
                    expiration: options.expiration.map(seconds),
                    expiration_ttl: options.expiration_ttl.map(seconds),
                    metadata: options.metadata.as_deref(),
                };
                kv.put(&key, &value, options).map(|()| Answer::Ok).into()
            })
            .await
        }))
    }
}

fn list(kv: &Kv, prefix: &str, limit: Option<f64>, cursor: Option<&str>) -> Completion {
    let page = kv.list(ListOptions { prefix, limit: limit.map(seconds), cursor });
    page.map(|page| {
        Answer::fields(|frame| {
            frame.flag(page.cursor.is_none()).text(page.cursor.as_deref().unwrap_or("")).text("");
            for key in &page.keys {
                frame.text(&key.name).optional_number(key.expiration).text(key.metadata.as_deref().unwrap_or(""));
            }
        })
    })
    .into()
}

/// A whole number, as a conversion from JavaScript makes it.
#[allow(clippy::cast_possible_truncation)]
fn seconds(number: f64) -> i64 {
    number as i64
}

/// The platform's word for an op.
pub(super) fn method(op: &KvOp) -> Method {
    match op {
        KvOp::Put { .. } => Method::Put,
        KvOp::Delete { .. } => Method::Delete,
        KvOp::Get { .. } | KvOp::GetWithMetadata { .. } | KvOp::GetMany { .. } | KvOp::List { .. } => Method::Get,
    }
}

impl From<KvError> for GuestError {
    fn from(error: KvError) -> Self {
        let text = error.to_string();
        match error {
            KvError::EmptyKey | KvError::DotKey { .. } => Self::type_error(text),
            _ => Self::error(text),
        }
    }
}
