//! A small single-threaded executor: one task for each event, driven by the answers to its ops.

use super::host::Host;
use std::{
    cell::RefCell,
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
};

struct Task {
    host: &'static dyn Host,
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
pub(crate) fn start(host: &'static dyn Host, task: u32, future: impl Future<Output = ()> + 'static) {
    let waker = Waker::from(Arc::new(WakeTask(task)));
    poll(task, Task { host, future: Box::pin(future), waker });
    run_woken();
}

/// Takes the answer to an op and polls the task that waits for it. An op that nobody waits for is ignored.
pub fn resume(op: u32, answer: Vec<u8>) {
    let Some((task, slot)) = with(|rt| rt.ops.remove(&op)) else { return };
    *slot.borrow_mut() = Some(answer);
    poll_by_id(task);
    run_woken();
}

/// The client went away. A task with an op under way is left to end by itself: what it began must not be half done.
pub(crate) fn abort(task: u32) {
    let dropped = with(|rt| {
        let busy = rt.ops.values().any(|(owner, _)| *owner == task);
        if busy { None } else { rt.tasks.remove(&task) }
    });
    if let Some(Task { host, future, .. }) = dropped {
        drop(future);
        host.done(task);
    }
}

pub(crate) fn live_tasks() -> u32 {
    with(|rt| rt.tasks.len() as u32)
}

pub(crate) fn live_ops() -> u32 {
    with(|rt| rt.ops.len() as u32)
}

fn run_woken() {
    while let Some(task) = with(|rt| rt.woken.pop()) {
        poll_by_id(task);
    }
}

fn poll_by_id(id: u32) {
    if let Some(task) = with(|rt| rt.tasks.remove(&id)) {
        poll(id, task);
    }
}

/// The task is out of the table while it runs, so that it may issue ops and wake others.
fn poll(id: u32, mut task: Task) {
    with(|rt| rt.current = id);
    let outcome = task.future.as_mut().poll(&mut Context::from_waker(&task.waker));
    if outcome.is_pending() {
        with(|rt| rt.current = 0);
        with(|rt| rt.tasks.insert(id, task));
    } else {
        let Task { host, future, .. } = task;
        drop(future);
        with(|rt| rt.current = 0);
        host.done(id);
    }
}

/// A binding call. Dropped before its answer, it is cancelled.
pub(crate) struct Op {
    host: &'static dyn Host,
    id: u32,
    answer: Answer,
}

enum Answer {
    AtOnce(Vec<u8>),
    Later(Slot),
    Taken,
}

impl Op {
    /// Begins the call now, not at the first poll.
    pub(crate) fn begin(host: &'static dyn Host, frame: &[u8]) -> Self {
        let (task, id) = with(|rt| {
            rt.next_op = rt.next_op.wrapping_add(1).max(1);
            (rt.current, rt.next_op)
        });
        let answer = match host.op(task, id, frame) {
            Some(answer) => Answer::AtOnce(answer),
            None => {
                let slot = Slot::default();
                with(|rt| rt.ops.insert(id, (task, slot.clone())));
                Answer::Later(slot)
            }
        };
        Self { host, id, answer }
    }
}

impl Future for Op {
    type Output = Vec<u8>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Vec<u8>> {
        // `resume` polls the owning task itself, so no waker is kept.
        let answer = match &mut self.answer {
            Answer::AtOnce(answer) => std::mem::take(answer),
            Answer::Later(slot) => match slot.take() {
                Some(answer) => answer,
                None => return Poll::Pending,
            },
            Answer::Taken => return Poll::Pending,
        };
        self.answer = Answer::Taken;
        Poll::Ready(answer)
    }
}

impl Drop for Op {
    fn drop(&mut self) {
        if matches!(self.answer, Answer::Later(_)) && with(|rt| rt.ops.remove(&self.id)).is_some() {
            self.host.cancel(self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::Level;
    use std::cell::Cell;

    thread_local! {
        static CANCELLED: Cell<u32> = const { Cell::new(0) };
        static DONE: Cell<u32> = const { Cell::new(0) };
    }

    /// Answers what asks for `now` at once.
    struct Recorder;

    impl Host for Recorder {
        fn op(&self, _: u32, _: u32, frame: &[u8]) -> Option<Vec<u8>> {
            (frame == b"now").then(|| b"at once".to_vec())
        }
        fn cancel(&self, op: u32) {
            CANCELLED.set(op);
        }
        fn respond(&self, _: u32, _: &[u8]) {}
        fn done(&self, task: u32) {
            DONE.set(task);
        }
        fn call(&self, _: &[u8]) -> Vec<u8> {
            Vec::new()
        }
        fn env(&self, _: &str) -> Vec<u8> {
            Vec::new()
        }
        fn binding(&self, _: &str) -> Vec<u8> {
            Vec::new()
        }
        fn now(&self) -> f64 {
            0.0
        }
        fn random(&self, _: &mut [u8]) {}
        fn log(&self, _: Level, _: &str) {}
    }

    static HOST: &Recorder = &Recorder;

    #[test]
    fn an_answer_resumes_the_task_that_asked() {
        start(HOST, 7, async {
            assert_eq!(Op::begin(HOST, b"").await, b"answer");
        });
        assert_eq!((live_tasks(), live_ops()), (1, 1));
        resume(99, b"for nobody".to_vec());
        resume(1, b"answer".to_vec());
        assert_eq!((live_tasks(), live_ops(), DONE.get()), (0, 0, 7));
    }

    #[test]
    fn an_answer_at_once_suspends_nothing_and_a_resume_of_it_is_ignored() {
        start(HOST, 3, async {
            assert_eq!(Op::begin(HOST, b"now").await, b"at once");
            drop(Op::begin(HOST, b"now"));
            assert_eq!(Op::begin(HOST, b"later").await, b"later");
        });
        assert_eq!((live_tasks(), live_ops(), CANCELLED.get()), (1, 1, 0));
        resume(1, b"twice".to_vec());
        assert_eq!(live_tasks(), 1);
        resume(3, b"later".to_vec());
        assert_eq!((live_tasks(), DONE.get()), (0, 3));
    }

    #[test]
    fn an_op_that_is_dropped_is_cancelled_and_an_abort_spares_what_is_under_way() {
        start(HOST, 1, async {
            drop(Op::begin(HOST, b""));
            Op::begin(HOST, b"").await;
        });
        assert_eq!(CANCELLED.get(), 1);
        abort(1);
        assert_eq!(live_tasks(), 1);
        resume(2, Vec::new());
        assert_eq!((live_tasks(), DONE.get()), (0, 1));
    }
}
