//! `/data/kv`: the keys of the KV namespace.

use super::value;
use crate::console::{
    call::{Call, Page},
    form::Fields,
    html::{Ask, Section, ago, ask, bytes, empty, field, local},
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
    let (prefix, cursor) = (call.query.get("prefix").to_owned(), call.query.get("cursor").to_owned());
    let wanted = (prefix.clone(), cursor.clone());
    let page = call
        .blocking(move |console| {
            let options = ListOptions {
                prefix: &wanted.0,
                limit: Some(PAGE),
                cursor: Some(wanted.1.as_str()).filter(|c| !c.is_empty()),
            };
            console.parts.control.emulator().kv().list(options).map_err(|error| RequestFailure::refused(&error))
        })
        .await?;
    let body = html! {
        div.head {
            div { h1 { "KV" } p.sub { "The namespace " code { "SPACE_KV" } ": the active state of every site, and what lags behind it." } }
            div.actions { a.button href=(address("/data/kv/export", &[("prefix", &prefix)])) { "Export" } }
        }
        (search(HERE, &prefix, kv_key::SITE_STATE_PREFIX))
        div #keys {
            @if page.keys.is_empty() {
                (empty("No key", if prefix.is_empty() { "Nothing was written yet." } else { "No key begins so." }))
            } @else {
                div.table.cards { table {
                    thead { tr { th { "Key" } th { "Expires" } th { "Metadata" } th { span.seen { "Actions" } } } }
                    tbody { @for (index, key) in page.keys.iter().enumerate() { (row(key, index)) } }
                } }
            }
        }
        (pager(HERE, &prefix, !cursor.is_empty(), page.cursor.as_deref()))
        (put_panel("kv"))
        (import_panel("kv"))
    };
    Ok(Page::new(Section::Kv, "KV", body))
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

/// A field for the beginning of a key.
pub(super) fn search(action: &str, prefix: &str, example: &str) -> Markup {
    html! {
        form.fields role="search" action=(action) {
            label.grow {
                span { "Keys that begin with" }
                input type="search" name="prefix" value=(prefix) placeholder=(example) autocomplete="off" spellcheck="false" data-search;
            }
            button type="submit" { "Search" }
        }
    }
}

/// First and next page.
pub(super) fn pager(here: &str, prefix: &str, further: bool, next: Option<&str>) -> Markup {
    html! {
        @if further || next.is_some() {
            p.pager {
                @if further { a.button.small href=(address(here, &[("prefix", prefix)])) { "First page" } }
                @if let Some(cursor) = next { a.button.small href=(address(here, &[("prefix", prefix), ("cursor", cursor)])) { "Next page" } }
            }
        }
    }
}

/// A form for a new entry of `kv` or `r2`.
pub(super) fn put_panel(store: &str) -> Markup {
    let is_kv = store == "kv";
    html! {
        details.panel #put {
            summary { "New entry" }
            form.in method="post" action={ "/data/" (store) "/put" } enctype="multipart/form-data" {
                label.stack { span { "Key" } input name="key" required autocomplete="off" spellcheck="false"; }
                label.stack { span { "Value" } textarea name="value" spellcheck="false" {} }
                div.fields {
                    label.grow { span { "or a file" } input type="file" name="file"; }
                    @if is_kv { label { span { "Ends in (seconds)" } input type="number" name="ttl" min="60" placeholder="never"; } }
                }
                div.actions { button.primary type="submit" { "Save" } }
            }
        }
    }
}

/// A form for a file of entries.
pub(super) fn import_panel(store: &str) -> Markup {
    html! {
        details.panel #import {
            summary { "Import" }
            form.in method="post" action={ "/data/" (store) "/import" } enctype="multipart/form-data" {
                p.muted {
                    "A file of JSON lines as the export writes them: " code { "{\"key\":\"…\",\"value\":{\"text\":\"…\"}}" } ", with "
                    code { "\"base64\"" } " for values that are no text. Entries that are there already are written over."
                }
                label.stack { span { "File" } input type="file" name="file" required accept=".jsonl,.ndjson,application/jsonl"; }
                div.actions { button.primary type="submit" { "Import" } }
            }
        }
    }
}

/// Deletes an entry of `kv` or `r2`, after a question.
pub(super) fn delete_button(store: &str, key: &str, id: &str, class: &str) -> Markup {
    let means = if store == "kv" {
        "Pages read the state of their site here; a site whose key is gone is looked up in its Durable Object."
    } else {
        "Deploys name their blobs by hash; those that name this one will answer 500 where they need it."
    };
    let action = format!("/data/{store}/delete");
    ask(
        &Ask { id, does: "Delete", to: key, class, question: &format!("Delete {key}?"), means, action: &action },
        &field("key", key),
    )
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

/// A form for another value of an entry.
pub(super) fn edit(store: &str, key: &str, value: &[u8], expiration: Option<u64>, metadata: Option<&str>) -> Markup {
    html! {
        details.panel #edit {
            summary { "Edit" }
            form.in method="post" action={ "/data/" (store) "/put" } enctype="multipart/form-data" {
                (field("key", key))
                @match value::editable(value) {
                    Some(text) => {
                        // A browser takes the first line end after the tag for itself.
                        label.stack { span { "Value" } textarea name="value" spellcheck="false" rows="8" { "\n" (text) } }
                        (field("lines", "lf"))
                    }
                    None => p.muted { "This value is large, or no text that a field keeps as it is: put a file in its place." },
                }
                div.fields {
                    label.grow { span { "or a file" } input type="file" name="file"; }
                    @if store == "kv" {
                        label.grow { span { "Metadata (JSON)" } input name="metadata" value=(metadata.unwrap_or_default()) spellcheck="false"; }
                        @if let Some(expiration) = expiration { (field("expiration", &expiration.to_string())) }
                    }
                }
                div.actions { button.primary type="submit" { "Save" } }
            }
        }
    }
}

/// What a form puts: a file if there is one, else the text.
pub(super) fn value_of(form: &Fields) -> Vec<u8> {
    match form.bytes("file").filter(|file| !file.is_empty()) {
        Some(file) => file.to_vec(),
        None => {
            let text = form.bytes("value").unwrap_or_default();
            // Forms are sent with CR LF; what is edited here has none.
            String::from_utf8_lossy(text).replace("\r\n", "\n").into_bytes()
        }
    }
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
