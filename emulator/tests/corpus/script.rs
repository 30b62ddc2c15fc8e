//! The scripts of the corpus, as their files hold them.

use serde_json::{Map, Value};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Where the corpus is.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus")
}

/// One script: steps that share a host and its state, in their order.
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
}

pub(crate) struct Step {
    /// Unique in the script.
    pub(crate) name: String,
    pub(crate) what: Map<String, Value>,
}

impl Script {
    /// The script of an area, which is the name of its file and what the names of its steps begin with.
    pub(crate) fn read(area: &str) -> Self {
        let path = folder().join("scripts").join(format!("{area}.json"));
        let text = fs_err::read_to_string(&path).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let steps: Vec<_> = document["steps"].as_array().unwrap().iter().map(Step::read).collect();
        let names: BTreeSet<_> = steps.iter().map(|step| &step.name).collect();
        let twice = steps.iter().find(|step| steps.iter().filter(|other| other.name == step.name).count() > 1);
        assert!(names.len() == steps.len(), "{area}: two steps are called {:?}", twice.map(|step| &step.name));
        Self { steps }
    }
}

impl Step {
    pub(crate) fn read(written: &Value) -> Self {
        let mut what = written.as_object().unwrap_or_else(|| panic!("no step: {written}")).clone();
        let name = match what.remove("name") {
            Some(Value::String(name)) => name,
            _ => panic!("a step without a name: {written}"),
        };
        Self { name, what }
    }
}

/// The areas, in the order of their names.
pub(crate) fn areas() -> Vec<String> {
    let mut found: Vec<_> = fs_err::read_dir(folder().join("scripts"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().unwrap().strip_suffix(".json").map(str::to_owned))
        .collect();
    found.sort();
    found
}
