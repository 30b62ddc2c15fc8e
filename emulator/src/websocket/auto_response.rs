//! Messages that are answered without waking an object.

use std::sync::Mutex;

use super::message::Message;
use crate::sync::lock;

/// Bytes of the request, and of the response (developers.cloudflare.com, "Durable Object State").
const MAX_BYTES: usize = 2_048;

/// What an object's sockets answer by themselves: a text that is exactly the request. It outlives the instance, not a reset.
#[derive(Debug, Default)]
pub(crate) struct AutoResponse(Mutex<Option<(Box<str>, Message)>>);

/// Why a pair is refused; the platform's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AutoResponseError {
    #[error("Request cannot be larger than {MAX_BYTES} bytes. A request of size {0} was provided.")]
    Request(usize),
    #[error("Response cannot be larger than {MAX_BYTES} bytes. A response of size {0} was provided.")]
    Response(usize),
}

impl AutoResponse {
    /// # Errors
    /// If one of the two is too large.
    pub(crate) fn set(&self, request: &str, response: &str) -> Result<(), AutoResponseError> {
        if request.len() > MAX_BYTES {
            return Err(AutoResponseError::Request(request.len()));
        }
        if response.len() > MAX_BYTES {
            return Err(AutoResponseError::Response(response.len()));
        }
        *lock(&self.0) = Some((request.into(), Message::text(response.to_owned())));
        Ok(())
    }

    pub(crate) fn unset(&self) {
        *lock(&self.0) = None;
    }

    /// The answer to a text, if there is one.
    pub(crate) fn answer(&self, text: &str) -> Option<Message> {
        lock(&self.0).as_ref().filter(|(request, _)| **request == *text).map(|(_, response)| response.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_answered_that_is_the_request_to_the_letter() {
        let pair = AutoResponse::default();
        assert_eq!(pair.answer("ping"), None);
        pair.set("ping", "pong").unwrap();
        assert_eq!(pair.answer("ping"), Some(Message::text("pong")));
        assert_eq!((pair.answer("Ping"), pair.answer("ping ")), (None, None));
        pair.unset();
        assert_eq!(pair.answer("ping"), None);
    }

    #[test]
    fn a_pair_that_is_too_large_is_refused_and_the_one_before_stays() {
        let (pair, most, more) = (AutoResponse::default(), "x".repeat(2_048), "x".repeat(2_049));
        pair.set(&most, &most).unwrap();
        assert_eq!(
            pair.set(&more, "").unwrap_err().to_string(),
            "Request cannot be larger than 2048 bytes. A request of size 2049 was provided."
        );
        assert_eq!(
            pair.set("", &more).unwrap_err().to_string(),
            "Response cannot be larger than 2048 bytes. A response of size 2049 was provided."
        );
        assert!(pair.answer(&most).is_some());
    }
}
