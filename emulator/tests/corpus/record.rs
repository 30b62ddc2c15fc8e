//! What came out of a script in plain JavaScript, for machines without Node.

use crate::script::folder;
use serde_json::Value;
use std::path::PathBuf;

fn file(area: &str) -> PathBuf {
    folder().join("recorded").join(format!("{area}.json"))
}

/// One line for each step, in their order.
pub(crate) fn write(area: &str, outcomes: &[(String, Value)]) {
    let lines: Vec<_> =
        outcomes.iter().map(|(name, outcome)| format!("{}: {outcome}", Value::from(name.as_str()))).collect();
    fs_err::create_dir_all(folder().join("recorded")).unwrap();
    fs_err::write(file(area), format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
}

/// The outcome of each step, by its name.
pub(crate) fn read(area: &str) -> serde_json::Map<String, Value> {
    let text = fs_err::read_to_string(file(area)).unwrap_or_else(|error| panic!("{error}: {area} was never recorded"));
    serde_json::from_str(&text).unwrap()
}
