//! `pmx play`

use crate::{
    cli,
    commands::build,
    dev::{self, Mode},
    error::Result,
    report::Report,
    server::block_on,
};

/// Serves a site for presenting, until the user ends it.
///
/// # Errors
/// What keeps `build` or `dev` from starting.
pub(super) fn run(args: &cli::PlayArgs, report: &Report) -> Result<()> {
    if args.out.is_some() {
        let entries = args.dev.entry.iter().cloned().collect();
        let (out, clean) = (args.out.clone(), args.clean);
        // What is wrong with the site is said again below, by the loop.
        build::build(&cli::BuildArgs { entries, out, clean, ..cli::BuildArgs::default() }, report)?;
    }
    block_on(dev::run(&args.dev, Mode::Play { print_url: args.print_url }, report))
}
