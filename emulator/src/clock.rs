//! The only source of time and randomness in the crate.

use crate::sync::lock;
use std::{
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

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
    Manual { elapsed_ms: watch::Sender<u64>, set_by_ms: AtomicI64, random: Mutex<SplitMix64> },
}

/// When the machine's monotonic clock was first asked.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

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
        let random = Mutex::new(SplitMix64(start_ms));
        Self::new(TimeSource::Manual { elapsed_ms: watch::Sender::new(start_ms), set_by_ms: AtomicI64::new(0), random })
    }

    fn new(source: TimeSource) -> Self {
        Self(Arc::new(Inner { source, ahead: AtomicI64::new(i64::MIN) }))
    }

    /// Moves a manual clock forward and wakes those whose time has come. The machine's clock is not moved.
    pub fn advance(&self, by: Duration) {
        if let TimeSource::Manual { elapsed_ms, .. } = &self.0.source {
            elapsed_ms.send_modify(|elapsed| *elapsed = elapsed.saturating_add(millis(by)));
        }
    }

    /// As if somebody set the machine's clock forward by so many milliseconds, or back; no time passes. The machine's clock is not set.
    pub fn set_by(&self, ms: i64) {
        if let TimeSource::Manual { elapsed_ms, set_by_ms, .. } = &self.0.source {
            // Told once more before, as it would have been by somebody.
            let _ = self.now_ms();
            set_by_ms.fetch_add(ms, Ordering::SeqCst);
            elapsed_ms.send_modify(|_| {});
        }
    }

    /// Milliseconds since 1970-01-01 UTC. Never less than what it was before in this process.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let elapsed = self.elapsed_ms().cast_signed();
        let machine = match &self.0.source {
            TimeSource::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis).cast_signed(),
            TimeSource::Manual { set_by_ms, .. } => elapsed.saturating_add(set_by_ms.load(Ordering::SeqCst)),
        };
        let ahead = machine.saturating_sub(elapsed);
        let ahead = self.0.ahead.fetch_max(ahead, Ordering::Relaxed).max(ahead);
        u64::try_from(elapsed.saturating_add(ahead)).unwrap_or(0)
    }

    /// Milliseconds since some moment before this process asked first: for durations. It neither stands still nor jumps when somebody
    /// sets the machine's clock. Whether it counts while the machine sleeps depends on the system.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        match &self.0.source {
            TimeSource::System => millis(START.elapsed()),
            TimeSource::Manual { elapsed_ms, .. } => *elapsed_ms.borrow(),
        }
    }

    /// Fills `bytes` with randomness.
    ///
    /// # Errors
    /// If the operating system has none to give; what `bytes` holds is then unspecified.
    pub fn random(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        match &self.0.source {
            TimeSource::System => getrandom::fill(bytes),
            TimeSource::Manual { random, .. } => {
                lock(random).fill(bytes);
                Ok(())
            }
        }
    }

    /// Completes once [`Self::now_ms`] is at least `due_ms`; at once if it is already.
    pub async fn sleep_until(&self, due_ms: u64) {
        self.sleep(due_ms, Self::now_ms).await;
    }

    /// Completes once [`Self::elapsed_ms`] is at least `due_ms`; at once if it is already.
    pub async fn sleep_until_elapsed(&self, due_ms: u64) {
        self.sleep(due_ms, Self::elapsed_ms).await;
    }

    async fn sleep(&self, due_ms: u64, now_ms: impl Fn(&Self) -> u64) {
        match &self.0.source {
            // The machine's clock may be set, and laptops sleep, hence the second look.
            TimeSource::System => loop {
                let now = now_ms(self);
                if now >= due_ms {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(due_ms - now).min(LONGEST_SLEEP)).await;
            },
            TimeSource::Manual { elapsed_ms, .. } => {
                let mut changes = elapsed_ms.subscribe();
                // The sender lives as long as this clock, so waiting cannot fail.
                while now_ms(self) < due_ms && changes.changed().await.is_ok() {}
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
        let machine = || millis(SystemTime::now().duration_since(UNIX_EPOCH).unwrap());
        let (before, now, after) = (machine(), Clock::system().now_ms(), machine());
        // The two clocks are not read in the same instant.
        assert!((before - 1..=after + 1).contains(&now), "{before} {now} {after}");
    }
}
