//! What an object's own file decides about its alarm, and what its namespace's scheduler is told of a delivery: whether it is due, when it is
//! tried again after a failure, and when it is given up.

use super::context::ObjectContext;
use super::engine::Database;
use super::error::SqlError;
use super::namespace_state::NamespaceState;

/// How often an alarm is tried again (cloudflare.com, "Alarms").
const MAX_ALARM_RETRIES: u32 = 6;
/// The pause before the first retry, in milliseconds; each further one is twice as long.
const FIRST_ALARM_RETRY_MS: u64 = 2_000;

/// The alarm of one object.
#[derive(Clone, Copy)]
pub(super) struct ObjectAlarm<'a> {
    namespace: &'a NamespaceState,
    name: &'a str,
    id: &'a str,
}

impl<'a> ObjectAlarm<'a> {
    pub(super) fn of(context: &'a impl ObjectContext) -> Self {
        Self { namespace: context.namespace(), name: context.name(), id: context.id() }
    }

    /// Makes the alarm due now, as one that is being delivered by hand; says whether there is one.
    pub(super) fn make_due(self, database: Result<&mut Database, SqlError>) -> Result<bool, SqlError> {
        let found = database?.make_alarm_due(self.namespace.bindings.clock.now_ms())?;
        if found {
            self.namespace.alarms.started(self.id);
        }
        Ok(found)
    }

    /// Whether the time has come that the object's own file names. If not, the delivery has ended.
    pub(super) fn is_due(self, due: Result<Option<u64>, SqlError>, retries: u32) -> bool {
        match due {
            Ok(Some(due)) if self.namespace.alarms.index().is_due(self.id, due) => return true,
            // The index was early, as it may be.
            Ok(due) => match self.namespace.alarms.index().confirm(self.name, self.id, due) {
                Ok(()) => self.namespace.alarms.ended(self.id, None),
                Err(error) => {
                    tracing::error!(%error, "the index of alarms cannot be corrected");
                    self.retry(retries);
                }
            },
            Err(error) => {
                tracing::error!(object = self.name, %error, "an alarm cannot be read");
                self.retry(retries);
            }
        }
        false
    }

    /// Has an alarm delivered once more, after a pause.
    pub(super) fn retry(self, retries: u32) {
        let pause = FIRST_ALARM_RETRY_MS << retries.min(MAX_ALARM_RETRIES - 1);
        let at = self.namespace.bindings.clock.elapsed_ms().saturating_add(pause);
        self.namespace.alarms.ended(self.id, Some((at, (retries + 1).min(MAX_ALARM_RETRIES))));
    }

    /// What becomes of an alarm whose handler was under way when the object was reset, if one was: `replaced` says whether a later one has
    /// been committed since.
    pub(super) fn after_reset(self, replaced: Option<bool>, retries: u32, database: &mut Database) {
        match replaced {
            None => {}
            // A later one was set, and counts from zero.
            Some(true) => self.namespace.alarms.ended(self.id, None),
            Some(false) if retries < MAX_ALARM_RETRIES => self.retry(retries),
            Some(false) => self.give_up(database),
        }
    }

    fn give_up(self, database: &mut Database) {
        tracing::error!(object = self.name, "an alarm has failed {} times: it is given up", MAX_ALARM_RETRIES + 1);
        let trace = &self.namespace.bindings.trace;
        trace.log("error", None, format_args!("an alarm of `{}` has failed too often: it is given up", self.name));
        if let Err(error) = database.delete_alarm().and_then(|()| database.commit_turn()) {
            tracing::error!(object = self.name, %error, "an alarm cannot be removed");
        }
        if let Err(error) = self.namespace.alarms.index().confirm(self.name, self.id, None) {
            tracing::error!(%error, "the index of alarms cannot be corrected");
        }
        self.namespace.alarms.ended(self.id, None);
    }
}
