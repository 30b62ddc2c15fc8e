//! Parses the words of a plan, such as `kv-lag=60s`.

use super::plan::{LatencyRange, Plan, Rate, Strikes};
use std::time::Duration;

/// The longest time that a fault may take: what is longer is a slip of the keyboard.
pub const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How alike two names must be before one is suggested (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.75;
/// How much of a name is shown of one that is not known.
const SHOWN_CHARS: usize = 40;

/// A setting: its name, and what a value looks like.
struct Setting {
    name: &'static str,
    example: &'static str,
    set: fn(&mut Plan, &str) -> Option<()>,
}

const SETTINGS: [Setting; 13] = [
    Setting { name: "kv-lag", example: "60s", set: |plan, value| set(&mut plan.kv_lag, time(value)) },
    Setting { name: "kv-error", example: "1%", set: |plan, value| set(&mut plan.kv_error, rate(value)) },
    Setting { name: "kv-latency", example: "20ms", set: |plan, value| set(&mut plan.kv_latency, latency(value)) },
    Setting { name: "kv-write-rate", example: "on", set: |plan, value| set(&mut plan.kv_write_rate, switch(value)) },
    Setting { name: "r2-error", example: "1%", set: |plan, value| set(&mut plan.r2_error, rate(value)) },
    Setting { name: "r2-latency", example: "10ms..50ms", set: |plan, value| set(&mut plan.r2_latency, latency(value)) },
    Setting { name: "do-error", example: "1%", set: |plan, value| set(&mut plan.do_error, rate(value)) },
    Setting { name: "do-latency", example: "20ms", set: |plan, value| set(&mut plan.do_latency, latency(value)) },
    Setting { name: "do-evict", example: "5s", set: |plan, value| set(&mut plan.do_evict, time(value).map(Some)) },
    Setting { name: "socket-drop", example: "0.5%", set: |plan, value| set(&mut plan.socket_drop, rate(value)) },
    Setting { name: "alarm-late", example: "10s", set: |plan, value| set(&mut plan.alarm_late, time(value)) },
    Setting { name: "strikes", example: "after", set: |plan, value| set(&mut plan.strikes, strikes(value)) },
    Setting { name: "seed", example: "7", set: |plan, value| set(&mut plan.seed, value.parse().ok()) },
];

/// Why words are no faults.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No such fault.
    #[error("there is no fault `{name}`")]
    Unknown {
        /// As it was written.
        name: String,
        /// One that is written much like it.
        nearest: Option<&'static str>,
    },
    /// The value is none, or one of another kind.
    #[error("`{name}` cannot be `{value}`")]
    Value {
        /// The fault.
        name: &'static str,
        /// What it was to be.
        value: String,
        /// What it could be.
        example: &'static str,
    },
    /// Asked for twice.
    #[error("`{name}` is given twice")]
    Twice {
        /// The fault.
        name: &'static str,
    },
}

impl FaultError {
    /// What could be done about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`? {}", known()),
            Self::Unknown { nearest: None, .. } => known(),
            Self::Value { name, example, .. } => {
                let kind = match *example {
                    "on" => "it is on or off",
                    "after" => "it is before, instead, after or any",
                    example if example.ends_with('%') => "it is a share of all calls, from 0% to 100%",
                    example if example.ends_with("ms") => "it is a time up to a day, or two with .. between them",
                    example if example.ends_with('s') => "it is a time up to a day",
                    _ => "it is a whole number",
                };
                format!("{kind}: `{name}={example}`")
            }
            Self::Twice { .. } => "leave one out".to_owned(),
        }
    }
}

fn known() -> String {
    let words: Vec<String> = SETTINGS.iter().map(|setting| format!("{}={}", setting.name, setting.example)).collect();
    format!("known are {}", words.join(", "))
}

/// Reads words like `kv-lag=60s`, each for itself or several with commas between them.
pub(super) fn parse<S: AsRef<str>>(words: &[S]) -> Result<Plan, FaultError> {
    let mut plan = Plan::default();
    let mut given: Vec<&'static str> = Vec::new();
    let words = words.iter().flat_map(|word| word.as_ref().split(',')).map(str::trim).filter(|word| !word.is_empty());
    for word in words {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else { return Err(unknown(name)) };
        if given.contains(&setting.name) {
            return Err(FaultError::Twice { name: setting.name });
        }
        given.push(setting.name);
        // A switch that is named is on.
        let value = value.unwrap_or(if setting.example == "on" { "on" } else { "" });
        (setting.set)(&mut plan, value).ok_or_else(|| FaultError::Value {
            name: setting.name,
            value: value.to_owned(),
            example: setting.example,
        })?;
    }
    Ok(plan)
}

fn strikes(word: &str) -> Option<Strikes> {
    Strikes::WORDS.iter().find(|(name, _)| *name == word).map(|(_, strikes)| *strikes)
}

fn unknown(name: &str) -> FaultError {
    let nearest = SETTINGS
        .iter()
        .map(|setting| (strsim::jaro_winkler(name, setting.name), setting.name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name);
    FaultError::Unknown { name: name.chars().take(SHOWN_CHARS).collect(), nearest }
}

fn set<T>(place: &mut T, value: Option<T>) -> Option<()> {
    *place = value?;
    Some(())
}

fn time(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    humantime::parse_duration(text).ok().filter(|time| *time <= MAX_TIME)
}

fn latency(text: &str) -> Option<LatencyRange> {
    match text.split_once("..") {
        None => time(text).map(LatencyRange::exactly),
        Some((from, to)) => {
            let (from, to) = (time(from)?, time(to)?);
            (from <= to).then_some(LatencyRange { from, to })
        }
    }
}

fn rate(text: &str) -> Option<Rate> {
    let number = text.strip_suffix('%')?;
    if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    Rate::percent(number.parse().ok()?)
}

fn switch(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_knob_reads_its_own_example_and_writes_it_again() {
        for setting in SETTINGS {
            let word = format!("{}={}", setting.name, setting.example);
            let plan = parse(&[&word]).unwrap();
            assert_ne!(plan, Plan::default(), "{word}");
            let written = plan.to_string();
            assert_eq!(written.trim_end_matches("=on"), word.trim_end_matches("=on").replace("60s", "1m"));
            assert_eq!(parse(&[written]).unwrap(), plan);
        }
    }

    #[test]
    fn words_may_stand_alone_or_with_commas_in_any_order() {
        let one = parse(&["seed=7,kv-lag=60s", "r2-latency=10ms..50ms"]).unwrap();
        let other = parse(&["r2-latency=10ms..50ms", " kv-lag=1m , seed=7", ""]).unwrap();
        assert_eq!(one, other);
        assert_eq!(one.to_string(), "kv-lag=1m,r2-latency=10ms..50ms,seed=7");
        assert!(parse::<&str>(&[]).unwrap().is_empty());
        assert!(parse(&["kv-write-rate"]).unwrap().kv_write_rate);
        assert!(parse(&["seed=9,kv-write-rate=off,kv-lag=0"]).unwrap().is_empty());
    }

    #[test]
    fn a_knob_that_is_not_there_is_named_with_the_nearest() {
        let error = parse(&["kv-lags=60s"]).unwrap_err();
        assert_eq!(error.to_string(), "there is no fault `kv-lags`");
        assert!(
            error.hint().starts_with("did you mean `kv-lag`? known are kv-lag=60s, kv-error=1%, "),
            "{}",
            error.hint()
        );
        let error = parse(&["zzz"]).unwrap_err();
        assert!(error.hint().starts_with("known are "), "{}", error.hint());
    }

    #[test]
    fn a_value_of_another_kind_is_refused_with_an_example() {
        for (word, hint) in [
            ("kv-lag", "it is a time up to a day: `kv-lag=60s`"),
            ("kv-lag=60", "it is a time up to a day: `kv-lag=60s`"),
            ("kv-lag=25h", "it is a time up to a day: `kv-lag=60s`"),
            ("kv-lag=-1s", "it is a time up to a day: `kv-lag=60s`"),
            ("kv-error=1", "it is a share of all calls, from 0% to 100%: `kv-error=1%`"),
            ("kv-error=101%", "it is a share of all calls, from 0% to 100%: `kv-error=1%`"),
            ("kv-error=nan%", "it is a share of all calls, from 0% to 100%: `kv-error=1%`"),
            ("kv-error=-0.1%", "it is a share of all calls, from 0% to 100%: `kv-error=1%`"),
            ("do-latency=50ms..10ms", "it is a time up to a day, or two with .. between them: `do-latency=20ms`"),
            ("kv-write-rate=1", "it is on or off: `kv-write-rate=on`"),
            ("seed=x", "it is a whole number: `seed=7`"),
        ] {
            let error = parse(&[word]).unwrap_err();
            assert!(matches!(error, FaultError::Value { .. }), "{word}: {error}");
            assert_eq!(error.hint(), hint);
        }
        assert_eq!(parse(&["seed=1", "seed=2"]).unwrap_err().to_string(), "`seed` is given twice");
    }
}
