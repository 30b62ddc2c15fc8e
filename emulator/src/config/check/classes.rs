//! Classes of Durable Objects over all migrations: what each step does must be possible after those before it, and what is bound must be
//! there at the end.

use crate::config::{
    diagnostic::Severity,
    findings::Findings,
    keys,
    model::{ClassState, Config, Migration},
};
use std::collections::BTreeSet;

/// Says of steps that cannot be applied.
pub(super) fn history(findings: &mut Findings<'_>, config: &Config) {
    let mut tags = BTreeSet::new();
    let mut classes = BTreeSet::new();
    for (index, step) in config.migrations.iter().enumerate() {
        let label = format!("migrations[{index}]");
        if !step.tag.is_empty() && !tags.insert(step.tag.as_str()) {
            let message =
                format!("the tag \"{}\" is that of an earlier migration: this one would never be applied", step.tag);
            findings.say(
                Severity::Error,
                step.place,
                &format!("{label}.tag"),
                message,
                Some("a tag is applied once; give it a new one".to_owned()),
            );
        }
        let mut refused = Vec::new();
        apply(&mut classes, step, |key, message| refused.push((key, message)));
        for (key, message) in refused {
            let hint = "migrations are applied in their order; what a step deletes, renames or makes depends on those before it";
            findings.say(Severity::Error, step.place, &format!("{label}.{key}"), message, Some(hint.to_owned()));
        }
    }
}

/// Applies a step to the classes that are there.
fn apply<'c>(classes: &mut BTreeSet<&'c str>, step: &'c Migration, mut refuse: impl FnMut(&'static str, String)) {
    for rename in &step.renamed_classes {
        let (from, to) = (rename.from.as_str(), rename.to.as_str());
        if !classes.remove(from) {
            refuse(
                "renamed_classes",
                format!("Cannot apply renamed_classes migration to class '{from}': no earlier migration makes it"),
            );
        } else if !classes.insert(to) {
            refuse(
                "renamed_classes",
                format!("Cannot apply renamed_classes migration to class '{from}': there is a class '{to}' already"),
            );
        }
    }
    for class in &step.deleted_classes {
        if !classes.remove(class.as_str()) {
            refuse(
                "deleted_classes",
                format!("Cannot apply deleted_classes migration to class '{class}': no earlier migration makes it"),
            );
        }
    }
    for transfer in &step.transferred_classes {
        let to = transfer.to.as_str();
        if !classes.insert(to) {
            refuse(
                "transferred_classes",
                format!("Cannot apply transferred_classes migration to class '{to}': it is there already"),
            );
        }
    }
    for (key, new) in [("new_classes", &step.new_classes), ("new_sqlite_classes", &step.new_sqlite_classes)] {
        for class in new {
            if !classes.insert(class.as_str()) {
                refuse(
                    key,
                    format!(
                        "Cannot apply new-class migration to class '{class}' that is already depended on by existing Durable Objects [code: 10074]"
                    ),
                );
            }
        }
    }
}

/// Says of bindings to classes that this Worker does not have.
pub(super) fn bound(findings: &mut Findings<'_>, config: &Config) {
    let classes = config.classes();
    for (index, binding) in config.durable_objects.iter().enumerate() {
        let class = binding.class_name.as_str();
        if !config.is_own(binding) || classes.contains(class) {
            continue;
        }
        let is_deleted = config
            .migrations
            .iter()
            .any(|step| step.deleted_classes.iter().any(|deleted| deleted == class))
            || config.exports.iter().any(|export| export.class_name == class && export.state == ClassState::Deleted);
        let renamed =
            config.migrations.iter().flat_map(|step| &step.renamed_classes).rfind(|rename| rename.from == class);
        let message = if is_deleted {
            format!(
                "Cannot apply --delete-class migration to class '{class}' without also removing the binding that references it. [code: 10061]"
            )
        } else {
            format!(
                "Cannot create binding for class '{class}' because it is not currently configured to implement Durable Objects. Ensure a --new-class migration has been applied to it. [code: 10061]"
            )
        };
        let hint = match (renamed, keys::nearest(class, classes.iter().copied())) {
            _ if is_deleted => "remove the binding".to_owned(),
            (Some(rename), _) => format!("its name is \"{}\" now", rename.to),
            (None, Some(nearest)) => format!("did you mean \"{nearest}\"?"),
            (None, None) if config.exports.is_empty() => {
                format!("add a migration with new_sqlite_classes = [\"{class}\"]")
            }
            (None, None) => {
                format!("declare it in \"exports\": {class} = {{ type = \"durable-object\", storage = \"sqlite\" }}")
            }
        };
        let key = format!("durable_objects.bindings[{index}].class_name");
        findings.say(Severity::Error, binding.place, &key, message, Some(hint));
    }
}
