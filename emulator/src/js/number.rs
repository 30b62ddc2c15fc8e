//! Numbers of JavaScript: as integers of 32 bits, and as the platform writes them into its messages.

use super::ErrorClass;

/// A number that an integer of 32 bits cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Value out of range. Must be between {} and {} (inclusive).", i32::MIN, i32::MAX)]
pub struct OutOfRange;

impl OutOfRange {
    /// How it is thrown.
    #[must_use]
    pub const fn class(self) -> ErrorClass {
        ErrorClass::TypeError
    }
}

/// A number where the platform's API takes an `int`: the fraction is cut off, and what is no finite number is 0.
///
/// ```
/// use pmx_emulator::js::to_int;
///
/// assert_eq!(to_int(59.9), Ok(59));
/// assert_eq!(to_int(f64::NAN), Ok(0));
/// assert_eq!(
///     to_int(2_147_483_648.0).unwrap_err().to_string(),
///     "Value out of range. Must be between -2147483648 and 2147483647 (inclusive)."
/// );
/// ```
///
/// # Errors
/// If the number, with its fraction, is out of the range of the type.
pub fn to_int(number: f64) -> Result<i32, OutOfRange> {
    if !number.is_finite() {
        return Ok(0);
    }
    if (f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number) {
        // Truncates, which is what is asked for.
        #[allow(clippy::cast_possible_truncation)]
        return Ok(number as i32);
    }
    Err(OutOfRange)
}

/// The number of a property that is an index: objects list these first, in their order.
pub(crate) fn array_index(name: &str) -> Option<u32> {
    let index = name.parse().ok().filter(|index| *index < u32::MAX)?;
    // Not `01`, not `+1`.
    (name == u32::to_string(&index)).then_some(index)
}

/// A number as the platform's runtime, written in C++, puts it into a message: as `%g` does, with the fewest digits of 15 and 17 that tell
/// it, and no `+` before an exponent.
pub(crate) fn text(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let short = general(number, 15);
    if short.parse() == Ok(number) { short } else { general(number, 17) }
}

/// `%.<digits>g` of C, for a finite number.
fn general(number: f64, digits: usize) -> String {
    let scientific = format!("{number:.*e}", digits - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let precision = i32::try_from(digits).unwrap_or(i32::MAX);
    if (-4..precision).contains(&exponent) {
        let decimals = usize::try_from(precision - 1 - exponent).unwrap_or_default();
        return without_zeros(&format!("{number:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { "-" } else { "" };
    format!("{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs())
}

fn without_zeros(decimal: &str) -> &str {
    if decimal.contains('.') { decimal.trim_end_matches('0').trim_end_matches('.') } else { decimal }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_int_is_what_is_left_of_a_number() {
        for (number, int) in [
            (0.5, Some(0)),
            (-0.5, Some(0)),
            (59.9, Some(59)),
            (-1.9, Some(-1)),
            (f64::NAN, Some(0)),
            (f64::INFINITY, Some(0)),
            (f64::NEG_INFINITY, Some(0)),
            (2_147_483_647.0, Some(i32::MAX)),
            (2_147_483_647.5, None),
            (2_147_483_648.0, None),
            (-2_147_483_648.0, Some(i32::MIN)),
            (-2_147_483_648.5, None),
            (1e300, None),
        ] {
            assert_eq!(to_int(number).ok(), int, "{number}");
        }
    }

    #[test]
    fn an_index_is_a_number_in_its_shortest_form() {
        for (name, index) in [
            ("0", Some(0)),
            ("10", Some(10)),
            ("4294967294", Some(u32::MAX - 1)),
            ("4294967295", None),
            ("01", None),
            ("+1", None),
            ("-1", None),
            ("1.0", None),
            ("", None),
        ] {
            assert_eq!(array_index(name), index, "{name}");
        }
    }

    #[test]
    fn a_number_is_written_as_the_platform_s_runtime_writes_it() {
        for (number, expected) in [
            (-1.0, "-1"),
            (1.5, "1.5"),
            (-0.1, "-0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (-123_456_789.123, "-123456789.123"),
            (1e-4, "0.0001"),
            (1e-7, "1e-07"),
            (123_456.0, "123456"),
            (-1e14, "-100000000000000"),
            (-1e15, "-1e15"),
            (-1e21, "-1e21"),
            (-1e100, "-1e100"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(text(number), expected);
        }
    }
}
