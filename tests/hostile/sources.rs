//! What Sources lead to that came along: every kind of thing that a page is made of.

use super::{
    Attack,
    commands::{Ran, run},
    ground::Ground,
};
use std::fs;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "Sources in a folder that is a link", lay: |ground| ground.link("paths", "../../private/paths") },
    Attack {
        name: "Sources in a folder that is an absolute link",
        lay: |ground| ground.link("paths", ground.private().join("paths")),
    },
    Attack {
        name: "an entry that is a link by convention",
        lay: |ground| ground.link("paths/index.path.md", "../../../private/secret.md"),
    },
    Attack {
        name: "a Source that is a link",
        lay: |ground| leak(ground, "secret.md", "[x](./leak/secret.md)\n\n[[secret]]"),
    },
    Attack {
        name: "an include that is a link",
        lay: |ground| leak(ground, "secret.md", "[@include: x](./leak/secret.md)"),
    },
    Attack { name: "an image that is a link", lay: |ground| leak(ground, "picture.svg", "![x](./leak/picture.svg)") },
    Attack {
        name: "a file that is a link",
        lay: |ground| leak(ground, "notes.txt", "[x](./leak/notes.txt)\n\n<a href=\"./leak/notes.txt\">x</a>"),
    },
    Attack {
        name: "code that is a link",
        lay: |ground| {
            leak(
                ground,
                "notes.txt",
                "[@include: x](./leak/notes.txt)\n\n[@code: x](./leak/notes.txt)\n\n```txt file=./leak/notes.txt\n```\n\n```txt src=./leak/notes.txt\n```",
            )
        },
    },
    Attack {
        name: "styles that are a link",
        lay: |ground| {
            leak(
                ground,
                "style.css",
                "[@styles]: ./leak/style.css\n\n<link rel=\"stylesheet\" href=\"./leak/style.css\">",
            )
        },
    },
    Attack {
        name: "a stylesheet that imports a link",
        lay: |ground| {
            ground.put("paths/own.css", "@import './leak/style.css';\np { background: url(./leak/picture.svg) }\n");
            ground.link("paths/leak/style.css", ground.private().join("style.css"));
            leak(ground, "picture.svg", "[@styles]: ./own.css");
        },
    },
    Attack {
        name: "components that are a link",
        lay: |ground| {
            leak(
                ground,
                "parts.components.md",
                "<x-part></x-part>\n\n[@components]: ./leak/parts.components.md\n\n[c](./leak/parts.components.md)",
            )
        },
    },
    Attack {
        name: "fonts and images of frontmatter that are links",
        lay: |ground| {
            ground.link("paths/leak/notes.txt", ground.private().join("notes.txt"));
            ground.put("paths/a.md", "---\nfonts:\n  - { family: X, src: ./leak/notes.txt }\nimage: ./leak/notes.txt\nicon: ./leak/notes.txt\n---\n\n# A\n");
        },
    },
    Attack {
        name: "a folder in the middle that is a link",
        lay: |ground| {
            ground.link("paths/folder", ground.private());
            ground.append("paths/a.md", "\n[x](./folder/secret.md) ![x](./folder/picture.svg) [p](./folder/paths/index.path.md)\n\n[@styles]: ./folder/style.css\n");
        },
    },
    Attack {
        name: "links to links",
        lay: |ground| {
            ground.link("paths/one", "../two");
            ground.link("two", "../../private");
            ground.append("paths/a.md", "\n[x](./one/secret.md)\n");
        },
    },
    Attack {
        name: "addresses that lead above",
        lay: |ground| {
            ground.append("paths/a.md", "\n[x](../../../private/secret.md) ![x](../../../private/picture.svg) [x](/../../private/notes.txt) [x](..%2f..%2f..%2fprivate/secret.md)\n\n[@styles]: ../../../private/style.css\n\n[@include: x](../../../private/secret.md)\n");
        },
    },
    Attack {
        name: "addresses that are absolute",
        lay: |ground| {
            let private = ground.private();
            ground.append(
                "paths/a.md",
                &format!(
                    "\n[x]({0}/secret.md) ![x]({0}/picture.svg) ![x](file://{0}/picture.svg)\n",
                    private.display()
                ),
            );
        },
    },
    Attack {
        name: "a project folder full of links",
        lay: |ground| {
            ground.put("index.md", "# Root\n\n[x](./home/secret.md)\n");
            ground.link("home", "../../private");
            fs::remove_dir_all(ground.checkout().join("paths")).unwrap();
        },
    },
];

/// A link in a folder of links, and a page that leads to it.
fn leak(ground: &Ground, name: &str, text: &str) {
    ground.link(&format!("paths/leak/{name}"), ground.private().join(name));
    ground.append("paths/a.md", &format!("\n{text}\n"));
}

#[test]
fn a_source_folder_that_leads_away_is_named_with_where_it_leads() {
    let ground = Ground::new();
    ground.link("paths", "../../private/paths");
    for command in ["build", "check"] {
        let Ran { code, err, .. } = run(&ground, &[command]);
        assert_eq!(code, Some(1));
        let (clone, private) =
            (dunce::canonicalize(ground.checkout()).unwrap(), dunce::canonicalize(ground.private()).unwrap());
        let target = private.join("paths");
        assert_eq!(
            err,
            format!(
                "error: {}/paths leads to {1}, out of {0}\nhint: if you trust it, name that itself on the command line: {1}\n",
                clone.display(),
                target.display()
            )
        );
    }
    let target = ground.private().join("paths");
    for named in [target.as_path(), &target.join("index.path.md")] {
        assert_eq!(run(&ground, &["check", named.to_str().unwrap()]).code, Some(0), "it is named");
    }
}

#[test]
fn an_entry_that_a_link_of_the_checkout_leads_out_of_it_is_refused_by_every_command_with_where_it_leads() {
    for (link, target, named) in [
        ("talk.path.md", "secret.md", "talk.path.md"),
        ("index.path.md", "secret.md", "./index.path.md"),
        ("paths", "paths", "paths"),
        ("paths", "paths", "paths/a.md"),
        ("any", "paths", "any/index.path.md"),
    ] {
        for is_versioned in [true, false] {
            let ground = Ground::new();
            if !is_versioned {
                std::fs::remove_dir_all(ground.checkout().join(".git")).unwrap();
            }
            ground.link(link, ground.private().join(target));
            let before = ground.seen();
            let target = dunce::canonicalize(ground.private()).unwrap().join(target);
            let server = ["--server", "http://127.0.0.1:9"];
            for arguments in [
                &["build", named][..],
                &["check", named],
                &["tree", named],
                &["dev", "--port", "0", named],
                &["dev", "--port", "0", "--multi-site", named],
                &["share", named, server[0], server[1]],
                &["mv", named, "moved.md"],
                &["rm", named],
                &["state", "path", "--project", named],
            ] {
                // What a link is itself may be moved and removed, and what no folder is has no sites in it.
                let is_link = named.ends_with(link) && matches!(arguments[0], "mv" | "rm");
                if is_link || arguments.contains(&"--multi-site") && named.ends_with(".md") {
                    continue;
                }
                let ran = run(&ground, arguments);
                let says = ran.err.contains(&format!("leads to {}, out of", target.display()));
                assert!(matches!(ran.code, Some(1 | 2)) && says, "{arguments:?}: {ran:?}");
                before.assert_untouched(&ground, &format!("{arguments:?}"));
            }
        }
    }
}

#[test]
fn a_link_of_the_user_s_own_may_be_named() {
    let ground = Ground::new();
    let own = tempfile::tempdir().unwrap();
    let (folder, paths) = (own.path().join("site"), own.path().join("deep"));
    std::os::unix::fs::symlink(ground.checkout(), &folder).unwrap();
    std::os::unix::fs::symlink(ground.checkout().join("paths"), &paths).unwrap();
    for named in [folder.clone(), folder.join("paths/index.path.md"), paths.clone(), paths.join("index.path.md")] {
        assert_eq!(run(&ground, &["check", named.to_str().unwrap()]).code, Some(0), "{}", named.display());
    }
}

#[test]
fn a_link_that_stays_in_the_source_folder_is_followed() {
    let ground = Ground::new();
    ground.link("paths/same.md", "sub/b.md");
    ground.link("paths/again", "sub");
    ground.append("paths/a.md", "\n[same](./same.md) [again](./again/b.md)\n");
    let ran = run(&ground, &["check"]);
    assert!(ran.code == Some(0) && !ran.says("unresolved"), "{ran:?}");
}

#[test]
fn the_local_workers_state_is_no_part_of_a_site_though_an_entry_lies_in_it() {
    let ground = Ground::new();
    ground.put(".pathmx-state/x.md", "# X\n\n[o](./owner.json)\n");
    ground.put(".pathmx-state/owner.json", "{\"token\":\"TOKEN\"}");
    ground.put("index.md", "# I\n\n[o](./.pathmx-state/owner.json)\n");
    ground.put("pathmx.config.md", "---\nsourceDir: .\n---\n\n## Paths\n\n- [i](./index.md)\n");
    run(&ground, &["build"]);
    ground.put("pathmx.config.md", "---\nsourceDir: .\n---\n\n## Paths\n\n- [x](./.pathmx-state/x.md)\n");
    let ran = run(&ground, &["build", "-o", "out"]);
    assert!(ran.code == Some(1) && ran.err.contains("leads into .pathmx-state"), "{ran:?}");
    for folder in [".pathmx", "out"] {
        let assets = ground.checkout().join(folder).join("index/assets");
        let names = fs::read_dir(assets).into_iter().flatten().map(|entry| entry.unwrap().file_name());
        assert!(names.into_iter().all(|name| !name.to_str().unwrap().starts_with("owner")));
    }
}
