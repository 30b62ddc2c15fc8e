//! The tasks of a stateless instance: which of them are alive, and who waits for their answers.

use tokio::sync::oneshot;

use crate::abi::error::{ErrorFlags, GuestError};
use crate::abi::requests::FetchResponse;
use crate::bindings::CallChain;
use crate::runtime::budget::CpuTime;
use crate::trace::Recorder;

/// Low bits of a task's id: its slot in the table. The bits above count how often the slot was used, so that what a guest says
/// about a task that has ended is not taken for its successor.
const INDEX_BITS: u32 = 20;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The instance trapped, in this task or in another.
    #[error("the Worker crashed while it handled this request")]
    Crashed,
    /// Nothing is left that could make the task answer.
    #[error("the Worker's code had hung and would never have answered")]
    Hung,
    /// The answer cannot be understood.
    #[error("the Worker gave an answer that is none")]
    Malformed,
    /// No instance can be made.
    #[error("the Worker cannot be started")]
    NotStarted,
    /// More tasks than ids.
    #[error("too many requests are under way")]
    TooMany,
    /// The Worker failed the event, or the platform did for it.
    #[error("the Worker threw an exception")]
    Thrown(GuestError),
}

impl Failure {
    /// What another Worker is told that called this one.
    pub(super) fn for_a_caller(self) -> GuestError {
        match self {
            Self::Thrown(error) => error.with(ErrorFlags::REMOTE),
            Self::Hung => GuestError::error(HUNG).with(ErrorFlags::REMOTE),
            Self::Crashed | Self::Malformed | Self::NotStarted => GuestError::error("internal error"),
            Self::TooMany => GuestError::error(self.to_string()).with(ErrorFlags::OVERLOADED),
        }
    }
}

/// The platform's text.
const HUNG: &str = "The Workers runtime canceled this request because it detected that your Worker's code had hung and would \
                    never generate a response. Refer to: https://developers.cloudflare.com/workers/observability/errors/";

pub(crate) type Outcome = Result<FetchResponse, Failure>;

/// Who waits for a task's answer.
pub(crate) enum Waiter {
    /// The caller that holds the isolate right now.
    Caller,
    /// A future that was returned to the caller.
    Future(oneshot::Sender<Outcome>),
    /// Nobody any more: it has been answered.
    Answered,
    /// Nobody any more: the client went away before the answer.
    ClientGone,
}

/// A task.
pub(crate) struct Task {
    pub(crate) waiter: Waiter,
    /// Whether it may be answered with a socket.
    pub(crate) wants_socket: bool,
    /// Ops that will still resume the task.
    pub(crate) pending: u32,
    pub(crate) chain: CallChain,
    pub(crate) recorder: Option<Recorder>,
    /// CPU time that it took.
    pub(crate) cpu_time: CpuTime,
}

impl Task {
    pub(crate) fn new(wants_socket: bool, chain: CallChain, recorder: Option<Recorder>) -> Self {
        Self { waiter: Waiter::Caller, wants_socket, pending: 0, chain, recorder, cpu_time: CpuTime::default() }
    }

    pub(crate) fn is_awaited(&self) -> bool {
        matches!(self.waiter, Waiter::Caller | Waiter::Future(_))
    }
}

/// Tasks by id.
#[derive(Default)]
pub(crate) struct Tasks {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

struct Slot {
    uses: u32,
    task: Option<Task>,
}

impl Tasks {
    /// Adds a task; `None` if there is no id left.
    pub(crate) fn insert(&mut self, task: Task) -> Option<u32> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(self.slots.len()).ok().filter(|index| *index < 1 << INDEX_BITS)?;
                self.slots.push(Slot { uses: 0, task: None });
                index
            }
        };
        let slot = &mut self.slots[index as usize];
        slot.uses = slot.uses.wrapping_add(1);
        slot.task = Some(task);
        Some(slot.uses << INDEX_BITS | index)
    }

    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Task> {
        self.slot(id)?.task.as_mut()
    }

    pub(crate) fn remove(&mut self, id: u32) -> Option<Task> {
        let task = self.slot(id)?.task.take()?;
        self.free.push(id & ((1 << INDEX_BITS) - 1));
        Some(task)
    }

    /// Removes all of them.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Task> {
        self.free.clear();
        std::mem::take(&mut self.slots).into_iter().filter_map(|slot| slot.task)
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    fn slot(&mut self, id: u32) -> Option<&mut Slot> {
        let slot = self.slots.get_mut((id & ((1 << INDEX_BITS) - 1)) as usize)?;
        (slot.uses & (u32::MAX >> INDEX_BITS) == id >> INDEX_BITS).then_some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_not_taken_for_that_of_a_task_that_ended() {
        let mut tasks = Tasks::default();
        let first = tasks.insert(Task::new(false, CallChain::default(), None)).unwrap();
        assert!(tasks.remove(first).is_some());
        let second = tasks.insert(Task::new(false, CallChain::default(), None)).unwrap();
        assert_ne!(first, second);
        assert!(tasks.get_mut(first).is_none());
        assert!(tasks.remove(first).is_none());
        assert!(tasks.get_mut(second).is_some());
        assert_eq!(tasks.len(), 1);
    }

    #[test]
    fn ids_survive_the_wrap_of_their_count() {
        let mut tasks = Tasks::default();
        for _ in 0..3 * (1 << (32 - INDEX_BITS)) {
            let id = tasks.insert(Task::new(false, CallChain::default(), None)).unwrap();
            assert!(tasks.remove(id).is_some());
        }
        assert_eq!(tasks.len(), 0);
    }
}
