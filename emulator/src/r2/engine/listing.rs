//! Pages of a listing.

use super::{ObjectMeta, Reader, Store, rows};
use crate::{
    r2::{ListOptions, Metadata, Page},
    storage::{StoreError, cursor},
    sync::lock,
};
use rusqlite::params;

impl Store {
    /// A page of at most `limit` entries.
    pub(in crate::r2) fn list(&self, options: &ListOptions<'_>, limit: u32) -> Result<Page, StoreError> {
        let cursor = options.cursor.filter(|cursor| !cursor.is_empty()).map(cursor::read);
        // Whichever is later.
        let mut after = cursor.as_deref().max(options.start_after).map(str::to_owned);
        let delimiter = options.delimiter.filter(|delimiter| !delimiter.is_empty());
        let mut page = Page { objects: Vec::new(), delimited_prefixes: Vec::new(), cursor: None };
        let reader = lock(&self.reader);
        let listing = Listing { store: self, reader: &reader, prefix: options.prefix, delimiter };
        let mut left = limit as usize;
        loop {
            // One more, to know whether there is another page.
            let mut rows = listing.rows(after.as_deref(), left + 1)?;
            let full = rows.objects.len() > left || (rows.objects.len() == left && rows.prefix.is_some());
            rows.objects.truncate(left);
            left -= rows.objects.len();
            for mut object in rows.objects {
                after = Some(object.key.clone());
                strip(&mut object.metadata, options);
                page.objects.push(object);
            }
            if full {
                page.cursor = after.as_deref().map(cursor::write);
                return Ok(page);
            }
            let Some(prefix) = rows.prefix else { return Ok(page) };
            after = listing.last_key(&prefix)?;
            page.delimited_prefixes.push(prefix);
            left -= 1;
        }
    }
}

fn strip(metadata: &mut Metadata, options: &ListOptions<'_>) {
    if !options.include.http {
        metadata.http = crate::r2::HttpMetadata::default();
    }
    if !options.include.custom {
        metadata.custom = Vec::new();
    }
}

/// What is listed of the rows from some key on: objects, up to the first common beginning or the end.
struct ListedRows {
    objects: Vec<ObjectMeta>,
    prefix: Option<String>,
}

struct Listing<'a> {
    store: &'a Store,
    reader: &'a Reader,
    prefix: &'a str,
    delimiter: Option<&'a str>,
}

impl Listing<'_> {
    fn rows(&self, after: Option<&str>, most: usize) -> Result<ListedRows, StoreError> {
        let columns = self.reader.columns.meta();
        let mut statement = self.reader.connection.prepare_cached(&format!(
            "SELECT {columns} FROM objects WHERE key >= ?1 AND (?2 IS NULL OR key > ?2) ORDER BY key LIMIT ?3"
        ))?;
        let mut rows = statement.query(params![self.prefix, after, most.cast_signed()])?;
        let mut objects = Vec::new();
        while let Some(row) = rows.next()? {
            let (object, _) = rows::read_meta(row, self.store.profile)?;
            // The order is that of the bytes, so the keys with this prefix stand together.
            let Some(rest) = object.key.strip_prefix(self.prefix) else { break };
            let common = self.delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
            if let Some(common) = common {
                let prefix = Some(object.key[..self.prefix.len() + common].to_owned());
                return Ok(ListedRows { objects, prefix });
            }
            objects.push(object);
        }
        Ok(ListedRows { objects, prefix: None })
    }

    /// The last of the keys that start with this: all of them are behind whoever goes on after it.
    fn last_key(&self, prefix: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self
            .reader
            .connection
            .prepare_cached("SELECT max(key) FROM objects WHERE key >= ?1 AND (?2 IS NULL OR key < ?2)")?;
        Ok(statement.query_row(params![prefix, after_all(prefix)], |row| row.get(0))?)
    }
}

/// The first text in the order of the bytes that is after all that start with this one, if there is one. UTF-8 keeps the order of the
/// characters, so it is that of the next character.
fn after_all(prefix: &str) -> Option<String> {
    let mut text = prefix.to_owned();
    while let Some(last) = text.pop() {
        let next = (u32::from(last) + 1..=u32::from(char::MAX)).find_map(char::from_u32);
        if let Some(next) = next {
            text.push(next);
            return Some(text);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::after_all;

    #[test]
    fn the_text_after_all_with_a_prefix() {
        for (prefix, after) in [
            ("a/", Some("a0")),
            ("", None),
            ("a\u{d7ff}", Some("a\u{e000}")),
            ("a\u{10ffff}", Some("b")),
            ("\u{10ffff}", None),
        ] {
            assert_eq!(after_all(prefix).as_deref(), after, "{prefix:?}");
        }
    }
}
