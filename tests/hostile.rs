//! What a stranger's repository can do to its reader: nothing.
//!
//! A table: every attack of `hostile/*.rs` is laid into a fresh clone below a home folder, and every command of `hostile/commands.rs` is
//! run in it. After each, all that lies outside of the clone is as it was, to the byte and the time, and nothing of it is in what the
//! command wrote or said; a command that promises to write nothing left the clone as it was, too. To add a row, add an [`Attack`] to the
//! list of a file; to add a column, a command to [`commands::all`].
//!
//! What the author is told of each attack is in the tests beside the attacks.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops where its ground gives way"
)]

#[path = "hostile/cache.rs"]
mod cache;
#[path = "hostile/commands.rs"]
mod commands;
#[path = "hostile/config.rs"]
mod config;
#[path = "hostile/endless.rs"]
mod endless;
#[path = "hostile/ground.rs"]
mod ground;
#[path = "hostile/output.rs"]
mod output;
#[path = "hostile/sources.rs"]
mod sources;
mod support;

use commands::Command;
use ground::Ground;

/// Something that a repository has in it.
struct Attack {
    name: &'static str,
    lay: fn(&Ground),
}

fn attacks() -> impl Iterator<Item = &'static Attack> {
    [output::ATTACKS, config::ATTACKS, sources::ATTACKS, cache::ATTACKS, endless::ATTACKS].into_iter().flatten()
}

/// Runs a command against every attack.
fn withstands(command: &Command) {
    for attack in attacks() {
        let ground = Ground::new();
        (attack.lay)(&ground);
        let before = ground.seen();
        let ran = (command.run)(&ground);
        let place = format!("`{}` with {}: {ran:?}", command.name, attack.name);
        assert!(matches!(ran.code, Some(0..=2)), "it broke down: {place}");
        before.assert_unharmed(&ground, &place);
        if command.is_dry {
            before.assert_untouched(&ground, &place);
        }
        assert!(!ran.says(ground::SECRET), "it tells a secret: {place}");
    }
}

#[test]
fn build_withstands_every_attack() {
    withstands(&commands::build());
}

#[test]
fn check_withstands_every_attack_and_writes_nothing() {
    withstands(&commands::check());
}

#[test]
fn route_withstands_every_attack_and_writes_nothing() {
    withstands(&commands::route());
}

#[test]
fn a_dry_publish_withstands_every_attack_and_writes_nothing() {
    withstands(&commands::publish_dry());
}

#[test]
fn a_publish_withstands_every_attack() {
    withstands(&commands::publish());
}

#[test]
fn a_share_withstands_every_attack() {
    withstands(&commands::share());
}

#[test]
fn a_dry_move_withstands_every_attack_and_writes_nothing() {
    withstands(&commands::move_dry());
}

#[test]
fn a_dry_removal_withstands_every_attack_and_writes_nothing() {
    withstands(&commands::remove_dry());
}

#[test]
fn moving_withstands_every_attack() {
    withstands(&commands::moving());
}

#[test]
fn removing_withstands_every_attack() {
    withstands(&commands::removing());
}

#[test]
fn dev_withstands_every_attack() {
    withstands(&commands::dev());
}

#[test]
fn the_repository_without_an_attack_is_a_site_that_every_command_takes() {
    for command in commands::all() {
        let ground = Ground::new();
        let before = ground.seen();
        if command.name == "route" {
            assert_eq!((commands::build().run)(&ground).code, Some(0));
        }
        let ran = (command.run)(&ground);
        assert_eq!(ran.code, Some(0), "`{}`: {ran:?}", command.name);
        before.assert_unharmed(&ground, command.name);
    }
}
