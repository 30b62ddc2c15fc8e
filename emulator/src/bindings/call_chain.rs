//! How far a request has gone from Worker to Worker and from object to object.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::abi::error::GuestError;

/// Calls that may be inside of each other, objects included (developers.cloudflare.com, "Limits": a request that loops is stopped at 16).
const MAX_DEPTH: u32 = 16;
/// Workers that one request may invoke through service bindings (same site, "Service bindings").
const MAX_INVOCATIONS: u32 = 32;

/// Where a task stands in the calls that a request has led to. The first has come from a client.
#[derive(Clone, Debug, Default)]
pub(crate) struct CallChain {
    depth: u32,
    /// Invocations of the whole request; made when the first is counted.
    invocations: Option<Arc<AtomicU32>>,
}

impl CallChain {
    /// The chain of what a task calls.
    pub(crate) fn call(&mut self) -> Result<Self, GuestError> {
        if self.depth >= MAX_DEPTH {
            return Err(GuestError::error(
                "Subrequest depth limit exceeded. This request recursed through Workers too many times. This can happen e.g. \
                 if you have a Worker or Durable Object that calls other Workers or objects recursively.",
            ));
        }
        // All that is called counts together.
        let invocations = Some(Arc::clone(self.invocations.get_or_insert_default()));
        Ok(Self { depth: self.depth + 1, invocations })
    }

    /// The same chain, in which invocations are counted from now on.
    pub(crate) fn counted(&mut self) -> Self {
        self.invocations.get_or_insert_default();
        self.clone()
    }

    /// As [`Self::call`], of a Worker through a service binding.
    pub(crate) fn invoke(&mut self) -> Result<Self, GuestError> {
        let invocations = self.invocations.get_or_insert_default();
        if invocations.fetch_add(1, Ordering::Relaxed) >= MAX_INVOCATIONS {
            return Err(GuestError::error("Too many Worker invocations. A request may invoke at most 32 Workers."));
        }
        self.call()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_called_invoke_counts_together() {
        let mut request = CallChain::default();
        let mut called: Vec<CallChain> = (0..4).map(|_| request.call().unwrap()).collect();
        for number in 0..MAX_INVOCATIONS {
            assert!(called[number as usize % 4].invoke().is_ok());
        }
        assert!(called[0].invoke().is_err());
    }
}
