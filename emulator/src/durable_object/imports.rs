//! The synchronous imports of a Durable Object: SQL at once, in the turn's transaction; sockets at the turn's end.

use std::sync::Arc;
use std::time::Duration;

use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::engine::{Database, Rows, Value};
use super::error::SqlError;
use super::limits::MAX_PARAMETERS;
use crate::abi::error::GuestError;
use crate::abi::frame::{FrameError, FrameReader, FrameWriter};
use crate::bodies::Handles;
use crate::clock::Clock;
use crate::runtime::budget::{Exceeded, TurnBudget};
use crate::runtime::host::SyncImports;
use crate::websocket::{MAX_REASON_BYTES, Outgoing, Socket, Sockets, may_close_with};

/// What a frame that waits for the end of its turn is counted as besides its text.
const QUEUED_BYTES: usize = size_of::<(Arc<Socket>, Outgoing)>();

/// What an object's imports work on.
pub(crate) struct ObjectImports {
    pub(super) database: Database,
    pub(super) sockets: Arc<Sockets>,
    clock: Clock,
    /// How long one statement may run: as long as a turn, which is not stopped while SQLite is at work.
    statement_limit: Duration,
    /// Sockets accepted in this turn, by the task that accepted them.
    pub(super) accepted: Vec<(u32, Arc<Socket>)>,
    /// What leaves after the commit.
    pub(super) outgoing: Vec<(Arc<Socket>, Outgoing)>,
}

impl ObjectImports {
    pub(super) fn new(database: Database, sockets: Arc<Sockets>, clock: Clock, statement_limit: Duration) -> Self {
        Self { database, sockets, clock, statement_limit, accepted: Vec::new(), outgoing: Vec::new() }
    }

    /// Whether this turn has closed a socket already: the platform's `send` would throw.
    fn closes(&self, socket: &Arc<Socket>) -> bool {
        self.outgoing.iter().any(|(other, frame)| matches!(frame, Outgoing::Close { .. }) && Arc::ptr_eq(other, socket))
    }

    fn execute(&mut self, query: &str, bindings: &[Value]) -> Result<Rows, SqlError> {
        self.database.give_up_after(Some(self.statement_limit))?;
        let result = self.database.exec(query, bindings);
        // The commit of the turn is not to be given up.
        self.database.give_up_after(None)?;
        result
    }

    fn queue_send(&mut self, mut call: FrameReader<'_>, budget: &mut TurnBudget) -> Result<u32, CallError> {
        let tag = call.text("tag")?;
        let mut frames = Vec::new();
        while let Some(frame) = call.next()? {
            budget.spend(QUEUED_BYTES + frame.len())?;
            let text = std::str::from_utf8(frame).map_err(|_| FrameError::NotText("frame"))?;
            frames.push(Utf8Bytes::from(text));
        }
        let mut sockets = self.sockets.open(tag);
        sockets.retain(|socket| !self.closes(socket));
        budget.spend(sockets.len().saturating_mul(frames.len()).saturating_mul(QUEUED_BYTES))?;
        for socket in &sockets {
            self.outgoing.extend(frames.iter().map(|text| (Arc::clone(socket), Outgoing::Text(text.clone()))));
        }
        Ok(u32::try_from(sockets.len()).unwrap_or(u32::MAX))
    }

    fn queue_close(&mut self, mut call: FrameReader<'_>, budget: &mut TurnBudget) -> Result<(), CallError> {
        let tag = call.text("tag")?;
        let code = call.optional_number("code")?;
        let reason = call.text("reason")?;
        if !code.is_none_or(may_close_with) || reason.len() > MAX_REASON_BYTES {
            tracing::warn!(?code, reason, "a WebSocket cannot be closed so");
            return Ok(());
        }
        for socket in self.sockets.open(tag) {
            if !self.closes(&socket) {
                budget.spend(QUEUED_BYTES + reason.len())?;
                self.outgoing.push((socket, Outgoing::Close { code, reason: reason.into() }));
            }
        }
        Ok(())
    }
}

impl SyncImports for ObjectImports {
    const ANSWERS_AT_ONCE: bool = false;

    fn handles() -> Handles {
        Handles::of_object()
    }

    fn call(
        &mut self,
        _task: u32,
        name: &str,
        mut fields: FrameReader<'_>,
        answer: &mut FrameWriter<'_>,
        budget: &mut TurnBudget,
    ) -> wasmtime::Result<()> {
        let result = match name {
            "sql.exec" => match statement(&mut fields) {
                Ok((query, bindings)) => self.execute(query, &bindings).map_err(CallError::Sql).map(|rows| {
                    answer.text("ok").number(rows.columns.len()).number(rows.rows.len()).text("0").text("0");
                    for column in &rows.columns {
                        answer.text(column);
                    }
                    for value in rows.rows.iter().flatten() {
                        write_value(value, answer);
                    }
                }),
                Err(error) => Err(CallError::Frame(error)),
            },
            "socket.broadcast" => self.queue_send(fields, budget).map(|count| {
                answer.text("ok").number(count);
            }),
            "socket.close" => self.queue_close(fields, budget).map(|()| {
                answer.text("ok");
            }),
            _ => {
                GuestError::error(format!("there is no call `{name}`")).write(answer);
                return Ok(());
            }
        };
        match result {
            Ok(()) => {}
            Err(CallError::Exceeded(exceeded)) => return Err(exceeded.into()),
            Err(error) => GuestError::error(error.to_string()).write(answer),
        }
        Ok(())
    }

    fn begin_transaction(&mut self) -> Result<(), GuestError> {
        Err(GuestError::error("transactions are not there yet"))
    }

    fn end_transaction(&mut self, _: bool) -> Result<(), GuestError> {
        Ok(())
    }

    fn accept(&mut self, task: u32, tags: &[String]) {
        let tag = tags.first().map_or("", String::as_str);
        let socket = self.sockets.accept(tag, self.clock.now_ms());
        self.accepted.push((task, socket));
    }
}

#[derive(Debug, thiserror::Error)]
enum CallError {
    #[error(transparent)]
    Sql(SqlError),
    #[error("the call is malformed: {0}")]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

fn statement<'a>(call: &mut FrameReader<'a>) -> Result<(&'a str, Vec<Value>), FrameError> {
    const BINDING: FrameError = FrameError::Missing("a typed binding");
    let query = call.text("statement")?;
    let mut bindings = Vec::new();
    // One more than there may be is for the database to refuse, and no further one is kept.
    while bindings.len() <= usize::try_from(MAX_PARAMETERS).unwrap_or(0)
        && let Some(field) = call.next()?
    {
        let (kind, value) = field.split_first().ok_or(BINDING)?;
        let text = || std::str::from_utf8(value).map_err(|_| FrameError::NotText("binding"));
        bindings.push(match kind {
            b'n' => Value::Null,
            b'i' => Value::Integer(text()?.parse().map_err(|_| FrameError::NotNumber("binding"))?),
            b'r' => Value::Real(text()?.parse().map_err(|_| FrameError::NotNumber("binding"))?),
            b't' => Value::Text(text()?.to_owned()),
            b'b' => Value::Blob(value.to_owned()),
            _ => return Err(BINDING),
        });
    }
    Ok((query, bindings))
}

/// Above this a JavaScript number does not hold every integer.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

fn write_value(value: &Value, answer: &mut FrameWriter<'_>) {
    answer.compose(|out| match value {
        Value::Null => out.push(b'n'),
        Value::Integer(integer) => out.extend_from_slice(format!("i{integer}").as_bytes()),
        // The platform's numbers do not tell 7.0 from 7.
        Value::Real(real) if real.fract() == 0.0 && real.abs() <= MAX_SAFE_INTEGER => {
            out.extend_from_slice(format!("i{real:.0}").as_bytes());
        }
        Value::Real(real) => out.extend_from_slice(format!("r{real}").as_bytes()),
        Value::Text(text) => {
            out.push(b't');
            out.extend_from_slice(text.as_bytes());
        }
        Value::Blob(bytes) => {
            out.push(b'b');
            out.extend_from_slice(bytes);
        }
    });
}
