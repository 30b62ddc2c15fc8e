//! The one alarm of a Durable Object, for everything in it that waits for a time.
//!
//! What an object waits for follows from its own rows and is read from them whenever the alarm is set: there is no second record of it
//! that could disagree. The alarm is the earliest of these times. Its handler does whatever is due and then sets it again
//! ([`set_next`]), so a time may also move (a debounce) without anything being cancelled.

use crate::{
    bindings::{Bound, Level},
    object::Object,
    time::is_due,
};

/// When the alarm comes again if the rows cannot be read, in milliseconds.
const UNREADABLE_MS: u64 = 60_000;

/// A time that something waits for, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    at: u64,
    /// How far it lay ahead at most when it was chosen.
    most: u64,
}

impl Timer {
    /// So many milliseconds from now.
    #[must_use]
    pub const fn after(now_ms: u64, ms: u64) -> Self {
        Self { at: now_ms.saturating_add(ms), most: ms }
    }

    /// A time that was written down, and lay at most `most` milliseconds ahead then. One that lies further ahead is due: the clock was set
    /// back since, and nothing waits for it to come around again.
    #[must_use]
    pub const fn at(at_ms: u64, most: u64) -> Self {
        Self { at: at_ms, most }
    }

    /// Whether its time has come.
    #[must_use]
    pub const fn is_due(self, now_ms: u64) -> bool {
        is_due(self.at, now_ms, self.most)
    }

    const fn alarm(self, now_ms: u64) -> u64 {
        if self.is_due(now_ms) { now_ms } else { self.at }
    }
}

/// An object that waits for times.
pub trait Timed {
    /// All that it waits for now, by its rows.
    ///
    /// # Errors
    /// The rows cannot be read.
    fn timers(&self, object: Object) -> Bound<Vec<Timer>>;
}

fn earliest(object: Object, timed: &impl Timed, now_ms: u64) -> Bound<Option<u64>> {
    Ok(timed.timers(object)?.into_iter().map(|timer| timer.alarm(now_ms)).min())
}

/// Sets the alarm to the earliest timer, in the turn's transaction: called after each change of what the object waits for. Without timers
/// the alarm stays as it is; its handler will find nothing to do.
///
/// # Errors
/// The rows cannot be read, or the platform refuses.
pub async fn set_alarm(object: Object, timed: &impl Timed) -> Bound<()> {
    match earliest(object, timed, object.now_ms())? {
        Some(at) => object.alarm_set(at as f64).await,
        None => Ok(()),
    }
}

/// Ends an alarm's handler: as [`set_alarm`], and if that fails the alarm comes again in a minute. The platform gives an alarm up after six
/// failures of its handler; with this nothing is given up.
pub async fn set_next(object: Object, timed: &impl Timed) {
    if let Err(error) = set_alarm(object, timed).await {
        object.log(Level::Error, &format!("alarm: {error}"));
        let _ = object.alarm_set((object.now_ms() + UNREADABLE_MS) as f64).await;
    }
}

/// Sets the alarm anew if there is none, or one that is later than the earliest timer. Only a clock that was set back can have made it so: called
/// where an object is asked for something anyway, so that its work does not wait for that day.
pub async fn mend_alarm(object: Object, timed: &impl Timed) {
    let now = object.now_ms();
    let Ok(Some(earliest)) = earliest(object, timed, now) else { return };
    if let Ok(at) = object.alarm_get().await
        && at.is_none_or(|at| at > earliest)
        && let Err(error) = set_alarm(object, timed).await
    {
        object.log(Level::Error, &format!("alarm: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Memory, run};

    struct Waits(Vec<Timer>);

    impl Timed for Waits {
        fn timers(&self, _: Object) -> Bound<Vec<Timer>> {
            Ok(self.0.clone())
        }
    }

    const DAY: u64 = 86_400_000;

    #[test]
    fn the_alarm_is_the_earliest_of_all_timers_and_what_is_due_comes_now() {
        let memory = Memory::at(DAY);
        run(set_alarm(memory.object(), &Waits(vec![]))).unwrap();
        assert_eq!(memory.alarm(), None);
        run(set_alarm(memory.object(), &Waits(vec![Timer::after(DAY, 50), Timer::at(DAY + 20, 90)]))).unwrap();
        assert_eq!(memory.alarm(), Some(DAY + 20));
        run(set_alarm(memory.object(), &Waits(vec![Timer::after(DAY, 50), Timer::at(DAY - 20, 90)]))).unwrap();
        assert_eq!(memory.alarm(), Some(DAY));
        run(set_alarm(memory.object(), &Waits(vec![]))).unwrap();
        assert_eq!(memory.alarm(), Some(DAY), "there is nothing to set it to");
    }

    #[test]
    fn an_alarm_that_a_clock_set_back_left_far_ahead_is_set_anew_and_any_other_is_left_alone() {
        let memory = Memory::at(DAY);
        let waits = Waits(vec![Timer::after(DAY, 10_000)]);
        run(mend_alarm(memory.object(), &waits));
        assert_eq!(memory.alarm(), Some(DAY + 10_000), "there was none");
        run(memory.object().alarm_set((DAY + 5_000) as f64)).unwrap();
        run(mend_alarm(memory.object(), &waits));
        assert_eq!(memory.alarm(), Some(DAY + 5_000), "it is early enough");
        run(memory.object().alarm_set((2 * DAY) as f64)).unwrap();
        run(mend_alarm(memory.object(), &waits));
        assert_eq!(memory.alarm(), Some(DAY + 10_000));
        run(memory.object().alarm_set((2 * DAY) as f64)).unwrap();
        run(mend_alarm(memory.object(), &Waits(vec![Timer::at(2 * DAY, 90)])));
        assert_eq!(memory.alarm(), Some(DAY), "a time that was written down by another clock is due");
    }

    struct Unreadable;

    impl Timed for Unreadable {
        fn timers(&self, _: Object) -> Bound<Vec<Timer>> {
            Err(crate::bindings::BindingError::new("disk"))
        }
    }

    #[test]
    fn a_handler_whose_rows_cannot_be_read_is_called_again() {
        let memory = Memory::at(DAY);
        run(set_next(memory.object(), &Unreadable));
        assert_eq!(memory.alarm(), Some(DAY + UNREADABLE_MS));
    }
}
