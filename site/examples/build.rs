//! Builds a site, and prints what was made: `cargo run -p pmx-site --example build -- FOLDER [OUT]`.
//!
//! Without `OUT` everything stays in memory.

use pmx_site::{Cache, Options, OutDir, Written};
use std::{
    env,
    error::Error,
    io::{self, Write},
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args_os().skip(1).map(PathBuf::from);
    let folder = args.next().ok_or("which folder?")?;
    run(&folder, args.next().as_deref(), &mut io::stdout().lock())
}

/// Builds the site of `folder`, into `out` if there is one, and writes a line for each file to `talk`.
pub(crate) fn run(folder: &Path, out: Option<&Path>, talk: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let project = pmx_site::locate(&Options { cwd: env::current_dir()?.join(folder), entries: Vec::new() })?;
    let snapshot = pmx_site::scan(&project, None)?;
    let mut cache = Cache::default();
    let (build, written) = match out {
        Some(out) => pmx_site::build_into(&project, &snapshot, &mut cache, &OutDir::named(out), false)?,
        None => (pmx_site::build(&project, &snapshot, &mut cache), Written::default()),
    };
    for finding in &build.diagnostics {
        writeln!(talk, "{}:{}: {} [{}]", finding.path, finding.line, finding.message, finding.code)?;
    }
    for (path, file) in build.outputs.iter() {
        writeln!(talk, "{} {:>8} {path}", file.hash.short(8), file.size)?;
    }
    writeln!(talk, "{} pages, {} files, {} written", build.pages, build.outputs.len(), written.written)?;
    Ok(())
}
