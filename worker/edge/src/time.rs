//! Times as text, and how long something is ago.

/// Whether `ms` have passed since a time. The clock is that of the wall and may be set: a time that lies ahead is taken as one that has
/// passed, so that nothing waits for the clock to come back to it.
#[must_use]
pub const fn has_passed(since_ms: u64, now_ms: u64, ms: u64) -> bool {
    now_ms < since_ms || now_ms - since_ms >= ms
}

/// Whether a time has come that lay at most `most` ahead when it was chosen. One that lies further ahead was chosen by another clock, and
/// has come.
#[must_use]
pub const fn is_due(at_ms: u64, now_ms: u64, most: u64) -> bool {
    at_ms <= now_ms || at_ms - now_ms > most
}

/// RFC 3339 in UTC with milliseconds, as JavaScript's `toISOString` writes it.
#[must_use]
pub fn rfc3339(ms: u64) -> String {
    let (days, ms_of_day) = (ms / 86_400_000, ms % 86_400_000);
    let (year, month, day) = civil(days);
    let (seconds, millis) = (ms_of_day / 1000, ms_of_day % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Days since 1970-01-01 as year, month, day, counted in years that begin in March so that the leap day is a year's last.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;
    const YEAR: u64 = 365 * DAY;

    #[test]
    fn a_clock_that_is_set_delays_nothing() {
        let noon = 20_000 * DAY;
        assert!(!has_passed(noon, noon, 10) && !has_passed(noon, noon + 9, 10) && has_passed(noon, noon + 10, 10));
        assert!(has_passed(noon, noon - DAY, 10) && has_passed(noon, noon + YEAR, 10) && has_passed(noon, 0, 10));
        assert!(!has_passed(noon, noon + 1, u64::MAX) && has_passed(u64::MAX, 0, u64::MAX));

        assert!(!is_due(noon + 90, noon, 90) && is_due(noon, noon, 90));
        assert!(is_due(noon + 90, noon + YEAR, 90), "the clock went on");
        assert!(is_due(noon + 90, noon - DAY, 90), "the clock went back");
        assert!(is_due(u64::MAX, 0, 90) && is_due(0, u64::MAX, 90));
    }

    #[test]
    fn leap_days_and_year_ends_are_right() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_767_225_599_000, "2025-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(ms), text);
        }
    }
}
