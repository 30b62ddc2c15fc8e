//! Who reaches `pmx dev`, and how: names, origins, other devices, HTTPS, ports, proxies, the end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

#[path = "reach/devices.rs"]
mod devices;
#[path = "reach/end.rs"]
mod end;
#[path = "reach/https.rs"]
mod https;
#[path = "reach/names.rs"]
mod names;
#[path = "reach/ports.rs"]
mod ports;
#[path = "reach/proxy.rs"]
mod proxy;
mod support;

use std::{fs, path::Path, process::Command};
use support::{Pmx, process::pmx};

/// A site of two pages, and what `pmx` keeps beside it.
struct Author {
    folder: tempfile::TempDir,
}

impl Author {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("paths")).unwrap();
        fs::write(folder.path().join("paths/index.path.md"), "# Home\n\nFirst words, [one](./one.md).\n").unwrap();
        fs::write(folder.path().join("paths/one.md"), "# One\n\n![x](./x.svg)\n").unwrap();
        let image = "<svg xmlns=\"http://www.w3.org/2000/svg\"><!-- x --></svg>";
        fs::write(folder.path().join("paths/x.svg"), image).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// `pmx dev --port 0` with these options, its authority beside the site.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = pmx();
        command.args(["dev", "--json", "--port", "0", "--site", "course", "--state"]).arg(self.path("state"));
        command.args(arguments).arg(self.folder.path()).env("PMX_CA_DIR", self.path("ca"));
        command
    }

    fn dev(&self, arguments: &[&str]) -> Pmx {
        Pmx::start(self.command(arguments))
    }
}

/// The first address of this machine at which others would reach it; tests of that are without meaning where there is none.
fn lan_address() -> Option<std::net::IpAddr> {
    let all = if_addrs::get_if_addrs().unwrap();
    all.iter().map(if_addrs::Interface::ip).find(|ip| ip.is_ipv4() && !ip.is_loopback())
}

fn is_file(path: &Path) -> bool {
    path.is_file()
}
