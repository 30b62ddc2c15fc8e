//! Finds what is wrong with a state folder ([`check`]), and repairs it ([`repair`]).

mod repair;
mod walk;

pub use repair::{RepairError, Repaired, repair};

use crate::{
    kv,
    state_dir::{StateDir, layout},
    storage::blobs::{Blobs, Digest, Expected, ReadError},
    storage::sqlite,
};
use rusqlite::{Connection, Row};
use serde::Serialize;
use std::{
    collections::{HashMap, HashSet},
    fmt, io,
};

/// One thing that is wrong. Paths are below the state folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Finding {
    /// SQLite cannot read a database.
    DamagedDatabase {
        /// The database.
        file: String,
        /// What SQLite says.
        why: String,
    },
    /// What a key stands for is gone, or is something else by now.
    Lost {
        /// `kv` or `r2`.
        store: &'static str,
        /// The key.
        key: String,
        /// How it is lost.
        why: String,
    },
    /// A file that pmx made, and nothing names any more.
    LeftOver {
        /// The file.
        file: String,
    },
    /// Something that pmx did not make.
    Stray {
        /// The file or folder.
        file: String,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DamagedDatabase { file, why } => write!(f, "{file} is damaged: {why}"),
            Self::Lost { store, key, why } => write!(f, "{store} has lost `{key}`: {why}"),
            Self::LeftOver { file } => write!(f, "{file} is left over: nothing names it"),
            Self::Stray { file } => write!(f, "{file} is not of pmx"),
        }
    }
}

/// Reads all of a state folder that nobody owns: its layout, every database, every value that its row says enough of to tell whether it
/// is the one that was stored. Changes nothing.
///
/// # Errors
/// If a file or folder cannot be read at all.
pub fn check(state: &StateDir) -> io::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let kv = store(state, "kv", &mut findings)?;
    let r2 = store(state, "r2", &mut findings)?;
    for file in databases(state)? {
        if let Err(error) = open(state, &file).and_then(|database| quick_check(&database)) {
            findings.push(Finding::DamagedDatabase { file, why: error.to_string() });
        }
    }
    walk::walk(state, &HashMap::from([("kv", kv), ("r2", r2)]), &mut findings)?;
    Ok(findings)
}

/// The databases that SQLite finds damaged: a look at each page, also while they are in use.
///
/// # Errors
/// If the folder cannot be read.
pub fn damaged_databases(state: &StateDir) -> io::Result<Vec<Finding>> {
    let mut files: Vec<String> = layout::DATABASES.map(str::to_owned).into();
    files.extend(databases(state)?);
    let damaged = files.into_iter().filter_map(|file| {
        let error = open(state, &file).and_then(|database| quick_check(&database)).err()?;
        Some(Finding::DamagedDatabase { file, why: error.to_string() })
    });
    Ok(damaged.collect())
}

/// What keeps a database from being read.
#[derive(Debug, thiserror::Error)]
enum Damage {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0}")]
    Found(String),
}

fn open(state: &StateDir, file: &str) -> Result<Connection, Damage> {
    let path = state.database(file);
    Ok(if state.reads_only() {
        sqlite::open_to_read(&path)?
    } else if path.symlink_metadata().is_ok() {
        sqlite::open(&path, state.durability())?
    } else {
        Connection::open_in_memory()?
    })
}

/// The databases that are neither of the two stores.
fn databases(state: &StateDir) -> io::Result<Vec<String>> {
    let mut files = vec![layout::alarms_file(layout::BUNDLED_FOLDER)];
    for folder in state.object_folders()? {
        if folder != layout::BUNDLED_FOLDER {
            files.push(layout::alarms_file(&folder));
        }
        files.extend(state.objects(&folder)?.into_iter().map(|(id, ..)| format!("do/{folder}/{id}.sqlite")));
    }
    Ok(files)
}

/// All pages and the order in the indexes, without comparing indexes with tables (sqlite.org/pragma.html#pragma_quick_check).
fn quick_check(database: &Connection) -> Result<(), Damage> {
    let first: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if first == "ok" { Ok(()) } else { Err(Damage::Found(first)) }
}

/// What a store's rows name.
pub(in crate::check) enum ReferencedBlobs {
    Known(HashSet<i64>),
    /// The database cannot be read, so nothing can be said.
    Unknown,
}

/// Reads a store's database and all that its rows name.
fn store(state: &StateDir, store: &'static str, findings: &mut Vec<Finding>) -> io::Result<ReferencedBlobs> {
    let file = format!("{store}.sqlite");
    let blobs = Blobs::open_to_read(state, store)?;
    let mut named = HashSet::new();
    let mut lost = Vec::new();
    let read = open(state, &file).and_then(|database| {
        quick_check(&database)?;
        named.extend(parts(&database)?);
        rows(&database, store, &mut |row| {
            let why = match row.place {
                ValuePlace::Row(bytes) if row.expected.matches(&bytes) => None,
                ValuePlace::Row(_) => Some("its bytes are not those that were stored".to_owned()),
                ValuePlace::File(blob) => {
                    named.insert(blob);
                    match blobs.read(blob, row.expected) {
                        Ok(_) => None,
                        Err(ReadError::Lost(loss)) => Some(loss.to_string()),
                        Err(ReadError::Io(error)) => Some(format!("its file cannot be read: {error}")),
                    }
                }
            };
            lost.extend(why.map(|why| Finding::Lost { store, key: row.key, why }));
        })
    });
    findings.append(&mut lost);
    Ok(match read {
        Ok(()) => ReferencedBlobs::Known(named),
        Err(error) => {
            findings.push(Finding::DamagedDatabase { file, why: error.to_string() });
            ReferencedBlobs::Unknown
        }
    })
}

/// A row of either store.
struct StoredValue {
    key: String,
    expected: Expected,
    place: ValuePlace,
}

enum ValuePlace {
    Row(Vec<u8>),
    File(i64),
}

fn rows(database: &Connection, store: &str, each: &mut dyn FnMut(StoredValue)) -> Result<(), Damage> {
    let (table, read): (_, fn(&Row<'_>) -> rusqlite::Result<StoredValue>) =
        if store == "kv" { ("entries", kv_row) } else { ("objects", r2_row) };
    // Nothing was ever stored.
    if !database.table_exists(None, table)? {
        return Ok(());
    }
    let mut statement = database.prepare(&format!("SELECT * FROM {table}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(read(row)?);
    }
    Ok(())
}

/// The files of uploads to R2 that are not complete. Whether they hold what they should is found out when they are completed: until then
/// nobody can miss anything.
fn parts(database: &Connection) -> rusqlite::Result<Vec<i64>> {
    if !database.table_exists(None, "parts")? {
        return Ok(Vec::new());
    }
    database.prepare("SELECT blob FROM parts WHERE blob IS NOT NULL")?.query_map([], |row| row.get(0))?.collect()
}

fn kv_row(row: &Row<'_>) -> rusqlite::Result<StoredValue> {
    let key = row.get("key")?;
    let size = row.get::<_, i64>("size")?.cast_unsigned();
    Ok(match row.get("blob")? {
        None => {
            let expected = Expected { size, digest: Digest::Unknown };
            StoredValue {
                key,
                expected,
                place: ValuePlace::Row(row.get::<_, Option<Vec<u8>>>("value")?.unwrap_or_default()),
            }
        }
        Some(blob) => {
            let digest: Option<Vec<u8>> = row.get("digest").unwrap_or_default();
            let digest = kv::read_digest(blob, digest.as_deref());
            StoredValue { key, expected: Expected { size, digest }, place: ValuePlace::File(blob) }
        }
    })
}

fn r2_row(row: &Row<'_>) -> rusqlite::Result<StoredValue> {
    let digest = match row.get::<_, Option<[u8; 32]>>("sha256")? {
        Some(sha256) => Digest::Sha256(sha256),
        None => Digest::Md5(row.get("md5")?),
    };
    let place = match row.get("blob")? {
        Some(blob) => ValuePlace::File(blob),
        None => ValuePlace::Row(row.get::<_, Option<Vec<u8>>>("value")?.unwrap_or_default()),
    };
    let size = row.get::<_, i64>("size")?.cast_unsigned();
    Ok(StoredValue { key: row.get("key")?, expected: Expected { size, digest }, place })
}
