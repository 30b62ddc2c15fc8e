//! The synchronous calls (`worker/ABI.md`, "Synchronous calls"): those of bodies and ids, which every instance has, and transactions, in which
//! the guest is entered again. All others are a Durable Object's.

use wasmtime::{Caller, bail};

use super::guest_memory::{guest, message};
use super::host::{HostState, SyncImports};
use crate::abi::error::GuestError;
use crate::abi::frame::{FrameReader, FrameWriter};
use crate::bindings::Bindings;
use crate::bodies::Handles;

/// Synchronous transactions that may be open at once, each in the one before: each is a frame of the host's stack.
const MAX_TRANSACTIONS: usize = 64;

/// Answers a call.
pub(super) fn call<S: SyncImports>(
    caller: &mut Caller<'_, HostState<S>>,
    task: u32,
    ptr: u32,
    len: u32,
) -> wasmtime::Result<Vec<u8>> {
    let (bytes, host) = message(caller, ptr, len)?;
    let mut frame = std::mem::take(&mut host.scratch);
    let mut fields = FrameReader::new(bytes);
    let name = match fields.text("call") {
        Ok(name) => name,
        Err(error) => {
            GuestError::from(error).write(&mut FrameWriter::new(&mut frame));
            return Ok(frame);
        }
    };
    if name == "transaction" {
        host.scratch = frame;
        let token = fields.number("token");
        let ended = match token {
            Ok(token) => transaction(caller, token)?,
            Err(error) => Err(error.into()),
        };
        let mut frame = std::mem::take(&mut caller.data_mut().scratch);
        write(ended, &mut FrameWriter::new(&mut frame));
        return Ok(frame);
    }
    let mut answer = FrameWriter::new(&mut frame);
    match name.split_once('.').map_or(name, |(family, _)| family) {
        "body" => match body_call(&mut host.handles, task, name, fields) {
            Ok(Some(handle)) => {
                answer.text("ok").number(handle);
            }
            other => write(other.map(drop), &mut answer),
        },
        "id" => match id_call(&host.environment.bindings, name, fields) {
            Ok(id) => {
                answer.text("ok").text(&id);
            }
            Err(error) => error.write(&mut answer),
        },
        _ => {
            let span = host.recorder.as_ref().and_then(|recorder| {
                let statement = (name == "sql.exec").then(|| FrameReader::new(fields.rest()).text("statement"))?;
                Some(recorder.op("sql", statement.unwrap_or("")))
            });
            host.sync_imports.call(task, name, fields, &mut answer, &mut host.budget)?;
            if let Some(span) = span {
                let failed = FrameReader::new(&frame).text("outcome") == Ok("err");
                span.end(if failed { "error" } else { "ok" }, false);
            }
        }
    }
    Ok(frame)
}

/// Runs the guest's closure between the beginning and the end of a transaction.
fn transaction<S: SyncImports>(
    caller: &mut Caller<'_, HostState<S>>,
    token: u32,
) -> wasmtime::Result<Result<(), GuestError>> {
    let host = caller.data_mut();
    if host.transactions >= MAX_TRANSACTIONS {
        let text = format!("at most {MAX_TRANSACTIONS} transactions may be open inside of each other");
        return Ok(Err(GuestError::error(text)));
    }
    if let Err(error) = host.sync_imports.begin_transaction() {
        return Ok(Err(error));
    }
    host.transactions += 1;
    let in_transaction = guest(caller)?.in_transaction.clone();
    let keep = match in_transaction.call(&mut *caller, token)? {
        0 => false,
        1 => true,
        other => bail!("the Worker ended a transaction with {other}"),
    };
    let host = caller.data_mut();
    host.transactions -= 1;
    Ok(host.sync_imports.end_transaction(keep))
}

/// A call on bodies; a new one's handle is the answer.
fn body_call(
    handles: &mut Handles,
    task: u32,
    name: &str,
    mut fields: FrameReader<'_>,
) -> Result<Option<u32>, GuestError> {
    if name == "body.new" {
        return Ok(Some(handles.create(task, fields.optional_number("length")?)?));
    }
    let handle = fields.number("handle")?;
    match name {
        "body.end" => handles.end(task, handle)?,
        "body.fail" => handles.fail(task, handle, fields.text("message")?)?,
        "body.drop" => handles.discard(task, handle),
        _ => return Err(GuestError::unknown_call(name)),
    }
    Ok(None)
}

fn id_call(bindings: &Bindings, name: &str, mut fields: FrameReader<'_>) -> Result<String, GuestError> {
    let objects = bindings.objects(fields.text("binding")?)?;
    match name {
        "id.name" => Ok(objects.id_of_name(fields.text("name")?)),
        "id.unique" => objects.unique_id(),
        "id.parse" => objects.parse_id(fields.text("id")?),
        _ => Err(GuestError::unknown_call(name)),
    }
}

fn write(result: Result<(), GuestError>, answer: &mut FrameWriter<'_>) {
    match result {
        Ok(()) => {
            answer.text("ok");
        }
        Err(error) => error.write(answer),
    }
}
