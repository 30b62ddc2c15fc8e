//! Dates as text.

use std::time::UNIX_EPOCH;

const DAY_MS: i64 = 86_400_000;

/// A date of a header, in milliseconds since 1970: one of HTTP's three forms, ISO 8601 (a date alone is at midnight UTC),
/// or a number alone, as in `Expires: 0`. `None` for other text; V8 understands more of that, in ways that no standard tells.
#[must_use]
pub fn parse_date(text: &str) -> Option<i64> {
    let text = text.trim();
    let Ok(time) = httpdate::parse_http_date(text) else {
        return before_1970(text).or_else(|| iso(text)).or_else(|| alone(text));
    };
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_millis()).ok())
}

/// HTTP's preferred form for the years that `httpdate` does not know.
fn before_1970(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, date) = text.split_once(", ")?;
    let mut parts = date.strip_suffix(" GMT")?.split(' ');
    let (day, month, year, clock) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    iso(&format!("{year}-{month:02}-{day}T{clock}Z"))
}

/// A number alone, of which V8 makes the first day of a month of 2001, or of a year: of two digits, from 1950 to 2049; of fewer than six.
fn alone(text: &str) -> Option<i64> {
    if text.len() > 5 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, month) = match text.parse::<i64>().ok()? {
        month @ 1..=12 => (2001, month),
        13..=31 => return None,
        year @ (0 | 32..=49) => (2000 + year, 1),
        year @ 50..=99 => (1900 + year, 1),
        year => (year, 1),
    };
    Some(days_since_1970(year, month, 1) * DAY_MS)
}

/// `YYYY[-MM[-DD]]`, `THH:MM[:SS[.fraction]]`, `Z` or an offset.
fn iso(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map_or(Some(1), |month| digits(month, 2))?;
    let day = parts.next().map_or(Some(1), |day| digits(day, 2))?;
    if parts.next().is_some() || !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    let time_ms = time.map_or(Some(0), time_of_day)?;
    Some(days_since_1970(year, month, day) * DAY_MS + time_ms)
}

/// Without an offset the time is taken as UTC: Workers run in that zone.
fn time_of_day(text: &str) -> Option<i64> {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, "Z"),
    };
    let offset_minutes = match offset.split_at_checked(1)? {
        ("Z", "") => 0,
        (sign, offset) => {
            let (hours, minutes) = offset.split_once(':')?;
            let minutes = digits(hours, 2)? * 60 + digits(minutes, 2)?;
            if sign == "-" { -minutes } else { minutes }
        }
    };
    let mut parts = clock.split(':');
    let (hours, minutes) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let (seconds, fraction) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (digits(seconds, 2)?, 0),
            Some((seconds, fraction)) => (digits(seconds, 2)?, milliseconds(fraction)?),
        },
    };
    if parts.next().is_some() || hours > 24 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(((hours * 60 + minutes - offset_minutes) * 60 + seconds) * 1000 + fraction)
}

fn milliseconds(fraction: &str) -> Option<i64> {
    let all_digits = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let first_three: String = fraction.chars().chain("00".chars()).take(3).collect();
    if all_digits { first_three.parse().ok() } else { None }
}

/// Exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    let valid = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let days_before_year = before * 365 + before / 4 - before / 100 + before / 400;
    let days_before_month: i64 = (1..month).map(|month| days_of(year, month)).sum();
    // 719,162 days lie between the first of January of the years 1 and 1970.
    days_before_year + days_before_month + day - 1 - 719_162
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_http_and_of_iso_8601_and_numbers_are_read_and_no_others() {
        for (text, ms) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Tue, 15 Nov 1994 08:12:31 GMT", Some(784_887_151_000)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(784_111_777_000)),
            ("Sun Nov  6 08:49:37 1994", Some(784_111_777_000)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", Some(-1_000)),
            ("Wed, 31 Dec 1969", None),
            ("1970", Some(0)),
            ("2000-03", Some(951_868_800_000)),
            ("2024-02-29", Some(1_709_164_800_000)),
            ("2023-02-29", None),
            ("1969-12-31T23:59:59.5Z", Some(-500)),
            ("1994-11-15T08:12:31Z", Some(784_887_151_000)),
            ("1994-11-15T09:12:31+01:00", Some(784_887_151_000)),
            ("1994-11-15T08:12", Some(784_887_120_000)),
            ("1994-11-15T08:12:31.1239Z", Some(784_887_151_123)),
            ("1994-11-15T08", None),
            ("1994-13-01", None),
            ("1994-1-1", None),
            ("1994-11-15T08:12:31.Z", None),
            ("0", Some(946_684_800_000)),
            ("12", Some(1_007_164_800_000)),
            ("13", None),
            ("31", None),
            ("32", Some(1_956_528_000_000)),
            ("99", Some(915_148_800_000)),
            ("100", Some(-59_011_459_200_000)),
            ("garbage", None),
            ("", None),
        ] {
            assert_eq!(parse_date(text), ms, "{text}");
        }
    }
}
