//! `/data/r2`: the objects of the bucket.

use super::{
    entries::{self, ListQuery, StorePage, delete_button, edit, value_of},
    value,
};
use crate::console::{
    call::{Call, Page},
    form::Fields,
    html::{Section, ago, bytes},
    reply::{self, ReplyResult, RequestFailure},
    transfer::{self, ExportedEntry},
    url::address,
};
use axum::body::Body;
use maud::{Markup, html};
use pmx_emulator::r2::{ListOptions, ObjectMeta, PutOptions, R2, Range};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Objects on a page.
const PAGE: i64 = 50;
/// The most bytes of an object that are read to show it.
const SHOWN: u64 = 1024 * 1024;
/// Objects in a listing while exporting.
const LISTED: i64 = 200;
/// Where this is.
const HERE: &str = "/data/r2";

pub(in crate::console) async fn list(call: &Call<'_>) -> Result<Page, RequestFailure> {
    let asked = ListQuery::of(call);
    let wanted = asked.clone();
    let page = call
        .blocking(move |console| {
            let options = ListOptions {
                prefix: &wanted.prefix,
                limit: Some(PAGE),
                cursor: wanted.cursor(),
                ..ListOptions::default()
            };
            console.parts.control.emulator().r2().list(options).map_err(|error| RequestFailure::refused(&error))
        })
        .await?;
    let store = StorePage {
        section: Section::R2,
        title: "R2",
        name: "r2",
        about: html! { "The bucket " code { "BUCKET" } ": every blob of every deploy, named by the SHA-256 of its bytes." },
        example: "0a1b2c",
        empty: ("No object", "Nothing was uploaded yet."),
        columns: html! { th.num { "Size" } th { "Uploaded" } },
    };
    let rows = page.objects.iter().enumerate().map(|(index, object)| row(object, index)).collect::<Vec<_>>();
    Ok(entries::list(&store, &asked, &rows, page.cursor.as_deref()))
}

fn row(object: &ObjectMeta, index: usize) -> Markup {
    html! {
        tr {
            td.lead { a.mono.wrap href=(address("/data/r2/entry", &[("key", &object.key)])) { (object.key) } }
            td.num.nowrap data-label="Size" { (bytes(object.size)) }
            td data-label="Uploaded" { (ago(uploaded(object))) }
            td.act { (delete_button("r2", &object.key, &format!("delete-{index}"), "plain danger")) }
        }
    }
}

fn uploaded(object: &ObjectMeta) -> SystemTime {
    UNIX_EPOCH.checked_add(Duration::from_millis(object.uploaded_ms)).unwrap_or(UNIX_EPOCH)
}

fn head(r2: &R2, key: &str) -> Result<ObjectMeta, RequestFailure> {
    let found = r2.head(key).map_err(|error| RequestFailure::refused(&error))?;
    found.ok_or_else(|| RequestFailure::missing(format!("There is no object `{key}`")))
}

fn read(r2: &R2, key: &str, range: Option<Range>) -> Result<Vec<u8>, RequestFailure> {
    let object = r2.get(key, range).map_err(|error| RequestFailure::refused(&error))?;
    let object = object.ok_or_else(|| RequestFailure::missing(format!("There is no object `{key}`")))?;
    object.body.into_bytes().map(Vec::from).map_err(|error| RequestFailure::internal(error.to_string()))
}

pub(in crate::console) async fn entry(call: &Call<'_>) -> Result<Page, RequestFailure> {
    let key = call.query.text("key")?.to_owned();
    let (object, start) = call
        .blocking(move |console| {
            let r2 = console.parts.control.emulator().r2();
            let object = head(r2, &key)?;
            let range = (object.size > SHOWN).then_some(Range::From { offset: 0, length: Some(SHOWN) });
            let start = read(r2, &key, range)?;
            Ok((object, start))
        })
        .await?;
    let key = object.key.as_str();
    let whole: &[u8] = if object.size > SHOWN { &[0xff] } else { &start };
    let body = html! {
        div.head {
            div { p.crumbs { a href=(HERE) { "R2" } span aria-hidden="true" { "/" } } h1.mono { (key) } }
            div.actions {
                a.button href=(address("/data/r2/download", &[("key", key)])) { "Download" }
                (delete_button("r2", key, "delete", "danger"))
            }
        }
        dl.facts {
            div { dt { "Size" } dd { (bytes(object.size)) } }
            div { dt { "Uploaded" } dd { (ago(uploaded(&object))) } }
            div { dt { "Checked" } dd { @if object.checksums.sha256().is_some() { "SHA-256" } @else { span.muted { "no checksum" } } } }
        }
        dl.pairs {
            dt { "ETag" } dd.mono { (object.http_etag()) }
            dt { "Version" } dd.mono { (object.version) }
            @if let Some(sha256) = object.checksums.sha256() { dt { "SHA-256" } dd.mono { (sha256) } }
        }
        section aria-label="Value" { (value::view(&start, object.size, call.query.get("as"), ("/data/r2/entry", key))) }
        (edit("r2", key, whole, None, None))
    };
    Ok(Page::new(Section::R2, key, body))
}

fn upload(r2: &R2, key: &str, value: &[u8]) -> Result<(), RequestFailure> {
    r2.put(key, value, PutOptions::default()).map_err(|error| RequestFailure::refused(&error))?;
    Ok(())
}

pub(in crate::console) async fn put(call: &Call<'_>, form: &Fields) -> ReplyResult {
    let (key, value) = (form.text("key")?.to_owned(), value_of(form));
    let name = key.clone();
    call.blocking(move |console| upload(console.parts.control.emulator().r2(), &key, &value)).await?;
    Ok(Call::done_at("/data/r2/entry", &[("key", &name), ("done", "saved")]))
}

pub(in crate::console) async fn delete(call: &Call<'_>, form: &Fields) -> ReplyResult {
    let key = form.text("key")?.to_owned();
    call.blocking(move |console| {
        console.parts.control.emulator().r2().delete(&key).map_err(|error| RequestFailure::refused(&error))
    })
    .await?;
    Ok(Call::done_at(HERE, &[("done", "deleted")]))
}

pub(in crate::console) async fn download(call: &Call<'_>) -> ReplyResult {
    let key = call.query.text("key")?.to_owned();
    let name = key.clone();
    let value = call.blocking(move |console| read(console.parts.control.emulator().r2(), &key, None)).await?;
    Ok(reply::download(&name, Body::from(value)))
}

pub(in crate::console) async fn export(call: &Call<'_>) -> ReplyResult {
    let prefix = call.query.text("prefix")?.to_owned();
    let r2 = call.console.parts.control.emulator().r2().clone();
    Ok(transfer::export("r2.jsonl", move |send| {
        let mut cursor: Option<String> = None;
        loop {
            let options = ListOptions {
                prefix: &prefix,
                limit: Some(LISTED),
                cursor: cursor.as_deref(),
                ..ListOptions::default()
            };
            let Ok(page) = r2.list(options) else { return };
            for object in page.objects {
                let Ok(value) = read(&r2, &object.key, None) else { continue };
                let Ok(line) = serde_json::to_string(&ExportedEntry::new(object.key, value)) else { continue };
                if !send(line + "\n") {
                    return;
                }
            }
            match page.cursor {
                Some(next) => cursor = Some(next),
                None => return,
            }
        }
    }))
}

pub(in crate::console) async fn import(call: &Call<'_>, form: &Fields) -> ReplyResult {
    let file = form.bytes("file").unwrap_or_default().to_vec();
    let count = call
        .blocking(move |console| {
            let r2 = console.parts.control.emulator().r2();
            transfer::import(&file, |entry| upload(r2, &entry.key, &entry.value.0))
        })
        .await?;
    Ok(Call::done_at(HERE, &[("done", "imported"), ("count", &count.to_string())]))
}
