//! A Worker as the config says that it is deployed with.

use super::worker_setup::{BindingTarget, WorkerSetup};
use crate::config::{Config, DurableObjectBinding, Migration};
use crate::durable_object::classes::{ClassMigration, TransferredClass};

impl WorkerSetup {
    /// The Worker with the name, bindings, variables, secrets and migrations of its config. A secret takes the place of a variable of its name.
    ///
    /// A namespace or bucket without an id is one of this Worker and binding alone, under the name that wrangler would give it. Assets, loaders
    /// and crons are left out: this crate has no part for them.
    #[must_use]
    pub fn configure(self, config: &Config) -> Self {
        let name = config.worker();
        let made = |binding: &str| format!("{name}-{}", binding.to_ascii_lowercase().replace('_', "-"));
        let mut setup = self.named(name).migrations(config.migrations.iter().map(step));
        for kv in &config.kv_namespaces {
            setup = setup.kv_namespace(&kv.binding, kv.id.clone().unwrap_or_else(|| made(&kv.binding)));
        }
        for bucket in &config.r2_buckets {
            setup =
                setup.r2_bucket(&bucket.binding, bucket.bucket_name.clone().unwrap_or_else(|| made(&bucket.binding)));
        }
        for objects in &config.durable_objects {
            setup = setup.bind(&objects.name, class(config, objects));
        }
        for service in &config.services {
            let props = service.props.as_ref().map(ToString::to_string);
            let (worker, entrypoint) = (service.service.clone(), service.entrypoint.as_deref());
            setup = setup.service(&service.binding, worker, entrypoint, props.as_deref());
        }
        for (name, value) in config.vars.iter().filter(|(name, _)| !config.secrets.contains_key(*name)) {
            setup = match value.as_str() {
                Some(text) => setup.var(name, text),
                None => setup.json_var(name, value.to_string()),
            };
        }
        config.secrets.iter().fold(setup, |setup, (name, secret)| setup.var(name, secret))
    }
}

fn class(config: &Config, objects: &DurableObjectBinding) -> BindingTarget {
    let worker = objects.script_name.clone().filter(|_| !config.is_own(objects));
    BindingTarget::DurableObject { class: objects.class_name.clone().into(), worker: worker.map(Into::into) }
}

fn step(migration: &Migration) -> ClassMigration {
    ClassMigration {
        tag: migration.tag.clone(),
        new: migration.new_classes.iter().chain(&migration.new_sqlite_classes).cloned().collect(),
        renamed: migration.renamed_classes.iter().map(|class| (class.from.clone(), class.to.clone())).collect(),
        transferred: migration
            .transferred_classes
            .iter()
            .map(|class| TransferredClass {
                worker: class.from_script.clone(),
                from: class.from.clone(),
                to: class.to.clone(),
            })
            .collect(),
        deleted: migration.deleted_classes.clone(),
    }
}
