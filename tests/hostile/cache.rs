//! What comes along as a cache.

use super::{Attack, commands::run, ground::Ground};
use pmx_model::Hash;
use sha2::{Digest as _, Sha256};
use std::fs;

const FILE: &str = ".pathmx-cache/build.bin";

pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "a cache folder that is a link", lay: |ground| ground.link(".pathmx-cache", "../../private/empty") },
    Attack {
        name: "a cache folder that is a link to nothing",
        lay: |ground| ground.link(".pathmx-cache", "../../private/new"),
    },
    Attack { name: "a cache that is a link", lay: |ground| ground.link(FILE, "../../../private/notes.txt") },
    Attack {
        name: "marks of a cache that are links",
        lay: |ground| {
            ground.link(".pathmx-cache/.gitignore", "../../../private/notes.txt");
            ground.link(".pathmx-cache/CACHEDIR.TAG", "../../../private/new");
        },
    },
    Attack { name: "a cache that is a pipe", lay: |ground| ground.pipe(FILE) },
    Attack { name: "a cache folder that is a file", lay: |ground| ground.put(".pathmx-cache", "x") },
    Attack {
        name: "a cache without end",
        lay: |ground| {
            ground.put(FILE, "pmxcache");
            fs::File::options().write(true).open(ground.checkout().join(FILE)).unwrap().set_len(5_000_000_000).unwrap();
        },
    },
    Attack { name: "a cache of noise", lay: |ground| ground.put(FILE, &"pmxcache\u{7f}".repeat(10_000)) },
];

#[test]
fn a_forged_cache_publishes_nothing_that_no_source_says() {
    let ground = Ground::new();
    // As somebody else builds it, with the same program in a folder of the same path.
    assert_eq!(run(&ground, &["build"]).code, Some(0));
    let _ = fs::remove_dir_all(ground.data().join("keys"));
    let page = ground.checkout().join(".pathmx/index.path/a.html");
    let whole = fs::read(&page).unwrap();
    let forged = String::from_utf8(whole.clone()).unwrap().replace("<h1", "<b1").into_bytes();
    assert_ne!(whole, forged);
    fs::write(&page, &forged).unwrap();
    let file = ground.checkout().join(FILE);
    let mut bytes = fs::read(&file).unwrap();
    let (is, says) = (Hash::of(&whole).to_string(), Hash::of(&forged).to_string());
    let at = bytes.windows(is.len()).position(|window| window == is.as_bytes()).unwrap();
    bytes[at..at + is.len()].copy_from_slice(says.as_bytes());
    // Anyone can compute a hash.
    let end = bytes.len() - 32;
    let hash = Sha256::digest(&bytes[40..end]);
    bytes[end..].copy_from_slice(&hash);
    fs::write(&file, bytes).unwrap();
    fs::remove_file(ground.checkout().join(".pathmx/.pmx-outputs")).unwrap();
    assert_eq!(run(&ground, &["build"]).code, Some(0));
    assert_eq!(fs::read(&page).unwrap(), whole);
}

#[test]
fn without_a_folder_of_the_users_own_there_is_a_build_and_no_cache() {
    let ground = Ground::new();
    fs::write(ground.data().join("keys"), "a file where the folder would be").unwrap();
    for written in ["23 written", "0 written"] {
        let ran = run(&ground, &["build"]);
        assert!(
            ran.code == Some(0) && ran.err.is_empty() && (written != "0 written" || ran.out.contains(written)),
            "{ran:?}"
        );
    }
    assert!(!ground.checkout().join(".pathmx-cache").exists());
}
