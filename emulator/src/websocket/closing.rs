//! With what a WebSocket may be closed, and with what one was.

/// Bytes of a close frame's reason (RFC 6455, 5.5: a control frame has 125, two are the code).
pub(crate) const MAX_REASON_BYTES: usize = 123;

/// The end of a connection, as the object is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    pub(crate) code: u16,
    pub(crate) reason: String,
    pub(crate) clean: bool,
}

impl Closed {
    /// The connection ended without a close frame: workerd's code and text.
    pub(crate) fn lost() -> Self {
        Self { code: 1006, reason: "WebSocket disconnected without sending Close frame.".to_owned(), clean: false }
    }
}

/// Why a WebSocket cannot be closed so; the platform's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CloseError {
    #[error("Invalid WebSocket close code: {0}.")]
    Code(i64),
    #[error("If you specify a WebSocket close reason, you must also specify a code.")]
    ReasonAlone,
    #[error("WebSocket close reason must not be longer than 123 bytes when UTF-8 encoded.")]
    Reason,
}

impl CloseError {
    /// The name of the error's class.
    pub(crate) fn class(&self) -> &'static str {
        match self {
            Self::Code(_) | Self::ReasonAlone => "InvalidAccessError",
            Self::Reason => "SyntaxError",
        }
    }
}

/// Checks what `close()` was given. An empty `code` is none; others are numbers of JavaScript, of which the platform takes the integer part.
///
/// # Errors
/// If the platform refuses them.
pub(crate) fn check_close(code: &str, reason: &str) -> Result<Option<u16>, CloseError> {
    let code = if code.is_empty() {
        if !reason.is_empty() {
            return Err(CloseError::ReasonAlone);
        }
        None
    } else {
        let code = integer(code);
        Some(may_close_with(code).ok_or(CloseError::Code(code))?)
    };
    if reason.len() > MAX_REASON_BYTES { Err(CloseError::Reason) } else { Ok(code) }
}

/// The integer part of a number, as JavaScript has it: 0 for what is none.
#[expect(clippy::cast_possible_truncation, reason = "a number beyond the integers is cut off at their ends")]
fn integer(text: &str) -> i64 {
    text.parse::<f64>().map_or(0, |number| number as i64)
}

/// The code, if an application may close with it.
fn may_close_with(code: i64) -> Option<u16> {
    let code = u16::try_from(code).ok()?;
    (matches!(code, 1000..=4999) && !matches!(code, 1004 | 1005 | 1006 | 1015)).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_reasons_are_those_that_the_platform_takes() {
        for code in ["1000", "1001", "1003", "1007", "3000", "4999"] {
            assert_eq!(check_close(code, "bye"), Ok(code.parse().ok()), "{code}");
        }
        for (code, told) in [
            ("0", "0"),
            ("999", "999"),
            ("1005.9", "1005"),
            ("1015", "1015"),
            ("5000", "5000"),
            ("-1", "-1"),
            ("NaN", "0"),
        ] {
            let error = check_close(code, "").unwrap_err();
            assert_eq!(error.to_string(), format!("Invalid WebSocket close code: {told}."));
            assert_eq!(error.class(), "InvalidAccessError");
        }
        assert_eq!(check_close("", ""), Ok(None));
        assert_eq!(check_close("", "bye"), Err(CloseError::ReasonAlone));
        assert_eq!(check_close("1000", &"é".repeat(61)), Ok(Some(1000)));
        assert_eq!(check_close("1000", &"é".repeat(62)), Err(CloseError::Reason));
    }
}
