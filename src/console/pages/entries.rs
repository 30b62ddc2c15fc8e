//! What the pages of KV and of R2 have in common: a list of keys, and what is done with an entry.

use super::value;
use crate::console::{
    call::{Call, Page},
    form::Fields,
    html::{Ask, Section, ask, empty, field},
    url::address,
};
use maud::{Markup, html};

/// Which part of a list is asked for.
#[derive(Clone)]
pub(super) struct ListQuery {
    pub prefix: String,
    cursor: String,
}

impl ListQuery {
    pub(super) fn of(call: &Call<'_>) -> Self {
        Self { prefix: call.query.get("prefix").to_owned(), cursor: call.query.get("cursor").to_owned() }
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        Some(self.cursor.as_str()).filter(|cursor| !cursor.is_empty())
    }
}

/// A store as its page shows it.
pub(super) struct StorePage {
    pub section: Section,
    pub title: &'static str,
    /// `kv` or `r2`, as in its addresses.
    pub name: &'static str,
    pub about: Markup,
    /// The beginning of a key, for example.
    pub example: &'static str,
    /// What it says when it has nothing: a title and a sentence.
    pub empty: (&'static str, &'static str),
    /// The heads of the columns between key and actions.
    pub columns: Markup,
}

/// The page of a list; `next` is the cursor of what follows.
pub(super) fn list(store: &StorePage, asked: &ListQuery, rows: &[Markup], next: Option<&str>) -> Page {
    let here = format!("/data/{}", store.name);
    let body = html! {
        div.head {
            div { h1 { (store.title) } p.sub { (store.about) } }
            div.actions { a.button href=(address(&format!("{here}/export"), &[("prefix", &asked.prefix)])) { "Export" } }
        }
        (search(&here, &asked.prefix, store.example))
        div #keys {
            @if rows.is_empty() {
                (empty(store.empty.0, if asked.prefix.is_empty() { store.empty.1 } else { "No key begins so." }))
            } @else {
                div.table.cards { table {
                    thead { tr { th { "Key" } (store.columns) th { span.seen { "Actions" } } } }
                    tbody { @for row in rows { (row) } }
                } }
            }
        }
        (pager(&here, &asked.prefix, asked.cursor().is_some(), next))
        (put_panel(store.name))
        (import_panel(store.name))
    };
    Page::new(store.section, store.title, body)
}

/// A field for the beginning of a key.
fn search(action: &str, prefix: &str, example: &str) -> Markup {
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
fn pager(here: &str, prefix: &str, further: bool, next: Option<&str>) -> Markup {
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
fn put_panel(store: &str) -> Markup {
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
fn import_panel(store: &str) -> Markup {
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
