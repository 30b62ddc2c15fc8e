//! The record of a request while the request runs.

use super::{MAX_OPS, MAX_TEXT_BYTES, OpRecord, RequestRecord, Trace};
use crate::sync::lock;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// What is recorded.
pub(crate) struct Subject {
    pub(crate) event: &'static str,
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) object: bool,
}

/// Records what happens to one request. Clones record the same one; when the last is dropped the request has ended.
#[derive(Clone)]
pub(crate) struct Recorder(Arc<Recording>);

struct Recording {
    trace: Trace,
    id: u64,
    /// By the elapsed time of the clock.
    began: Duration,
    draft: Mutex<RequestRecord>,
}

/// An op under way. Dropped without an end it was cancelled.
pub(crate) struct Span {
    recorder: Recorder,
    /// Its place among the ops; none if there are too many.
    index: Option<usize>,
    began: Duration,
}

impl Recorder {
    pub(super) fn new(trace: Trace, id: u64, started_ms: u64, subject: Subject) -> Self {
        let draft = RequestRecord {
            id,
            started_ms,
            event: subject.event,
            method: subject.method,
            host: subject.host,
            path: super::cut(subject.path),
            status: 0,
            took_us: 0,
            wait_us: 0,
            ops: Vec::new(),
            more_ops: 0,
            object: subject.object,
        };
        let began = trace.elapsed();
        Self(Arc::new(Recording { trace, id, began, draft: Mutex::new(draft) }))
    }

    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }

    /// Its instance begins with it.
    pub(crate) fn running(&self) {
        lock(&self.0.draft).wait_us = self.0.took_us();
    }

    /// It is answered, or an event that takes no answer has ended; the first call counts.
    pub(crate) fn answered(&self, status: u16) {
        let mut draft = lock(&self.0.draft);
        if draft.took_us == 0 {
            draft.status = status;
            draft.took_us = self.0.took_us().max(1);
        }
    }

    /// A binding is called: the op's name, and the key or the statement that it is about.
    pub(crate) fn op(&self, op: &'static str, key: &str) -> Span {
        let began = self.0.trace.elapsed();
        let mut draft = lock(&self.0.draft);
        let index = if draft.ops.len() < MAX_OPS {
            let key = super::cut(key[..key.floor_char_boundary(MAX_TEXT_BYTES + 1)].to_owned());
            let at_us = micros(began.saturating_sub(self.0.began));
            draft.ops.push(OpRecord { op, key, at_us, took_us: 0, outcome: "cancelled", cached: false });
            Some(draft.ops.len() - 1)
        } else {
            draft.more_ops += 1;
            None
        };
        drop(draft);
        Span { recorder: self.clone(), index, began }
    }
}

impl Recording {
    fn took_us(&self) -> u64 {
        micros(self.trace.elapsed().saturating_sub(self.began))
    }
}

impl Span {
    /// The op has ended; `cached` if memory had the answer.
    pub(crate) fn end(&self, outcome: &'static str, cached: bool) {
        let took_us = micros(self.recorder.0.trace.elapsed().saturating_sub(self.began));
        let mut draft = lock(&self.recorder.0.draft);
        if let Some(op) = self.index.and_then(|index| draft.ops.get_mut(index)) {
            (op.took_us, op.outcome, op.cached) = (took_us, outcome, cached);
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let took_us = self.took_us();
        let draft = self.draft.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        if draft.took_us == 0 {
            draft.took_us = took_us.max(1);
        }
        let empty = RequestRecord {
            method: String::new(),
            host: String::new(),
            path: String::new(),
            ops: Vec::new(),
            ..*draft
        };
        self.trace.ended(std::mem::replace(draft, empty));
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
