//! The alarm of an object as its instance sees it, also while its handler runs.

use super::engine::Database;
use super::error::SqlError;
use crate::abi::AlarmOp;
use crate::abi::answer::Answer;
use crate::abi::error::GuestError;
use crate::world::clock::Clock;

/// The last time that the platform takes, in milliseconds since 1970: it counts nanoseconds in 64 bits.
const LAST_TIME: f64 = 9_223_372_036_854.0;

/// Whether an alarm is being handled, and what has become of it since.
#[derive(Debug, Default)]
pub(super) struct AlarmState {
    /// Whether the alarm that is being handled was set anew or deleted; `None` while none is handled.
    replaced: Option<bool>,
    /// The same when the last turn was committed.
    committed: Option<bool>,
    /// The same when each transaction began that is open.
    before: Vec<Option<bool>>,
}

impl AlarmState {
    /// The handler begins.
    pub(super) fn begin(&mut self) {
        self.replaced = Some(false);
        self.committed = Some(false);
    }

    /// Whether an alarm's handler is under way, and whether a turn was committed since that set a later alarm or deleted it.
    pub(super) fn in_flight(&self) -> Option<bool> {
        self.committed
    }

    /// The turn is committed.
    pub(super) fn commit(&mut self) {
        self.before.clear();
        self.committed = self.replaced;
    }

    /// The handler has ended: as [`Self::in_flight`], with what this turn has done.
    pub(super) fn end(&mut self) -> Option<bool> {
        self.replaced.take()
    }

    pub(super) fn begin_transaction(&mut self) {
        self.before.push(self.replaced);
    }

    pub(super) fn end_transaction(&mut self, keep: bool) {
        if let Some(before) = self.before.pop()
            && !keep
        {
            self.replaced = before;
        }
    }

    /// Performs an op, in the turn's transaction.
    pub(super) fn perform(
        &mut self,
        op: AlarmOp,
        database: &mut Database,
        clock: &Clock,
    ) -> Result<Answer, GuestError> {
        match op {
            AlarmOp::Set { at } => {
                database.set_alarm(due(at, clock.now_ms())?)?;
                self.replaced = self.replaced.map(|_| true);
                Ok(Answer::Ok)
            }
            // While its handler runs an alarm is not set any more, though it is kept until the handler has ended.
            AlarmOp::Get if self.replaced == Some(false) => Ok(Answer::None),
            AlarmOp::Get => Ok(database.get_alarm()?.map_or(Answer::None, Answer::Number)),
            AlarmOp::Delete => {
                database.delete_alarm()?;
                self.replaced = self.replaced.map(|_| true);
                Ok(Answer::Ok)
            }
        }
    }
}

/// When an alarm is due that is set for a time of JavaScript: not before now.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a time after 1970")]
fn due(at: f64, now_ms: u64) -> Result<u64, GuestError> {
    if !at.is_finite() {
        return Err(GuestError::type_error("The value cannot be converted because it is not a valid Date."));
    }
    if at.trunc() > LAST_TIME {
        return Err(GuestError::type_error("This API doesn't support dates after 2189."));
    }
    if at.trunc() < -LAST_TIME {
        return Err(GuestError::type_error("This API doesn't support dates before 1687."));
    }
    if at.trunc() <= 0.0 {
        return Err(GuestError::type_error(SqlError::AlarmTime.to_string()));
    }
    Ok((at as u64).max(now_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_to_milliseconds_and_never_before_now() {
        assert_eq!(due(5_000.9, 1_000), Ok(5_000));
        assert_eq!(due(1.0, 1_000), Ok(1_000));
        for at in [0.0, -1.0, 0.5, f64::MIN_POSITIVE] {
            assert_eq!(
                due(at, 0).unwrap_err().to_string(),
                "TypeError: setAlarm() cannot be called with an alarm time <= 0"
            );
        }
        for at in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(due(at, 0).unwrap_err().message.contains("not a valid Date"), "{at}");
        }
        assert_eq!(due(9_223_372_036_854.9, 0), Ok(9_223_372_036_854));
        for at in [9_223_372_036_855.0, 8.64e15, 1e300] {
            assert!(due(at, 0).unwrap_err().message.contains("dates after 2189"), "{at}");
            assert!(due(-at, 0).unwrap_err().message.contains("dates before 1687"), "{at}");
        }
    }

    #[test]
    fn what_a_transaction_did_to_the_alarm_is_undone_with_it() {
        let mut state = AlarmState::default();
        state.begin();
        state.begin_transaction();
        state.replaced = Some(true);
        state.end_transaction(false);
        assert_eq!(state.replaced, Some(false));
        state.begin_transaction();
        state.replaced = Some(true);
        state.end_transaction(true);
        assert_eq!((state.replaced, state.in_flight()), (Some(true), Some(false)));
        state.commit();
        assert_eq!(state.in_flight(), Some(true));
        assert_eq!(state.end(), Some(true));
    }
}
