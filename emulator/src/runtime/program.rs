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
use super::load_error::{ABI_VERSION, LoadError};
use super::worker::Worker;

/// Tables of an instance: a compiler makes one.
const MAX_TABLES: usize = 4;
/// Elements of a table, each some 8 bytes of this process: far more than the functions of the largest Worker.
const MAX_TABLE_ELEMENTS: usize = 1_000_000;

/// Bounds of one instance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Time that one turn may take.
    pub(crate) turn: Duration,
    /// Bytes of linear memory.
    pub(crate) memory: usize,
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
            limits: StoreLimitsBuilder::new()
                .memory_size(program.limits.memory)
                .memories(1)
                .tables(MAX_TABLES)
                .table_elements(MAX_TABLE_ELEMENTS)
                .build(),
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
