//! What the black-box tests share: the real binary, a plain HTTP client, sites to publish.
#![allow(dead_code, unused_imports, unreachable_pub, reason = "each test binary uses its part")]

pub mod http;
pub mod node;
pub mod process;
#[cfg(unix)]
pub mod saves;
pub mod site;
pub mod socket;
pub mod wasm;
pub mod world;

pub use http::{Answer, Client};
pub use process::{Pmx, Server};
pub use site::Fixture;
pub use socket::{Events, open_events};
pub use world::World;

/// The secret that test servers are started with.
pub const SECRET: &str = "a-secret-of-the-tests";

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Writes a file below a folder, with the folders above it.
pub fn put(folder: &std::path::Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
