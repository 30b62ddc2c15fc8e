//! Which calls a fault hits. Each setting draws from a sequence of its own, so that one more setting does not move the others' hits.

use super::plan::{ALL, LatencyRange, Rate};
use crate::clock::SplitMix64;
use std::time::Duration;

/// What is drawn for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Draw {
    KvError,
    KvLatency,
    R2Error,
    R2Latency,
    DoError,
    DoLatency,
    SocketDrop,
}

const DRAWS: usize = Draw::SocketDrop as usize + 1;

/// The sequences of one seed.
#[derive(Debug)]
pub(super) struct FaultRng([SplitMix64; DRAWS]);

impl FaultRng {
    pub(super) fn new(seed: u64) -> Self {
        let mut seeds = SplitMix64::new(seed);
        Self(std::array::from_fn(|_| SplitMix64::new(seeds.next())))
    }

    /// Whether it hits this time.
    pub(super) fn hits(&mut self, draw: Draw, share: Rate) -> bool {
        share != Rate::NONE && self.below(draw, u64::from(ALL)) < u64::from(share.millionths())
    }

    /// A time from a spread, to the millisecond.
    pub(super) fn time(&mut self, draw: Draw, spread: LatencyRange) -> Duration {
        if spread.from == spread.to {
            return spread.from;
        }
        let wide = u64::try_from((spread.to - spread.from).as_millis()).unwrap_or(u64::MAX - 1);
        spread.from + Duration::from_millis(self.below(draw, wide + 1))
    }

    /// A number below a bound that is tiny beside 2⁶⁴, so that the remainder is fair enough.
    fn below(&mut self, draw: Draw, bound: u64) -> u64 {
        self.0[draw as usize].next() % bound
    }
}

impl Default for FaultRng {
    fn default() -> Self {
        Self::new(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(percent: f64) -> Rate {
        Rate::percent(percent).unwrap()
    }

    #[test]
    fn a_seed_repeats_its_hits_and_another_has_others() {
        let hits = |seed| {
            let mut rng = FaultRng::new(seed);
            (0..1000).map(|_| rng.hits(Draw::KvError, rate(10.0))).collect::<Vec<_>>()
        };
        assert_eq!(hits(7), hits(7));
        assert_ne!(hits(7), hits(8));
        let count = hits(7).iter().filter(|hit| **hit).count();
        assert!((60..140).contains(&count), "{count} of 1000 are no tenth");
    }

    #[test]
    fn one_knob_does_not_move_the_hits_of_another() {
        let (mut alone, mut both) = (FaultRng::new(7), FaultRng::new(7));
        for _ in 0..100 {
            both.time(Draw::R2Latency, LatencyRange { from: Duration::ZERO, to: Duration::from_millis(9) });
            assert_eq!(alone.hits(Draw::KvError, rate(50.0)), both.hits(Draw::KvError, rate(50.0)));
        }
    }

    #[test]
    fn nothing_and_everything_need_no_luck() {
        let mut rng = FaultRng::new(1);
        assert!((0..1000).all(|_| rng.hits(Draw::KvError, Rate::ALL) && !rng.hits(Draw::KvError, Rate::NONE)));
    }

    #[test]
    fn a_spread_is_used_from_end_to_end() {
        let spread = LatencyRange { from: Duration::from_millis(3), to: Duration::from_millis(5) };
        let mut rng = FaultRng::new(1);
        let mut seen: Vec<_> = (0..100).map(|_| rng.time(Draw::DoLatency, spread).as_millis()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [3, 4, 5]);
    }
}
