//! Which calls a fault hits. Each draw follows from the seed, from what is drawn for, from the call (its name and key), and from how often
//! this call was made before: one call more elsewhere, or one setting more, moves no other hit.

use super::plan::{ALL, LatencyRange, Rate, Strike, Strikes};
use crate::world::clock::SplitMix64;
use std::time::Duration;

/// What is drawn for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Draw {
    Error = 1,
    Latency,
    Strike,
    SocketDrop,
}

/// Counters of attempts. Calls that share one count together; which do follows from their names alone.
const COUNTERS: usize = 4096;

/// The draws of one seed.
#[derive(Debug)]
pub(super) struct FaultRng {
    seed: u64,
    attempts: Box<[u64]>,
}

/// The draws for one call.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallDraws(u64);

impl FaultRng {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, attempts: vec![0; COUNTERS].into() }
    }

    /// A call is made: `words` say which.
    pub(super) fn call(&mut self, words: &[&str]) -> CallDraws {
        let call = words.iter().fold(self.seed, |hash, word| SplitMix64::new(fnv1a(hash, word)).next());
        let attempt = &mut self.attempts[usize::try_from(call % COUNTERS as u64).unwrap_or(0)];
        *attempt = attempt.wrapping_add(1);
        CallDraws(SplitMix64::new(call ^ *attempt).next())
    }
}

impl CallDraws {
    /// Whether it hits this time.
    pub(super) fn hits(self, draw: Draw, share: Rate) -> bool {
        share != Rate::NONE && self.below(draw, u64::from(ALL)) < u64::from(share.millionths())
    }

    /// A time from a spread, to the millisecond.
    pub(super) fn time(self, spread: LatencyRange) -> Duration {
        if spread.from == spread.to {
            return spread.from;
        }
        let wide = u64::try_from((spread.to - spread.from).as_millis()).unwrap_or(u64::MAX - 1);
        spread.from + Duration::from_millis(self.below(Draw::Latency, wide + 1))
    }

    /// When a failure strikes.
    pub(super) fn strike(self, strikes: Strikes) -> Strike {
        match strikes {
            Strikes::Always(strike) => strike,
            Strikes::Any => match self.below(Draw::Strike, 3) {
                0 => Strike::Before,
                1 => Strike::Instead,
                _ => Strike::After,
            },
        }
    }

    /// A number below a bound that is tiny beside 2⁶⁴, so that the remainder is fair enough.
    fn below(self, draw: Draw, bound: u64) -> u64 {
        SplitMix64::new(self.0.wrapping_add(draw as u64)).next() % bound
    }
}

/// The hash of Fowler, Noll and Vo, from a start of one's own.
fn fnv1a(start: u64, text: &str) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    text.bytes().fold(start ^ OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
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

    fn hits(rng: &mut FaultRng, key: &str) -> Vec<bool> {
        (0..1000).map(|_| rng.call(&["kv.get", key]).hits(Draw::Error, rate(10.0))).collect()
    }

    #[test]
    fn a_seed_repeats_its_hits_and_another_has_others() {
        let of = |seed| hits(&mut FaultRng::new(seed), "k");
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
        let count = of(7).iter().filter(|hit| **hit).count();
        assert!((60..140).contains(&count), "{count} of 1000 are no tenth");
    }

    #[test]
    fn calls_of_another_name_or_key_move_no_hit() {
        let alone = hits(&mut FaultRng::new(7), "k");
        let mut busy = FaultRng::new(7);
        let among_others: Vec<bool> = (0..1000)
            .map(|_| {
                busy.call(&["kv.get", "other"]);
                busy.call(&["kv.put", "k"]);
                busy.call(&["kv.get", "k"]).hits(Draw::Error, rate(10.0))
            })
            .collect();
        assert_eq!(alone, among_others);
        assert_ne!(hits(&mut busy, "other"), alone);
    }

    #[test]
    fn words_do_not_run_together() {
        let mut rng = FaultRng::new(7);
        assert_ne!(rng.call(&["ab", "c"]).0, rng.call(&["a", "bc"]).0);
    }

    #[test]
    fn nothing_and_everything_need_no_luck() {
        let mut rng = FaultRng::new(1);
        let mut calls = (0..1000).map(|_| rng.call(&["kv.get"]));
        assert!(calls.all(|call| call.hits(Draw::Error, Rate::ALL) && !call.hits(Draw::Error, Rate::NONE)));
    }

    #[test]
    fn a_spread_is_used_from_end_to_end_and_every_strike_comes() {
        let spread = LatencyRange { from: Duration::from_millis(3), to: Duration::from_millis(5) };
        let mut rng = FaultRng::new(1);
        let calls: Vec<_> = (0..100).map(|_| rng.call(&["do"])).collect();
        let mut seen: Vec<_> = calls.iter().map(|call| call.time(spread).as_millis()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [3, 4, 5]);
        let strikes: Vec<_> = calls.iter().map(|call| call.strike(Strikes::Any)).collect();
        assert!([Strike::Before, Strike::Instead, Strike::After].iter().all(|strike| strikes.contains(strike)));
    }
}
