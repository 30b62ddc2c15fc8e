//! How an object's alarm is delivered to its instance, and tried again after a failure.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::container::{Lifecycle, ObjectContainer};
use super::error::SqlError;
use super::imports::ObjectImports;
use super::task::Task;
use crate::trace::Recorder;

/// How often an alarm is tried again (cloudflare.com, "Alarms").
const MAX_ALARM_RETRIES: u32 = 6;
/// The pause before the first retry, in milliseconds; each further one is twice as long.
const FIRST_ALARM_RETRY_MS: u64 = 2_000;

impl ObjectContainer {
    /// Makes the alarm due and delivers it; says whether there is one.
    pub(super) fn fire_alarm(
        self: &Arc<Self>,
        lifecycle: &mut Lifecycle,
        done: oneshot::Sender<Result<bool, SqlError>>,
        recorder: Option<&Recorder>,
    ) {
        if lifecycle.instance.as_ref().is_some_and(|instance| instance.alarm_in_flight().is_some()) {
            // It runs right now: its end is what is waited for.
            let _ = done.send(Ok(true));
            return;
        }
        let now = self.namespace.bindings.clock.now_ms();
        let mut hastened = Ok(false);
        self.storage(lifecycle, |database| hastened = database.and_then(|database| database.hasten_alarm(now)));
        let found = hastened.as_ref().is_ok_and(|found| *found);
        if found {
            self.namespace.alarms.started(&self.id);
        }
        let _ = done.send(hastened);
        if found {
            self.deliver_alarm(lifecycle, 0, recorder);
        }
    }

    /// Delivers the alarm if its time has come by the object's own file.
    pub(super) fn deliver_alarm(
        self: &Arc<Self>,
        lifecycle: &mut Lifecycle,
        retries: u32,
        recorder: Option<&Recorder>,
    ) {
        lifecycle.alarm_retries = retries;
        let due = match self.ensure_instance(lifecycle) {
            Ok(instance) => instance.imports().database.get_alarm(),
            Err(error) => {
                tracing::error!(object = self.name, "an alarm finds no Durable Object: {error}");
                return self.retry_alarm(retries);
            }
        };
        match due {
            Ok(Some(due)) if self.namespace.alarms.index().has_come(&self.id, due) => {
                let event = self.event("object.alarm", |event| {
                    event.number(retries);
                });
                self.start(lifecycle, Task::Alarm, &event, recorder);
            }
            // The index was early, as it may be.
            Ok(due) => {
                if let Err(error) = self.namespace.alarms.index().settle(&self.name, &self.id, due) {
                    tracing::error!(%error, "the index of alarms cannot be corrected");
                    return self.retry_alarm(retries);
                }
                self.namespace.alarms.ended(&self.id, None);
            }
            Err(error) => {
                tracing::error!(object = self.name, %error, "an alarm cannot be read");
                self.retry_alarm(retries);
            }
        }
    }

    /// Has an alarm delivered once more, after a pause.
    pub(super) fn retry_alarm(&self, retries: u32) {
        let pause = FIRST_ALARM_RETRY_MS << retries.min(MAX_ALARM_RETRIES - 1);
        let at = self.namespace.bindings.clock.elapsed_ms().saturating_add(pause);
        self.namespace.alarms.ended(&self.id, Some((at, (retries + 1).min(MAX_ALARM_RETRIES))));
    }

    /// What becomes of an alarm whose handler was under way when the object was reset. `replaced`: see
    /// [`ObjectInstance::alarm_in_flight`](super::instance::ObjectInstance::alarm_in_flight).
    pub(super) fn alarm_after_reset(&self, replaced: Option<bool>, retries: u32, imports: &mut ObjectImports) {
        match replaced {
            None => {}
            // A later one was set, and counts from zero.
            Some(true) => self.namespace.alarms.ended(&self.id, None),
            Some(false) if retries < MAX_ALARM_RETRIES => self.retry_alarm(retries),
            Some(false) => {
                tracing::error!(
                    object = self.name,
                    "an alarm has failed {} times: it is given up",
                    MAX_ALARM_RETRIES + 1
                );
                self.namespace.bindings.trace.log(
                    "error",
                    None,
                    format_args!("an alarm of `{}` has failed too often: it is given up", self.name),
                );
                if let Err(error) = imports.database.delete_alarm().and_then(|()| imports.database.commit_turn()) {
                    tracing::error!(object = self.name, %error, "an alarm cannot be removed");
                }
                if let Err(error) = self.namespace.alarms.index().settle(&self.name, &self.id, None) {
                    tracing::error!(%error, "the index of alarms cannot be corrected");
                }
                self.namespace.alarms.ended(&self.id, None);
            }
        }
    }
}
