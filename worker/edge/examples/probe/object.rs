use crate::{Lines, shown, socket, text};
use pmx_edge::{
    Edge, ObjectClass,
    bindings::{BindingError, Bound},
    http::{Request, Response},
    object::{Alarm, Closed, Exception, Handled, Message, Object, ObjectId, Reply, Sender, Value},
};
use std::{cell::Cell, rc::Rc};

pub(crate) async fn run(edge: Edge) -> Response {
    let mut lines = Lines::default();
    let objects = edge.objects("PROBE");
    let id = objects.id_of("by name");
    lines.say("id of a name", id.clone().map(|id| (id.len(), Ok(id.as_str()) == objects.id_of("by name").as_deref())));
    let id = id.unwrap_or_default();
    lines.say("unique", objects.unique_id().map(|unique| (unique.len(), unique != id)));
    lines.say("parse", objects.parse_id(&id.to_uppercase()).map(|parsed| parsed == id));
    lines.say("parse no id", objects.parse_id("xyz"));
    lines.say("parse another's", edge.objects("OTHER").parse_id(&id));
    for (name, fetcher) in [("by name", objects.by_name("by name")), ("by id", objects.by_id(&id))] {
        let answer = fetcher.fetch(Request::new("GET", "http://Object.test/who?a=b")).await;
        lines.say(name, body(answer).await);
    }
    let other = edge.objects("OTHER").by_name("x").fetch(Request::new("POST", "http://o/").with_body("abc")).await;
    lines.say("another class", body(other).await);
    for path in [
        "/sql",
        "/transaction",
        "/alarm",
        "/throw",
        "/who",
        "/abort",
        "/who",
        "/abort-later",
        "/who",
        "/trap",
        "/who",
        "/tables",
    ] {
        let answer = objects.by_name("calls").fetch(Request::new("GET", format!("http://object{path}"))).await;
        lines.say(path, body(answer).await);
    }
    let large = Request::new("PUT", "http://object/size").with_body(vec![b'x'; 100_000]);
    lines.say("a large body", body(objects.by_name("calls").fetch(large).await).await);
    lines.answer()
}

async fn body(answer: Bound<Response>) -> Bound<String> {
    Ok(String::from_utf8_lossy(&answer?.into_bytes(100_000).await?.unwrap_or_default()).into_owned())
}

pub(crate) struct Other;

impl ObjectClass for Other {
    const NAME: &'static str = "Other";

    fn new(_: &ObjectId, _: Object) -> Self {
        Self
    }

    async fn fetch(self: Rc<Self>, _: Object, mut request: Request) -> Reply {
        let body = request.take_body();
        let how = if body.bytes().is_some() { "bytes" } else { "body" };
        let bytes = body.all(100).await.ok().flatten().unwrap_or_default();
        Response::bytes(200, "text/plain", format!("the other: {how} {}", text(&bytes)).into_bytes()).into()
    }
}

pub(crate) struct ProbeObject {
    name: Option<String>,
    events: Cell<u32>,
}

impl ObjectClass for ProbeObject {
    const NAME: &'static str = "Probe";

    fn new(id: &ObjectId, _: Object) -> Self {
        Self { name: id.name.clone(), events: Cell::new(0) }
    }

    async fn fetch(self: Rc<Self>, object: Object, mut request: Request) -> Reply {
        self.events.set(self.events.get() + 1);
        let said = match request.path() {
            "/who" => {
                Ok(format!("{:?}, event {}, {} {}", self.name, self.events.get(), request.method(), request.url()))
            }
            "/size" => {
                let body = request.take_body();
                let how = if body.bytes().is_some() { "bytes" } else { "body" };
                body.all(1_000_000).await.map(|bytes| format!("{how} {}", bytes.unwrap_or_default().len()))
            }
            "/sql" => Ok(sql(object)),
            "/transaction" => Ok(transaction(object)),
            "/alarm" => Ok(alarm(object).await),
            "/due" => due(object).await,
            "/fired" => fired(object),
            "/throw" => return Response::throw("thrown by the object").into(),
            "/trap" => {
                let _ = object.sql("CREATE TABLE trapped (n)", &[]);
                std::process::abort()
            }
            "/abort" => {
                let _ = object.sql("CREATE TABLE aborted (n)", &[]);
                object.abort("on purpose")
            }
            "/abort-later" => {
                let _ = object.sql("CREATE TABLE aborted (n)", &[]);
                object.sleep(1).await;
                object.abort("")
            }
            "/tables" => tables(object),
            "/socket" => return socket::accept(object),
            "/broadcast" => Ok(socket::broadcast(object)),
            _ => Ok("nothing".to_owned()),
        };
        let said = said.unwrap_or_else(|error| shown(&error));
        Response::bytes(200, "text/plain; charset=utf-8", said.into_bytes()).into()
    }

    async fn alarm(self: Rc<Self>, object: Object, alarm: Alarm) -> Handled {
        let bindings = [alarm.retries.into(), u64::from(alarm.scheduled_ms > 1_700_000_000_000).into()];
        let written = object.sql("INSERT INTO fired VALUES (?, ?)", &bindings);
        written.map_err(|error| Exception(error.message))?;
        if alarm.retries == 0 { Err(Exception("the first time it fails".to_owned())) } else { Ok(()) }
    }

    async fn message(self: Rc<Self>, object: Object, from: Sender<'_>, message: Message<'_>) -> Handled {
        if message == Message::Text("memory") {
            let said = format!("{} requests, {:?}", self.events.get(), from.socket.attachment());
            return from.socket.send(Message::Text(&said)).map_err(|error| Exception(error.message));
        }
        socket::message(object, &from, message).map_err(|error| Exception(error.message))
    }

    async fn close(self: Rc<Self>, object: Object, from: Sender<'_>, closed: Closed<'_>) -> Handled {
        let said = format!("closed {:?} {} {:?} {}", from.tags, closed.code, closed.reason, closed.is_clean);
        object.broadcast(Some("all"), &[Message::Text(&said)]);
        pmx_edge::object::answer_close(from.socket, closed);
        Ok(())
    }
}

fn sql(object: Object) -> String {
    let mut lines = Lines::default();
    let rows = |rows: pmx_edge::object::Rows| (rows.columns, rows.rows, rows.read, rows.written);
    lines.say("create", object.sql("CREATE TABLE t (i INTEGER, a) STRICT", &[]).map(rows));
    lines.say("create", object.sql("CREATE TABLE t (i INTEGER, a ANY) STRICT", &[]).map(rows));
    let values = [
        Value::Integer(7),
        Value::Real(1.5),
        Value::Real(f64::INFINITY),
        Value::Real(-0.0),
        Value::Integer(9_007_199_254_740_993),
        Value::Text("\u{feff}text \0".to_owned()),
        Value::Blob(vec![0, 255]),
        Value::Null,
    ];
    for value in values {
        let inserted = object.sql("INSERT INTO t VALUES (1, ?) RETURNING a, typeof(a)", &[value]);
        lines.say("insert", inserted.map(rows));
    }
    lines.say("count", object.sql("SELECT COUNT(*) AS n, 1 AS n FROM t", &[]).map(rows));
    lines.say("several", object.sql("DELETE FROM t; SELECT COUNT(*) FROM t", &[]).map(rows));
    lines.say("error", object.sql("SELEC", &[]).map(rows));
    lines.say("bindings", object.sql("SELECT ?", &[]).map(rows));
    lines.say("size", object.sql_size().map(|size| size > 0 && size % 4096 == 0));
    lines.0
}

fn transaction(object: Object) -> String {
    let mut lines = Lines::default();
    let count = || object.sql("SELECT COUNT(*) FROM tx", &[]).map(|rows| rows[0][0].clone());
    let insert = || object.sql("INSERT INTO tx VALUES (1)", &[]).map(drop);
    lines.say("create", object.sql("CREATE TABLE tx (n INTEGER) STRICT", &[]).map(drop));
    let outer: Bound<Value> = object.transaction(|| {
        insert()?;
        let inner: Bound<()> = object.transaction(|| {
            insert()?;
            Err(BindingError::new("undone"))
        });
        lines.say("inner", inner);
        count()
    });
    lines.say("outer", outer);
    let undone: Bound<()> = object.transaction(|| {
        insert()?;
        object.sql("SELEC", &[]).map(drop)
    });
    lines.say("undone", undone);
    lines.say("count", count());
    lines.0
}

async fn alarm(object: Object) -> String {
    let mut lines = Lines::default();
    lines.say("none", object.alarm_get().await);
    lines.say("set", object.alarm_set(4_000_000_000_000.5).await);
    lines.say("get", object.alarm_get().await);
    lines.say("delete", object.alarm_delete().await);
    lines.say("deleted", object.alarm_get().await);
    lines.say("NaN", object.alarm_set(f64::NAN).await);
    lines.say("zero", object.alarm_set(0.0).await);
    lines.0
}

/// Sets an alarm that is due, and fails once.
async fn due(object: Object) -> Bound<String> {
    object.sql("CREATE TABLE fired (retries INTEGER, scheduled INTEGER) STRICT", &[])?;
    object.alarm_set(object.now_ms() as f64).await?;
    Ok("set".to_owned())
}

/// The tables that turns left behind which did not end well.
fn tables(object: Object) -> Bound<String> {
    let rows = object.sql("SELECT name FROM sqlite_master WHERE name IN ('aborted', 'trapped')", &[])?;
    Ok(rows.iter().map(|row| row[0].text()).collect::<Vec<_>>().join(", "))
}

fn fired(object: Object) -> Bound<String> {
    let rows = object.sql("SELECT retries, scheduled FROM fired", &[])?;
    Ok(rows.iter().map(|row| format!("{} {};", row[0].number(), row[1].number())).collect())
}
