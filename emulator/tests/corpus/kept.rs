//! What steps keep of their outcomes for later steps, and how outcomes of two runs become equal.
//!
//! The rules, in this order:
//!
//! 1. The field `cursor`, if it holds a text, is `<cursor>`: what is in one is its host's affair.
//! 2. A text that a step kept is `<its name>` wherever it stands, in later outcomes too. The fields `version` and `uploadId` that no step kept are
//!    `<version>` and `<uploadId>`.
//! 3. A number that is a time within ten days of the host's, in milliseconds or seconds, is `<time>`; if it lies more than three seconds off, the distance
//!    follows, in steps of five seconds (of a minute beyond 100 seconds): `<time+60s>`. So are such numbers inside of texts.
//!    So are dates as HTTP writes them. An alarm's `scheduledTime` is `<time>`, however long ago its first attempt was.
//! 4. The host's address is `<address>`.
//! 5. What an internal error refers to is `<reference>`.
//! 6. A number without a fraction is written as a whole one.

use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// Times further off than this are numbers like others.
const NEAR_MS: f64 = 10.0 * 86_400_000.0;
/// Distances below are what a run takes.
const SLACK_MS: f64 = 3000.0;
const GRAIN_MS: f64 = 5000.0;
/// Longer distances were set long ago, as a run goes.
const FAR_MS: f64 = 100_000.0;
const FAR_GRAIN_MS: f64 = 60_000.0;
/// Shorter texts may stand for something else too.
const SHORTEST_KEPT: usize = 6;
const REFERENCE: &str = "internal error; reference = ";
/// Fields of chance.
const UNKNOWABLE: [&str; 2] = ["version", "uploadId"];
/// Up to here an `f64` counts whole numbers.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

#[derive(Default)]
pub(crate) struct Kept(BTreeMap<String, Value>);

impl Kept {
    /// Keeps what the pointers of a step lead to.
    pub(crate) fn keep(&mut self, pointers: Option<&Value>, outcome: &Value) {
        for (name, pointer) in pointers.and_then(Value::as_object).into_iter().flatten() {
            let found = outcome.pointer(pointer.as_str().unwrap()).cloned().unwrap_or(Value::Null);
            self.0.insert(name.clone(), found);
        }
    }

    /// Puts what was kept where a step asks for it: `{"kept","plus"?,"as"?}`, and `${name}` in a text.
    pub(crate) fn fill(&self, written: &Value) -> Value {
        match written {
            Value::Object(fields) => match fields.get("kept").and_then(Value::as_str) {
                Some(name) => self.kept(name, fields),
                None => Value::Object(fields.iter().map(|(key, value)| (key.clone(), self.fill(value))).collect()),
            },
            Value::Array(items) => Value::Array(items.iter().map(|item| self.fill(item)).collect()),
            Value::String(text) if text.contains("${") => {
                Value::String(self.0.iter().fold(text.clone(), |text, (name, value)| {
                    text.replace(
                        &format!("${{{name}}}"),
                        &value.as_str().map_or_else(|| value.to_string(), str::to_owned),
                    )
                }))
            }
            _ => written.clone(),
        }
    }

    fn kept(&self, name: &str, how: &Map<String, Value>) -> Value {
        let found = self.0.get(name).cloned().unwrap_or(Value::Null);
        if how.get("as").and_then(Value::as_str) == Some("upper-case") {
            return json!(found.as_str().unwrap_or_default().to_ascii_uppercase());
        }
        #[allow(clippy::cast_possible_truncation, reason = "milliseconds since 1970")]
        let Some(number) = found.as_f64().map(|number| number as i64) else { return found };
        let number = number + how.get("plus").and_then(Value::as_i64).unwrap_or(0);
        match how.get("as").and_then(Value::as_str) {
            Some("http-date") => {
                let ms = u64::try_from(number).unwrap();
                json!(httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_millis(ms)))
            }
            _ => json!(number),
        }
    }

    pub(crate) fn normal(&self, outcome: Value, now_ms: i64, address: &str) -> Value {
        match outcome {
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(key, value)| {
                    let value = self.field(&key, value, now_ms, address);
                    (key, value)
                });
                // In the order of their names, whatever else was built along.
                Value::Object(fields.collect::<BTreeMap<_, _>>().into_iter().collect())
            }
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.normal(item, now_ms, address)).collect())
            }
            Value::String(text) => Value::String(self.normal_text(text, now_ms, address)),
            Value::Number(number) => {
                number.as_f64().map_or(Value::Number(number), |number| normal_number(number, now_ms))
            }
            other => other,
        }
    }

    fn field(&self, key: &str, value: Value, now_ms: i64, address: &str) -> Value {
        if key == "scheduledTime" && value.is_number() {
            return json!("<time>");
        }
        if key == "cursor" && value.is_string() {
            return json!("<cursor>");
        }
        let value = self.normal(value, now_ms, address);
        let is_chance = UNKNOWABLE.contains(&key) && value.as_str().is_some_and(|text| !text.starts_with('<'));
        if is_chance { json!(format!("<{key}>")) } else { value }
    }

    fn normal_text(&self, text: String, now_ms: i64, address: &str) -> String {
        let date =
            httpdate::parse_http_date(&text).ok().and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok());
        #[allow(clippy::cast_precision_loss, reason = "times are far below what an f64 holds exactly")]
        let date = date.and_then(|since| time(since.as_millis() as f64, now_ms as f64));
        date.unwrap_or_else(|| times_in(&without_reference(&self.text(text).replace(address, "<address>")), now_ms))
    }

    fn text(&self, text: String) -> String {
        let texts = self.0.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
        texts
            .filter(|(_, value)| value.len() >= SHORTEST_KEPT)
            .fold(text, |text, (name, value)| text.replace(value, &format!("<{name}>")))
    }
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "times and whole numbers that an f64 holds exactly"
)]
fn normal_number(number: f64, now_ms: i64) -> Value {
    if let Some(time) = time(number, now_ms as f64) {
        return json!(time);
    }
    if number.fract() == 0.0 && number.abs() <= LARGEST_WHOLE { json!(number as i64) } else { json!(number) }
}

/// A number as a time near `now_ms`, if it is one.
fn time(number: f64, now_ms: f64) -> Option<String> {
    for ms in [number, number * 1000.0] {
        let off = ms - now_ms;
        if off.abs() <= SLACK_MS {
            return Some("<time>".to_owned());
        }
        if off.abs() <= NEAR_MS {
            let grain = if off.abs() < FAR_MS { GRAIN_MS } else { FAR_GRAIN_MS };
            let seconds = (off / grain).round() * grain / 1000.0;
            return Some(format!("<time{seconds:+}s>"));
        }
    }
    None
}

/// `internal error; reference = ` is followed by what finds the error in a log.
fn without_reference(text: &str) -> String {
    let Some((before, after)) = text.split_once(REFERENCE) else { return text.to_owned() };
    let rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    format!("{before}{REFERENCE}<reference>{rest}")
}

/// A text in which the numbers that are times are written so.
#[allow(clippy::cast_precision_loss, reason = "times are far below what an f64 holds exactly")]
fn times_in(text: &str, now_ms: i64) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[start..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |len| start + len);
        out.push_str(&rest[..start]);
        let digits = &rest[start..end];
        let number = if matches!(digits.len(), 10 | 13) { digits.parse().ok() } else { None };
        out.push_str(&number.and_then(|number| time(number, now_ms as f64)).unwrap_or_else(|| digits.to_owned()));
        rest = &rest[end..];
    }
    out + rest
}
