//! Ops of the Cache API.

use std::sync::Arc;

use super::{Completion, Dispatched};
use crate::abi::answer::Answer;
use crate::abi::cache::CacheOp;
use crate::abi::error::GuestError;
use crate::abi::requests::{FetchResponse, read_url};
use crate::bodies::{Payload, TooLarge};
use crate::cache::{CacheError, Caches, limits};

pub(super) fn perform(caches: &Arc<Caches>, op: CacheOp) -> Dispatched {
    match op {
        CacheOp::Match { cache, inline, ignore_method, request } => {
            if request.method != http::Method::GET && !ignore_method {
                return Answer::None.into();
            }
            let Some(found) = caches.find(&cache, request.url.as_str(), &request.headers) else {
                return Answer::None.into();
            };
            let body = (found.status != 304).then_some(Payload::Bytes(found.body));
            let response = FetchResponse { status: found.status, headers: found.headers, body, socket: None };
            Answer::response(response, inline).into()
        }
        CacheOp::Put { cache, method, url, status, body, headers } => {
            let url = match read_url(&url) {
                Ok(url) => url,
                Err(error) => return error.into(),
            };
            if let Err(error) = Caches::check_put(&method, status, &headers) {
                return GuestError::from(error).into();
            }
            let body = body.unwrap_or_default();
            let until_ms = caches.keeps_until(status, &headers, body.len());
            let caches = Arc::clone(caches);
            Dispatched::Pending(Box::pin(async move {
                // What is not kept is read to its end all the same: the Worker may be writing it.
                let max = if until_ms.is_some() { limits::MAX_BODY_BYTES } else { 0 };
                match (body.collect_or_discard(max).await, until_ms) {
                    (Ok(Ok(body)), Some(until_ms)) => {
                        caches.put(&cache, url.as_str(), status, headers, body, until_ms);
                        Answer::Ok.into()
                    }
                    (Ok(Ok(_) | Err(TooLarge { .. })), _) => Answer::Ok.into(),
                    (Err(error), _) => Completion::from(error),
                }
            }))
        }
        CacheOp::Delete { cache, ignore_method, method, url } => {
            let url = match read_url(&url) {
                Ok(url) => url,
                Err(error) => return error.into(),
            };
            let found = (method == "GET" || ignore_method) && caches.delete(&cache, url.as_str());
            Answer::fields(|frame| {
                frame.flag(found);
            })
            .into()
        }
    }
}

impl From<CacheError> for GuestError {
    fn from(error: CacheError) -> Self {
        Self::type_error(error.to_string())
    }
}
