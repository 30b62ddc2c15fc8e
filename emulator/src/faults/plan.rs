//! The faults that are to be injected, as values.

use std::{fmt, time::Duration};

/// Faults as one asks for them with words like `kv-lag=60s`. Written out it is those words again, in the order below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// A KV write is seen by readers only after this time.
    pub kv_lag: Duration,
    /// The share of a Worker's KV reads and writes that fail.
    pub kv_error: Rate,
    /// How much longer they take.
    pub kv_latency: LatencyRange,
    /// Whether a second write to a key within a second is refused.
    pub kv_write_rate: bool,
    /// The share of a Worker's R2 calls that fail.
    pub r2_error: Rate,
    /// How much longer they take.
    pub r2_latency: LatencyRange,
    /// The share of calls to Durable Objects that do not reach them.
    pub do_error: Rate,
    /// How much later their answers come.
    pub do_latency: LatencyRange,
    /// An idle Durable Object loses its instance after this time, instead of the platform's.
    pub do_evict: Option<Duration>,
    /// The share of messages to WebSocket clients that are lost with their connection.
    pub socket_drop: Rate,
    /// Alarms come this much late.
    pub alarm_late: Duration,
    /// When a failure strikes a call.
    pub strikes: Strikes,
    /// What chance begins with. Two runs with the same seed and the same calls fail in the same places: which call fails follows from its name,
    /// its key, and how often it was made before.
    pub seed: u64,
}

/// When a failure strikes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// Before its effect, at once: nothing was asked of the service.
    Before,
    /// In place of its effect: the service took its time, and failed.
    Instead,
    /// After its effect: the service did what it was asked for, and the answer got lost.
    After,
}

/// When failures strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strikes {
    /// Always so.
    Always(Strike),
    /// By chance.
    Any,
}

impl Default for Strikes {
    fn default() -> Self {
        Self::Always(Strike::Instead)
    }
}

impl Strikes {
    /// What one asks for them with.
    pub(super) const WORDS: [(&str, Self); 4] = [
        ("before", Self::Always(Strike::Before)),
        ("instead", Self::Always(Strike::Instead)),
        ("after", Self::Always(Strike::After)),
        ("any", Self::Any),
    ];
}

impl fmt::Display for Strikes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(_, strikes)| strikes == self).map_or("", |(word, _)| word);
        f.write_str(word)
    }
}

/// A share of all calls, exact to a millionth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u32);

/// All calls, in millionths.
pub(super) const ALL: u32 = 1_000_000;

/// A time, or any time between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LatencyRange {
    /// The shortest.
    pub from: Duration,
    /// The longest.
    pub to: Duration,
}

impl Plan {
    /// Whether it asks for nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { seed: self.seed, ..Self::default() }
    }
}

impl Rate {
    /// No call.
    pub const NONE: Self = Self(0);
    /// Every call.
    pub const ALL: Self = Self(ALL);

    /// A share in percent, from 0 to 100.
    #[must_use]
    pub fn percent(percent: f64) -> Option<Self> {
        if !(0.0..=100.0).contains(&percent) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most a million, and not negative"
        )]
        let millionths = (percent * f64::from(ALL / 100)).round() as u32;
        Some(Self(millionths))
    }

    pub(super) const fn millionths(self) -> u32 {
        self.0
    }
}

impl LatencyRange {
    /// Always the same time.
    #[must_use]
    pub const fn exactly(time: Duration) -> Self {
        Self { from: time, to: time }
    }

    pub(super) const fn is_zero(self) -> bool {
        self.to.is_zero()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", f64::from(self.0) / f64::from(ALL / 100))
    }
}

impl fmt::Display for LatencyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            write!(f, "{}", time(self.from))
        } else {
            write!(f, "{}..{}", time(self.from), time(self.to))
        }
    }
}

fn time(duration: Duration) -> String {
    // `1m 30s` would be two words on a command line.
    humantime::format_duration(duration).to_string().replace(' ', "")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let duration = |duration: Duration| (!duration.is_zero()).then(|| time(duration));
        let share = |share: Rate| (share != Rate::NONE).then(|| share.to_string());
        let spread = |spread: LatencyRange| (!spread.is_zero()).then(|| spread.to_string());
        let words = [
            ("kv-lag", duration(self.kv_lag)),
            ("kv-error", share(self.kv_error)),
            ("kv-latency", spread(self.kv_latency)),
            ("kv-write-rate", self.kv_write_rate.then(String::new)),
            ("r2-error", share(self.r2_error)),
            ("r2-latency", spread(self.r2_latency)),
            ("do-error", share(self.do_error)),
            ("do-latency", spread(self.do_latency)),
            ("do-evict", self.do_evict.map(time)),
            ("socket-drop", share(self.socket_drop)),
            ("alarm-late", duration(self.alarm_late)),
            ("strikes", (self.strikes != Strikes::default()).then(|| self.strikes.to_string())),
            ("seed", (self.seed != 0).then(|| self.seed.to_string())),
        ];
        let mut comma = "";
        for (setting, value) in words {
            match value.as_deref() {
                None => continue,
                Some("") => write!(f, "{comma}{setting}")?,
                Some(value) => write!(f, "{comma}{setting}={value}")?,
            }
            comma = ",";
        }
        Ok(())
    }
}
