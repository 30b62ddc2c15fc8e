//! The memory as a host: ops and calls by their names.

use super::{MemoryState, Waiting};
use crate::{
    abi::{Host, Level, Reader, Writer, in_transaction},
    http::{Body, Payload, Request},
    object::Value,
};
use std::rc::Rc;

/// An answer `ok` with these fields.
pub(super) fn ok(fields: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut frame = Writer::named("ok");
    fields(&mut frame);
    frame.into_bytes()
}

fn ok_field(bytes: &[u8]) -> Vec<u8> {
    ok(|frame| {
        frame.field(bytes);
    })
}

fn ok_number(number: u64) -> Vec<u8> {
    ok(|frame| {
        frame.number(number);
    })
}

fn none() -> Vec<u8> {
    Writer::named("none").into_bytes()
}

fn err(message: &str) -> Vec<u8> {
    let mut frame = Writer::named("err");
    frame.text(message).text("Error").text("");
    frame.into_bytes()
}

impl MemoryState {
    pub(super) fn value(&self, binding: &str, key: &str) -> Option<Vec<u8>> {
        self.values.borrow().get(&(binding.to_owned(), key.to_owned())).cloned()
    }

    /// A state is made by [`super::Memory::at`] only, which keeps it for good.
    fn itself(&self) -> &'static Self {
        self.this.get().unwrap_or_else(|| Box::leak(Box::default()))
    }

    fn fails(&self) -> bool {
        let left = self.failures.get();
        self.failures.set(left.saturating_sub(1));
        left > 0
    }

    /// `kv.put`, from its binding on.
    pub(super) fn put(&self, frame: &[u8]) -> Vec<u8> {
        self.puts.set(self.puts.get() + 1);
        if self.fails() {
            return err("KV PUT failed: 500 Internal Server Error");
        }
        self.store(&mut Reader::new(frame));
        ok(|_| {})
    }

    /// Binding, key and body.
    fn store(&self, fields: &mut Reader<'_>) -> usize {
        let key = (fields.text().to_owned(), fields.text().to_owned());
        let (kind, argument) = (fields.bytes(), fields.bytes());
        let value = match kind {
            b"body" => self.bodies.borrow_mut().remove(&(Reader::number_of(argument) as u32)).unwrap_or_default(),
            _ => argument.to_vec(),
        };
        let size = value.len();
        self.values.borrow_mut().insert(key, value);
        size
    }

    /// A body into two fields: at once if it is no larger than `inline` says.
    fn give(&self, frame: &mut Writer, bytes: Vec<u8>, inline: Option<&str>) {
        if inline.is_some_and(|most| bytes.len() as u64 <= Reader::number_of(most.as_bytes())) {
            return Body::from(bytes).give(frame);
        }
        let mut bodies = self.bodies.borrow_mut();
        let handle = bodies.last_key_value().map_or(1, |(last, _)| last + 1);
        bodies.insert(handle, bytes);
        frame.text("body").number(u64::from(handle));
    }

    fn read_body(&self, fields: &mut Reader<'_>, whole: bool) -> Vec<u8> {
        let (handle, max) = (fields.number() as u32, fields.number() as usize);
        let mut bodies = self.bodies.borrow_mut();
        let Some(mut rest) = bodies.remove(&handle) else { return err("there is no such body") };
        match (whole, rest.len() > max) {
            (true, true) => err("too large"),
            (true, false) => ok_field(&rest),
            (false, _) if rest.is_empty() => none(),
            (false, _) => {
                let later = rest.split_off(max.min(rest.len()));
                bodies.insert(handle, later);
                ok_field(&rest)
            }
        }
    }

    fn fetch(&self, frame: &[u8]) -> Vec<u8> {
        let frame = Rc::new(frame.to_vec());
        let mut fields = Reader::new(&frame);
        let (_op, _binding, _by) = (fields.text(), fields.text(), fields.text());
        let (name, inline) = (fields.text(), fields.optional());
        let request = Request::read(self.itself(), &frame, &mut fields);
        let Some(answer) = &*self.objects.borrow() else { return err("there are no objects here") };
        let response = answer(name, request);
        match response.payload {
            Payload::Throw(message) => err(&message),
            Payload::Body(body) => ok(|frame| {
                frame.number(u64::from(response.status));
                match body.bytes().filter(|_| !body.is_none()).map(<[u8]>::to_vec) {
                    Some(bytes) => self.give(frame, bytes, inline),
                    None => body.give(frame),
                }
                frame.field(b"");
                response.headers.write(frame);
            }),
            Payload::Socket(_) | Payload::Accept(_) => err("there are no sockets here"),
        }
    }

    fn sql(&self, fields: &mut Reader<'_>) -> Vec<u8> {
        let statement = fields.text();
        let bindings: Vec<Value> = fields.map(Value::read).collect();
        let Some(run) = &*self.sql.borrow() else { return err(&format!("no SQL here: {statement}")) };
        match run(statement, &bindings) {
            Err(error) => err(&error.message),
            Ok(rows) => ok(|frame| {
                let width = rows.columns.len().max(rows.first().map_or(0, Vec::len));
                frame.number(width as u64).number(rows.len() as u64).number(rows.read).number(rows.written);
                for column in 0..width {
                    frame.text(rows.columns.get(column).map_or("", String::as_str));
                }
                for value in rows.iter().flatten() {
                    value.write(frame);
                }
            }),
        }
    }

    fn transaction(&self, token: u32) -> Vec<u8> {
        let run = |statement: &str| {
            if let Some(run) = &*self.sql.borrow() {
                let _ = run(statement, &[]);
            }
        };
        let alarm = self.alarm.get();
        run("SAVEPOINT transaction_of_memory");
        if !in_transaction(token) {
            run("ROLLBACK TO transaction_of_memory");
            self.alarm.set(alarm);
        }
        run("RELEASE transaction_of_memory");
        ok(|_| {})
    }
}

impl Host for MemoryState {
    fn op(&self, task: u32, op: u32, frame: &[u8]) -> Option<Vec<u8>> {
        let _ = task;
        let mut fields = Reader::new(frame);
        Some(match fields.text() {
            "kv.get" if self.fails() => err("KV GET failed: 500 Internal Server Error"),
            "kv.get" => match self.value(fields.text(), fields.text()) {
                Some(value) => ok_field(&value),
                None => none(),
            },
            "kv.put" if self.are_puts_held.get() => {
                self.waiting.borrow_mut().insert(op, Waiting::Put(fields.rest().to_vec()));
                return None;
            }
            "kv.put" => self.put(fields.rest()),
            "kv.delete" | "r2.delete" => {
                let binding = fields.text();
                for key in fields {
                    let key = String::from_utf8_lossy(key).into_owned();
                    self.values.borrow_mut().remove(&(binding.to_owned(), key));
                }
                ok(|_| {})
            }
            "object.fetch" => self.fetch(frame),
            "r2.head" => match self.value(fields.text(), fields.text()) {
                Some(value) => ok_field(&r2_object(value.len())),
                None => none(),
            },
            "r2.get" => match self.value(fields.text(), fields.text()) {
                Some(value) => ok(|frame| {
                    frame.field(&r2_object(value.len()));
                    self.give(frame, value, fields.optional());
                }),
                None => none(),
            },
            "r2.put" => {
                let size = self.store(&mut fields);
                ok_field(&r2_object(size))
            }
            "body.read" => self.read_body(&mut fields, false),
            "body.all" => self.read_body(&mut fields, true),
            "alarm.set" => {
                self.alarm.set(Some(fields.number()));
                ok(|_| {})
            }
            "alarm.get" => match self.alarm.get() {
                Some(at) => ok_number(at),
                None => none(),
            },
            "alarm.delete" => {
                self.alarm.set(None);
                ok(|_| {})
            }
            "sleep" => {
                let end = self.now.get().saturating_add(fields.number());
                self.waiting.borrow_mut().insert(op, Waiting::Until(end));
                return None;
            }
            name => err(&format!("there is no {name} in memory")),
        })
    }

    fn cancel(&self, op: u32) {
        self.waiting.borrow_mut().remove(&op);
    }

    fn respond(&self, _: u32, _: &[u8]) {}

    fn done(&self, _: u32) {}

    fn call(&self, frame: &[u8]) -> Vec<u8> {
        let mut fields = Reader::new(frame);
        match fields.text() {
            "sql.exec" => self.sql(&mut fields),
            "transaction" => self.transaction(fields.number() as u32),
            "body.drop" => {
                self.bodies.borrow_mut().remove(&(fields.number() as u32));
                ok(|_| {})
            }
            // Nobody listens.
            "socket.broadcast" => ok_number(0),
            "socket.list" => ok(|_| {}),
            name => err(&format!("there is no {name} in memory")),
        }
    }

    fn env(&self, name: &str) -> Vec<u8> {
        let mut frame = Writer::default();
        if let Some(value) = self.variables.borrow().get(name) {
            frame.text("text").text(value);
        }
        frame.into_bytes()
    }

    fn binding(&self, _: &str) -> Vec<u8> {
        Vec::new()
    }

    fn now(&self) -> f64 {
        self.now.get() as f64
    }

    fn random(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }

    fn log(&self, _: Level, _: &str) {}
}

fn r2_object(size: usize) -> Vec<u8> {
    let mut pairs = Writer::default();
    pairs.text("size").number(size as u64);
    pairs.into_bytes()
}
