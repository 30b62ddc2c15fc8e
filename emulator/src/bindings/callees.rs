//! Who can be called: objects and Workers, as their callers see them.

use std::sync::Arc;

use super::CallChain;
use super::completion::BoxFuture;
use crate::abi::error::GuestError;
use crate::abi::requests::{FetchRequest, FetchResponse, ObjectTarget};

/// A namespace of Durable Objects as its callers see it.
pub(crate) trait Objects: Send + Sync {
    /// Calls an object. The call goes on if the answer is not waited for. Calls are delivered in the order in which this is called.
    fn call(&self, call: ObjectCall) -> BoxFuture<Result<FetchResponse, GuestError>>;
    /// The id of the object with a name, in hex.
    fn id_of_name(&self, name: &str) -> String;
    /// A new id.
    fn unique_id(&self) -> Result<String, GuestError>;
    /// The id that a text is, if it is one of this namespace.
    fn parse_id(&self, text: &str) -> Result<String, GuestError>;
}

/// A call of an object.
#[derive(Debug)]
pub(crate) struct ObjectCall {
    pub(crate) target: ObjectTarget,
    pub(crate) request: FetchRequest,
    pub(crate) chain: CallChain,
}

/// A Worker as its callers see it.
pub(crate) trait WorkerService: Send + Sync {
    /// Calls an entrypoint. Dropping the future tells the Worker that its client has gone.
    fn call(self: Arc<Self>, call: WorkerCall) -> BoxFuture<Result<FetchResponse, GuestError>>;
}

/// A call of a Worker.
#[derive(Debug)]
pub(crate) struct WorkerCall {
    /// A named entrypoint; the default one if there is none.
    pub(crate) entrypoint: Option<String>,
    /// JSON text.
    pub(crate) props: Option<String>,
    pub(crate) request: FetchRequest,
    pub(crate) chain: CallChain,
}
