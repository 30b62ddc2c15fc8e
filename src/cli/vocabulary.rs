//! One name for one thing, over all commands.

use super::Cli;
use clap::{Arg, Command, CommandFactory as _, Parser as _};
use std::collections::{BTreeMap, BTreeSet};

/// What commands name alike, and words for the same that none of them shows. The old spellings among them still work.
const ONE_NAME: [(&str, &[&str]); 10] = [
    ("site", &["subdomain", "space", "name"]),
    ("out", &["outdir", "out-dir", "output", "dest"]),
    ("server", &["url", "remote", "endpoint"]),
    ("state", &["state-dir", "data", "persist"]),
    ("yes", &["assume-yes", "no-confirm"]),
    ("dry-run", &["plan", "preview", "no-act"]),
    ("json", &["format", "output-format"]),
    ("quiet", &["silent"]),
    ("allow-host", &["allow-hosts", "allowed-hosts"]),
    ("base-domain", &["base-domains"]),
];

/// Calls as they were written before, each with the one that means the same.
const OLD_SPELLINGS: [(&str, &str); 8] = [
    ("publish --subdomain a", "publish -s a"),
    ("publish -s a --outdir o", "publish -s a -o o"),
    ("deploys --subdomain a", "deploys --site a"),
    ("events --subdomain a", "events --site a"),
    ("link --subdomain a", "link --site a"),
    ("build --outdir o", "build --out o"),
    ("build --player", "build"),
    ("serve --base-domains a.example,b.example", "serve --base-domain a.example --base-domain b.example"),
];

fn all(command: &Command, path: &str, into: &mut Vec<(String, Command)>) {
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        into.push((path.clone(), below.clone()));
        all(below, &path, into);
    }
}

fn commands() -> Vec<(String, Command)> {
    let mut program = Cli::command();
    program.build();
    let mut found = vec![("pmx".to_owned(), program.clone())];
    all(&program, "pmx", &mut found);
    found
}

fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| !arg.is_hide_set())
}

#[test]
fn an_option_is_written_alike_in_every_command_that_has_it() {
    let mut forms: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let mut letters: BTreeMap<char, BTreeSet<String>> = BTreeMap::new();
    for (path, command) in commands() {
        for arg in shown(&command) {
            let Some(long) = arg.get_long() else { continue };
            let value = arg.get_action().takes_values().then(|| arg.get_value_names());
            let form = format!("{:?} {value:?} {:?}", arg.get_short(), arg.get_all_aliases());
            forms.entry(long.to_owned()).or_default().entry(form).or_default().insert(path.clone());
            if let Some(short) = arg.get_short() {
                letters.entry(short).or_default().insert(long.to_owned());
            }
        }
    }
    let unlike: Vec<_> = forms.iter().filter(|(_, forms)| forms.len() > 1).collect();
    assert!(unlike.is_empty(), "options that differ from command to command: {unlike:#?}");
    let several: Vec<_> = letters.iter().filter(|(_, longs)| longs.len() > 1).collect();
    assert!(several.is_empty(), "letters that mean several things: {several:?}");
}

#[test]
fn no_command_shows_a_second_name_for_what_the_others_call_by_one() {
    for (path, command) in commands() {
        for arg in shown(&command) {
            for (name, others) in ONE_NAME {
                let long = arg.get_long().unwrap_or_default();
                assert!(!others.contains(&long), "{path}: --{long} is called --{name} elsewhere");
                let visible = arg.get_visible_aliases().unwrap_or_default();
                assert!(visible.is_empty(), "{path}: --{long} is shown under other names, too: {visible:?}");
            }
        }
    }
}

#[test]
fn what_asks_or_changes_nothing_is_said_alike() {
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, command) in commands() {
        for arg in shown(&command).filter(|arg| matches!(arg.get_long(), Some("yes" | "dry-run" | "insecure"))) {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            told.entry(arg.get_id().to_string()).or_default().insert(help);
        }
    }
    assert!(told.values().all(|helps| helps.len() == 1), "{told:#?}");
}

#[test]
fn old_spellings_still_work() {
    let parsed = |line: &str| {
        let words = std::iter::once("pmx").chain(line.split(' '));
        format!("{:?}", Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}")).command)
    };
    for (old, new) in OLD_SPELLINGS {
        // `--player` itself is all in which the two calls may differ.
        let plain = |text: String| text.replace("player: true", "player: false").replace("no_player: true", "");
        assert_eq!(plain(parsed(old)), plain(parsed(new)), "{old}");
    }
}

#[test]
fn options_of_every_command_are_listed_once_and_last() {
    for (path, mut command) in commands() {
        for help in [command.render_help().to_string(), command.render_long_help().to_string()] {
            let heads: Vec<&str> = help.lines().filter(|line| line.ends_with(':') && !line.starts_with(' ')).collect();
            assert_eq!(heads.last(), Some(&"Global options:"), "{path}\n{help}");
            assert_eq!(help.matches("Global options:").count(), 1, "{path}\n{help}");
            let (before, after) = help.split_once("Global options:").unwrap_or_default();
            for option in ["--quiet", "--json", "--verbose", "--log-format", "--help", "--version"] {
                let begins = |text: &str| {
                    text.lines().any(|line| {
                        let mut words = line.split([' ', ',']).filter(|word| !word.is_empty());
                        line.starts_with(' ') && words.by_ref().take(2).any(|word| word.trim_end_matches('.') == option)
                    })
                };
                assert!(!begins(before) && begins(after), "{path}: {option}\n{help}");
            }
        }
    }
}
