//! What belongs to a state folder: its names, and what they have to be.

use super::{
    StateError,
    folder::{Folder, Kind},
};
use std::io;

/// The databases in the folder itself.
pub(crate) const DATABASES: [&str; 2] = ["kv.sqlite", "r2.sqlite"];
/// The folder of the bundled Worker's objects, in `do`.
pub(crate) const BUNDLED_FOLDER: &str = "SpaceDO";
/// The index of alarms, in the folder of the objects that have them; that of the bundled Worker's is beside it, in `do`.
pub(crate) const ALARMS: &str = "alarms.sqlite";
/// Which folder in `do` belongs to which class of which Worker.
pub(crate) const NAMESPACES: &str = "namespaces.json";
/// Bytes of that file: far more than all classes of all Workers of a machine take.
pub(crate) const MAX_NAMESPACES_BYTES: u64 = 16 * 1024 * 1024;
/// The stores that have blobs.
pub(crate) const STORES: [&str; 2] = ["kv", "r2"];
/// What SQLite puts beside a database.
pub(crate) const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];
/// What a database that was set aside has after its name, before the time.
pub(crate) const ASIDE: &str = ".damaged-";
/// Files of the folder that are no databases; earlier versions left the last two.
pub(crate) const FILES: [&str; 7] =
    ["version", "version.new", "lock", ".gitignore", ".gitignore.new", "owner.json", "owner.json.new"];
/// The largest id that a blob is given: what is above is no blob of this program, and ids have room to count on.
pub(crate) const MAX_BLOB_ID: i64 = 1 << 62;

/// The id of a blob's file, if this is the name of one.
pub(crate) fn blob_id(shard: &str, name: &str) -> Option<i64> {
    let id = i64::from_str_radix(name, 16).ok().filter(|id| (1..=MAX_BLOB_ID).contains(id))?;
    (name == blob_name(id) && shard == shard_name(id)).then_some(id)
}

pub(crate) fn blob_name(id: i64) -> String {
    format!("{id:016x}")
}

/// The folder that a blob's file is in.
pub(crate) fn shard_name(id: i64) -> String {
    format!("{:02x}", id & 0xff)
}

pub(crate) fn is_shard(name: &str) -> bool {
    name.len() == 2 && is_lower_hex(name)
}

/// The name of a file that is being written.
pub(crate) fn temporary_name(store: &str, id: i64) -> String {
    format!("{store}-{}", blob_name(id))
}

pub(crate) fn is_temporary(name: &str) -> bool {
    let id = STORES.iter().find_map(|store| name.strip_prefix(store)?.strip_prefix('-'));
    id.is_some_and(|id| id.len() == 16 && is_lower_hex(id))
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The folder of a further namespace or bucket: its id, where that can be the name of a folder everywhere, else a hash of it.
pub(super) fn store_name(id: &str) -> String {
    const LONGEST: usize = 63;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=LONGEST).contains(&id.len()) && id.bytes().all(plain) {
        id.to_owned()
    } else {
        // Longer than any plain one, so that no two ids have one folder.
        format!("{}", pmx_model::Hash::of(id.as_bytes()))
    }
}

/// Whether a folder in `do` may hold objects: its name is a class, or a Worker and a class.
pub(crate) fn is_class(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'$'))
}

/// The index of the alarms of the objects in a folder, from the state folder.
pub(crate) fn alarms_file(folder: &str) -> String {
    if folder == BUNDLED_FOLDER { format!("do/{ALARMS}") } else { format!("do/{folder}/{ALARMS}") }
}

/// The database that a file is, or is beside.
pub(crate) fn database_of(name: &str) -> Option<&str> {
    let database = SIDE_FILES.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    database.ends_with(".sqlite").then_some(database)
}

/// The id of an object whose database this is.
pub(crate) fn object_of(database: &str) -> Option<&str> {
    let id = database.strip_suffix(".sqlite")?;
    (!id.is_empty() && is_lower_hex(id)).then_some(id)
}

/// Whether a file in a folder of objects is one of this program's, other than those that were set aside.
pub(crate) fn is_class_file(name: &str) -> bool {
    database_of(name).is_some_and(|database| database == ALARMS || object_of(database).is_some())
}

/// Whether a file is a database that was set aside, or was beside one.
pub(crate) fn is_aside(name: &str) -> bool {
    name.split_once(ASIDE).is_some_and(|(database, _)| database.ends_with(".sqlite"))
}

/// Goes through all folders of the layout before anything in them is touched. A link anywhere, also under a name that is nobody's, is
/// refused: no pmx has made it. So is a file that is written in place and has a second name (a hard link), since what is written would
/// show up under that, too; blobs may have several, as they never change.
///
/// Whoever can still put links in later is the user, or may do all that the user may.
pub(crate) fn check(root: &Folder) -> Result<(), StateError> {
    let unusable = |source| StateError::Unusable { path: root.path_of(""), source };
    for entry in list(root, unusable)? {
        let name = entry.name.as_str();
        if FILES.contains(&name) || database_of(name).is_some_and(|database| DATABASES.contains(&database)) {
            check_file(root, name, entry.kind)?;
        }
        if matches!(name, "blobs" | "do") && entry.kind != Kind::Folder {
            return Err(unexpected(root, name, "no folder"));
        }
    }
    if let Some(blobs) = subfolder(root, "blobs", unusable)? {
        for entry in list(&blobs, unusable)? {
            let name = entry.name.as_str();
            if name != "tmp" && !STORES.contains(&name) {
                continue;
            }
            if entry.kind != Kind::Folder {
                return Err(unexpected(&blobs, name, "no folder"));
            }
            let store = blobs.open_folder(name).map_err(unusable)?;
            for shard in list(&store, unusable)? {
                if shard.kind == Kind::Folder && is_shard(&shard.name) {
                    list(&store.open_folder(&shard.name).map_err(unusable)?, unusable)?;
                }
            }
        }
    }
    if let Some(objects) = subfolder(root, "do", unusable)? {
        for entry in list(&objects, unusable)? {
            let name = entry.name.as_str();
            if database_of(name) == Some(ALARMS) || name == NAMESPACES {
                check_file(&objects, name, entry.kind)?;
            }
            if entry.kind != Kind::Folder || !is_class(name) {
                continue;
            }
            let class = objects.open_folder(name).map_err(unusable)?;
            for file in list(&class, unusable)? {
                if is_class_file(&file.name) {
                    check_file(&class, &file.name, file.kind)?;
                }
            }
        }
    }
    Ok(())
}

fn subfolder(
    root: &Folder,
    name: &str,
    unusable: impl Fn(io::Error) -> StateError,
) -> Result<Option<Folder>, StateError> {
    match root.open_folder(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        folder => folder.map(Some).map_err(unusable),
    }
}

fn list(
    folder: &Folder,
    unusable: impl Fn(io::Error) -> StateError,
) -> Result<Vec<super::folder::FolderEntry>, StateError> {
    let entries = folder.entries().map_err(unusable)?;
    match entries.iter().find(|entry| entry.kind == Kind::Link) {
        Some(link) => Err(StateError::Link { path: folder.path_of(&link.name) }),
        None => Ok(entries),
    }
}

fn check_file(folder: &Folder, name: &str, kind: Kind) -> Result<(), StateError> {
    if kind != Kind::File {
        return Err(unexpected(folder, name, "no plain file"));
    }
    match folder.links_and_bytes(name) {
        Ok((1, _)) => Ok(()),
        Ok(_) => Err(unexpected(folder, name, "a file with a second name elsewhere (a hard link)")),
        // SQLite has removed its own file meanwhile, in a process that owns the folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(StateError::Unusable { path: folder.path_of(name), source }),
    }
}

fn unexpected(folder: &Folder, name: &str, what: &'static str) -> StateError {
    StateError::Unexpected { path: folder.path_of(name), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_pmx_gives_are_its_own() {
        assert_eq!(blob_id("ff", "00000000000000ff"), Some(255));
        for (shard, name) in [
            ("00", "00000000000000ff"),
            ("ff", "ff"),
            ("ff", "00000000000000FF"),
            ("ff", "+0000000000000ff"),
            ("ff", "ffffffffffffffff"),
            ("00", "0000000000000000"),
        ] {
            assert_eq!(blob_id(shard, name), None, "{shard}/{name}");
        }
        assert!(is_temporary("r2-00000000000000ff") && is_temporary("kv-0000000000000001"));
        for name in ["7", "r2-", "r2-7", "x-00000000000000ff", "r2-00000000000000ff.txt", "r2-00000000000000fg"] {
            assert!(!is_temporary(name), "{name}");
        }
        assert_eq!(database_of("kv.sqlite-wal"), Some("kv.sqlite"));
        assert_eq!(database_of("kv.sqlite.damaged-1"), None);
        assert!(is_aside("kv.sqlite.damaged-20260101T000000Z") && !is_aside("notes.damaged-1"));
    }
}
