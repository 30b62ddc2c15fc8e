//! A platform in memory: each object has a database of its own, and time stands still.

use crate::visits::Counter;
use pmx_edge::{
    ObjectClass,
    bindings::{
        Blob, Body, Bound, Bucket, Clock, Kv, Level, ObjectRequest, ObjectResponse, Objects, Put, Rows, Sockets,
        Storage, Value,
    },
    http::Payload,
    object::ObjectCall,
};
use pmx_model::Hash;
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

thread_local! {
    /// The databases of the objects, by their names.
    static DATABASES: RefCell<BTreeMap<String, rusqlite::Connection>> = RefCell::default();
    /// The object whose code runs.
    static CURRENT: RefCell<String> = RefCell::default();
}

/// A platform in memory, with what the example uses.
#[derive(Clone, Copy)]
pub(crate) struct Memory;

impl Clock for Memory {
    fn now_ms(self) -> u64 {
        0
    }
    fn random(self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
    fn log(self, _: Level, _: &str) {}
    fn var(self, _: &str) -> Option<String> {
        None
    }
    async fn sleep(self, _: u64) {}
}

impl Kv for Memory {
    async fn kv_get(self, _: &str) -> Bound<Option<Vec<u8>>> {
        Ok(None)
    }
    async fn kv_put(self, _: &str, _: &[u8]) -> Bound<()> {
        Ok(())
    }
}

impl Bucket for Memory {
    async fn blob_head(self, _: &Hash) -> Bound<Option<u64>> {
        Ok(None)
    }
    async fn blob_get(self, _: &Hash, _: Option<(u64, u64)>) -> Bound<Option<Blob>> {
        Ok(None)
    }
    async fn blob_read(self, _: &Hash, _: u64) -> Bound<Option<Vec<u8>>> {
        Ok(None)
    }
}

impl Body for Memory {
    async fn body_read(self, _: u64) -> Bound<Option<Vec<u8>>> {
        Ok(None)
    }
    async fn body_put(self, _: &Hash) -> Bound<Put> {
        Ok(Put::Exists)
    }
}

impl Objects for Memory {
    async fn object_fetch(self, name: &str, request: ObjectRequest) -> Bound<ObjectResponse> {
        CURRENT.set(name.to_owned());
        let url = format!("https://object{}", request.path);
        let call = ObjectCall { method: request.method, url: &url, body: &request.body, upgrade: request.upgrade };
        let response = Rc::new(Counter).fetch(self, name, call).await.response;
        let Payload::Bytes(body) = response.payload else { panic!("no body") };
        Ok(ObjectResponse { status: response.status, socket: None, body })
    }
}

impl Storage for Memory {
    fn sql(self, query: &str, bindings: &[Value]) -> Bound<Rows> {
        DATABASES.with_borrow_mut(|databases| {
            let open = || rusqlite::Connection::open_in_memory().unwrap();
            let database = databases.entry(CURRENT.with_borrow(Clone::clone)).or_insert_with(open);
            let mut statement = database.prepare(query).unwrap();
            let columns = statement.column_count();
            let bindings = bindings.iter().map(|value| match value {
                Value::Null => rusqlite::types::Value::Null,
                Value::Integer(number) => (*number).into(),
                Value::Real(number) => (*number).into(),
                Value::Text(text) => text.clone().into(),
                Value::Blob(bytes) => bytes.clone().into(),
            });
            let mut rows = statement.query(rusqlite::params_from_iter(bindings)).unwrap();
            let mut found = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                found.push((0..columns).map(|column| value(row.get(column).unwrap())).collect());
            }
            Ok(Rows(found))
        })
    }
    async fn alarm_set(self, _: u64) -> Bound<()> {
        Ok(())
    }
    async fn alarm_get(self) -> Bound<Option<u64>> {
        Ok(None)
    }
}

impl Sockets for Memory {
    fn send(self, _: Option<&str>, _: &[String]) -> u32 {
        0
    }
    fn open_sockets(self) -> u32 {
        0
    }
    fn close(self, _: &str, _: Option<u16>, _: &str) {}
}

fn value(value: rusqlite::types::Value) -> Value {
    match value {
        rusqlite::types::Value::Null => Value::Null,
        rusqlite::types::Value::Integer(number) => Value::Integer(number),
        rusqlite::types::Value::Real(number) => Value::Real(number),
        rusqlite::types::Value::Text(text) => Value::Text(text),
        rusqlite::types::Value::Blob(bytes) => Value::Blob(bytes),
    }
}
