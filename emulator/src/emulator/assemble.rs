//! How an emulator is put together: its stores, then its Workers, then what binds the Workers to each other.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, Weak};

use super::builder::{BuildError, Builder};
use super::stores::Stores;
use super::worker_setup::{BindingTarget, WorkerSetup};
use super::{Emulator, Inner, RunningWorker};
use crate::bindings::{Binding, BindingParts, BindingTable, Bindings, BoundService, Objects, Variable, WorkerService};
use crate::cache::Caches;
use crate::durable_object::classes::{ClassCatalog, ClassError};
use crate::durable_object::imports::ObjectImports;
use crate::durable_object::namespace::Namespace;
use crate::durable_object::namespace_state::{ObjectHost, ObjectHostParts};
use crate::runtime::host::{Environment, NoObjectImports};
use crate::runtime::log_throttle::LogThrottle;
use crate::runtime::program::Program;
use crate::state_dir::{StateDir, StateError};
use crate::stateless::pool::Pool;
use crate::trace::Trace;
use crate::world::Seams;

/// The variable by which a Worker learns its own hash (`worker/ABI.md`, "Variables").
const HASH_VARIABLE: &str = "WORKER_SHA256";
/// The variable by which a Worker learns whether what it knows of the bucket still holds (same place).
const EPOCH_VARIABLE: &str = "STORAGE_EPOCH";

impl Builder {
    /// Loads the Workers, opens the state, and wakes the objects whose alarms are overdue.
    ///
    /// # Errors
    /// If a Worker cannot be run, a binding leads nowhere, the state cannot be used, or there is no tokio runtime.
    pub fn build(self) -> Result<Emulator, BuildError> {
        assemble(self)
    }
}

fn assemble(builder: Builder) -> Result<Emulator, BuildError> {
    let world = match &builder.world {
        Some(world) => world.clone(),
        None => Seams::machine(builder.clock.clone())?,
    };
    let state = builder.state.clone().map_or_else(StateDir::temporary, Ok)?;
    let mut stores = Stores::open(state, world.clock.clone(), builder.faults.clone(), builder.profile)?;
    let trace = Trace::new(builder.trace, world.clock.clone());
    let parts = BindingParts {
        faults: builder.faults.clone(),
        trace: trace.clone(),
        outbound: Arc::clone(&builder.outbound),
        caches: Arc::new(Caches::new(world.clock.clone())),
        world,
        at_once: builder.at_once,
    };
    let mut catalog = ClassCatalog::open(stores.state())?;
    // The main Worker last: what it takes over from others must be there.
    for setup in builder.others.iter().chain([&builder.main]) {
        catalog.migrate(&setup.name, &setup.migrations)?;
    }
    let setups: Vec<&WorkerSetup> = std::iter::once(&builder.main).chain(&builder.others).collect();
    let mut load = |setup: &WorkerSetup| {
        if setups.iter().filter(|other| other.name == setup.name).count() > 1 {
            return Err(BuildError::WorkerTwice { name: setup.name.clone() });
        }
        let bindings = Arc::new(Bindings::new(table(setup, &mut stores)?, parts.clone()));
        start(&builder, setup, &classes(&setups, setup), bindings, (stores.state(), &mut catalog)).map(Arc::new)
    };
    let main = load(&builder.main)?;
    let mut workers = vec![Arc::clone(&main)];
    for setup in &builder.others {
        workers.push(load(setup)?);
    }
    connect(&setups, &workers)?;
    let inspected =
        classes(&setups, &builder.main).iter().filter_map(|class| main.namespaces.get(*class).cloned()).collect();
    let inner = Inner { workers, stores, inspected, faults: builder.faults, trace };
    if builder.alarms {
        inner.namespaces().for_each(|namespace| namespace.start_alarms());
    }
    Ok(Emulator { main, inner: Arc::new(inner) })
}

/// What a Worker finds bound. What leads to other Workers is filled in by [`connect`].
fn table(setup: &WorkerSetup, stores: &mut Stores) -> Result<BindingTable, StateError> {
    let mut table = BindingTable::default();
    if let Some(hash) = setup.worker.sha256() {
        table.set(HASH_VARIABLE, Variable::Text(hash.to_owned()));
    }
    table.set(EPOCH_VARIABLE, Variable::Text(stores.default_r2.epoch().to_owned()));
    for (name, variable) in &setup.variables {
        table.set(name, variable.clone());
    }
    for (name, target) in &setup.bindings {
        let binding = match target {
            BindingTarget::KvNamespace { id } => Binding::Kv(stores.kv(id)?),
            BindingTarget::R2Bucket { name } => Binding::R2(stores.r2(name)?),
            BindingTarget::DurableObject { .. } => Binding::Objects(OnceLock::new()),
            BindingTarget::Service { entrypoint, props, .. } => Binding::Service(BoundService {
                worker: OnceLock::new(),
                entrypoint: entrypoint.clone(),
                props: props.clone(),
            }),
        };
        table.bind(name, binding);
    }
    Ok(table)
}

/// Loads a Worker, and opens the namespaces of its classes.
fn start(
    builder: &Builder,
    setup: &WorkerSetup,
    classes: &[&str],
    bindings: Arc<Bindings>,
    (state, catalog): (&StateDir, &mut ClassCatalog),
) -> Result<RunningWorker, BuildError> {
    let environment = Arc::new(Environment { bindings: Arc::clone(&bindings), log_throttle: LogThrottle::default() });
    let program = Arc::new(Program::load(&setup.worker, builder.limits, environment)?);
    let objects = Arc::new(ObjectHost::new(ObjectHostParts {
        bindings: Arc::clone(&bindings),
        linked: program.link::<ObjectImports>()?,
        state: state.clone(),
        profile: builder.profile,
        evict_after_ms: u64::try_from(builder.evict_after.as_millis()).unwrap_or(u64::MAX),
        max_instances: builder.max_objects,
    }));
    let mut namespaces = HashMap::new();
    for class in classes {
        let key = if setup.migrations.is_empty() {
            catalog.ensure(&setup.name, class)?
        } else {
            let made = catalog.namespace(&setup.name, class);
            made.ok_or_else(|| ClassError::NotMade { class: (*class).to_owned() })?
        };
        namespaces.insert((*class).to_owned(), Arc::new(Namespace::open(&objects, class, key)?));
    }
    let linked = program.link::<NoObjectImports>()?;
    let pool = Arc::new(Pool::new(linked, builder.isolates, Arc::clone(&bindings))?);
    let worker_sha256 = setup.worker.sha256().map(str::to_owned);
    Ok(RunningWorker { name: setup.name.clone(), worker_sha256, pool, objects, namespaces, bindings })
}

/// The classes of a Worker that anybody is bound to.
fn classes<'a>(setups: &[&'a WorkerSetup], of: &WorkerSetup) -> Vec<&'a str> {
    let mut classes: Vec<&str> = Vec::new();
    for setup in setups {
        for (_, target) in &setup.bindings {
            let BindingTarget::DurableObject { class, worker } = target else { continue };
            if worker.as_deref().unwrap_or(&setup.name) == of.name && !classes.contains(&class.as_ref()) {
                classes.push(class);
            }
        }
    }
    classes
}

/// Binds the Workers to each other, and to each other's objects.
fn connect(setups: &[&WorkerSetup], workers: &[Arc<RunningWorker>]) -> Result<(), BuildError> {
    for (setup, worker) in setups.iter().zip(workers) {
        let own: Weak<Pool> = Arc::downgrade(&worker.pool);
        worker.bindings.belong_to(own);
        for (binding, target) in &setup.bindings {
            let find = |name: &str| {
                workers.iter().find(|other| other.name == name).ok_or_else(|| BuildError::NoService {
                    worker: setup.name.clone(),
                    binding: binding.clone(),
                    service: name.to_owned(),
                })
            };
            match (target, worker.bindings.table().get(binding)) {
                (BindingTarget::DurableObject { class, worker: script }, Some(Binding::Objects(namespace))) => {
                    let script = find(script.as_deref().unwrap_or(&setup.name))?;
                    if let Some(found) = script.namespaces.get(class.as_ref()) {
                        let found: Weak<Namespace> = Arc::downgrade(found);
                        // Set here and nowhere else, so it is empty.
                        drop(namespace.set(found as Weak<dyn Objects>));
                    }
                }
                (BindingTarget::Service { worker: service, .. }, Some(Binding::Service(bound))) => {
                    let found: Weak<Pool> = Arc::downgrade(&find(service)?.pool);
                    drop(bound.worker.set(found as Weak<dyn WorkerService>));
                }
                _ => {}
            }
        }
    }
    Ok(())
}
