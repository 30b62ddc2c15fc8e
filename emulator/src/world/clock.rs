//! The only source of time and randomness in the crate.

use super::machine;
use super::timers::Timers;
use crate::sync::lock;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// Time and randomness, of the machine or of a test. Clones share both.
///
/// There are two times. [`Self::now_ms`] is the time of day: for what is shown and stored, and what is due at a time of day. It follows the
/// machine's clock when that is set forward, and goes on from where it is when that is set back: no time that was told is ever in the
/// future. [`Self::elapsed_ms`] is for durations, and knows nothing of either.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: TimeSource,
    /// What is added to the time that has elapsed to get the time of day: the most that it ever came to. Milliseconds.
    ahead: AtomicI64,
}

#[derive(Debug)]
enum TimeSource {
    System,
    Manual { timers: Timers, random: Mutex<SplitMix64> },
}

impl Clock {
    /// The machine's time and the operating system's randomness.
    #[must_use]
    pub fn system() -> Self {
        Self::new(TimeSource::System)
    }

    /// A clock that stands at `start_ms` until it is advanced, with random bytes that follow from `start_ms`: two runs
    /// that ask for the same things get the same answers.
    #[must_use]
    pub fn manual(start_ms: u64) -> Self {
        Self::seeded(start_ms, start_ms)
    }

    /// As [`Self::manual`], with random bytes that follow from `seed`.
    #[must_use]
    pub fn seeded(start_ms: u64, seed: u64) -> Self {
        let random = Mutex::new(SplitMix64(seed));
        Self::new(TimeSource::Manual { timers: Timers::starting_at(start_ms), random })
    }

    fn new(source: TimeSource) -> Self {
        Self(Arc::new(Inner { source, ahead: AtomicI64::new(i64::MIN) }))
    }

    /// Moves a manual clock forward and wakes those whose time has come, in the order in which they began to wait. The machine's clock is
    /// not moved.
    pub fn advance(&self, by: Duration) {
        if let TimeSource::Manual { timers, .. } = &self.0.source {
            timers.advance(millis(by));
        }
    }

    /// As if somebody set the machine's clock forward by so many milliseconds, or back; no time passes. The machine's clock is not set.
    pub fn set_by(&self, ms: i64) {
        if let TimeSource::Manual { timers, .. } = &self.0.source {
            // Told once more before, as it would have been by somebody.
            let _ = self.now_ms();
            timers.set_by(ms);
        }
    }

    /// In how many milliseconds the first of those who wait for a manual clock is due; `None` if nobody waits.
    pub(super) fn next_due_in_ms(&self) -> Option<u64> {
        match &self.0.source {
            TimeSource::System => None,
            TimeSource::Manual { timers, .. } => timers.next_due_in(),
        }
    }

    /// Milliseconds since 1970-01-01 UTC. Never less than what it was before in this process.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let elapsed = self.elapsed_ms().cast_signed();
        let machine = match &self.0.source {
            TimeSource::System => millis(machine::time_of_day()).cast_signed(),
            TimeSource::Manual { timers, .. } => timers.time_of_day_ms(),
        };
        let ahead = machine.saturating_sub(elapsed);
        let ahead = self.0.ahead.fetch_max(ahead, Ordering::Relaxed).max(ahead);
        u64::try_from(elapsed.saturating_add(ahead)).unwrap_or(0)
    }

    /// Milliseconds since some moment before this process asked first: for durations. It neither stands still nor jumps when somebody
    /// sets the machine's clock. Whether it counts while the machine sleeps depends on the system.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        millis(self.elapsed())
    }

    /// As [`Self::elapsed_ms`], as fine as the machine's clock is.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        match &self.0.source {
            TimeSource::System => machine::elapsed(),
            TimeSource::Manual { timers, .. } => Duration::from_millis(timers.elapsed_ms()),
        }
    }

    /// Fills `bytes` with randomness.
    ///
    /// # Errors
    /// If the operating system has none to give; what `bytes` holds is then unspecified.
    pub fn random(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        match &self.0.source {
            TimeSource::System => machine::random(bytes),
            TimeSource::Manual { random, .. } => {
                lock(random).fill(bytes);
                Ok(())
            }
        }
    }

    /// Completes once [`Self::now_ms`] is at least `due_ms`; at once if it is already.
    pub async fn sleep_until(&self, due_ms: u64) {
        self.sleep(|| due_ms.saturating_sub(self.now_ms())).await;
    }

    /// Completes once [`Self::elapsed_ms`] is at least `due_ms`; at once if it is already.
    pub async fn sleep_until_elapsed(&self, due_ms: u64) {
        self.sleep(|| due_ms.saturating_sub(self.elapsed_ms())).await;
    }

    /// Sleeps until nothing is left. Clocks may be set, and laptops sleep, hence another look after each wake-up.
    async fn sleep(&self, left_ms: impl Fn() -> u64) {
        loop {
            match (left_ms(), &self.0.source) {
                (0, _) => return,
                (left, TimeSource::System) => machine::sleep(Duration::from_millis(left).min(LONGEST_SLEEP)).await,
                (left, TimeSource::Manual { timers, .. }) => {
                    timers.sleep_until(timers.elapsed_ms().saturating_add(left)).await;
                }
            }
        }
    }
}

/// How long the machine's clock is trusted to keep pace with the timer: it may be set, and laptops sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Sebastiano Vigna's generator: enough for ids in a replayed run and for faults, and never used for anything else.
#[derive(Debug)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_repeats_its_randomness() {
        let draw = |start| {
            let mut bytes = [0; 13];
            Clock::manual(start).random(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_advanced_and_not_before() {
        let clock = Clock::manual(1_000);
        clock.sleep_until(1_000).await;
        let mut sleep = std::pin::pin!(clock.sleep_until(1_500));
        clock.advance(Duration::from_millis(499));
        tokio::select! {
            biased;
            () = &mut sleep => panic!("woke too early"),
            () = std::future::ready(()) => {}
        }
        clock.advance(Duration::from_millis(1));
        sleep.await;
        assert_eq!(clock.now_ms(), 1_500);
    }

    const DAY_MS: i64 = 24 * 3_600_000;

    #[tokio::test]
    async fn a_clock_that_is_set_back_goes_on_from_where_it_was() {
        let clock = Clock::manual(1_000_000_000_000);
        let start = clock.now_ms();
        let mut sleep = std::pin::pin!(clock.sleep_until(start + 5_000));
        clock.set_by(-DAY_MS);
        assert_eq!(clock.now_ms(), start);
        tokio::select! {
            biased;
            () = &mut sleep => panic!("woke too early"),
            () = std::future::ready(()) => {}
        }
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now_ms(), start + 5_000);
        sleep.await;
        clock.set_by(DAY_MS);
        assert_eq!(clock.now_ms(), start + 5_000, "it is as it was before");
    }

    #[tokio::test]
    async fn a_clock_that_is_set_forward_is_followed_and_ends_no_duration() {
        let clock = Clock::manual(1_000_000_000_000);
        let (start, elapsed) = (clock.now_ms(), clock.elapsed_ms());
        let mut duration = std::pin::pin!(clock.sleep_until_elapsed(elapsed + 5_000));
        clock.set_by(365 * DAY_MS);
        assert_eq!(clock.now_ms(), start + (365 * DAY_MS).cast_unsigned());
        tokio::select! {
            biased;
            () = &mut duration => panic!("woke too early"),
            () = std::future::ready(()) => {}
        }
        clock.set_by(-365 * DAY_MS);
        clock.advance(Duration::from_secs(5));
        duration.await;
        assert_eq!(
            clock.now_ms(),
            start + (365 * DAY_MS).cast_unsigned() + 5_000,
            "no time that was told is in the future"
        );
    }

    #[test]
    fn the_machine_s_clock_tells_the_time_of_day() {
        let machine = || millis(machine::time_of_day());
        let (before, now, after) = (machine(), Clock::system().now_ms(), machine());
        // The two clocks are not read in the same instant.
        assert!((before - 1..=after + 1).contains(&now), "{before} {now} {after}");
    }
}
