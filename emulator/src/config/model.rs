//! What a config says, as types.
//!
//! All fields are public and plain: this is data. What wrangler would refuse is left out here and said in the findings.

use super::diagnostic::Place;
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// A Worker as its config describes it, in one environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The file, as it was named.
    pub path: PathBuf,
    /// The environment that was asked for.
    pub environment: Option<String>,
    /// The keys that the environment sets itself; all others are those of the top level.
    pub own_keys: BTreeSet<String>,
    /// The Worker's name; in an environment without one of its own, `<name>-<environment>`.
    pub name: Option<String>,
    /// The module of the Worker, from the folder of the file.
    pub main: Option<String>,
    /// `YYYY-MM-DD`
    pub compatibility_date: Option<String>,
    /// In the order of the file.
    pub compatibility_flags: Vec<String>,
    /// How the module is made, if something makes it. Nothing here runs it.
    pub build: CustomBuild,
    /// KV namespaces.
    pub kv_namespaces: Vec<KvNamespace>,
    /// R2 buckets.
    pub r2_buckets: Vec<R2Bucket>,
    /// Bindings to Durable Objects of this Worker and of others.
    pub durable_objects: Vec<DurableObjectBinding>,
    /// In the order in which they are applied.
    pub migrations: Vec<Migration>,
    /// Classes as `exports` declares them, which takes the place of migrations.
    pub exports: Vec<ClassExport>,
    /// Bindings to Workers.
    pub services: Vec<ServiceBinding>,
    /// Variables; strings, or any JSON.
    pub vars: BTreeMap<String, Json>,
    /// Names that must be set as secrets (`secrets.required`).
    pub required_secrets: Vec<String>,
    /// Secrets of this machine, from `.dev.vars.<environment>` or else `.dev.vars`. Each takes the place of a variable of its name.
    pub secrets: BTreeMap<String, String>,
    /// Routes and custom domains, `route` among them.
    pub routes: Vec<RouteEntry>,
    /// Whether the Worker answers at `<name>.<subdomain>.workers.dev`; if the config does not say, when it has no routes.
    pub workers_dev: bool,
    /// Static assets.
    pub assets: Option<Assets>,
    /// Loaders of Workers.
    pub worker_loaders: Vec<WorkerLoader>,
    /// Cron expressions.
    pub crons: Vec<String>,
    /// Limits that the Worker asks for.
    pub limits: WorkerLimits,
}

/// How the module of a Worker is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomBuild {
    /// A line for the shell.
    pub command: Option<String>,
    /// Where it runs, from the folder of the file; without it there.
    pub cwd: Option<String>,
}

/// A KV namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KvNamespace {
    /// The name in `env`.
    pub binding: String,
    /// The namespace's id. One that is not given is made when the Worker is deployed.
    pub id: Option<String>,
    /// The namespace for previews.
    pub preview_id: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// An R2 bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct R2Bucket {
    /// The name in `env`.
    pub binding: String,
    /// The bucket. One that is not given is made when the Worker is deployed.
    pub bucket_name: Option<String>,
    /// The bucket for previews.
    pub preview_bucket_name: Option<String>,
    /// Where its data must stay.
    pub jurisdiction: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// A binding to Durable Objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DurableObjectBinding {
    /// The name in `env`.
    pub name: String,
    /// The class that implements the objects.
    pub class_name: String,
    /// The Worker that the class belongs to; this one if there is none.
    pub script_name: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// One step of the history of the classes of Durable Objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migration {
    /// The name by which it is applied once.
    pub tag: String,
    /// New classes with key-value storage.
    pub new_classes: Vec<String>,
    /// New classes with SQLite storage.
    pub new_sqlite_classes: Vec<String>,
    /// Classes with a new name.
    pub renamed_classes: Vec<ClassRename>,
    /// Classes that are deleted with all their objects.
    pub deleted_classes: Vec<String>,
    /// Classes that come from another Worker.
    pub transferred_classes: Vec<ClassTransfer>,
    /// Where it stands.
    pub place: Place,
}

/// A class with a new name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassRename {
    /// The name before.
    pub from: String,
    /// The name now.
    pub to: String,
}

/// A class that comes from another Worker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassTransfer {
    /// The name there.
    pub from: String,
    /// The other Worker.
    pub from_script: String,
    /// The name here.
    pub to: String,
}

/// A class as `exports` declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassExport {
    /// The name of the class.
    pub class_name: String,
    /// What became of it.
    pub state: ClassState,
    /// Whether its objects have SQLite storage; the older kind is `legacy-kv`.
    pub sqlite: bool,
    /// Where it stands.
    pub place: Place,
}

/// What became of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassState {
    /// It is there.
    Live,
    /// It is there once another Worker hands it over.
    ExpectingTransfer {
        /// The Worker, or the class of it, that it comes from.
        from: String,
    },
    /// It is gone, with all its objects.
    Deleted,
    /// It has another name now.
    Renamed {
        /// The name now.
        to: String,
    },
    /// Another Worker has it now.
    Transferred {
        /// The Worker, or the class of it, that has it.
        to: String,
    },
}

impl ClassState {
    /// Whether objects of the class can be bound.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Live | Self::ExpectingTransfer { .. })
    }
}

/// A binding to a Worker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceBinding {
    /// The name in `env`.
    pub binding: String,
    /// The Worker's name.
    pub service: String,
    /// The entrypoint; the default one if there is none.
    pub entrypoint: Option<String>,
    /// What the entrypoint has as `ctx.props`.
    pub props: Option<Json>,
    /// Where it stands.
    pub place: Place,
}

/// A route, or a custom domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteEntry {
    /// The pattern of the route, or the host of the custom domain.
    pub pattern: String,
    /// Whether it is a custom domain.
    pub custom_domain: bool,
    /// The zone, by its id or name.
    pub zone: Option<String>,
    /// Whether the custom domain is switched on.
    pub enabled: bool,
    /// Where it stands.
    pub place: Place,
}

/// Static assets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// Their folder, from the folder of the file.
    pub directory: Option<String>,
    /// The name in `env`.
    pub binding: Option<String>,
    /// How addresses of HTML files look.
    pub html_handling: Option<String>,
    /// What answers where there is none.
    pub not_found_handling: Option<String>,
    /// Which requests the Worker sees first.
    pub run_worker_first: WorkerFirst,
    /// Where they stand.
    pub place: Place,
}

/// Which requests a Worker with assets sees before these are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WorkerFirst {
    /// None.
    #[default]
    Never,
    /// All.
    Always,
    /// Those of these patterns of paths.
    Paths(Vec<String>),
}

/// A loader of Workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerLoader {
    /// The name in `env`.
    pub binding: String,
    /// Where it stands.
    pub place: Place,
}

/// Limits that a Worker asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WorkerLimits {
    /// CPU time of a request in milliseconds.
    pub cpu_ms: Option<f64>,
    /// Subrequests of a request.
    pub subrequests: Option<f64>,
}

impl Config {
    /// The name that messages call the Worker by.
    #[must_use]
    pub fn worker(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    /// A key as findings name it, from the top of the file: `services[0]` is `env.staging.services[0]` where the environment sets it.
    #[must_use]
    pub fn key(&self, key: &str) -> String {
        let first = key.split(['.', '[']).next().unwrap_or_default();
        match &self.environment {
            Some(environment) if self.own_keys.contains(first) => format!("env.{environment}.{key}"),
            _ => key.to_owned(),
        }
    }

    /// The classes of Durable Objects that this Worker has after all its migrations, or as `exports` declares them. A migration that
    /// cannot be applied leaves them as they are.
    #[must_use]
    pub fn classes(&self) -> BTreeSet<&str> {
        let mut classes: BTreeSet<&str> = BTreeSet::new();
        for step in &self.migrations {
            for rename in &step.renamed_classes {
                if classes.remove(rename.from.as_str()) {
                    classes.insert(&rename.to);
                }
            }
            classes.retain(|class| !step.deleted_classes.iter().any(|deleted| deleted == class));
            classes.extend(step.transferred_classes.iter().map(|transfer| transfer.to.as_str()));
            classes.extend(step.new_classes.iter().chain(&step.new_sqlite_classes).map(String::as_str));
        }
        classes
            .extend(self.exports.iter().filter(|class| class.state.is_live()).map(|class| class.class_name.as_str()));
        classes
    }

    /// Whether a Durable Object binding is to a class of this Worker.
    #[must_use]
    pub fn is_own(&self, binding: &DurableObjectBinding) -> bool {
        binding.script_name.as_deref().is_none_or(|script| Some(script) == self.name.as_deref())
    }
}
