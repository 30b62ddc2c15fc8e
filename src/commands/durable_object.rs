//! `pmx do`

use super::{confirm::confirm, data::one, listing};
use crate::{
    cli::{DurableObjectArgs, ObjectAction},
    data::DataOp,
    error::Result,
    report::Report,
};
use serde_json::Value as Json;
use std::time::{Duration, UNIX_EPOCH};

/// Looks into Durable Objects, or changes them.
///
/// # Errors
/// An object that is not there, what its storage refuses, a state folder that cannot be had.
pub(super) fn run(args: &DurableObjectArgs, report: &Report) -> Result<()> {
    let ask = |op| one(&args.place, op);
    match &args.action {
        ObjectAction::List => {
            let mut answer = ask(DataOp::ObjectList {})?;
            let columns = [
                ("name", "NAME"),
                ("awake", "AWAKE"),
                ("sockets", "SOCKETS"),
                ("alarmMs", "ALARM"),
                ("bytes", "BYTES"),
                ("id", "ID"),
            ];
            list(&mut answer["objects"], &columns, "no objects", report);
        }
        ObjectAction::Tables { object } => {
            let mut answer = ask(DataOp::ObjectTables { object: object.clone() })?;
            if !report.json() {
                // A name and a type for each column are enough for people.
                for table in answer["tables"].as_array_mut().into_iter().flatten() {
                    table["columns"] = Json::String(columns(&table["columns"]));
                }
            }
            let heads = [("name", "TABLE"), ("rows", "ROWS"), ("columns", "COLUMNS")];
            list(&mut answer["tables"], &heads, "no tables", report);
        }
        ObjectAction::Sql { object, query, params } => {
            let params = params.iter().map(|text| parameter(text)).collect();
            let answer = ask(DataOp::ObjectSql { object: object.clone(), query: query.clone(), params })?;
            rows(&answer, report);
        }
        ObjectAction::Sockets { object } => {
            let mut answer = ask(DataOp::ObjectSockets { object: object.clone() })?;
            let heads = [("tag", "TAG"), ("sinceMs", "SINCE"), ("sent", "SENT"), ("queued", "QUEUED")];
            list(&mut answer["sockets"], &heads, "no sockets", report);
        }
        ObjectAction::Alarm { object, fire } => {
            let answer = ask(DataOp::ObjectAlarm { object: object.clone(), fire: *fire })?;
            report.event(&answer);
            if *fire {
                report.say(format_args!("the alarm of `{object}` was delivered"));
            }
            if !report.json() {
                report.data(time(&answer["dueMs"]).unwrap_or_else(|| "no alarm".to_owned()));
            }
        }
        ObjectAction::Evict { object } => {
            report.event(&ask(DataOp::ObjectEvict { object: object.clone() })?);
            report.say(format_args!("`{object}` sleeps"));
        }
        ObjectAction::Delete { object, yes } => {
            confirm(&format!("Remove all that `{object}` has stored?"), *yes, report)?;
            report.event(&ask(DataOp::ObjectDelete { object: object.clone() })?);
            report.say(format_args!("removed what `{object}` had stored"));
        }
    }
    Ok(())
}

fn list(items: &mut Json, columns: &[(&str, &str)], nothing: &str, report: &Report) {
    let mut items = items.as_array_mut().map(std::mem::take).unwrap_or_default();
    if !report.json() {
        for item in &mut items {
            for member in ["alarmMs", "sinceMs"] {
                if let Some(time) = time(&item[member]) {
                    item[member] = Json::String(time);
                }
            }
        }
    }
    listing::print(&items, columns, nothing, report);
}

fn rows(answer: &Json, report: &Report) {
    if report.json() {
        return report.event(answer);
    }
    let members = |value: &Json| value.as_array().map(Vec::as_slice).unwrap_or_default().to_vec();
    let heads: Vec<String> = members(&answer["columns"]).iter().map(listing::cell).collect();
    if !heads.is_empty() {
        let rows: Vec<Vec<String>> =
            members(&answer["rows"]).iter().map(|row| members(row).iter().map(listing::cell).collect()).collect();
        listing::table(&heads, &rows, report);
    }
    report.say(format_args!("{} rows read, {} written", answer["rowsRead"], answer["rowsWritten"]));
}

fn columns(columns: &Json) -> String {
    let one = |column: &Json| {
        let (name, kind) = (column["name"].as_str().unwrap_or_default(), column["type"].as_str().unwrap_or_default());
        format!("{name} {kind}").trim_end().to_owned()
    };
    columns.as_array().into_iter().flatten().map(one).collect::<Vec<_>>().join(", ")
}

/// A number is a number and `null` is NULL; what is no JSON value of SQL is text.
fn parameter(text: &str) -> Json {
    match serde_json::from_str(text) {
        Ok(Json::Array(_)) | Err(_) => Json::String(text.to_owned()),
        Ok(Json::Object(members)) if !members.contains_key("hex") => Json::String(text.to_owned()),
        Ok(value) => value,
    }
}

fn time(ms: &Json) -> Option<String> {
    let time = UNIX_EPOCH.checked_add(Duration::from_millis(ms.as_u64()?))?;
    Some(humantime::format_rfc3339_millis(time).to_string())
}

#[cfg(test)]
mod tests {
    use super::parameter;
    use serde_json::json;

    #[test]
    fn a_parameter_is_json_where_that_is_a_value_of_sql() {
        for (text, value) in [
            ("5", json!(5)),
            ("null", json!(null)),
            ("\"5\"", json!("5")),
            ("five", json!("five")),
            ("[1]", json!("[1]")),
            ("{\"a\":1}", json!("{\"a\":1}")),
            ("{\"hex\":\"00\"}", json!({ "hex": "00" })),
            ("-1.5", json!(-1.5)),
        ] {
            assert_eq!(parameter(text), value, "{text}");
        }
    }
}
