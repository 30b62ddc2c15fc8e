//! Ops done, on an emulator in this process.

use super::{Data, DataError, DataOp, ListPage, archive};
use pmx_emulator::{
    Emulator,
    inspect::{InspectError, Inspector},
    kv::{self, Kv},
    r2::{self, ObjectMeta, R2},
};
use pmx_model::{SiteName, kv_key};
use serde_json::{Value as Json, json};
use std::{
    io,
    path::PathBuf,
    time::{Duration, UNIX_EPOCH},
};

/// Bytes of an object that an answer may hold: they are in memory several times on the way.
const MAX_VALUE_BYTES: u64 = 100 * 1024 * 1024;

/// Does an op, and answers as the table in the [module](super) says.
///
/// # Errors
/// [`DataError`]; nothing has changed then, unless it says otherwise.
pub async fn run(emulator: &Emulator, op: DataOp) -> Result<Json, DataError> {
    let objects = emulator.inspect();
    Ok(match op {
        DataOp::KvGet { key } => blocking(emulator.kv(), move |kv| kv_get(kv, &key)).await?,
        DataOp::KvPut { key, value, expiration, expiration_ttl, metadata } => {
            let metadata = metadata.filter(|metadata| !metadata.is_null()).map(|metadata| metadata.to_string());
            blocking(emulator.kv(), move |kv| {
                let metadata = metadata.as_deref();
                kv.put(&key, &value.0, kv::PutOptions { expiration, expiration_ttl, metadata })?;
                Ok(json!({}))
            })
            .await?
        }
        DataOp::KvList(page) => blocking(emulator.kv(), move |kv| kv_list(kv, &page)).await?,
        DataOp::KvDelete { key } => {
            let existed = blocking(emulator.kv(), move |kv| delete_key(kv, &key)).await?;
            json!({ "existed": existed })
        }
        DataOp::R2Head { key } => {
            blocking(emulator.r2(), move |r2| Ok(r2.head(&key)?.map_or(Json::Null, |meta| object(&meta)))).await?
        }
        DataOp::R2Get { key } => blocking(emulator.r2(), move |r2| r2_get(r2, &key)).await?,
        DataOp::R2Put { key, value } => blocking(emulator.r2(), move |r2| r2_put(r2, &key, &value.0)).await?,
        DataOp::R2List(page) => blocking(emulator.r2(), move |r2| r2_list(r2, &page)).await?,
        DataOp::R2Delete { key } => {
            blocking(emulator.r2(), move |r2| {
                let existed = r2.head(&key)?.is_some();
                r2.delete(&key)?;
                // Proofs of the object may be about.
                r2.renew_epoch()?;
                Ok(json!({ "existed": existed }))
            })
            .await?
        }
        DataOp::ObjectList {} => json!({ "objects": objects.objects().await? }),
        DataOp::ObjectTables { object } => json!({ "tables": objects.tables(&object).await? }),
        DataOp::ObjectSql { object, query, params } => json!(objects.sql(&object, &query, &params).await?),
        DataOp::ObjectSockets { object } => json!({ "sockets": objects.sockets(&object) }),
        DataOp::ObjectAlarm { object, fire } => {
            if fire {
                objects.fire_alarm(&object).await?;
            }
            json!({ "dueMs": objects.alarm(&object).await? })
        }
        DataOp::ObjectEvict { object } => {
            objects.evict(&object).await?;
            json!({})
        }
        DataOp::ObjectDelete { object } => {
            objects.delete(&object).await?;
            json!({})
        }
        DataOp::SiteReset { site } => reset(emulator, &objects, &site).await?,
        DataOp::StateExport { file } => export(emulator, file).await?,
    })
}

/// Runs what may wait for the disk where waiting harms nobody.
async fn blocking<B: Clone + Send + 'static, T: Send + 'static>(
    binding: &B,
    work: impl FnOnce(&B) -> Result<T, DataError> + Send + 'static,
) -> Result<T, DataError> {
    let binding = binding.clone();
    tokio::task::spawn_blocking(move || work(&binding)).await.unwrap_or(Err(DataError::Ending))
}

/// Deletes a value; whether there was one.
fn delete_key(kv: &Kv, key: &str) -> Result<bool, DataError> {
    // The first name with this prefix in the order of the bytes is the key itself.
    let listed = kv.list(kv::ListOptions { prefix: key, limit: Some(1), cursor: None })?;
    kv.delete(key)?;
    Ok(listed.keys.first().is_some_and(|listed| listed.name == key))
}

fn kv_get(kv: &Kv, key: &str) -> Result<Json, DataError> {
    let Some(value) = kv.get(key)? else { return Ok(Json::Null) };
    // The first name with this prefix in the order of the bytes is the key itself.
    let listed = kv.list(kv::ListOptions { prefix: key, limit: Some(1), cursor: None })?;
    let mut answer = match listed.keys.first() {
        Some(listed) if listed.name == key => listed_key(listed),
        _ => json!({}),
    };
    if let Some(members) = answer.as_object_mut() {
        members.remove("name");
    }
    answer["value"] = json!(Data(value.to_vec()));
    Ok(answer)
}

fn kv_list(kv: &Kv, page: &ListPage) -> Result<Json, DataError> {
    let found = kv.list(kv::ListOptions {
        prefix: page.prefix.as_deref().unwrap_or_default(),
        limit: page.limit.map(i64::from),
        cursor: page.cursor.as_deref(),
    })?;
    let mut answer = json!({ "keys": found.keys.iter().map(listed_key).collect::<Vec<_>>() });
    if let Some(cursor) = found.cursor {
        answer["cursor"] = json!(cursor);
    }
    Ok(answer)
}

/// As wrangler lists keys.
fn listed_key(key: &kv::ListedKey) -> Json {
    let mut listed = json!({ "name": key.name });
    if let Some(expiration) = key.expiration {
        listed["expiration"] = json!(expiration);
    }
    if let Some(metadata) = &key.metadata {
        listed["metadata"] = serde_json::from_str(metadata).unwrap_or_else(|_| json!(metadata));
    }
    listed
}

fn r2_get(r2: &R2, key: &str) -> Result<Json, DataError> {
    let Some(meta) = r2.head(key)? else { return Ok(Json::Null) };
    if meta.size > MAX_VALUE_BYTES {
        return Err(DataError::TooLarge { key: key.to_owned(), size: meta.size, max: MAX_VALUE_BYTES });
    }
    let Some(found) = r2.get(key, None)? else { return Ok(Json::Null) };
    let bytes = found
        .body
        .into_bytes()
        .map_err(|source| r2::R2Error::Storage { op: r2::Method::Get, source: source.into() })?;
    let mut answer = object(&meta);
    answer["value"] = json!(Data(bytes.to_vec()));
    Ok(answer)
}

fn r2_put(r2: &R2, key: &str, bytes: &[u8]) -> Result<Json, DataError> {
    Ok(r2.put(key, bytes, r2::PutOptions::default())?.map_or(Json::Null, |meta| object(&meta)))
}

fn r2_list(r2: &R2, page: &ListPage) -> Result<Json, DataError> {
    let found = r2.list(r2::ListOptions {
        prefix: page.prefix.as_deref().unwrap_or_default(),
        limit: page.limit.map(i64::from),
        cursor: page.cursor.as_deref(),
        ..r2::ListOptions::default()
    })?;
    let mut answer = json!({ "objects": found.objects.iter().map(object).collect::<Vec<_>>() });
    if let Some(cursor) = found.cursor {
        answer["cursor"] = json!(cursor);
    }
    Ok(answer)
}

fn object(meta: &ObjectMeta) -> Json {
    let uploaded = UNIX_EPOCH + Duration::from_millis(meta.uploaded_ms);
    let mut answer = json!({
        "key": meta.key, "size": meta.size, "etag": meta.etag, "version": meta.version,
        "uploaded": humantime::format_rfc3339_millis(uploaded).to_string(),
    });
    if let Some(sha256) = meta.checksums.sha256() {
        answer["sha256"] = json!(sha256.to_string());
    }
    answer
}

/// The copy is taken beside the archive, where there has to be room for it anyway.
async fn export(emulator: &Emulator, file: PathBuf) -> Result<Json, DataError> {
    let failed = |source| DataError::File { file: file.clone(), source };
    if !file.is_absolute() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "the path is not absolute")));
    }
    let folder = file.parent().map_or_else(tempfile::tempdir, tempfile::tempdir_in).map_err(failed)?;
    emulator.snapshot(folder.path()).await.map_err(|error| failed(io::Error::other(error)))?;
    let target = file.clone();
    let written = tokio::task::spawn_blocking(move || archive::write(folder.path(), &target)).await;
    let bytes = written.map_err(|_| DataError::Ending)?.map_err(failed)?;
    Ok(json!({ "file": file, "bytes": bytes }))
}

/// The object first: were it to write to KV once more, that is removed with the rest.
async fn reset(emulator: &Emulator, objects: &Inspector, site: &str) -> Result<Json, DataError> {
    let site: SiteName = site.parse().map_err(|error| DataError::Site(format!("{error}")))?;
    let had_object = match objects.delete(site.as_str()).await {
        Ok(()) => true,
        Err(InspectError::NoObject { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    let key = kv_key::site_state(site.as_str());
    let had_state = blocking(emulator.kv(), move |kv| delete_key(kv, &key)).await?;
    Ok(json!({ "existed": had_object || had_state }))
}
