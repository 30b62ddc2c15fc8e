//! Names of bindings: each is one thing in `env`.

use crate::config::{
    build::View,
    findings::Findings,
    keys::OWN,
    model::Config,
    tree::{Field, Node, Table},
};
use std::collections::BTreeMap;

/// What the platform's own tables and classes begin with.
const RESERVED: &str = "_cf_";

/// A binding's kind, as messages call it, and where it stands.
type Bound = (&'static str, usize, String);

/// Says of names that several bindings have.
pub(super) fn unique(findings: &mut Findings<'_>, view: &View<'_>) {
    let mut names: BTreeMap<String, Vec<Bound>> = BTreeMap::new();
    for own in &OWN {
        let (Some(kind), Some(node)) = (own.binding, view.get(own.key)) else { continue };
        for (name, at, key) in named(own.key, node) {
            names.entry(name).or_default().push((kind, at, key));
        }
    }
    let assets = view.get("assets").and_then(Node::table).and_then(|assets| assets.field("binding"));
    if let Some((field, name)) = assets.and_then(|field| Some((field, field.node.text()?))) {
        names.entry(name.to_owned()).or_default().push(("Assets", field.at, "assets.binding".to_owned()));
    }
    for (name, bound) in names {
        several(findings, &name, &bound);
    }
}

fn several(findings: &mut Findings<'_>, name: &str, bound: &[Bound]) {
    const HINT: &str = "Bindings must have unique names, so that they can all be referenced in the worker.";
    let mut kinds: Vec<&str> = Vec::new();
    for (index, (kind, at, key)) in bound.iter().enumerate() {
        let is_again = kinds.contains(kind);
        if !is_again {
            kinds.push(kind);
        } else if bound.iter().take(index).filter(|(other, ..)| other == kind).count() == 1 {
            findings.error_with(*at, key, format!("{name} assigned to multiple {kind} bindings."), HINT);
        }
    }
    if kinds.len() > 1
        && let Some((_, at, key)) = bound.iter().find(|(kind, ..)| Some(kind) != kinds.first())
    {
        findings.error_with(*at, key, format!("{name} assigned to {} bindings.", listed(&kinds)), HINT);
    }
}

/// `A and B`, `A, B, and C`
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}

/// The names that a value binds, where they stand, and under which key.
fn named(key: &str, node: &Node) -> Vec<(String, usize, String)> {
    let tables = |node: &Node| -> Vec<(usize, Table)> {
        let list = node.list().unwrap_or_default().iter().enumerate();
        list.filter_map(|(index, node)| Some((index, node.table()?.clone()))).collect()
    };
    let of = |list: Vec<(usize, Table)>, prefix: &str, name: &str| -> Vec<(String, usize, String)> {
        let one = |(index, table): (usize, Table)| {
            let field = table.field(name)?;
            Some((field.node.text()?.to_owned(), field.node.at, format!("{prefix}[{index}].{name}")))
        };
        list.into_iter().filter_map(one).collect()
    };
    let below = |inner: &str| node.table().and_then(|table| table.get(inner));
    let direct = |field: &Field| (field.key.clone(), field.at, format!("{key}.{}", field.key));
    match key {
        "durable_objects" | "unsafe" => {
            below("bindings").map(|list| of(tables(list), &format!("{key}.bindings"), "name")).unwrap_or_default()
        }
        "queues" => below("producers").map(|list| of(tables(list), "queues.producers", "binding")).unwrap_or_default(),
        "vars" => node.table().map(|table| table.fields().iter().map(direct).collect()).unwrap_or_default(),
        "secrets" => {
            let list = below("required").and_then(Node::list).unwrap_or_default().iter().enumerate();
            let one = |(index, node): (usize, &Node)| {
                Some((node.text()?.to_owned(), node.at, format!("secrets.required[{index}]")))
            };
            list.filter_map(one).collect()
        }
        _ if node.list().is_some() => of(tables(node), key, "binding"),
        _ => {
            let field = node.table().and_then(|table| table.field("binding"));
            let one =
                field.and_then(|field| Some((field.node.text()?.to_owned(), field.node.at, format!("{key}.binding"))));
            one.into_iter().collect()
        }
    }
}

/// Says of classes that bear names of the platform's own.
pub(super) fn reserved(findings: &mut Findings<'_>, config: &Config) {
    use crate::config::diagnostic::Severity::Error;
    let is_reserved = |name: &str| name.to_ascii_lowercase().starts_with(RESERVED);
    for (index, binding) in config.durable_objects.iter().enumerate() {
        for (key, name) in [("name", &binding.name), ("class_name", &binding.class_name)] {
            if is_reserved(name) {
                let key = format!("durable_objects.bindings[{index}].{key}");
                findings.say(
                    Error,
                    binding.place,
                    &key,
                    format!("\"{name}\": names that begin with \"{RESERVED}\" are the platform's own"),
                    None,
                );
            }
        }
    }
    for (index, step) in config.migrations.iter().enumerate() {
        let renamed = step.renamed_classes.iter().map(|rename| &rename.to);
        for name in
            step.new_classes.iter().chain(&step.new_sqlite_classes).chain(renamed).filter(|name| is_reserved(name))
        {
            let message = format!("\"{name}\": names that begin with \"{RESERVED}\" are the platform's own");
            findings.say(Error, step.place, &format!("migrations[{index}]"), message, None);
        }
    }
}
