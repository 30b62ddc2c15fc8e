//! In the emulator time, threads, tasks and randomness come from `world`: a simulation decides about nothing else.

use crate::imports::{root, sources, without_tests};
use std::fs;

/// Who is the machine: the world's own side of it, and the network.
const MACHINE: [&str; 2] = ["world/machine.rs", "http/"];

/// What only the machine may do.
const RESERVED: [&str; 11] = [
    "spawn_blocking(",
    "tokio::spawn(",
    "task::spawn",
    "tokio::time::",
    "thread::Builder",
    "thread::spawn",
    "thread::sleep",
    "thread::scope",
    "Instant::now",
    "SystemTime::now",
    "getrandom::fill",
];

/// Where that stands all the same, and why.
const EXCEPTIONS: [(&str, &str, &str); 2] = [
    ("emulator/mod.rs", "tokio::time::", "how long a shutdown waits is the machine's time, whatever the clock"),
    ("file_retry.rs", "thread::sleep", "a file that Windows holds open is waited for; elsewhere nothing is"),
];

#[test]
fn only_the_machine_has_threads_and_clocks() {
    let folder = root().join("emulator/src");
    let mut found = Vec::new();
    for file in sources(&folder) {
        let name = file.strip_prefix(&folder).unwrap().to_str().unwrap().replace('\\', "/");
        if MACHINE.iter().any(|machine| name.starts_with(machine)) || name.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = without_tests(&text).lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for word in RESERVED {
                let seam = word == "spawn_blocking(" && (line.contains("world.") || name.starts_with("world/"));
                let excepted = EXCEPTIONS.iter().any(|(file, reserved, _)| *file == name && *reserved == word);
                if line.contains(word) && !seam && !excepted {
                    found.push(format!("{name}: {}", line.trim()));
                }
            }
        }
    }
    assert!(found.is_empty(), "not through the world: {found:#?}");
}
