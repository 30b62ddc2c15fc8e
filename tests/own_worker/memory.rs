//! A platform in memory with SQL: each object has a database of its own.

use crate::visits::Counter;
use pmx_edge::{
    ObjectClass as _,
    bindings::{BindingError, Bound},
    memory::{Memory, run},
    object::{ObjectId, Rows, Value},
};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

/// A new one, whose objects are all counters.
pub(crate) fn memory() -> Memory {
    let memory = Memory::at(0);
    let databases: RefCell<BTreeMap<String, rusqlite::Connection>> = RefCell::default();
    let current: Rc<RefCell<String>> = Rc::default();
    let running = current.clone();
    memory.on_object(move |name, request| {
        running.replace(name.to_owned());
        let id = ObjectId { id: String::new(), name: Some(name.to_owned()) };
        let counter = Rc::new(Counter::new(&id, memory.object()));
        run(counter.fetch(memory.object(), request)).response
    });
    memory.on_sql(move |statement, bindings| {
        let mut databases = databases.borrow_mut();
        let open = || rusqlite::Connection::open_in_memory().unwrap();
        let database = databases.entry(current.borrow().clone()).or_insert_with(open);
        query(database, statement, bindings).map_err(|error| BindingError::new(error.to_string()))
    });
    memory
}

fn query(database: &rusqlite::Connection, statement: &str, bindings: &[Value]) -> rusqlite::Result<Rows> {
    let mut statement = database.prepare(statement)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let bindings = bindings.iter().map(|value| match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Real(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
        Value::Blob(bytes) => bytes.clone().into(),
    });
    let mut answer = statement.query(rusqlite::params_from_iter(bindings))?;
    let mut rows = Vec::new();
    while let Some(row) = answer.next()? {
        rows.push((0..columns.len()).map(|column| row.get(column).map(value)).collect::<rusqlite::Result<_>>()?);
    }
    Ok(Rows { columns, rows, ..Rows::default() })
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

/// A transaction is undone whole, an inner one alone, and an error comes back as it was.
#[test]
fn what_a_transaction_wrote_is_undone_if_it_fails() {
    let object = memory().object();
    let count = || object.sql("SELECT COUNT(*) FROM t", &[]).map(|rows| rows[0][0].number());
    object.sql("CREATE TABLE t (n INTEGER) STRICT", &[]).unwrap();
    let insert = || object.sql("INSERT INTO t VALUES (1)", &[]).map(drop);
    let outer: Bound<u64> = object.transaction(|| {
        insert()?;
        let inner: Bound<()> = object.transaction(|| {
            insert()?;
            Err(BindingError::new("no"))
        });
        assert_eq!(inner.unwrap_err().message, "no");
        count()
    });
    assert_eq!((outer, count()), (Ok(1), Ok(1)));
    let failed: Bound<()> = object.transaction(|| {
        insert()?;
        insert()?;
        object.sql("no SQL", &[]).map(drop)
    });
    assert!(failed.is_err());
    assert_eq!(count(), Ok(1));
}
