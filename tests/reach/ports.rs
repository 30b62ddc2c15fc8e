//! Ports that are taken.

use super::Author;
use crate::support::{Pmx, process::pmx};
use std::net::{Ipv6Addr, TcpListener};

#[test]
fn a_port_that_is_asked_for_and_taken_is_an_error_that_names_its_owner() {
    let (author, other) = (Author::new(), Author::new());
    let dev = author.dev(&[]);
    let port = dev.client.address.port().to_string();
    let output = pmx().args(["dev", "--port", &port]).arg(other.folder.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(&format!("port {port} is already in use")) && stderr.contains("hint:"), "{stderr}");
    if cfg!(target_os = "linux") {
        assert!(stderr.contains(&format!("by pmx (pid {}): `pmx dev --json", dev.pid())), "{stderr}");
    }
}

#[test]
fn a_page_of_another_program_at_the_other_localhost_is_never_shown_for_ours() {
    let Ok(other) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else { return };
    let port = other.local_addr().unwrap().port().to_string();
    let author = Author::new();
    let output = pmx().args(["dev", "--port", &port]).arg(author.folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("already in use"));
}

#[test]
fn without_a_port_the_next_free_one_is_taken_and_said() {
    // Whoever has it, this test or another program.
    let _taken = TcpListener::bind("127.0.0.1:8787");
    let author = Author::new();
    let mut command = pmx();
    command.args(["dev", "--json", "--state"]).arg(author.path("state")).arg(author.folder.path());
    let dev = Pmx::start(command);
    let port = dev.client.address.port();
    assert!((8788..8807).contains(&port), "{port}");
    let stderr = dev.kill();
    assert!(stderr.contains("8787 is taken") && stderr.contains(&format!("; using {port}")), "{stderr}");
}

#[test]
fn localhost_is_the_site_at_both_of_its_addresses() {
    let author = Author::new();
    let dev = author.dev(&[]);
    let mut other = dev.client;
    other.address.set_ip(Ipv6Addr::LOCALHOST.into());
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        assert!(other.get("localhost", "/index.path").text().contains("First words"));
    }
}
