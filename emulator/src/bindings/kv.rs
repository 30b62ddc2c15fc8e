//! Ops on KV.

use std::sync::Arc;

use super::{Bindings, Dispatched, blocking, on_thread};
use crate::abi::answer::{Answer, AnswerPart};
use crate::abi::error::GuestError;
use crate::abi::kv::{KvOp, KvPutOptions};
use crate::bodies::{Payload, TooLarge};
use crate::js::{OutOfRange, to_int};
use crate::kv::{BulkOptions, BulkType, GetOptions, Kv, KvError, ListOptions, Method, PutOptions, limits};
use crate::world::clock;

impl Bindings {
    pub(super) fn kv(self: &Arc<Self>, kv: &Kv, op: KvOp) -> Dispatched {
        let kv = kv.clone();
        match op {
            KvOp::Get { key, cache_ttl } => match kv.cached(&key).filter(|_| cache_ttl.is_none()) {
                Some(value) => value.map_or(Answer::None, Answer::Value).into(),
                None => blocking(&self.world, move || get(&kv, &key, cache_ttl).into()),
            },
            KvOp::GetWithMetadata { key, cache_ttl, inline } => {
                blocking(&self.world, move || get_with_metadata(&kv, &key, cache_ttl, inline).into())
            }
            KvOp::GetMany { value_type, with_metadata, cache_ttl, keys } => {
                blocking(&self.world, move || get_many(&kv, &value_type, with_metadata, cache_ttl, &keys).into())
            }
            KvOp::Put { key, value, options } => self.kv_put(kv, key, value, options),
            KvOp::Delete { key } => blocking(&self.world, move || kv.delete(&key).map(|()| Answer::Ok).into()),
            KvOp::List { prefix, limit, cursor } => {
                blocking(&self.world, move || list(&kv, &prefix, limit, cursor.as_deref()).into())
            }
        }
    }

    fn kv_put(self: &Arc<Self>, kv: Kv, key: String, value: Payload, options: KvPutOptions) -> Dispatched {
        let this = Arc::clone(self);
        Dispatched::Pending(Box::pin(async move {
            let value = match value.collect(limits::MAX_VALUE_BYTES as u64).await {
                Ok(Ok(value)) => value,
                Ok(Err(TooLarge { length })) => {
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    return GuestError::from(KvError::ValueTooLarge { length }).into();
                }
                Err(error) => return error.into(),
            };
            let latency = clock::millis(this.faults.kv_put_latency());
            this.world.clock.sleep_until_elapsed(this.world.clock.elapsed_ms().saturating_add(latency)).await;
            on_thread(&this.world, move || put(&kv, &key, &value, &options).into()).await
        }))
    }
}

fn get(kv: &Kv, key: &str, cache_ttl: Option<f64>) -> Result<Answer, GuestError> {
    let read = kv.get_with(key, GetOptions { cache_ttl: int(cache_ttl)? })?;
    Ok(read.value.map_or(Answer::None, Answer::Value))
}

fn get_with_metadata(kv: &Kv, key: &str, cache_ttl: Option<f64>, inline: Option<u64>) -> Result<Answer, GuestError> {
    let read = kv.get_with(key, GetOptions { cache_ttl: int(cache_ttl)? })?;
    let Some(value) = read.value else { return Ok(Answer::None) };
    Ok(Answer::Parts(vec![
        AnswerPart::Body { body: Some(Payload::Bytes(value)), inline },
        AnswerPart::fields(|frame| {
            frame.text(read.metadata.as_deref().unwrap_or(""));
            frame.text(read.cache_status.map_or("", |status| status.name()));
        }),
    ]))
}

fn get_many(
    kv: &Kv,
    value_type: &str,
    with_metadata: bool,
    cache_ttl: Option<f64>,
    keys: &[String],
) -> Result<Answer, GuestError> {
    let options = BulkOptions { kind: BulkType::from_name(value_type)?, cache_ttl: int(cache_ttl)? };
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let entries = kv.get_bulk(&keys, options)?;
    Ok(Answer::fields(|frame| {
        for entry in &entries {
            frame.text(&entry.key).flag(entry.text.is_some()).text(entry.text.as_deref().unwrap_or(""));
            frame.text(entry.metadata.as_deref().filter(|_| with_metadata).unwrap_or(""));
        }
    }))
}

fn put(kv: &Kv, key: &str, value: &[u8], options: &KvPutOptions) -> Result<Answer, GuestError> {
    let options = PutOptions {
        expiration: int(options.expiration)?,
        expiration_ttl: int(options.expiration_ttl)?,
        metadata: options.metadata.as_deref(),
    };
    kv.put(key, value, options)?;
    Ok(Answer::Ok)
}

fn list(kv: &Kv, prefix: &str, limit: Option<f64>, cursor: Option<&str>) -> Result<Answer, GuestError> {
    let page = kv.list(ListOptions { prefix, limit: int(limit)?, cursor })?;
    Ok(Answer::fields(|frame| {
        frame.flag(page.cursor.is_none()).text(page.cursor.as_deref().unwrap_or("")).text("");
        for key in &page.keys {
            frame.text(&key.name).optional_number(key.expiration).text(key.metadata.as_deref().unwrap_or(""));
        }
    }))
}

/// A number where the platform takes an `int`.
fn int(number: Option<f64>) -> Result<Option<i64>, OutOfRange> {
    number.map(|number| to_int(number).map(i64::from)).transpose()
}

/// The platform's word for an op.
pub(super) fn method(op: &KvOp) -> Method {
    match op {
        KvOp::Put { .. } => Method::Put,
        KvOp::Delete { .. } => Method::Delete,
        KvOp::GetMany { .. } => Method::GetBulk,
        KvOp::Get { .. } | KvOp::GetWithMetadata { .. } | KvOp::List { .. } => Method::Get,
    }
}

impl From<KvError> for GuestError {
    fn from(error: KvError) -> Self {
        Self { class: error.class().name(), ..Self::error(error.to_string()) }
    }
}

impl From<OutOfRange> for GuestError {
    fn from(error: OutOfRange) -> Self {
        Self { class: error.class().name(), ..Self::error(error.to_string()) }
    }
}
