use crate::{
    Edge,
    http::{Request, Response},
    object::Reply,
};

/// A program for both hosts. Exported with [`export_worker!`](crate::export_worker), which names its classes of Durable Objects.
#[allow(async_fn_in_trait, reason = "one thread, no Send bounds wanted")]
pub trait Worker: 'static {
    /// Answers a client. Dropped before its end if the client goes away; [`Reply::rest`] runs when the answer is out.
    async fn fetch(edge: Edge, request: Request) -> Reply;

    /// Answers another Worker, or this one, that asks for an entrypoint by its name, with props as JSON (empty: none). By default there
    /// is none.
    async fn entrypoint(_edge: Edge, name: &str, _props: &str, _request: Request) -> Reply {
        Response::throw(format!("this Worker has no entrypoint {name}")).into()
    }
}
