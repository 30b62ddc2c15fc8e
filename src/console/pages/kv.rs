//! `/data/kv`: the keys of the KV namespace.

use super::{
    entries::{self, ListQuery, StorePage, delete_button, edit, value_of},
    value,
};
use crate::console::{
    call::{Call, Page},
    form::Fields,
    html::{Section, ago, bytes, local},
    reply::{self, ReplyResult, RequestFailure},
    transfer::{self, ExportedEntry},
    url::address,
};
use axum::body::Body;
use maud::{Markup, html};
use pmx_emulator::kv::{Kv, ListOptions, ListedKey, PutOptions};
use pmx_model::kv_key;
use std::time::{Duration, UNIX_EPOCH};

/// Keys on a page.
const PAGE: i64 = 50;
/// Where this is.
const HERE: &str = "/data/kv";

pub(in crate::console) async fn list(call: &Call<'_>) -> Result<Page, RequestFailure> {
    let asked = ListQuery::of(call);
    let wanted = asked.clone();
    let page = call
        .blocking(move |console| {
            let options = ListOptions { prefix: &wanted.prefix, limit: Some(PAGE), cursor: wanted.cursor() };
            console.parts.control.emulator().kv().list(options).map_err(|error| RequestFailure::refused(&error))
        })
        .await?;
    let store = StorePage {
        section: Section::Kv,
        title: "KV",
        name: "kv",
        about: html! { "The namespace " code { "SPACE_KV" } ": the active state of every site, and what lags behind it." },
        example: kv_key::SITE_STATE_PREFIX,
        empty: ("No key", "Nothing was written yet."),
        columns: html! { th { "Expires" } th { "Metadata" } },
    };
    let rows = page.keys.iter().enumerate().map(|(index, key)| row(key, index)).collect::<Vec<_>>();
    Ok(entries::list(&store, &asked, &rows, page.cursor.as_deref()))
}

fn row(key: &ListedKey, index: usize) -> Markup {
    html! {
        tr {
            td.lead { a.mono.wrap href=(address("/data/kv/entry", &[("key", &key.name)])) { (key.name) } }
            td.blank[key.expiration.is_none()] data-label="Expires" { (expires(key.expiration)) }
            td.mono.wrap.blank[key.metadata.is_none()] data-label="Metadata" { (key.metadata.as_deref().unwrap_or_default()) }
            td.act { (delete_button("kv", &key.name, &format!("delete-{index}"), "plain danger")) }
        }
    }
}

fn expires(at: Option<u64>) -> Markup {
    match at.and_then(|at| UNIX_EPOCH.checked_add(Duration::from_secs(at))) {
        Some(time) => html! { span.nowrap { (local(time, "%Y-%m-%d %H:%M:%S").unwrap_or_default()) } },
        None => html! { span.muted { "never" } },
    }
}

async fn read(call: &Call<'_>) -> Result<(String, Vec<u8>, Option<ListedKey>), RequestFailure> {
    let key = call.query.text("key")?.to_owned();
    call.blocking(move |console| {
        let kv = console.parts.control.emulator().kv();
        let value = kv.get(&key).map_err(|error| RequestFailure::refused(&error))?;
        let value = value.ok_or_else(|| RequestFailure::missing(format!("There is no key `{key}`")))?;
        let listed = kv.list(ListOptions { prefix: &key, limit: Some(1), cursor: None }).ok();
        let listed = listed.and_then(|page| page.keys.into_iter().find(|listed| listed.name == key));
        Ok((key, value.to_vec(), listed))
    })
    .await
}

pub(in crate::console) async fn entry(call: &Call<'_>) -> Result<Page, RequestFailure> {
    let (key, value, listed) = read(call).await?;
    let (expiration, metadata) = listed.map_or((None, None), |listed| (listed.expiration, listed.metadata));
    let written = listed_time(&key, &value);
    let body = html! {
        div.head {
            div { p.crumbs { a href=(HERE) { "KV" } span aria-hidden="true" { "/" } } h1.mono { (key) } }
            div.actions {
                a.button href=(address("/data/kv/download", &[("key", &key)])) { "Download" }
                (delete_button("kv", &key, "delete", "danger"))
            }
        }
        dl.facts {
            div { dt { "Size" } dd { (bytes(value.len() as u64)) } }
            div { dt { "Expires" } dd { (expires(expiration)) } }
            @if let Some(metadata) = &metadata { div { dt { "Metadata" } dd.mono { (metadata) } } }
            @if let Some(written) = written { div { dt { "State written" } dd { (written) } } }
        }
        section aria-label="Value" { (value::view(&value, value.len() as u64, call.query.get("as"), ("/data/kv/entry", &key))) }
        (edit("kv", &key, &value, expiration, metadata.as_deref()))
    };
    Ok(Page::new(Section::Kv, key, body))
}

/// When a site's state was written, as it says itself.
fn listed_time(key: &str, value: &[u8]) -> Option<Markup> {
    let state: serde_json::Value =
        kv_key::site_of_state(key).is_some().then(|| serde_json::from_slice(value).ok())??;
    humantime::parse_rfc3339(state["updatedAt"].as_str()?).ok().map(ago)
}

pub(in crate::console) async fn put(call: &Call<'_>, form: &Fields) -> ReplyResult {
    let (key, value) = (form.text("key")?.to_owned(), value_of(form));
    let metadata = Some(form.text("metadata")?.to_owned()).filter(|metadata| !metadata.is_empty());
    let number = |name: &str| form.get(name).parse::<i64>().ok();
    let (expiration, expiration_ttl) = (number("expiration"), number("ttl"));
    let name = key.clone();
    call.blocking(move |console| {
        let options = PutOptions { expiration, expiration_ttl, metadata: metadata.as_deref() };
        console
            .parts
            .control
            .emulator()
            .kv()
            .put(&key, &value, options)
            .map_err(|error| RequestFailure::refused(&error))
    })
    .await?;
    Ok(Call::done_at("/data/kv/entry", &[("key", &name), ("done", "saved")]))
}

pub(in crate::console) async fn delete(call: &Call<'_>, form: &Fields) -> ReplyResult {
    let key = form.text("key")?.to_owned();
    call.blocking(move |console| {
        console.parts.control.emulator().kv().delete(&key).map_err(|error| RequestFailure::refused(&error))
    })
    .await?;
    Ok(Call::done_at(HERE, &[("done", "deleted")]))
}

pub(in crate::console) async fn download(call: &Call<'_>) -> ReplyResult {
    let (key, value, _) = read(call).await?;
    Ok(reply::download(&key, Body::from(value)))
}

pub(in crate::console) async fn export(call: &Call<'_>) -> ReplyResult {
    let prefix = call.query.text("prefix")?.to_owned();
    let kv = call.console.parts.control.emulator().kv().clone();
    Ok(transfer::export("kv.jsonl", move |send| {
        let mut cursor: Option<String> = None;
        loop {
            let options = ListOptions { prefix: &prefix, limit: None, cursor: cursor.as_deref() };
            let Ok(page) = kv.list(options) else { return };
            for listed in page.keys {
                let Some(line) = exported(&kv, listed) else { continue };
                if !send(line) {
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

fn exported(kv: &Kv, listed: ListedKey) -> Option<String> {
    let value = kv.get(&listed.name).ok()??;
    let mut entry = ExportedEntry::new(listed.name, value.to_vec());
    entry.expiration = listed.expiration.and_then(|at| i64::try_from(at).ok());
    entry.metadata = listed.metadata.and_then(|metadata| serde_json::from_str(&metadata).ok());
    serde_json::to_string(&entry).ok().map(|line| line + "\n")
}

pub(in crate::console) async fn import(call: &Call<'_>, form: &Fields) -> ReplyResult {
    let file = form.bytes("file").unwrap_or_default().to_vec();
    let count = call
        .blocking(move |console| {
            let kv = console.parts.control.emulator().kv();
            transfer::import(&file, |entry| {
                let metadata = entry.metadata.as_ref().map(ToString::to_string);
                let options =
                    PutOptions { expiration: entry.expiration, expiration_ttl: None, metadata: metadata.as_deref() };
                kv.put(&entry.key, &entry.value.0, options).map_err(|error| RequestFailure::refused(&error))
            })
        })
        .await?;
    Ok(Call::done_at(HERE, &[("done", "imported"), ("count", &count.to_string())]))
}
