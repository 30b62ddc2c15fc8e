//! One task for each event, polled when it begins and when one of its ops is answered.

use super::imports;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

type Task = Boxed<()>;
type Slot = Rc<RefCell<Option<Vec<u8>>>>;

#[derive(Default)]
struct Runtime {
    tasks: BTreeMap<u32, Task>,
    /// Ops without an answer, and whose they are.
    ops: BTreeMap<u32, (u32, Slot)>,
    last_op: u32,
    current: u32,
}

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::default();
}

pub(crate) fn current_task() -> u32 {
    RUNTIME.with_borrow(|rt| rt.current)
}

pub(super) fn start(task: u32, future: impl Future<Output = ()> + 'static) {
    poll(task, Box::pin(future));
}

pub(super) fn resume(op: u32, answer: Vec<u8>) {
    let Some((task, slot)) = RUNTIME.with_borrow_mut(|rt| rt.ops.remove(&op)) else { return };
    *slot.borrow_mut() = Some(answer);
    if let Some(future) = RUNTIME.with_borrow_mut(|rt| rt.tasks.remove(&task)) {
        poll(task, future);
    }
}

/// What a task began goes on although nobody waits for its answer, so a task with ops under way is left alone.
pub(super) fn abort(task: u32) {
    let idle = RUNTIME.with_borrow(|rt| rt.ops.values().all(|(owner, _)| *owner != task));
    if idle && RUNTIME.with_borrow_mut(|rt| rt.tasks.remove(&task)).is_some() {
        imports::done(task);
    }
}

pub(super) fn live() -> (u32, u32) {
    RUNTIME.with_borrow(|rt| (rt.tasks.len() as u32, rt.ops.len() as u32))
}

fn poll(id: u32, mut task: Task) {
    RUNTIME.with_borrow_mut(|rt| rt.current = id);
    // An answer polls the task that it is for, so nothing has to be woken.
    if task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        RUNTIME.with_borrow_mut(|rt| rt.tasks.insert(id, task));
    } else {
        drop(task);
        imports::done(id);
    }
}

/// A binding call under way.
pub(super) struct Op(Slot);

impl Op {
    pub(super) fn begin(frame: &[u8]) -> Self {
        let slot = Slot::default();
        let (task, op) = RUNTIME.with_borrow_mut(|rt| {
            rt.last_op = rt.last_op.wrapping_add(1).max(1);
            rt.ops.insert(rt.last_op, (rt.current, slot.clone()));
            (rt.current, rt.last_op)
        });
        if let Some(answer) = imports::op(task, op, frame) {
            RUNTIME.with_borrow_mut(|rt| rt.ops.remove(&op));
            *slot.borrow_mut() = Some(answer);
        }
        Self(slot)
    }
}

impl Future for Op {
    type Output = Vec<u8>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Vec<u8>> {
        self.0.borrow_mut().take().map_or(Poll::Pending, Poll::Ready)
    }
}

/// All of some futures, together; their outputs in their order.
pub(crate) struct Join<T>(Vec<Result<T, Boxed<T>>>);

type Boxed<T> = Pin<Box<dyn Future<Output = T>>>;

impl<T> Join<T> {
    pub(crate) fn new(futures: impl IntoIterator<Item = Boxed<T>>) -> Self {
        Self(futures.into_iter().map(Err).collect())
    }
}

impl<T: Clone + Unpin> Future for Join<T> {
    type Output = Vec<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Vec<T>> {
        for part in &mut self.0 {
            if let Err(future) = part
                && let Poll::Ready(output) = future.as_mut().poll(context)
            {
                *part = Ok(output);
            }
        }
        let ready: Vec<_> = self.0.iter().filter_map(|part| part.as_ref().ok().cloned()).collect();
        if ready.len() == self.0.len() { Poll::Ready(ready) } else { Poll::Pending }
    }
}
