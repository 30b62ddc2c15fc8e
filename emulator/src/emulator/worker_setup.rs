//! A Worker as an emulator is told of it: its code, and what is bound to which name.

use std::borrow::Cow;

use crate::bindings::Variable;
use crate::durable_object::classes::ClassMigration;
use crate::kv;
use crate::r2;
use crate::runtime::worker::Worker;

/// What the bundled Worker finds bound (`worker/shim/wrangler.toml`), in the stores that lie in the state folder itself.
pub const BUNDLED_BINDINGS: [(&str, BindingTarget); 3] = [
    ("SPACE_KV", BindingTarget::KvNamespace { id: Cow::Borrowed(kv::DEFAULT_ID) }),
    ("BUCKET", BindingTarget::R2Bucket { name: Cow::Borrowed(r2::DEFAULT_NAME) }),
    ("SPACE_DO", BindingTarget::DurableObject { class: Cow::Borrowed("SpaceDO"), worker: None }),
];

/// The name of a Worker that is given none.
const DEFAULT_NAME: &str = "pmx";

/// A Worker, with its name, its bindings and its variables.
#[derive(Clone, Debug)]
pub struct WorkerSetup {
    pub(super) name: String,
    pub(super) worker: Worker,
    pub(super) bindings: Vec<(String, BindingTarget)>,
    pub(super) variables: Vec<(String, Variable)>,
    pub(super) migrations: Vec<ClassMigration>,
}

/// What a name is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingTarget {
    /// A KV namespace, by its id. Whoever names the same id has the same namespace.
    KvNamespace {
        /// The id.
        id: Cow<'static, str>,
    },
    /// An R2 bucket. Whoever names the same one has the same bucket.
    R2Bucket {
        /// The name of the bucket.
        name: Cow<'static, str>,
    },
    /// The Durable Objects of a class.
    DurableObject {
        /// The class.
        class: Cow<'static, str>,
        /// The Worker that has the class, if it is another one.
        worker: Option<Cow<'static, str>>,
    },
    /// A Worker of the same emulator.
    Service {
        /// Its name.
        worker: Cow<'static, str>,
        /// The entrypoint that is called; the default one if there is none.
        entrypoint: Option<String>,
        /// What the entrypoint is told of whoever is bound to it, as JSON.
        props: Option<String>,
    },
}

impl From<Worker> for WorkerSetup {
    /// A Worker under the name `pmx`; see [`WorkerSetup::new`].
    fn from(worker: Worker) -> Self {
        Self::new(DEFAULT_NAME, worker)
    }
}

impl WorkerSetup {
    /// A Worker under a name. [The bundled one](Worker::bundled) has [`BUNDLED_BINDINGS`], any other none.
    #[must_use]
    pub fn new(name: impl Into<String>, worker: Worker) -> Self {
        let bundled = worker.is_bundled();
        let setup =
            Self { name: name.into(), worker, bindings: Vec::new(), variables: Vec::new(), migrations: Vec::new() };
        if bundled { setup.with(BUNDLED_BINDINGS) } else { setup }
    }

    /// Gives it another name. The ids of its Durable Objects depend on it.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Binds a name. What it was bound to before it is no more.
    #[must_use]
    pub fn bind(mut self, name: impl Into<String>, target: BindingTarget) -> Self {
        let name = name.into();
        self.bindings.retain(|(other, _)| *other != name);
        self.bindings.push((name, target));
        self
    }

    /// Binds several names.
    #[must_use]
    pub fn with(self, bindings: impl IntoIterator<Item = (&'static str, BindingTarget)>) -> Self {
        bindings.into_iter().fold(self, |setup, (name, target)| setup.bind(name, target))
    }

    /// Binds a KV namespace.
    #[must_use]
    pub fn kv_namespace(self, binding: impl Into<String>, id: impl Into<Cow<'static, str>>) -> Self {
        self.bind(binding, BindingTarget::KvNamespace { id: id.into() })
    }

    /// Binds a bucket.
    #[must_use]
    pub fn r2_bucket(self, binding: impl Into<String>, name: impl Into<Cow<'static, str>>) -> Self {
        self.bind(binding, BindingTarget::R2Bucket { name: name.into() })
    }

    /// Binds the Durable Objects of a class of this Worker.
    #[must_use]
    pub fn durable_object(self, binding: impl Into<String>, class: impl Into<Cow<'static, str>>) -> Self {
        self.bind(binding, BindingTarget::DurableObject { class: class.into(), worker: None })
    }

    /// Binds an entrypoint of a Worker, with props as JSON.
    #[must_use]
    pub fn service(
        self,
        binding: impl Into<String>,
        worker: impl Into<Cow<'static, str>>,
        entrypoint: Option<&str>,
        props: Option<&str>,
    ) -> Self {
        let (entrypoint, props) = (entrypoint.map(str::to_owned), props.map(str::to_owned));
        self.bind(binding, BindingTarget::Service { worker: worker.into(), entrypoint, props })
    }

    /// The history of its classes of Durable Objects, from the begin. Steps that were not applied to the state yet are applied when the
    /// emulator is built. Without any, the classes that somebody is bound to are made.
    #[must_use]
    pub fn migrations(mut self, migrations: impl IntoIterator<Item = ClassMigration>) -> Self {
        self.migrations = migrations.into_iter().collect();
        self
    }

    /// Sets a variable or secret.
    #[must_use]
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), Variable::Text(value.into())));
        self
    }

    /// Sets a variable that is not a text, as JSON.
    #[must_use]
    pub fn json_var(mut self, name: impl Into<String>, json: impl Into<String>) -> Self {
        self.variables.push((name.into(), Variable::Json(json.into())));
        self
    }
}
