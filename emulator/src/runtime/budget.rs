//! What a guest may make its host keep, and how long it may make it work.

/// Bytes that one turn may make its host keep until the turn has ended: ops, answers, frames for sockets. Half of what an isolate
/// has itself, and more than twice the largest value of KV.
pub(crate) const MAX_TURN_BYTES: usize = 64 * 1024 * 1024;
/// What a call of an import is counted as besides its frame: an entry in a list.
pub(crate) const EFFECT_BYTES: usize = 64;
/// What an op is counted as besides its frame: a future, and a task that runs it.
pub(crate) const OP_BYTES: usize = 1024;
/// Ops of one task that may be under way: as many as the platform allows in all (developers.cloudflare.com, "Limits", subrequests of the
/// paid plan).
pub(crate) const MAX_LIVE_OPS: usize = 10_000;
/// Random bytes of one call, as of `crypto.getRandomValues`.
pub(crate) const MAX_RANDOM_BYTES: u32 = 65_536;
/// Bytes of a log line.
pub(crate) const MAX_LOG_BYTES: usize = 16 * 1024;

/// What one turn has left.
#[derive(Debug)]
pub(crate) struct TurnBudget {
    left: usize,
}

/// Why an instance is ended though its code did not trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    #[error("the Worker made its host keep more than {MAX_TURN_BYTES} bytes in one turn")]
    Bytes,
    #[error("the Worker has more than {MAX_LIVE_OPS} ops of one task under way")]
    Ops,
    #[error("the Worker took more than its CPU time for one event, with what its host did for it")]
    Time,
    #[error("the Worker issued the op {0} while another one of that id was under way")]
    OpReused(u32),
}

impl Default for TurnBudget {
    fn default() -> Self {
        Self { left: MAX_TURN_BYTES }
    }
}

impl TurnBudget {
    /// Counts what is about to be kept.
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), Exceeded> {
        self.left = self.left.checked_sub(bytes).ok_or(Exceeded::Bytes)?;
        Ok(())
    }
}

/// The time of one task, in ticks of the [`EpochTicker`](super::epoch_ticker::EpochTicker): only what passes between [`CpuMeter::start`] and the
/// calls of [`CpuMeter::charge`] counts, so waiting does not.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CpuTime(u64);

/// Reads the ticks of a task's work as it goes on.
pub(crate) struct CpuMeter {
    mark: u64,
}

impl CpuMeter {
    pub(crate) fn start(now: u64) -> Self {
        Self { mark: now }
    }

    /// Adds what has passed since the last call, and says how many ticks of `limit` are left.
    pub(crate) fn charge(&mut self, cpu_time: &mut CpuTime, now: u64, limit: u64) -> Result<u64, Exceeded> {
        cpu_time.0 += now - std::mem::replace(&mut self.mark, now);
        limit.checked_sub(cpu_time.0).filter(|left| *left > 0).ok_or(Exceeded::Time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_adds_up_over_turns_and_waiting_does_not_count() {
        let mut cpu_time = CpuTime::default();
        let mut meter = CpuMeter::start(100);
        assert_eq!(meter.charge(&mut cpu_time, 103, 10), Ok(7));
        assert_eq!(meter.charge(&mut cpu_time, 104, 10), Ok(6));
        let mut later = CpuMeter::start(1_000);
        assert_eq!(later.charge(&mut cpu_time, 1_005, 10), Ok(1));
        assert_eq!(later.charge(&mut cpu_time, 1_006, 10), Err(Exceeded::Time));
    }

    #[test]
    fn a_turn_has_so_many_bytes_and_no_more() {
        let mut budget = TurnBudget::default();
        assert_eq!(budget.spend(MAX_TURN_BYTES), Ok(()));
        assert_eq!(budget.spend(0), Ok(()));
        assert_eq!(budget.spend(1), Err(Exceeded::Bytes));
    }
}
