//! `pmx worker dev`

use crate::{cli::WorkerDevArgs, error::Result, report::Report};

/// Runs Workers of one's own until the user ends it.
///
/// # Errors
/// There is no config, a port or state folder is taken; or this pmx has no compiler for Workers.
#[cfg(feature = "compile")]
pub(super) fn run(args: &WorkerDevArgs, report: &Report) -> Result<()> {
    use crate::{commands::worker_configs, server::block_on, worker_dev};
    let mut named = args.config.clone();
    named.extend(args.folder.clone());
    let configs = worker_configs::find(&named)?;
    block_on(worker_dev::run(args, &configs, &worker_configs::options(args.env.as_deref()), report))
}

/// Says how to get what this pmx does not have.
#[cfg(not(feature = "compile"))]
pub(super) fn run(_: &WorkerDevArgs, _: &Report) -> Result<()> {
    let error =
        crate::error::Error::new("this pmx has no compiler for Workers: it was built without the feature `compile`");
    Err(error.hint("in its repository: `cargo run --release --features compile -- worker dev examples/counter`"))
}
