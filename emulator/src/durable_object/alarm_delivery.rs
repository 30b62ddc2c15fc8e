//! What an object's own file decides about its alarm, and what its namespace's scheduler is told of a delivery: whether it is due, when it is
//! tried again after a failure, and when it is given up.

use super::alarm_scheduler::Attempt;
use super::context::ObjectContext;
use super::engine::Database;
use super::error::SqlError;
use super::namespace_state::NamespaceState;
use super::object_key::ObjectKey;

/// How often an alarm is tried again whose handler fails (developers.cloudflare.com, "Alarms").
const MAX_ALARM_RETRIES: u32 = 6;
/// The pause before the first retry, in milliseconds; each further one is twice as long.
const FIRST_ALARM_RETRY_MS: u64 = 2_000;
/// How often the pause is doubled at most (workerd, "alarm-scheduler"). Failures that do not count can go on for ever.
const MAX_DOUBLINGS: u32 = 9;
/// The pause is longer by a random part of it, up to one in so many (the same).
const JITTER_DIVISOR: u64 = 4;

/// Whose fault it is that an alarm was not handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlarmFault {
    /// The Worker's: only so many are tolerated.
    Worker,
    /// The host's: it goes on until it succeeds.
    Host,
}

/// The alarm of one object.
#[derive(Clone, Copy)]
pub(super) struct ObjectAlarm<'a> {
    namespace: &'a NamespaceState,
    object: &'a ObjectKey,
}

impl<'a> ObjectAlarm<'a> {
    pub(super) fn of(context: &'a impl ObjectContext) -> Self {
        Self { namespace: context.namespace(), object: context.key() }
    }

    /// Makes the alarm due now, as one that is being delivered by hand; says whether there is one.
    pub(super) fn make_due(self, database: Result<&mut Database, SqlError>) -> Result<bool, SqlError> {
        let found = database?.make_alarm_due(self.namespace.shared.bindings.world.clock.now_ms())?;
        if found {
            self.namespace.alarms.started(&self.object.id);
        }
        Ok(found)
    }

    /// The time that the object's own file names, if it has come. If not, the delivery has ended.
    pub(super) fn due(self, due: Result<Option<u64>, SqlError>, attempt: Attempt) -> Option<u64> {
        match due {
            Ok(Some(due)) if self.namespace.alarms.index().is_due(&self.object.id, due) => return Some(due),
            // The index was early, as it may be.
            Ok(due) => match self.namespace.alarms.index().confirm(self.object, due) {
                Ok(()) => self.namespace.alarms.ended(&self.object.id, None),
                Err(error) => {
                    tracing::error!(%error, "the index of alarms cannot be corrected");
                    self.retry(attempt, AlarmFault::Host);
                }
            },
            Err(error) => {
                tracing::error!(object = self.object.label(), %error, "an alarm cannot be read");
                self.retry(attempt, AlarmFault::Host);
            }
        }
        None
    }

    /// Whether another failure of the Worker ends the attempts.
    pub(super) fn is_last(attempt: Attempt) -> bool {
        attempt.retries >= MAX_ALARM_RETRIES
    }

    /// Has an alarm delivered once more, after a pause.
    pub(super) fn retry(self, attempt: Attempt, fault: AlarmFault) {
        let clock = &self.namespace.shared.bindings.world.clock;
        let pause = FIRST_ALARM_RETRY_MS << attempt.doublings.min(MAX_DOUBLINGS);
        let mut random = [0; 4];
        // Without randomness the pause is the shortest.
        let _ = clock.random(&mut random);
        let jitter = (pause / JITTER_DIVISOR) * u64::from(u32::from_le_bytes(random)) / u64::from(u32::MAX);
        let next = Attempt {
            retries: attempt.retries + u32::from(fault == AlarmFault::Worker),
            doublings: (attempt.doublings + 1).min(MAX_DOUBLINGS),
        };
        let at = clock.elapsed_ms().saturating_add(pause + jitter);
        self.namespace.alarms.ended(&self.object.id, Some((at, next)));
    }

    /// What becomes of an alarm whose handler was under way when the object was reset, if one was: `replaced` says whether a later one has
    /// been committed since.
    pub(super) fn after_reset(
        self,
        replaced: Option<bool>,
        attempt: Attempt,
        fault: AlarmFault,
        database: &mut Database,
    ) {
        match replaced {
            None => {}
            // A later one was set, and counts from zero.
            Some(true) => self.namespace.alarms.ended(&self.object.id, None),
            Some(false) if fault == AlarmFault::Worker && Self::is_last(attempt) => {
                self.give_up();
                if let Err(error) = database.delete_alarm().and_then(|()| database.commit_turn()) {
                    tracing::error!(object = self.object.label(), %error, "an alarm cannot be removed");
                }
                if let Err(error) = self.namespace.alarms.index().confirm(self.object, None) {
                    tracing::error!(%error, "the index of alarms cannot be corrected");
                }
                self.namespace.alarms.ended(&self.object.id, None);
            }
            Some(false) => self.retry(attempt, fault),
        }
    }

    /// Says that an alarm has failed too often.
    pub(super) fn give_up(self) {
        let object = self.object.label();
        tracing::error!(object, "an alarm has failed {} times: it is given up", MAX_ALARM_RETRIES + 1);
        let trace = &self.namespace.shared.bindings.trace;
        trace.log("error", None, format_args!("an alarm of `{object}` has failed too often: it is given up"));
    }
}
