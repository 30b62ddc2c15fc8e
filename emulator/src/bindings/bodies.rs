//! Ops on bodies.

use super::{Completion, Dispatched};
use crate::abi::answer::Answer;
use crate::abi::bodies::BodyOp;
use crate::abi::error::GuestError;
use crate::bodies::{BodyError, SharedReader, TooLarge};

/// Bytes that one `body.read` hands over at most, whatever was asked for.
const MAX_CHUNK_BYTES: u64 = 1024 * 1024;

pub(super) fn perform(op: BodyOp) -> Dispatched {
    match op {
        BodyOp::Read { body, max } => Dispatched::Pending(Box::pin(read(body, max))),
        BodyOp::All { body, max } => Dispatched::Pending(Box::pin(async move {
            match body.collect(max).await {
                Ok(Ok(bytes)) => Answer::Value(bytes).into(),
                Ok(Err(TooLarge { .. })) => GuestError::error("too large").into(),
                Err(error) => error.into(),
            }
        })),
        BodyOp::Write { room } => {
            Dispatched::Pending(Box::pin(async move { room.wait().await.map(|()| Answer::Ok).into() }))
        }
    }
}

async fn read(body: SharedReader, max: u64) -> Completion {
    let Ok(mut body) = body.try_lock_owned() else { return GuestError::from(BodyError::Locked).into() };
    let max = usize::try_from(max.min(MAX_CHUNK_BYTES)).unwrap_or(usize::MAX);
    match body.read(max).await {
        Ok(Some(bytes)) => Answer::Value(bytes).into(),
        Ok(None) => Answer::None.into(),
        Err(error) => error.into(),
    }
}
