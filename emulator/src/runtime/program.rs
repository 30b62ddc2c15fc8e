//! A Worker, loaded once, from which instances are made.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Engine, InstancePre, Linker, Module, Store, StoreLimitsBuilder};

use super::budget::TurnBudget;
use super::config;
use super::epoch_ticker::EpochTicker;
use super::host::{Environment, Guest, HostState, SyncImports};
use super::imports;
use super::instance::Instance;
use super::worker::Worker;

/// The version of `worker/ABI.md` that this host speaks.
pub(crate) const ABI_VERSION: u32 = 2;

/// Bounds of one instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Time that one turn may take.
    pub(crate) turn: Duration,
    /// Bytes of linear memory.
    pub(crate) memory: usize,
}

/// Why a Worker cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not wasm, was compiled by another wasmtime or under other settings, or needs features that are off.
    #[error("the Worker cannot be loaded: {0:#}")]
    Module(wasmtime::Error),
    /// It imports what a host does not offer.
    #[error("the Worker imports what ABI version {ABI_VERSION} does not have: {0:#}")]
    Imports(wasmtime::Error),
    /// It does not start, or lacks an export.
    #[error("the Worker cannot be started: {0:#}")]
    Start(wasmtime::Error),
    /// It speaks another version of the ABI.
    #[error("the Worker speaks ABI version {found}, this host version {ABI_VERSION}")]
    Version {
        /// What its `abi_version` answered.
        found: u32,
    },
    /// The thread that watches over CPU time cannot be started.
    #[error("no thread to bound the CPU time of Workers: {0}")]
    Thread(std::io::Error),
}

/// A loaded Worker.
pub(crate) struct Program {
    module: Module,
    limits: Limits,
    ticker: Arc<EpochTicker>,
    environment: Arc<Environment>,
}

impl Program {
    pub(crate) fn load(worker: &Worker, limits: Limits, environment: Arc<Environment>) -> Result<Self, LoadError> {
        let engine = Engine::new(&config::config()).map_err(LoadError::Module)?;
        let module = worker.load(&engine).map_err(LoadError::Module)?;
        let ticker = Arc::new(EpochTicker::start(engine, limits.turn).map_err(LoadError::Thread)?);
        Ok(Self { module, limits, ticker, environment })
    }

    /// Links the imports once, for instances with this kind of synchronous imports.
    pub(crate) fn link<S: SyncImports>(self: &Arc<Self>) -> Result<Linked<S>, LoadError> {
        let mut linker = Linker::new(self.module.engine());
        imports::define(&mut linker).map_err(LoadError::Imports)?;
        let template = linker.instantiate_pre(&self.module).map_err(LoadError::Imports)?;
        Ok(Linked { program: Arc::clone(self), template })
    }
}

/// A loaded Worker with its imports.
pub(crate) struct Linked<S: 'static> {
    program: Arc<Program>,
    template: InstancePre<HostState<S>>,
}

impl<S: SyncImports> Linked<S> {
    /// How long one turn may take.
    pub(crate) fn turn_limit(&self) -> Duration {
        self.program.limits.turn
    }

    /// A fresh instance.
    pub(crate) fn instantiate(&self, sync_imports: S) -> wasmtime::Result<Instance<S>> {
        let program = &self.program;
        let host = HostState {
            environment: Arc::clone(&program.environment),
            limits: StoreLimitsBuilder::new().memory_size(program.limits.memory).build(),
            guest: None,
            scratch: Vec::new(),
            effects: Vec::new(),
            budget: TurnBudget::default(),
            sync_imports,
            handles: S::handles(),
            task: None,
            transactions: 0,
            recorder: None,
            client_gone: false,
        };
        let mut store = Store::new(program.module.engine(), host);
        store.limiter(|host| &mut host.limits);
        program.ticker.begin_turn();
        store.set_epoch_deadline(program.ticker.limit());
        let instance = self.template.instantiate(&mut store)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| wasmtime::format_err!("it has no export `memory`"))?;
        let alloc = instance.get_typed_func(&mut store, "alloc")?;
        let in_transaction = instance.get_typed_func(&mut store, "in_transaction")?;
        store.data_mut().guest = Some(Guest { memory, alloc, in_transaction });
        Instance::new(store, &instance, Arc::clone(&program.ticker))
    }

    /// Makes an instance to see whether it can be made and speaks this host's version of the ABI.
    pub(crate) fn check(&self, sync_imports: S) -> Result<Instance<S>, LoadError> {
        let mut instance = self.instantiate(sync_imports).map_err(LoadError::Start)?;
        match instance.abi_version().map_err(LoadError::Start)? {
            ABI_VERSION => Ok(instance),
            found => Err(LoadError::Version { found }),
        }
    }
}
