//! The only source of time and randomness in the crate.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::watch;

/// Time and randomness, of the machine or of a test. Clones share both.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    System,
    Manual { now_ms: watch::Sender<u64>, random: Mutex<SplitMix64> },
}

impl Clock {
    /// The machine's time and the operating system's randomness.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(Kind::System))
    }

    /// A clock that stands at `start_ms` until it is advanced, with random bytes that follow from `start_ms`: two runs
    /// that ask for the same things get the same answers.
    #[must_use]
    pub fn manual(start_ms: u64) -> Self {
        let random = Mutex::new(SplitMix64(start_ms));
        Self(Arc::new(Kind::Manual { now_ms: watch::Sender::new(start_ms), random }))
    }

    /// Moves a manual clock forward and wakes those whose time has come. The machine's clock is not moved.
    pub fn advance(&self, by: Duration) {
        if let Kind::Manual { now_ms, .. } = &*self.0 {
            now_ms.send_modify(|now| *now = now.saturating_add(millis(by)));
        }
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        match &*self.0 {
            Kind::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, millis),
            Kind::Manual { now_ms, .. } => *now_ms.borrow(),
        }
    }

    /// Fills `bytes` with randomness.
    ///
    /// # Errors
    /// If the operating system has none to give; what `bytes` holds is then unspecified.
    pub fn random(&self, bytes: &mut [u8]) -> Result<(), getrandom::Error> {
        match &*self.0 {
            Kind::System => getrandom::fill(bytes),
            Kind::Manual { random, .. } => {
                random.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
                Ok(())
            }
        }
    }

    /// Completes once [`Self::now_ms`] is at least `due_ms`; at once if it is already.
    pub async fn sleep_until(&self, due_ms: u64) {
        match &*self.0 {
            Kind::System => {
                // The two clocks of the machine may drift apart over a long sleep, hence the second look.
                loop {
                    let now = self.now_ms();
                    if now >= due_ms {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(due_ms - now).min(LONGEST_SLEEP)).await;
                }
            }
            Kind::Manual { now_ms, .. } => {
                // The sender lives as long as this clock, so waiting cannot fail.
                let _ = now_ms.subscribe().wait_for(|now| *now >= due_ms).await;
            }
        }
    }
}

/// How long the machine's clock is trusted to keep pace with the timer: it may be set, and laptops sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

fn millis(duration: Duration) -> u64 {
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
}
