//! The bodies and sockets that the tasks of an instance may name, by numbers that the host chooses.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::error::BodyError;
use super::limits::{MAX_HANDLES, MAX_UNREAD};
use super::payload::Payload;
use super::pipe::{PipeReader, PipeRoom, PipeWriter, pipe};
use super::reader::{PayloadReader, SharedReader};
use crate::websocket::ClientEnd;

/// The table of handles of an instance.
#[derive(Debug)]
pub(crate) struct Handles {
    held: HashMap<u32, Held>,
    next: u32,
    mode: Mode,
    /// Writers that have said their end, until that is let out.
    ended: Vec<PipeWriter>,
    /// Whether anything written waits to be let out.
    staged: bool,
}

/// What differs between the two kinds of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// A body is its task's, and what is written to it leaves at once.
    Stateless,
    /// Tasks may hand bodies to each other, and what is written leaves with [`Handles::release_written`].
    Object,
}

#[derive(Debug)]
struct Held {
    task: u32,
    thing: Thing,
}

#[derive(Debug)]
enum Thing {
    Body {
        body: Payload,
        /// It came from a binding.
        of_binding: bool,
    },
    /// A part of it was read.
    Read(SharedReader),
    Written {
        writer: PipeWriter,
        /// Until it is used.
        reader: Option<PipeReader>,
    },
    Socket(ClientEnd),
}

impl Handles {
    /// The table of an instance that is not a Durable Object's.
    pub(crate) fn of_stateless() -> Self {
        Self::new(Mode::Stateless)
    }

    /// The table of a Durable Object's instance.
    pub(crate) fn of_object() -> Self {
        Self::new(Mode::Object)
    }

    fn new(mode: Mode) -> Self {
        Self { held: HashMap::new(), next: 0, mode, ended: Vec::new(), staged: false }
    }

    /// Gives a handle to a body that comes with an event.
    pub(crate) fn insert(&mut self, task: u32, body: Payload) -> u32 {
        self.add(task, Thing::Body { body, of_binding: false })
    }

    /// Gives a handle to a body that a binding has answered with.
    pub(crate) fn insert_answer(&mut self, task: u32, body: Payload) -> u32 {
        self.add(task, Thing::Body { body, of_binding: true })
    }

    pub(crate) fn insert_socket(&mut self, task: u32, socket: ClientEnd) -> u32 {
        self.add(task, Thing::Socket(socket))
    }

    /// Whether a task may be given another body or socket of a binding.
    pub(crate) fn check_answer(&self, task: u32) -> Result<(), BodyError> {
        let (mut all, mut unread) = (0, 0);
        for held in self.held.values().filter(|held| held.task == task) {
            all += 1;
            unread += usize::from(matches!(held.thing, Thing::Body { of_binding: true, .. }));
        }
        if all >= MAX_HANDLES {
            Err(BodyError::TooManyHandles)
        } else if unread >= MAX_UNREAD {
            Err(BodyError::TooManyUnread)
        } else {
            Ok(())
        }
    }

    /// `body.new`.
    pub(crate) fn create(&mut self, task: u32, length: Option<u64>) -> Result<u32, BodyError> {
        if self.held.values().filter(|held| held.task == task).count() >= MAX_HANDLES {
            return Err(BodyError::TooManyHandles);
        }
        let (writer, reader) = pipe(length);
        Ok(self.add(task, Thing::Written { writer, reader: Some(reader) }))
    }

    /// Consumes a body.
    pub(crate) fn take_body(&mut self, task: u32, handle: u32) -> Result<Payload, BodyError> {
        match self.get(task, handle)? {
            Thing::Socket(_) => return Err(BodyError::Used),
            Thing::Written { writer, reader } => {
                let reader = reader.take().ok_or(BodyError::Used)?;
                writer.attached();
                return Ok(reader.into_payload());
            }
            Thing::Read(reader) if Arc::strong_count(reader) > 1 => return Err(BodyError::Locked),
            Thing::Body { .. } | Thing::Read(_) => {}
        }
        match self.held.remove(&handle).map(|held| held.thing) {
            Some(Thing::Body { body, .. }) => Ok(body),
            Some(Thing::Read(reader)) => {
                let reader = Arc::into_inner(reader).ok_or(BodyError::Locked)?;
                Ok(reader.into_inner().into_payload())
            }
            _ => Err(BodyError::Used),
        }
    }

    /// A body, to be read from.
    pub(crate) fn reader(&mut self, task: u32, handle: u32) -> Result<SharedReader, BodyError> {
        let thing = self.get(task, handle)?;
        let body = match thing {
            Thing::Read(reader) => return Ok(Arc::clone(reader)),
            Thing::Body { body, .. } => std::mem::take(body),
            Thing::Written { .. } | Thing::Socket(_) => return Err(BodyError::Used),
        };
        let reader = Arc::new(Mutex::new(PayloadReader::new(body)));
        *thing = Thing::Read(Arc::clone(&reader));
        Ok(reader)
    }

    /// Consumes a socket.
    pub(crate) fn take_socket(&mut self, task: u32, handle: u32) -> Result<ClientEnd, BodyError> {
        if !matches!(self.get(task, handle)?, Thing::Socket(_)) {
            return Err(BodyError::Used);
        }
        match self.held.remove(&handle).map(|held| held.thing) {
            Some(Thing::Socket(socket)) => Ok(socket),
            _ => Err(BodyError::Used),
        }
    }

    /// `body.write`.
    pub(crate) fn write(&mut self, task: u32, handle: u32, bytes: &[u8]) -> Result<PipeRoom, BodyError> {
        let Thing::Written { writer, .. } = self.get(task, handle)? else { return Err(BodyError::NotWritable) };
        let room = writer.write(bytes)?;
        self.wrote(handle);
        Ok(room)
    }

    /// `body.end`.
    pub(crate) fn end(&mut self, task: u32, handle: u32) -> Result<(), BodyError> {
        self.finish(task, handle, PipeWriter::end)
    }

    /// `body.fail`.
    pub(crate) fn fail(&mut self, task: u32, handle: u32, message: &str) -> Result<(), BodyError> {
        self.finish(task, handle, |writer| {
            writer.fail(message);
            Ok(())
        })
    }

    /// `body.drop`: whatever it is, nobody wants it any more.
    pub(crate) fn discard(&mut self, task: u32, handle: u32) {
        if self.get(task, handle).is_ok() {
            self.held.remove(&handle);
        }
    }

    /// Lets out what was written to bodies.
    pub(crate) fn release_written(&mut self) {
        if !std::mem::take(&mut self.staged) {
            return;
        }
        for mut writer in self.ended.drain(..) {
            writer.release();
        }
        for held in self.held.values_mut() {
            if let Thing::Written { writer, .. } = &mut held.thing {
                writer.release();
            }
        }
    }

    /// Releases what a task holds.
    pub(crate) fn release_task(&mut self, task: u32) {
        if !self.held.is_empty() {
            self.held.retain(|_, held| held.task != task);
        }
    }

    fn finish(
        &mut self,
        task: u32,
        handle: u32,
        finish: impl FnOnce(&mut PipeWriter) -> Result<(), BodyError>,
    ) -> Result<(), BodyError> {
        if !matches!(self.get(task, handle)?, Thing::Written { .. }) {
            return Err(BodyError::NotWritable);
        }
        let Some(Held { task, thing: Thing::Written { mut writer, reader } }) = self.held.remove(&handle) else {
            return Err(BodyError::NotWritable);
        };
        let finished = finish(&mut writer);
        if let Some(reader) = reader {
            // It may still be used.
            self.held
                .insert(handle, Held { task, thing: Thing::Body { body: reader.into_payload(), of_binding: false } });
        }
        self.ended.push(writer);
        self.staged = true;
        if self.mode == Mode::Stateless {
            self.release_written();
        }
        finished
    }

    fn wrote(&mut self, handle: u32) {
        if self.mode == Mode::Object {
            self.staged = true;
        } else if let Some(Held { thing: Thing::Written { writer, .. }, .. }) = self.held.get_mut(&handle) {
            writer.release();
        }
    }

    /// What a handle of a task names. In an object, whoever names it has it from then on.
    fn get(&mut self, task: u32, handle: u32) -> Result<&mut Thing, BodyError> {
        match self.held.get_mut(&handle) {
            Some(held) if held.task == task => Ok(&mut held.thing),
            Some(held) if self.mode == Mode::Object => {
                held.task = task;
                Ok(&mut held.thing)
            }
            _ => Err(BodyError::Used),
        }
    }

    fn add(&mut self, task: u32, thing: Thing) -> u32 {
        loop {
            let handle = self.next;
            self.next = self.next.wrapping_add(1);
            if let Entry::Vacant(place) = self.held.entry(handle) {
                place.insert(Held { task, thing });
                return handle;
            }
        }
    }
}
