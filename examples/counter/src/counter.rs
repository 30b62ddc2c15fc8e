//! The Durable Object: it counts visits in SQL, forgets by an alarm what it need not know, and tells every open window.

use crate::text;
use pmx_edge::{
    ObjectClass,
    bindings::{BindingError, Bound},
    http::{Request, Response},
    migrations::{self, Migration},
    object::{Alarm, Closed, Exception, Handled, Message, Object, ObjectId, Reply, Sender, SocketState, answer_close},
};
use std::{cell::Cell, collections::BTreeMap, rc::Rc};

/// How long a visit is recent, in milliseconds: one hour.
const RECENT_MS: u64 = 3_600_000;
/// The most bytes of a name that a window gives itself.
const MAX_NAME: usize = 40;

/// The schema: a list of steps that only grows. Each runs once in each object, whenever that wakes up with a newer Worker.
const MIGRATIONS: &[Migration] = &[&[
    "CREATE TABLE counter (schema INTEGER NOT NULL, total INTEGER NOT NULL) STRICT",
    "INSERT INTO counter VALUES (0, 0)",
    "CREATE TABLE visits (at INTEGER NOT NULL) STRICT",
]];

/// The visits. Each is a row while it is recent; the alarm adds older ones to the total.
///
/// What stands here is lost whenever the platform takes the object out of memory: its storage is the truth.
pub struct Counter {
    /// Whether this instance has seen to the schema.
    is_ready: Cell<bool>,
}

/// What the object knows at one moment.
struct Counts {
    visits: u64,
    recent: u64,
}

impl ObjectClass for Counter {
    const NAME: &'static str = "Counter";

    fn new(_: &ObjectId, _: Object) -> Self {
        Self { is_ready: Cell::new(false) }
    }

    async fn fetch(self: Rc<Self>, object: Object, request: Request) -> Reply {
        match self.answer(object, request).await {
            Ok(reply) => reply,
            // The caller, which is our own Worker, sees it as the failure of its call.
            Err(error) => Response::throw(error.message).into(),
        }
    }

    /// Adds the visits that are not recent any more to the total. What it writes is one transaction: no visit is counted twice or lost,
    /// whatever happens. If it fails, the platform calls it again.
    async fn alarm(self: Rc<Self>, object: Object, _: Alarm) -> Handled {
        self.compact(object).await.map_err(failed)?;
        tell(object, None).map_err(failed)
    }

    /// A window says its name. It is attached to the socket, where it outlives this instance: the platform may take the object out of
    /// memory while its sockets stay open.
    async fn message(self: Rc<Self>, object: Object, from: Sender<'_>, message: Message<'_>) -> Handled {
        match message {
            Message::Text(name) if !name.is_empty() && name.len() <= MAX_NAME && !name.contains(char::is_control) => {
                from.socket.attach(name.as_bytes()).map_err(failed)?;
                tell(object, None).map_err(failed)
            }
            // 1008: what was sent violates a policy (RFC 6455, 7.4.1).
            _ => from.socket.close(Some(1008), "a name has 1 to 40 bytes").map_err(failed),
        }
    }

    async fn close(self: Rc<Self>, object: Object, from: Sender<'_>, closed: Closed<'_>) -> Handled {
        answer_close(from.socket, closed);
        tell(object, Some(&from)).map_err(failed)
    }
}

impl Counter {
    async fn answer(&self, object: Object, request: Request) -> Bound<Reply> {
        self.ready(object)?;
        match request.path() {
            "/visit" => {
                visit(object).await?;
                tell(object, None)?;
                Ok(json(&counts(object)?).into())
            }
            "/count" => Ok(json(&counts(object)?).into()),
            "/live" => {
                // The platform answers these by itself, without waking the object.
                object.auto_response(Some(("ping", "pong")))?;
                // The socket is accepted with the answer; what comes after the answer can already send to it.
                Ok(Reply::and_then(Response::accept(Vec::new()), async move {
                    let _ = tell(object, None);
                }))
            }
            _ => Ok(text(404, "there is nothing here").into()),
        }
    }

    /// Brings the schema up to date, once for each instance.
    fn ready(&self, object: Object) -> Bound<()> {
        if self.is_ready.get() {
            return Ok(());
        }
        let is_new = object.sql("SELECT 1 FROM sqlite_master WHERE name = 'counter'", &[])?.is_empty();
        let version = if is_new { 0 } else { number(object, "SELECT schema FROM counter")? };
        if let Some(reached) = migrations::run(object, MIGRATIONS, version)? {
            object.sql("UPDATE counter SET schema = ?", &[reached.into()])?;
        }
        self.is_ready.set(true);
        Ok(())
    }

    async fn compact(&self, object: Object) -> Bound<()> {
        self.ready(object)?;
        let until = object.now_ms().saturating_sub(RECENT_MS);
        object
            .sql("UPDATE counter SET total = total + (SELECT count(*) FROM visits WHERE at <= ?)", &[until.into()])?;
        object.sql("DELETE FROM visits WHERE at <= ?", &[until.into()])?;
        match object.sql("SELECT min(at) FROM visits HAVING count(*) > 0", &[])?.first() {
            Some(row) => object.alarm_set((row[0].number() + RECENT_MS) as f64).await,
            None => Ok(()),
        }
    }
}

/// Counts a visit. The alarm is set in the same turn as the row is written, so both are kept or neither is: everything up to the next
/// answer from outside is one transaction.
async fn visit(object: Object) -> Bound<()> {
    let (now, is_first) = (object.now_ms(), counts(object)?.recent == 0);
    object.sql("INSERT INTO visits VALUES (?)", &[now.into()])?;
    // With earlier ones there is an alarm already: that of the earliest.
    if is_first { object.alarm_set((now + RECENT_MS) as f64).await } else { Ok(()) }
}

fn counts(object: Object) -> Bound<Counts> {
    let (total, recent) =
        (number(object, "SELECT total FROM counter")?, number(object, "SELECT count(*) FROM visits")?);
    Ok(Counts { visits: total + recent, recent })
}

fn json(counts: &Counts) -> Response {
    Response::json(200, &BTreeMap::from([("visits", counts.visits), ("lastHour", counts.recent)]))
}

/// Tells every window: the counts in the first line, then the names of the windows that have one. `gone` is closing and is not among them.
fn tell(object: Object, gone: Option<&Sender<'_>>) -> Bound<()> {
    let Counts { visits, recent } = counts(object)?;
    let mut names = Vec::new();
    for socket in object.sockets(None)? {
        let is_here = socket.state()? == SocketState::Open && gone.is_none_or(|gone| gone.socket != socket);
        if let (true, Some(name)) = (is_here, socket.attachment()?) {
            names.push(String::from_utf8_lossy(&name).into_owned());
        }
    }
    names.sort();
    let news = format!("{visits} {recent}\n{}", names.join("\n"));
    object.broadcast(None, &[Message::Text(&news)]);
    Ok(())
}

fn number(object: Object, query: &str) -> Bound<u64> {
    Ok(object.sql(query, &[])?.first().map_or(0, |row| row[0].number()))
}

/// The event fails: the platform logs it, and an alarm comes again.
fn failed(error: BindingError) -> Exception {
    Exception(error.message)
}
