//! Durable Objects: from outside (ids, calls) and from inside (SQL, alarms, transactions).

use crate::{
    abi::{self, Failure, Fields, Frame},
    http::{Fetched, request_of},
    run::{self, Context, Outcome, Stop, shown_failure},
    values::{ALL, bytes, json_of, number, shown, shown_number, text},
};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Longer blobs are shown by their length and a checksum.
const SHOWN_BLOB: usize = 64;
/// Whole numbers up to here are bound as integers.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;
/// A page of a database.
const PAGE: f64 = 4096.0;

/// What an event has to do, and what happened so far: two tables, so that both outlive the instance.
const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS corpus_on (event TEXT PRIMARY KEY, ops TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS corpus_log (entry TEXT NOT NULL)",
];

thread_local! {
    /// What the instance remembers.
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

pub(crate) async fn run(name: &str, op: &Value, context: &Rc<Context>) -> Outcome {
    Ok(match name {
        "object.id" => json!(id(op)?),
        "object.do" => inside(op, context).await?,
        "object.fetch" => {
            let mut frame = target(op)?;
            frame.text(ALL).all(&request_of(op, context)?);
            Fetched::read(abi::op(&frame).await?).shown().await?
        }
        "object.upgrade" => return crate::http::upgrade(target(op)?, "https://object/", op, context).await,
        "object.self" => {
            let (id, name) = context.object.clone().unwrap_or_default();
            json!({ "id": id, "name": name })
        }
        "memory" => {
            COUNT.set(COUNT.get() + 1);
            json!(COUNT.get())
        }
        "sql" | "transaction" | "note" | "log" | "on" | "sql.size" => return Ok(at_once(name, op)?),
        "alarm.set" => {
            abi::op(&alarm(op)).await?;
            json!("set")
        }
        "alarm.get" => abi::op(&Frame::of("alarm.get")).await?.map_or(Value::Null, |mut fields| json!(fields.number())),
        "alarm.delete" => {
            abi::op(&Frame::of("alarm.delete")).await?;
            json!("deleted")
        }
        "abort" => {
            let mut frame = Frame::of("object.abort");
            frame.text(op["reason"].as_str().unwrap_or_default());
            abi::call(&frame)?;
            std::future::pending().await
        }
        other => return Err(Stop::Throw(format!("{other} is no op"))),
    })
}

fn binding(op: &Value) -> &str {
    op["binding"].as_str().unwrap_or("ONE")
}

fn id(op: &Value) -> Result<String, Failure> {
    let mut frame = match (op["unique"] == json!(true), op.get("id")) {
        (true, _) => Frame::of("id.unique"),
        (_, Some(_)) => Frame::of("id.parse"),
        _ => Frame::of("id.name"),
    };
    frame.text(binding(op));
    if let Some(id) = op.get("id") {
        frame.text(&text(id));
    } else if op["unique"] != json!(true) {
        frame.text(&text(&op["name"]));
    }
    Ok(abi::call(&frame)?.map(|mut fields| fields.text()).unwrap_or_default())
}

/// `object.fetch` up to which object it is for.
fn target(op: &Value) -> Result<Frame, Failure> {
    let mut frame = Frame::of("object.fetch");
    frame.text(binding(op));
    if op.get("name").is_some() {
        frame.pair("name", &text(&op["name"]));
    } else {
        frame.pair("id", &id(op)?);
    }
    Ok(frame)
}

/// Runs the ops inside of the object, in one event.
async fn inside(op: &Value, context: &Context) -> Result<Value, Failure> {
    let call = json!({
        "url": "https://object/",
        "method": "POST",
        "headers": [["x-do", "body"], ["content-type", "application/json"]],
        "body": op["do"].to_string(),
    });
    let mut frame = target(op)?;
    frame.text(ALL).all(&request_of(&call, context)?);
    let answer = Fetched::read(abi::op(&frame).await?);
    if !answer.is_json() {
        return answer.shown().await;
    }
    Ok(answer.shown().await?["body"].take())
}

fn alarm(op: &Value) -> Frame {
    let mut frame = Frame::of("alarm.set");
    match op["in"].as_f64() {
        Some(ms) => frame.text(&(abi::now() + ms).to_string()),
        None => frame.text(&number(&op["at"])),
    };
    frame
}

/// The ops whose outcome is there at once.
fn at_once(name: &str, op: &Value) -> Result<Value, Failure> {
    Ok(match name {
        "sql" => sql(op)?,
        "sql.size" => {
            let size = abi::call(&Frame::of("sql.size"))?.map_or(f64::NAN, |mut fields| fields.number());
            json!({ "pages": size / PAGE })
        }
        "transaction" => transaction(op)?,
        "on" => {
            tables()?;
            let bindings = json!([op["event"], op["do"].to_string()]);
            exec("INSERT OR REPLACE INTO corpus_on VALUES (?, ?)", &bindings)?;
            json!("noted")
        }
        "note" => {
            note(&op["entry"])?;
            json!("noted")
        }
        _ => log()?,
    })
}

fn transaction(op: &Value) -> Result<Value, Failure> {
    let outcomes = Rc::new(RefCell::new(Vec::new()));
    let (written, into) = (op.clone(), outcomes.clone());
    abi::transaction(Box::new(move || {
        for one in written["do"].as_array().into_iter().flatten() {
            let outcome = match one["op"].as_str() {
                // Begun inside of the transaction; its answer comes when the turn is over.
                Some("alarm.set") => {
                    drop(abi::op(&alarm(one)));
                    Ok(json!("set"))
                }
                name => at_once(name.unwrap_or_default(), one),
            };
            into.borrow_mut().push(outcome.unwrap_or_else(|failure| shown_failure(&failure)));
        }
        !written["throws"].is_string()
    }))?;
    match op["throws"].as_str() {
        Some(message) => Err(Failure { message: message.to_owned(), class: "Error".to_owned(), flags: Vec::new() }),
        None => Ok(Value::Array(outcomes.take())),
    }
}

fn sql(op: &Value) -> Result<Value, Failure> {
    let (columns, rows, counts) = exec(&text(&op["query"]), &op["bindings"])?;
    Ok(if op["counts"] == json!(true) {
        json!({ "rows": rows, "read": counts.0, "written": counts.1 })
    } else {
        json!({ "columns": columns, "rows": rows })
    })
}

type Executed = (Vec<String>, Vec<Vec<Value>>, (f64, f64));

/// Columns, rows, and how many rows were read and written.
fn exec(query: &str, bindings: &Value) -> Result<Executed, Failure> {
    let mut frame = Frame::of("sql.exec");
    frame.text(query);
    for one in bindings.as_array().into_iter().flatten() {
        frame.field(&bound(one));
    }
    let mut fields = abi::call(&frame)?.unwrap_or_else(|| Fields::new(Vec::new()));
    let (width, _height) = (fields.number(), fields.number());
    let counts = (fields.number(), fields.number());
    let columns: Vec<_> = (0..width as usize).map(|_| fields.text()).collect();
    let cells: Vec<_> = fields.map(|cell| shown_cell(&cell)).collect();
    let rows = if columns.is_empty() { Vec::new() } else { cells.chunks(columns.len()).map(<[_]>::to_vec).collect() };
    Ok((columns, rows, counts))
}

/// A binding: its type, then its value.
fn bound(written: &Value) -> Vec<u8> {
    let (kind, value) = match written {
        Value::Null => (b'n', Vec::new()),
        Value::Number(number) => {
            let whole = number.as_f64().is_some_and(|number| number.fract() == 0.0 && number.abs() <= LARGEST_WHOLE);
            (if whole && number.as_i64().is_some() { b'i' } else { b'r' }, number.to_string().into_bytes())
        }
        Value::Object(fields) if fields.contains_key("number") => (b'r', number(written).into_bytes()),
        Value::Object(fields) if fields.contains_key("hex") => (b'b', bytes(written)),
        _ => (b't', text(written).into_bytes()),
    };
    [vec![kind], value].concat()
}

fn shown_cell(cell: &[u8]) -> Value {
    let Some((kind, value)) = cell.split_first() else { return Value::Null };
    let written = String::from_utf8_lossy(value);
    match kind {
        b'i' | b'r' => shown_number(written.parse().unwrap_or(f64::NAN)),
        b't' => shown(written.as_bytes()),
        b'b' if value.len() > SHOWN_BLOB => shown(value),
        b'b' => json!({ "hex": HEXLOWER.encode(value) }),
        _ => Value::Null,
    }
}

fn tables() -> Result<(), Failure> {
    for table in TABLES {
        exec(table, &Value::Null)?;
    }
    Ok(())
}

fn note(entry: &Value) -> Result<(), Failure> {
    tables()?;
    exec("INSERT INTO corpus_log VALUES (?)", &json!([entry.to_string()]))?;
    Ok(())
}

fn texts_of(query: &str, bindings: &Value) -> Result<Vec<String>, Failure> {
    let mut frame = Frame::of("sql.exec");
    frame.text(query);
    for one in bindings.as_array().into_iter().flatten() {
        frame.field(&bound(one));
    }
    let mut fields = abi::call(&frame)?.unwrap_or_else(|| Fields::new(Vec::new()));
    // The five fields before the cells of one column.
    for _ in 0..5 {
        fields.bytes();
    }
    Ok(fields.map(|cell| String::from_utf8_lossy(cell.get(1..).unwrap_or_default()).into_owned()).collect())
}

fn log() -> Result<Value, Failure> {
    let exists = "SELECT name FROM sqlite_master WHERE name = 'corpus_log'";
    if texts_of(exists, &Value::Null)?.is_empty() {
        return Ok(json!([]));
    }
    let entries = texts_of("SELECT entry FROM corpus_log ORDER BY rowid", &Value::Null)?;
    Ok(entries.iter().map(|entry| json_of(entry)).collect())
}

/// One event but `fetch`: noted, then what was asked for is done.
pub(crate) async fn event(name: &str, mut details: Value, context: Rc<Context>) {
    details["event"] = json!(name);
    let wanted = note(&details)
        .and_then(|()| texts_of("SELECT ops FROM corpus_on WHERE event = ?", &json!([name])))
        .unwrap_or_default();
    let ops = wanted.first().map(|ops| json_of(ops)).unwrap_or_default();
    for op in ops.as_array().into_iter().flatten() {
        match run::run(op.clone(), context.clone()).await {
            Ok(outcome) if op["keep"] == json!(true) => {
                let _ = note(&json!({ "outcome": outcome }));
            }
            Ok(_) => {}
            Err(message) => {
                let mut answer = Frame::default();
                answer.text("500").text("error").text(&message);
                return abi::respond(&answer);
            }
        }
    }
    context.writers_end().await;
}
