//! A small single-threaded executor: one task for each event, driven by the answers to its ops.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

/// What the executor asks of the host.
pub(crate) trait Host {
    fn op(task: u32, op: u32, frame: &[u8]);
    fn cancel(op: u32);
    fn done(task: u32);
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Waker,
}

/// Where the answer to an op arrives.
type Slot = Rc<RefCell<Option<Vec<u8>>>>;

#[derive(Default)]
struct Runtime {
    tasks: BTreeMap<u32, Task>,
    /// Ops without an answer, with the task that each belongs to.
    ops: BTreeMap<u32, (u32, Slot)>,
    next_op: u32,
    /// The task that is being polled.
    current: u32,
    /// Tasks that another task woke. Only a Durable Object's tasks do that.
    woken: Vec<u32>,
}

thread_local! {
    static RUNTIME: RefCell<Runtime> = RefCell::default();
}

fn with<T>(f: impl FnOnce(&mut Runtime) -> T) -> T {
    RUNTIME.with_borrow_mut(f)
}

struct WakeTask(u32);

impl Wake for WakeTask {
    fn wake(self: Arc<Self>) {
        with(|rt| rt.woken.push(self.0));
    }
}

/// The task that is being polled.
pub(crate) fn current_task() -> u32 {
    with(|rt| rt.current)
}

/// Begins a task and polls it.
pub(crate) fn start<H: Host>(task: u32, future: impl Future<Output = ()> + 'static) {
    let waker = Waker::from(Arc::new(WakeTask(task)));
    poll::<H>(task, Task { future: Box::pin(future), waker });
    run_woken::<H>();
}

/// Takes the answer to an op and polls the task that waits for it. An op that nobody waits for is ignored.
pub(crate) fn resume<H: Host>(op: u32, answer: Vec<u8>) {
    let Some((task, slot)) = with(|rt| rt.ops.remove(&op)) else { return };
    *slot.borrow_mut() = Some(answer);
    poll_by_id::<H>(task);
    run_woken::<H>();
}

/// The client went away. A task with an op under way is left to end by itself: what it began must not be half done.
pub(crate) fn abort<H: Host>(task: u32) {
    let dropped = with(|rt| {
        let busy = rt.ops.values().any(|(owner, _)| *owner == task);
        if busy { None } else { rt.tasks.remove(&task) }
    });
    if dropped.is_some() {
        H::done(task);
    }
}

pub(crate) fn live_tasks() -> u32 {
    with(|rt| rt.tasks.len() as u32)
}

pub(crate) fn live_ops() -> u32 {
    with(|rt| rt.ops.len() as u32)
}

fn run_woken<H: Host>() {
    while let Some(task) = with(|rt| rt.woken.pop()) {
        poll_by_id::<H>(task);
    }
}

fn poll_by_id<H: Host>(id: u32) {
    if let Some(task) = with(|rt| rt.tasks.remove(&id)) {
        poll::<H>(id, task);
    }
}

/// The task is out of the table while it runs, so that it may issue ops and wake others.
fn poll<H: Host>(id: u32, mut task: Task) {
    with(|rt| rt.current = id);
    let waker = task.waker.clone();
    let outcome = task.future.as_mut().poll(&mut Context::from_waker(&waker));
    with(|rt| rt.current = 0);
    if outcome.is_pending() {
        with(|rt| rt.tasks.insert(id, task));
    } else {
        drop(task);
        H::done(id);
    }
}

/// A binding call under way. Dropped before its answer, it is cancelled.
pub(crate) struct Op<H: Host> {
    id: u32,
    slot: Slot,
    host: std::marker::PhantomData<H>,
}

impl<H: Host> Op<H> {
    /// Begins the call now, not at the first poll.
    pub(crate) fn begin(frame: &[u8]) -> Self {
        let slot = Slot::default();
        let (task, id) = with(|rt| {
            rt.next_op = rt.next_op.wrapping_add(1).max(1);
            rt.ops.insert(rt.next_op, (rt.current, slot.clone()));
            (rt.current, rt.next_op)
        });
        H::op(task, id, frame);
        Self { id, slot, host: std::marker::PhantomData }
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }
}

impl<H: Host> Future for &mut Op<H> {
    type Output = Vec<u8>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Vec<u8>> {
        // `resume` polls the owning task itself, so no waker is kept.
        match self.slot.borrow_mut().take() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        }
    }
}

impl<H: Host> Drop for Op<H> {
    fn drop(&mut self) {
        if with(|rt| rt.ops.remove(&self.id)).is_some() {
            H::cancel(self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    thread_local! {
        static CANCELLED: Cell<u32> = const { Cell::new(0) };
        static DONE: Cell<u32> = const { Cell::new(0) };
    }

    struct TestHost;
    impl Host for TestHost {
        fn op(_: u32, _: u32, _: &[u8]) {}
        fn cancel(op: u32) {
            CANCELLED.set(op);
        }
        fn done(task: u32) {
            DONE.set(task);
        }
    }

    #[test]
    fn an_answer_resumes_the_task_that_asked() {
        start::<TestHost>(7, async {
            let mut op = Op::<TestHost>::begin(b"");
            assert_eq!((&mut op).await, b"answer");
        });
        assert_eq!((live_tasks(), live_ops()), (1, 1));
        resume::<TestHost>(99, b"for nobody".to_vec());
        resume::<TestHost>(1, b"answer".to_vec());
        assert_eq!((live_tasks(), live_ops(), DONE.get()), (0, 0, 7));
    }

    #[test]
    fn an_op_that_is_dropped_is_cancelled_and_an_abort_spares_what_is_under_way() {
        start::<TestHost>(1, async {
            drop(Op::<TestHost>::begin(b""));
            let mut op = Op::<TestHost>::begin(b"");
            (&mut op).await;
        });
        assert_eq!(CANCELLED.get(), 1);
        abort::<TestHost>(1);
        assert_eq!(live_tasks(), 1);
        resume::<TestHost>(2, Vec::new());
        assert_eq!((live_tasks(), DONE.get()), (0, 1));
    }
}
