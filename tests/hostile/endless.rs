//! What is larger, deeper or slower than any site.

use super::{Attack, commands::run, ground::Ground};
use cap_std::{ambient_authority, fs::Dir};
use std::fs;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "links to what never ends",
        lay: |ground| {
            ground.link("paths/zero.md", "/dev/zero");
            ground.link("paths/zero.css", "/dev/zero");
            ground.append("paths/a.md", "\n[z](./zero.md)\n\n[@styles]: ./zero.css\n\n[@include: z](./zero.md)\n");
        },
    },
    Attack { name: "an entry that never ends", lay: |ground| ground.link("paths/index.path.md", "/dev/zero") },
    Attack { name: "a config that never ends", lay: |ground| ground.link("pathmx.config.md", "/dev/zero") },
    Attack {
        name: "pipes among the Sources",
        lay: |ground| {
            for name in
                [".gitignore", "paths/.gitignore", "paths/p.md", "paths/p.css", "paths/p.svg", "pathmx.config.md"]
            {
                ground.pipe(name);
            }
            ground.append("paths/a.md", "\n[p](./p.md) ![p](./p.svg)\n\n[@styles]: ./p.css\n");
        },
    },
    Attack {
        name: "files of 5 GB without content",
        lay: |ground| {
            for name in [
                ".gitignore",
                "paths/.gitignore",
                "paths/big.md",
                "paths/big.css",
                "paths/big.bin",
                ".pathmx/roots.json",
                ".pathmx/.pmx-outputs",
            ] {
                huge(ground, name);
            }
            ground.append("paths/a.md", "\n[b](./big.md) [b](./big.bin)\n\n[@styles]: ./big.css\n");
        },
    },
    Attack { name: "a config of 5 GB without content", lay: |ground| huge(ground, "pathmx.config.md") },
    Attack { name: "folders three hundred deep", lay: |ground| deep(ground, 300) },
    Attack { name: "links that lead to the same folders over and over", lay: |ground| again_and_again(ground) },
];

/// A file of 5 GB that takes no room on the disk.
fn huge(ground: &Ground, path: &str) {
    ground.put(path, "");
    fs::File::options().write(true).open(ground.checkout().join(path)).unwrap().set_len(5_000_000_000).unwrap();
}

/// Folders in folders; deeper than the longest path of the system, if it is many.
fn deep(ground: &Ground, depth: usize) {
    let mut dir = Dir::open_ambient_dir(ground.checkout().join("paths"), ambient_authority()).unwrap();
    for _ in 0..depth {
        dir.create_dir("d").unwrap();
        dir = dir.open_dir("d").unwrap();
    }
    dir.write("end.md", "# End\n").unwrap();
}

/// Thirty folders with two links each to the next: two to the power of thirty ways.
fn again_and_again(ground: &Ground) {
    for level in 0..30 {
        let name = format!("level-{level}");
        for side in ["left", "right"] {
            ground.link(&format!("paths/{name}/{side}"), format!("../level-{}", level + 1));
        }
    }
    ground.put("paths/level-30/end.md", "# End\n");
}

#[test]
fn folders_beyond_all_reason_are_named() {
    let ground = Ground::new();
    deep(&ground, 100_000);
    let ran = run(&ground, &["build"]);
    // The library's own way of removing a folder goes no deeper than its stack.
    assert!(
        std::process::Command::new("rm").arg("-rf").arg(ground.checkout().join("paths/d")).status().unwrap().success()
    );
    assert!(ran.code == Some(1) && ran.err.contains("lies more than 128 folders deep"), "{ran:?}");

    let ground = Ground::new();
    again_and_again(&ground);
    let ran = run(&ground, &["build"]);
    assert!(ran.code == Some(1) && ran.err.contains("holds more than 100000 folders"), "{ran:?}");
}

#[test]
fn a_file_beyond_all_reason_is_a_finding_at_the_link_to_it() {
    let ground = Ground::new();
    ground.append("paths/a.md", "\n![x](./big.bin)\n");
    huge(&ground, "paths/big.bin");
    let ran = run(&ground, &["check"]);
    assert!(ran.out.contains("`big.bin` has 5000000000 bytes, at most 26214400 can be published"), "{ran:?}");
}
