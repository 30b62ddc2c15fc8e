//! How often something may happen.

use std::cell::Cell;

/// A bucket of tokens: `burst` at once, and one more every `refill_ms`.
#[derive(Debug)]
pub struct Rate {
    burst: u32,
    refill_ms: u64,
    left: Cell<u32>,
    /// When the last token was added.
    since: Cell<u64>,
}

impl Rate {
    /// A full bucket.
    #[must_use]
    pub const fn new(burst: u32, refill_ms: u64) -> Self {
        Self { burst, refill_ms, left: Cell::new(burst), since: Cell::new(0) }
    }

    /// Takes a token, if there is one. A clock that is set fills the bucket at most.
    #[inline(never)]
    pub fn take(&self, now_ms: u64) -> bool {
        let since = self.since.get();
        let added = now_ms.checked_sub(since).map_or(u64::from(self.burst), |passed| passed / self.refill_ms);
        let left = u64::from(self.left.get()).saturating_add(added);
        if left >= u64::from(self.burst) {
            self.left.set(self.burst);
            self.since.set(now_ms);
        } else {
            self.left.set(u32::try_from(left).unwrap_or(self.burst));
            self.since.set(since + added * self.refill_ms);
        }
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rate: &Rate, now_ms: u64) -> usize {
        (0..100).filter(|_| rate.take(now_ms)).count()
    }

    #[test]
    fn a_burst_and_then_one_after_the_other() {
        let rate = Rate::new(10, 200);
        assert_eq!(taken(&rate, 5_000), 10);
        assert_eq!((taken(&rate, 5_199), taken(&rate, 5_200), taken(&rate, 5_399)), (0, 1, 0));
        assert_eq!((taken(&rate, 6_000), taken(&rate, 60_000)), (4, 10));
    }

    #[test]
    fn a_clock_that_is_set_neither_stops_it_nor_lets_more_than_a_burst_through() {
        let rate = Rate::new(10, 200);
        let day = 86_400_000;
        assert_eq!(taken(&rate, 100 * day), 10);
        assert_eq!((taken(&rate, 99 * day), taken(&rate, 99 * day + 199), taken(&rate, 99 * day + 200)), (10, 0, 1));
        assert_eq!((taken(&rate, 465 * day), taken(&rate, 0), taken(&rate, u64::MAX)), (10, 10, 10));
    }
}
