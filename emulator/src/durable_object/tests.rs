use super::engine::{Database, Value};
use super::error::SqlError;
use crate::profile::Profile;
use crate::state_dir::Durability;

struct World {
    database: Database,
    folder: tempfile::TempDir,
    profile: Profile,
}

impl World {
    fn new() -> Self {
        Self::with(Profile::Production)
    }

    fn with(profile: Profile) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { database: open(&folder, profile), folder, profile }
    }

    /// As after the end of the process: what was not committed is gone.
    fn reopen(self) -> Self {
        let Self { database, folder, profile } = self;
        drop(database);
        Self { database: open(&folder, profile), folder, profile }
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count()
    }

    fn run(&mut self, query: &str) -> Vec<Vec<Value>> {
        self.database.exec(query, &[]).unwrap_or_else(|error| panic!("{query}: {error}")).rows
    }

    fn error(&mut self, query: &str) -> String {
        self.error_with(query, &[])
    }

    fn error_with(&mut self, query: &str, bindings: &[Value]) -> String {
        match self.database.exec(query, bindings) {
            Err(error) => error.to_string(),
            Ok(rows) => panic!("{query}: {rows:?}"),
        }
    }

    fn count(&mut self, table: &str) -> Value {
        self.run(&format!("SELECT count(*) FROM {table}")).remove(0).remove(0)
    }
}

fn open(folder: &tempfile::TempDir, profile: Profile) -> Database {
    Database::open(folder.path().join("o.sqlite"), profile, Durability::Crash).unwrap()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

const NO_STATEMENT: &str = "SQL code did not contain a statement.";

#[test]
fn a_turn_is_kept_whole_or_not_at_all() {
    let mut world = World::new();
    world.run("CREATE TABLE t(a); INSERT INTO t VALUES (1)");
    world.database.commit_turn().unwrap();
    world.run("INSERT INTO t VALUES (2)");
    world.run("INSERT INTO t VALUES (3)");
    assert_eq!(world.count("t"), Value::Integer(3), "a turn sees its own writes");
    let mut world = world.reopen();
    assert_eq!(world.count("t"), Value::Integer(1));
    world.run("INSERT INTO t VALUES (2)");
    world.database.rollback_turn();
    assert_eq!(world.count("t"), Value::Integer(1));
    world.run("INSERT INTO t VALUES (2)");
    world.database.commit_turn().unwrap();
    world.database.commit_turn().unwrap();
    assert_eq!(world.reopen().count("t"), Value::Integer(2));
}

#[test]
fn an_object_that_does_not_write_leaves_no_file() {
    let mut world = World::new();
    assert_eq!(world.error("SELECT * FROM t"), "no such table: t: SQLITE_ERROR");
    world.run("SELECT 1");
    assert_eq!(world.database.get_alarm().unwrap(), None);
    world.database.delete_alarm().unwrap();
    world.database.commit_turn().unwrap();
    assert_eq!(world.files(), 0);
    world.run("CREATE TABLE t(a)");
    world.database.rollback_turn();
    assert_eq!(world.files(), 0, "nor does one whose first write was undone");
    assert_eq!(world.error("SELECT * FROM t"), "no such table: t: SQLITE_ERROR");
    world.run("CREATE TABLE t(a)");
    world.database.commit_turn().unwrap();
    assert_ne!(world.files(), 0);
    assert_eq!(world.reopen().count("t"), Value::Integer(0));
}

#[test]
fn a_statement_that_fails_leaves_nothing_and_those_before_it_stand() {
    let mut world = World::new();
    world.run("CREATE TABLE t(a PRIMARY KEY)");
    assert_eq!(
        world.error("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2), (1)"),
        "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)"
    );
    assert_eq!(world.count("t"), Value::Integer(1));
    world.database.commit_turn().unwrap();
    assert_eq!(world.reopen().count("t"), Value::Integer(1));
}

#[test]
fn a_turn_that_sqlite_gave_up_cannot_go_on() {
    let mut world = World::new();
    world.run("CREATE TABLE t(a PRIMARY KEY); INSERT INTO t VALUES (1)");
    world.database.commit_turn().unwrap();
    world.run("INSERT INTO t VALUES (2)");
    world.error("INSERT OR ROLLBACK INTO t VALUES (1)");
    assert_eq!(
        world.error("INSERT INTO t VALUES (3)"),
        "Cannot commit transaction due to an earlier SQL critical error"
    );
    assert_eq!(world.database.commit_turn(), Err(SqlError::TurnLost));
    assert_eq!(world.count("t"), Value::Integer(1));
    world.run("INSERT INTO t VALUES (4)");
    world.database.commit_turn().unwrap();
}

#[test]
fn a_text_must_hold_statements_to_its_end() {
    let mut world = World::new();
    for query in ["", ";", "-- c", "/* c */", "SELECT 1; -- c", "SELECT 1;;", "  "] {
        assert_eq!(world.error(query), NO_STATEMENT, "{query:?}");
    }
    assert_eq!(world.run("SELECT 1; \n"), [[Value::Integer(1)]]);
    assert_eq!(world.run("-- c\nSELECT 1 -- c"), [[Value::Integer(1)]]);
    assert_eq!(world.run("SELECT 1; SELECT 2; SELECT 3"), [[Value::Integer(3)]], "the last one's rows are returned");
    assert_eq!(world.error("CREATE TABLE t(a); INSERT INTO t VALUES (1); -- c"), NO_STATEMENT);
    assert_eq!(world.count("t"), Value::Integer(1), "what comes before has run");
}

#[test]
fn bindings_must_match_the_last_statement() {
    let mut world = World::new();
    let wrong = "Wrong number of parameter bindings for SQL query.";
    let one = [Value::Integer(1)];
    assert_eq!(world.error("SELECT ?"), wrong);
    assert_eq!(world.error_with("SELECT 1", &one), wrong);
    assert_eq!(world.error_with("SELECT ?2", &one), wrong);
    assert_eq!(world.error_with("SELECT ?; SELECT ?", &one), SqlError::ParametersBeforeLast.to_string());
    assert_eq!(world.error_with("SELECT ?; -- c", &one), SqlError::ParametersBeforeLast.to_string());
    let rows = world.database.exec("SELECT 1; SELECT ?1, ?1, :a", &[text("x"), text("y")]).unwrap().rows;
    assert_eq!(rows, [[text("x"), text("x"), text("y")]]);
}

#[test]
fn bound_numbers_are_real_and_columns_that_hold_integers_convert_them() {
    let mut world = World::new();
    world.run("CREATE TABLE t(i INTEGER, s TEXT, x) ; CREATE TABLE strict(i INTEGER, s TEXT) STRICT");
    let five = [Value::Integer(5)];
    let kinds = world.database.exec("SELECT typeof(?)", &five).unwrap();
    assert_eq!(kinds.rows, [[text("real")]]);
    world.database.exec("INSERT INTO t VALUES (?1, ?1, ?1)", &five).unwrap();
    assert_eq!(world.run("SELECT * FROM t"), [[Value::Integer(5), text("5.0"), Value::Real(5.0)]]);
    world.database.exec("INSERT INTO strict(i) VALUES (?)", &five).unwrap();
    assert_eq!(world.run("SELECT i FROM strict"), [[Value::Integer(5)]]);
    assert_eq!(
        world.error_with("INSERT INTO strict(i) VALUES (?)", &[text("x")]),
        "cannot store TEXT value in INTEGER column strict.i: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_DATATYPE)"
    );
    let all = [Value::Null, Value::Real(f64::NAN), Value::Real(1.5), text("a\0b"), Value::Blob(vec![0, 1])];
    let rows = world.database.exec("SELECT ?, ?, ?, ?, ?", &all).unwrap().rows;
    assert_eq!(rows, [[Value::Null, Value::Null, Value::Real(1.5), text("a\0b"), Value::Blob(vec![0, 1])]]);
}

#[test]
fn columns_are_named_in_order_and_twice_if_they_come_twice() {
    let mut world = World::new();
    world.run("CREATE TABLE t(a, b)");
    let columns = |world: &mut World, query| world.database.exec(query, &[]).unwrap().columns;
    assert_eq!(columns(&mut world, "SELECT 1 AS a, 2 AS b, 3 AS a"), ["a", "b", "a"]);
    assert!(columns(&mut world, "INSERT INTO t VALUES (1, 2)").is_empty());
    assert_eq!(columns(&mut world, "INSERT INTO t VALUES (1, 2) RETURNING b"), ["b"]);
    world.run("SELECT * FROM t");
    world.run("ALTER TABLE t ADD COLUMN c");
    assert_eq!(columns(&mut world, "SELECT * FROM t"), ["a", "b", "c"], "a kept statement sees a new column");
}

#[test]
fn errors_are_in_the_platform_s_words() {
    let mut world = World::new();
    world.run("CREATE TABLE u(a UNIQUE, b NOT NULL DEFAULT 1, c CHECK (c > 0), id INTEGER PRIMARY KEY)");
    world.run("CREATE TABLE child(u REFERENCES u(id)); INSERT INTO u(a, id) VALUES (1, 1)");
    for (query, expected) in [
        ("SELEC 1", "near \"SELEC\": syntax error at offset 0: SQLITE_ERROR"),
        ("  SELEC 1", "near \"SELEC\": syntax error at offset 2: SQLITE_ERROR"),
        ("SELECT * FROM nope", "no such table: nope: SQLITE_ERROR"),
        ("SELECT nope", "no such column: nope at offset 7: SQLITE_ERROR"),
        ("SELECT 'abc", "unrecognized token: \"'abc\" at offset 7: SQLITE_ERROR"),
        (
            "INSERT INTO u(a) VALUES (1)",
            "UNIQUE constraint failed: u.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
        ),
        (
            "INSERT INTO u(a, b) VALUES (2, NULL)",
            "NOT NULL constraint failed: u.b: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_NOTNULL)",
        ),
        (
            "INSERT INTO u(a, c) VALUES (2, 0)",
            "CHECK constraint failed: c > 0: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_CHECK)",
        ),
        (
            "INSERT INTO child VALUES (7)",
            "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)",
        ),
        ("INSERT INTO u(id) VALUES ('x')", "datatype mismatch: SQLITE_MISMATCH"),
        ("SELECT a REGEXP 'b' FROM u", "no such function: REGEXP at offset 9: SQLITE_ERROR"),
        ("VACUUM", "cannot VACUUM from within a transaction: SQLITE_ERROR"),
    ] {
        assert_eq!(world.error(query), expected, "{query}");
    }
}

#[test]
fn what_the_platform_forbids_is_refused_in_its_words() {
    let mut world = World::new();
    world.run("CREATE TABLE t(a)");
    world.database.set_alarm(5).unwrap();
    let transaction = SqlError::Transaction.to_string();
    for query in ["BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT s", "RELEASE s"] {
        assert_eq!(world.error(query), transaction, "{query}");
    }
    let not_authorized = "not authorized: SQLITE_AUTH";
    for query in [
        "ATTACH 'x' AS y",
        "DETACH y",
        "CREATE TEMP TABLE x(a)",
        "CREATE TEMP VIEW x AS SELECT 1",
        "CREATE TABLE _cf_x(a)",
        "CREATE TABLE _CF_x(a)",
        "CREATE VIEW _cf_x AS SELECT 1",
        "CREATE INDEX _cf_x ON t(a)",
        "ALTER TABLE t RENAME TO _cf_x",
        "ALTER TABLE t RENAME TO \"_CF_x\"",
        "DROP TABLE _cf_METADATA",
        "DELETE FROM _cf_METADATA",
        "INSERT INTO _cf_METADATA VALUES (2, 2)",
        "CREATE VIRTUAL TABLE v USING rtree(a, b, c)",
        "CREATE VIRTUAL TABLE v USING dbstat",
        "PRAGMA journal_mode",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA user_version",
        "PRAGMA synchronous = OFF",
        "PRAGMA integrity_check",
        "PRAGMA schema_version",
        "PRAGMA writable_schema = 1",
    ] {
        assert_eq!(world.error(query), not_authorized, "{query}");
    }
    for (query, expected) in [
        ("SELECT key FROM _cf_METADATA", "access to _cf_METADATA.key is prohibited: SQLITE_AUTH"),
        ("SELECT sqlite_version()", "not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR"),
        ("SELECT load_extension('x')", "not authorized: SQLITE_ERROR"),
        ("DELETE FROM sqlite_master", "table sqlite_master may not be modified: SQLITE_ERROR"),
    ] {
        assert_eq!(world.error(query), expected, "{query}");
    }
    assert_eq!(world.count("t"), Value::Integer(0), "the table kept its name");
    assert_eq!(world.database.get_alarm().unwrap(), Some(5));
}

#[test]
fn what_the_platform_allows_runs() {
    let mut world = World::new();
    for query in [
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT GENERATED ALWAYS AS (a || '!') STORED) STRICT",
        "CREATE TABLE log(a) ",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.a); SELECT 1; END",
        "CREATE INDEX i ON t(a)",
        "CREATE VIEW v AS SELECT * FROM t",
        "INSERT INTO t(id, a) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET a = 'y' RETURNING a",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3) SELECT sum(x) OVER () FROM c",
        "SELECT value FROM json_each('[1,2]')",
        "SELECT \"abc\"",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM pragma_table_info('t')",
        "PRAGMA table_info(t)",
        "PRAGMA table_list",
        "PRAGMA foreign_keys",
        "PRAGMA defer_foreign_keys = ON",
        "PRAGMA foreign_key_check",
        "PRAGMA quick_check",
        "PRAGMA optimize",
        "EXPLAIN QUERY PLAN SELECT * FROM t",
        "EXPLAIN INSERT INTO t(a) VALUES (1)",
        "ANALYZE",
        "REINDEX",
        "CREATE VIRTUAL TABLE f USING fts5(body)",
        "INSERT INTO f VALUES ('the quick fox')",
        "SELECT highlight(f, 0, '<', '>') FROM f WHERE f MATCH 'quick'",
        "ALTER TABLE t RENAME COLUMN a TO c",
        "ALTER TABLE log RENAME TO journal",
        "ALTER TABLE journal ADD COLUMN d",
        "ALTER TABLE journal DROP COLUMN d",
        "DROP TABLE f",
        "DROP VIEW v",
        "SELECT round(2.5), unixepoch(0), printf('%d', 1), count(*), 1 -> '$' FROM t",
    ] {
        world.run(query);
    }
    assert_eq!(world.run("SELECT a FROM journal"), [[text("x")]], "the trigger has fired");
    world.database.commit_turn().unwrap();
}

#[test]
fn statements_end_at_their_limits() {
    let mut world = World::new();
    let list = |n: usize, item: &str| vec![item; n].join(", ");
    let columns = |n: usize| (0..n).map(|n| format!("c{n}")).collect::<Vec<_>>().join(", ");
    let padded = |bytes: usize| format!("SELECT 1{}", " ".repeat(bytes - 10)) + "+1";
    world.run(&padded(100_000));
    assert_eq!(world.error(&padded(100_001)), "statement too long: SQLITE_TOOBIG");
    assert_eq!(world.error(&format!("{};{}", padded(60_000), padded(60_000))), "statement too long: SQLITE_TOOBIG");
    world.run(&format!("CREATE TABLE c100({})", columns(100)));
    assert_eq!(world.error(&format!("CREATE TABLE c101({})", columns(101))), "too many columns on c101: SQLITE_ERROR");
    assert_eq!(world.error(&format!("SELECT {}", list(101, "1"))), "too many columns in result set: SQLITE_ERROR");
    let nulls = vec![Value::Null; 100];
    world.database.exec(&format!("SELECT 1 WHERE 1 IN ({})", list(100, "?")), &nulls).unwrap();
    assert_eq!(world.error("SELECT ?101"), "variable number must be between ?1 and ?100 at offset 7: SQLITE_ERROR");
    let pattern = |n| [text("x"), Value::Text("x".repeat(n))];
    world.database.exec("SELECT ? LIKE ?", &pattern(50)).unwrap();
    assert_eq!(world.error_with("SELECT ? LIKE ?", &pattern(51)), "LIKE or GLOB pattern too complex: SQLITE_ERROR");
    let compound = |n| vec!["SELECT 1"; n].join(" UNION ALL ");
    world.run(&compound(5));
    assert_eq!(world.error(&compound(6)), "too many terms in compound SELECT: SQLITE_ERROR");
    world.run(&format!("SELECT * FROM (VALUES {})", list(500, "(1)")));
    let deep = |n| format!("SELECT {}", vec!["1"; n].join("+"));
    assert_eq!(world.error(&deep(102)), "Expression tree is too large (maximum depth 100): SQLITE_ERROR");
    world.run(&deep(90));
}

#[test]
fn values_and_arguments_end_where_the_profile_says() {
    for (profile, bytes, arguments) in [(Profile::Production, 2_000_000, 32), (Profile::WorkerdLocal, 2_200_000, 127)] {
        let mut world = World::with(profile);
        world.database.exec("SELECT length(?)", &[Value::Blob(vec![0; bytes])]).unwrap();
        assert_eq!(
            world.error_with("SELECT length(?)", &[Value::Blob(vec![0; bytes + 1])]),
            "string or blob too big: SQLITE_TOOBIG"
        );
        let call = |n| format!("SELECT max({})", vec!["1"; n].join(", "));
        world.run(&call(arguments));
        assert_eq!(world.error(&call(arguments + 1)), "too many arguments on function max at offset 7: SQLITE_ERROR");
    }
}

#[test]
fn a_result_that_would_fill_the_memory_is_refused() {
    let mut world = World::new();
    let query = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 100)
                 SELECT zeroblob(1000000) FROM c";
    assert_eq!(world.error(query), "SQL query result set is too large to fit in memory.");
}

#[test]
fn an_alarm_belongs_to_the_turn_that_sets_it() {
    let mut world = World::new();
    assert_eq!(
        world.database.set_alarm(0).unwrap_err().to_string(),
        "setAlarm() cannot be called with an alarm time <= 0"
    );
    world.database.set_alarm(100).unwrap();
    assert_eq!(world.database.pending_alarm(), Some(Some(100)));
    assert_eq!(world.database.get_alarm().unwrap(), Some(100));
    world.database.rollback_turn();
    assert_eq!((world.database.pending_alarm(), world.database.get_alarm().unwrap()), (None, None));
    world.database.set_alarm(100).unwrap();
    world.database.commit_turn().unwrap();
    assert_eq!(world.database.pending_alarm(), None);
    let mut world = world.reopen();
    assert_eq!(world.database.get_alarm().unwrap(), Some(100));
    world.database.set_alarm(200).unwrap();
    let mut world = world.reopen();
    assert_eq!(world.database.get_alarm().unwrap(), Some(100), "that turn was never committed");
    world.database.delete_alarm().unwrap();
    assert_eq!(world.database.pending_alarm(), Some(None));
    world.database.commit_turn().unwrap();
    assert_eq!(world.reopen().database.get_alarm().unwrap(), None);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("o.sqlite");
    std::fs::write(&path, "this is not a database, it is a text of more than a hundred bytes that someone has put here for reasons unknown").unwrap();
    let error = Database::open(&path, Profile::Production, Durability::Crash).unwrap_err();
    assert!(error.to_string().contains("SQLITE_NOTADB"), "{error}");
}

#[test]
fn the_engine_s_own_statements_do_not_open_the_door_for_a_user_s() {
    let mut world = World::new();
    world.run("CREATE TABLE t(a)");
    world.database.commit_turn().unwrap();
    assert_eq!(world.error("BEGIN"), SqlError::Transaction.to_string());
    assert_eq!(world.error("COMMIT"), SqlError::Transaction.to_string());
}

#[test]
fn a_query_without_an_end_is_given_up() {
    let mut world = World::new();
    world.run("CREATE TABLE t (a)");
    world.database.give_up_after(Some(std::time::Duration::from_millis(20))).unwrap();
    let endless = "WITH RECURSIVE n(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) SELECT count(*) FROM n";
    assert_eq!(world.error(endless), "interrupted: SQLITE_INTERRUPT");
    world.database.give_up_after(None).unwrap();
    world.run("INSERT INTO t VALUES (1)");
    world.database.commit_turn().unwrap();
    assert_eq!(world.run("SELECT count(*) FROM t"), [[Value::Integer(1)]]);
}
