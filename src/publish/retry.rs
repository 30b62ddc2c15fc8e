use super::{ApiCall, ApiRequest, ApiResponse, Progress, PublishError, Server, Step, TransportError, api};
use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

/// How often a call is made at most. With the waits below that is some ten seconds of patience.
const ATTEMPTS: u32 = 6;
/// The same for the calls before and after the uploads, where a person waits for an answer.
const ATTEMPTS_SHORT: u32 = 3;
/// The first wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// No wait is longer, whatever the server asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Calls until there is an answer that a further call would not change, and returns it: any status but one that
/// passes (408, 429, 5xx). A commit that may have happened is never made again.
pub(super) async fn call<S: Server>(
    server: &S,
    call: ApiCall,
    request: &ApiRequest,
    progress: &dyn Progress,
) -> Result<ApiResponse, PublishError> {
    let attempts = if matches!(call, ApiCall::Upload(_)) { ATTEMPTS } else { ATTEMPTS_SHORT };
    let mut attempt = 1;
    loop {
        let result = server.call(request.clone()).await;
        if attempt == attempts || !may_repeat(call, &result) {
            return result.map_err(|source| PublishError::Transport { call, source });
        }
        let (reason, asked) = match &result {
            Ok(response) => (api::refusal(response).to_string(), retry_after(response)),
            Err(error) => (error.to_string(), None),
        };
        let wait = asked.unwrap_or_else(|| back_off(attempt, random())).min(LONGEST_WAIT);
        progress.on(&Step::Retrying { call, reason: &reason, wait });
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}

fn may_repeat(call: ApiCall, result: &Result<ApiResponse, TransportError>) -> bool {
    match result {
        Err(error) => error.is_transient() && (call != ApiCall::Commit || error.is_unsent()),
        // Too many requests: the server says that it did nothing.
        Ok(response) if response.status == 429 => true,
        Ok(response) if call == ApiCall::Commit || api::is_final(response) => false,
        Ok(response) => response.status == 408 || response.status >= 500,
    }
}

/// Half of the wait is fixed and half is chance, so that clients that failed together do not come back together.
fn back_off(attempt: u32, random: u64) -> Duration {
    let whole = FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(10)).min(LONGEST_WAIT);
    let half = whole / 2;
    half + half.mul_f64((random >> 11) as f64 / (1u64 << 53) as f64)
}

fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// `Retry-After` in seconds; its other form, a date, is not worth a parser here.
fn retry_after(response: &ApiResponse) -> Option<Duration> {
    response.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_differ_by_chance() {
        assert_eq!(back_off(1, 0), FIRST_WAIT / 2);
        assert_eq!(back_off(2, 0), FIRST_WAIT);
        assert!(back_off(1, u64::MAX) <= FIRST_WAIT && back_off(1, u64::MAX) > FIRST_WAIT / 2);
        assert!(back_off(40, u64::MAX) <= LONGEST_WAIT);
    }

    #[test]
    fn a_commit_that_may_have_happened_is_not_repeated() {
        let server = String::from("https://x");
        let lost = Err(TransportError::Lost { server: server.clone(), reason: String::new() });
        let refused = Err(TransportError::Refused { server });
        let status = |status| Ok(ApiResponse { status, ..ApiResponse::default() });
        assert!(!may_repeat(ApiCall::Commit, &lost));
        assert!(may_repeat(ApiCall::Begin, &lost));
        assert!(may_repeat(ApiCall::Commit, &refused));
        assert!(!may_repeat(ApiCall::Commit, &status(502)));
        assert!(may_repeat(ApiCall::Commit, &status(429)));
        for (again, final_) in [(500, 400), (503, 401), (408, 413), (429, 302)] {
            assert!(may_repeat(ApiCall::Begin, &status(again)));
            assert!(!may_repeat(ApiCall::Begin, &status(final_)));
        }
    }
}
