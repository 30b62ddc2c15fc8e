//! One corpus of scripts, played on every host that a Worker may run on; what comes out is the same.
//!
//! `tests/corpus/README.md` says how scripts are written.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod client;
mod host;
mod kept;
mod player;
mod record;
mod script;
mod socket;
mod values;

use host::Kind;
use script::Script;
use std::thread;

/// So many scripts are played at the same time: most of the time they wait.
const AT_ONCE: usize = 4;

/// Plays scripts in plain JavaScript and writes what came out beside them: all of them, or those that `PMX_CORPUS` names.
#[test]
#[ignore = "writes the records: PMX_CORPUS='kv r2' cargo test --test corpus -- --ignored record"]
fn record() {
    let wanted = std::env::var("PMX_CORPUS").unwrap_or_default();
    let areas = script::areas();
    let areas = areas.iter().filter(|area| wanted.is_empty() || wanted.split(' ').any(|one| one == area.as_str()));
    let areas: Vec<_> = areas.collect();
    for some in areas.chunks(AT_ONCE) {
        thread::scope(|scope| {
            for area in some {
                scope.spawn(|| record::write(area, &player::play(&Script::read(area), Kind::Plain)));
            }
        });
    }
}
