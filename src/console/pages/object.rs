//! `/data/objects/<id>`: one Durable Object with its tables, its sockets and its alarm.

use super::objects::{alarm, state};
use crate::console::{
    call::{Call, Page},
    form::Fields,
    html::{Ask, Section, ago, ask, bytes, counted, duration, empty, nothing, short},
    reply::{self, ReplyResult, RequestFailure},
    url::address,
};
use axum::{body::Body, http::StatusCode};
use maud::{Markup, html};
use pmx_emulator::inspect::{Inspector, ObjectInfo, SocketInfo, SqlResult, TableInfo};
use serde_json::{Map, Value};
use std::time::{Duration, Instant, UNIX_EPOCH};

/// Rows on a page of a table.
const PAGE: usize = 50;
/// Rows of a result that are shown.
const SHOWN: usize = 500;
/// Rows that an export reads at a time.
const CHUNK: usize = 500;
/// The most rows of an export: what a text of some hundred MB holds.
const EXPORTED: usize = 200_000;
/// Characters of a cell; pointing at it shows more.
const CELL: usize = 160;
/// The longest statement: that of the platform (`emulator/src/durable_object/limits.rs`).
const MAX_SQL: usize = 100_000;

/// What came of the SQL box.
struct QueryResult {
    query: String,
    outcome: Result<SqlResult, String>,
    took: Duration,
}

pub(in crate::console) async fn page(call: &Call<'_>, id: &str) -> Result<Page, RequestFailure> {
    shown(call, id, None).await
}

async fn find(inspector: &Inspector, id: &str) -> Result<ObjectInfo, RequestFailure> {
    let objects = inspector.objects().await.map_err(|error| RequestFailure::refused(&error))?;
    let found = objects.into_iter().find(|object| object.id == id || object.name.as_deref() == Some(id));
    found.ok_or_else(|| RequestFailure::missing(format!("There is no Durable Object `{id}`")))
}

async fn shown(call: &Call<'_>, id: &str, ran: Option<QueryResult>) -> Result<Page, RequestFailure> {
    let inspector = call.console.parts.control.emulator().inspect();
    let object = find(&inspector, id).await?;
    let tables = inspector.tables(&object.id).await.map_err(|error| RequestFailure::refused(&error))?;
    let sockets = inspector.sockets(&object.id);
    let name = object.name.clone().unwrap_or_else(|| short(&object.id).to_owned());
    let table = tables.iter().find(|table| table.name == call.query.get("table")).or(tables.first());
    let from = call.query.number("from", 0, usize::MAX / 2);
    let rows = match table {
        Some(table) => {
            let query = format!("SELECT * FROM {} LIMIT {PAGE} OFFSET {from}", quoted(&table.name));
            Some(inspector.sql(&object.id, &query, &[]).await.map_err(|error| RequestFailure::refused(&error))?)
        }
        None => None,
    };
    let at = format!("/data/objects/{}", object.id);
    let written = match &ran {
        Some(ran) => ran.query.clone(),
        None => Some(call.query.get("sql")).filter(|sql| !sql.is_empty()).map_or_else(
            || table.map_or_else(String::new, |table| format!("SELECT * FROM {} LIMIT 20", quoted(&table.name))),
            str::to_owned,
        ),
    };
    let body = html! {
        div.head {
            div {
                p.crumbs { a href="/data/objects" { "Durable Objects" } span aria-hidden="true" { "/" } }
                h1 { (name) }
                p.sub.mono.wrap { (object.id) }
            }
            div.actions {
                @if object.alarm_ms.is_some() { form method="post" action={ (at) "/alarm" } { button type="submit" { "Fire alarm now" } } }
                (ask(&Ask {
                    id: "evict",
                    does: "Evict",
                    to: "",
                    class: "",
                    question: &format!("End the instance of {name}?"),
                    means: "As idleness does: what is stored stays, sockets hibernate, memory is gone.",
                    action: &format!("{at}/evict"),
                }, &nothing()))
            }
        }
        dl.facts #facts data-live="events requests" {
            div { dt { "State" } dd { (state(object.awake)) } }
            div { dt { "Sockets" } dd { (object.sockets) } }
            div { dt { "Alarm" } dd { (alarm(object.alarm_ms)) } }
            div { dt { "Storage" } dd { (bytes(object.bytes)) } }
            div { dt { "Tables" } dd { (tables.len()) } }
        }
        (box_of(&at, &written, ran.as_ref()))
        section #rows aria-labelledby="rows-title" {
            header { h2 #rows-title { "Tables" } }
            @if tables.is_empty() { (empty("No table", "")) }
            @else {
                nav.tabs aria-label="Tables" {
                    @for known in &tables {
                        a href={ (address(&at, &[("table", &known.name)])) "#rows" } aria-current=[table.filter(|t| t.name == known.name).map(|_| "true")] {
                            (known.name) " " span.count { (known.rows) }
                        }
                    }
                }
                @if let (Some(table), Some(rows)) = (table, &rows) { (table_of(&at, table, rows, from)) }
            }
        }
        section #sockets data-live="events requests" aria-labelledby="sockets-title" { (sockets_of(&sockets)) }
    };
    Ok(Page::new(Section::Objects, name, body))
}

fn box_of(at: &str, written: &str, ran: Option<&QueryResult>) -> Markup {
    html! {
        section #sql aria-labelledby="sql-title" {
            header { h2 #sql-title { "SQL" } span.muted { "Ctrl-Enter runs it; all of it is committed, or nothing." } }
            form.stack method="post" action={ (at) "/sql#sql" } {
                textarea name="sql" rows="3" spellcheck="false" autocapitalize="off" aria-label="SQL" maxlength=(MAX_SQL) { "\n" (written) }
                div.actions { button.primary type="submit" { "Run" } }
            }
            @if let Some(ran) = ran {
                @match &ran.outcome {
                    Err(why) => div.note.bad role="alert" { p.mono { (why) } },
                    Ok(result) => {
                        p.muted role="status" #ran {
                            (counted(result.rows.len(), "row")) " · " (counted(usize::try_from(result.rows_written).unwrap_or(usize::MAX), "row")) " written · " (duration(ran.took))
                        }
                        @if !result.columns.is_empty() && !result.rows.is_empty() { (rows_of(result, None)) }
                        @if result.rows.len() > SHOWN { p.muted { "The first " (SHOWN) " are shown." } }
                    }
                }
            }
        }
    }
}

/// The page of a table.
fn table_of(at: &str, table: &TableInfo, rows: &SqlResult, from: usize) -> Markup {
    let all = usize::try_from(table.rows).unwrap_or(usize::MAX);
    let page = |from: usize| format!("{}#rows", address(at, &[("table", &table.name), ("from", &from.to_string())]));
    let export = |format: &str| address(&format!("{at}/export"), &[("table", &table.name), ("format", format)]);
    html! {
        @if rows.rows.is_empty() { (empty("No rows", "")) } @else { (rows_of(rows, Some((at, table)))) }
        div.pager {
            @if !rows.rows.is_empty() { span { (from + 1) "–" (from + rows.rows.len()) " of " (all) } }
            @if from > 0 { a.button.small href=(page(from.saturating_sub(PAGE))) { "Previous" } }
            @if from + rows.rows.len() < all { a.button.small href=(page(from + PAGE)) { "Next" } }
            a.button.small href=(export("csv")) { "CSV" }
            a.button.small href=(export("json")) { "JSON" }
        }
        details.panel #schema { summary { "Schema" } div.in { pre.flow { (table.schema) } } }
    }
}

/// Rows; with the table that they are of, each can be changed.
fn rows_of(result: &SqlResult, of: Option<(&str, &TableInfo)>) -> Markup {
    html! {
        div.table tabindex="0" role="group" aria-label="Rows" { table.tight {
            thead { tr {
                @for (index, column) in result.columns.iter().enumerate() {
                    @let number = result.rows.first().and_then(|row| row.get(index)).is_some_and(Value::is_number);
                    th.num[number] title=[of.and_then(|(_, table)| table.columns.get(index)).map(|column| column.kind.as_str())] { (column) }
                }
                @if of.is_some() { th { span.seen { "Actions" } } }
            } }
            tbody {
                @for row in result.rows.iter().take(SHOWN) {
                    tr {
                        @for value in row { (cell(value)) }
                        @if let Some((at, table)) = of { (changes(at, table, row)) }
                    }
                }
            }
        } }
    }
}

fn cell(value: &Value) -> Markup {
    let text = match value {
        Value::Null => return html! { td.cell { span.null { "NULL" } } },
        Value::String(text) => text.clone(),
        Value::Object(bytes) => format!("x'{}'", bytes.get("hex").and_then(Value::as_str).unwrap_or_default()),
        other => other.to_string(),
    };
    let short: String = text.chars().take(CELL).collect();
    let cut = short.len() < text.len();
    html! { td.cell.num[value.is_number()] title=[cut.then(|| text.chars().take(2000).collect::<String>())] { (short) @if cut { "…" } } }
}

/// Links that write the statement into the box; it is run when one has looked at it.
fn changes(at: &str, table: &TableInfo, row: &[Value]) -> Markup {
    let keys: Vec<usize> = (0..table.columns.len()).filter(|at| table.columns[*at].primary_key > 0).collect();
    // Without a key all columns together name the row.
    let keys = if keys.is_empty() { (0..table.columns.len()).collect() } else { keys };
    let equal = |index: &usize, between: &str| {
        let column = table.columns.get(*index).map(|column| quoted(&column.name)).unwrap_or_default();
        match (row.get(*index).map(literal), between) {
            (Some(value), " IS ") if value == "NULL" => format!("{column} IS NULL"),
            (Some(value), " IS ") => format!("{column} = {value}"),
            (value, _) => format!("{column} = {}", value.unwrap_or_default()),
        }
    };
    let place: Vec<String> = keys.iter().map(|index| equal(index, " IS ")).collect();
    let others = (0..table.columns.len()).filter(|index| table.columns[*index].primary_key == 0);
    let values: Vec<String> = others.map(|index| equal(&index, " = ")).collect();
    let name = quoted(&table.name);
    let place = place.join(" AND ");
    let update = format!("UPDATE {name} SET {} WHERE {place}", values.join(", "));
    let delete = format!("DELETE FROM {name} WHERE {place}");
    // An address has a length that browsers and servers bear.
    let link = |sql: &str| format!("{}#sql", address(at, &[("table", &table.name), ("sql", sql)]));
    html! {
        td.act {
            @if update.len() < 8000 && !values.is_empty() { a.plain href=(link(&update)) { "Edit" } " " }
            @if delete.len() < 8000 { a.plain.danger href=(link(&delete)) { "Delete" } }
        }
    }
}

/// A value as SQL writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Object(bytes) => format!("x'{}'", bytes.get("hex").and_then(Value::as_str).unwrap_or_default()),
        other => other.to_string(),
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn sockets_of(sockets: &[SocketInfo]) -> Markup {
    html! {
        header { h2 #sockets-title { "Sockets" } span.muted { (counted(sockets.len(), "open page")) } }
        @if !sockets.is_empty() {
            div.table { table.tight {
                thead { tr { th { "Tag" } th { "Since" } th.num { "Frames sent" } th.num { "Waiting" } } }
                tbody {
                    @for socket in sockets.iter().take(SHOWN) {
                        tr {
                            td.mono.wrap { (socket.tags.join(" ")) }
                            td { (ago(UNIX_EPOCH.checked_add(Duration::from_millis(socket.since_ms)).unwrap_or(UNIX_EPOCH))) }
                            td.num { (socket.sent) }
                            td.num { (socket.queued) }
                        }
                    }
                }
            } }
        }
    }
}

pub(in crate::console) async fn sql(call: &Call<'_>, id: &str, form: &Fields) -> ReplyResult {
    let query = form.text("sql")?.to_owned();
    if query.len() > MAX_SQL {
        return Err(RequestFailure::refused(&format!("A statement has at most {MAX_SQL} bytes")));
    }
    let inspector = call.console.parts.control.emulator().inspect();
    let object = find(&inspector, id).await?;
    let started = Instant::now();
    let outcome = inspector.sql(&object.id, &query, &[]).await.map_err(|error| error.to_string());
    let took = started.elapsed();
    let status = if outcome.is_ok() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = shown(call, id, Some(QueryResult { query, outcome, took })).await?;
    Ok(call.shown(status, page))
}

pub(in crate::console) async fn fire(call: &Call<'_>, id: &str) -> ReplyResult {
    let inspector = call.console.parts.control.emulator().inspect();
    inspector.fire_alarm(id).await.map_err(|error| RequestFailure::refused(&error))?;
    Ok(Call::done_at(&format!("/data/objects/{id}"), &[("done", "fired")]))
}

pub(in crate::console) async fn evict(call: &Call<'_>, id: &str) -> ReplyResult {
    let inspector = call.console.parts.control.emulator().inspect();
    inspector.evict(id).await.map_err(|error| RequestFailure::refused(&error))?;
    Ok(Call::done_at(&format!("/data/objects/{id}"), &[("done", "evicted")]))
}

/// A table as CSV (RFC 4180) or as an array of JSON objects.
pub(in crate::console) async fn export(call: &Call<'_>, id: &str) -> ReplyResult {
    let inspector = call.console.parts.control.emulator().inspect();
    let tables = inspector.tables(id).await.map_err(|error| RequestFailure::refused(&error))?;
    let wanted = call.query.get("table");
    let table = tables.iter().find(|table| table.name == wanted);
    let table = table.ok_or_else(|| RequestFailure::missing(format!("There is no table `{wanted}`")))?;
    let is_json = call.query.get("format") == "json";
    let mut text = if is_json {
        "[".to_owned()
    } else {
        table.columns.iter().map(|c| csv(&c.name)).collect::<Vec<_>>().join(",") + "\r\n"
    };
    let mut from = 0;
    while from < EXPORTED {
        let query = format!("SELECT * FROM {} LIMIT {CHUNK} OFFSET {from}", quoted(&table.name));
        let result = inspector.sql(id, &query, &[]).await.map_err(|error| RequestFailure::refused(&error))?;
        let count = result.rows.len();
        for (index, row) in result.rows.into_iter().enumerate() {
            if is_json {
                text.push_str(if from + index == 0 { "\n" } else { ",\n" });
                let object: Map<String, Value> = result.columns.iter().cloned().zip(row).collect();
                text.push_str(&Value::Object(object).to_string());
            } else {
                let cells: Vec<String> = row.iter().map(|value| csv(&plain(value))).collect();
                text.push_str(&cells.join(","));
                text.push_str("\r\n");
            }
        }
        from += count;
        if count < CHUNK {
            break;
        }
    }
    if is_json {
        text.push_str("\n]\n");
    }
    let extension = if is_json { "json" } else { "csv" };
    Ok(reply::download(&format!("{wanted}.{extension}"), Body::from(text)))
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(bytes) => bytes.get("hex").and_then(Value::as_str).unwrap_or_default().to_owned(),
        other => other.to_string(),
    }
}

fn csv(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_written_as_sql_and_csv_read_them() {
        assert_eq!(
            [json!(null), json!("it's"), json!({ "hex": "00ff" }), json!(1.5)].each_ref().map(literal),
            ["NULL", "'it''s'", "x'00ff'", "1.5"]
        );
        assert_eq!(["a", "a,\"b\"", "a\nb"].map(csv), ["a", "\"a,\"\"b\"\"\"", "\"a\nb\""]);
    }
}
