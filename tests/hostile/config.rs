//! What a config says that came along.

use super::{
    Attack,
    commands::{Ran, run},
    ground::Ground,
};
use std::fs;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "an outDir above", lay: |ground| config(ground, "outDir: ../../private/empty") },
    Attack {
        name: "an absolute outDir",
        lay: |ground| config(ground, &format!("outDir: {}", ground.private().display())),
    },
    Attack {
        name: "an outDir that is a link",
        lay: |ground| {
            ground.link("public", "../../private/empty");
            config(ground, "outDir: public");
        },
    },
    Attack {
        name: "an outDir below a link",
        lay: |ground| {
            ground.link("deep/down", "../../../private");
            config(ground, "outDir: deep/down/empty");
        },
    },
    Attack {
        name: "an outDir that goes back behind a link",
        lay: |ground| {
            ground.link("down", "../../private/empty");
            config(ground, "outDir: down/../paths2");
        },
    },
    Attack { name: "Git's folder as outDir", lay: |ground| config(ground, "outDir: .git/hooks") },
    Attack { name: "the project as outDir", lay: |ground| config(ground, "outDir: .") },
    Attack { name: "the Sources as outDir", lay: |ground| config(ground, "outDir: paths") },
    Attack { name: "the state folder as outDir", lay: |ground| config(ground, "outDir: .pathmx-state") },
    Attack { name: "a sourceDir above", lay: |ground| config(ground, "sourceDir: ../../private/paths") },
    Attack {
        name: "an absolute sourceDir",
        lay: |ground| config(ground, &format!("sourceDir: {}", ground.private().display())),
    },
    Attack {
        name: "a sourceDir that is a link",
        lay: |ground| {
            ground.link("texts", "../../private/paths");
            config(ground, "sourceDir: texts");
        },
    },
    Attack {
        name: "the home folder as sourceDir",
        lay: |ground| {
            ground.append("paths/a.md", "\n[s](../../../private/secret.md)\n");
            config(ground, "sourceDir: ../..");
        },
    },
    Attack {
        name: "an entry above",
        lay: |ground| {
            ground.put("pathmx.config.md", "## Paths\n\n- [x](../../private/paths/index.path.md)\n");
        },
    },
    Attack {
        name: "an absolute entry",
        lay: |ground| {
            let entry = ground.private().join("secret.md");
            ground.put("pathmx.config.md", &format!("## Paths\n\n- [x](<{}>)\n", entry.display()));
        },
    },
    Attack {
        name: "an entry that is a link",
        lay: |ground| {
            ground.link("paths/x.md", "../../../private/secret.md");
            ground.put("pathmx.config.md", "## Paths\n\n- [x](./paths/x.md)\n");
        },
    },
    Attack {
        name: "a config that is a link",
        lay: |ground| ground.link("pathmx.config.md", "../../private/pathmx.config.md"),
    },
    Attack { name: "a config in a folder that is a link", lay: |ground| ground.link("paths/config", ground.private()) },
    Attack { name: "a workspace above", lay: |ground| config(ground, "workspace: [../../private]") },
    Attack {
        name: "a workspace that is a link",
        lay: |ground| {
            ground.link("sites", "../../private");
            config(ground, "workspace: [sites, sites/*]");
        },
    },
];

fn config(ground: &Ground, line: &str) {
    ground.put("pathmx.config.md", &format!("---\nlang: en\n{line}\n---\n\n# Config\n"));
}

#[track_caller]
fn refused(line: &str, arguments: &[&str], message: &str, hint: &str) {
    let ground = Ground::new();
    config(&ground, line);
    let Ran { code, err, .. } = run(&ground, arguments);
    let clone = dunce::canonicalize(ground.checkout()).unwrap();
    let private = dunce::canonicalize(ground.private()).unwrap();
    let above = clone.parent().unwrap();
    let places = [("{clone}", clone.as_path()), ("{private}", &private), ("{above}", above)];
    let message =
        places.iter().fold(message.to_owned(), |text, (name, place)| text.replace(name, place.to_str().unwrap()));
    let message = format!("pathmx.config.md:3:1: {message}\n");
    assert!(code == Some(1) && err.contains(&message) && err.contains(hint), "{code:?} {err} is not {message}");
}

#[test]
fn what_leads_out_of_the_checkout_is_named_with_its_line_and_the_option_that_allows_it() {
    let out = "--out, or --outdir for publish";
    refused("outDir: ../out", &["build"], "`outDir: ../out` leads to {above}/out, out of {clone}", out);
    refused("outDir: /tmp/x/..", &["check"], "`outDir: /tmp/x/..` leads to /tmp, out of {clone}", out);
    let named = "name the entry or its folder on the command line";
    refused(
        "sourceDir: ../../private",
        &["build"],
        "`sourceDir: ../../private` leads to {private}, out of {clone}",
        named,
    );
    refused(
        "workspace: [../../private]",
        &["dev"],
        "`workspace: ../../private` leads to {private}, out of {clone}",
        "--multi-site",
    );
}

#[test]
fn what_a_config_names_that_is_a_link_out_of_the_checkout_is_named_with_where_it_leads() {
    for (path, line) in [("docs", "sourceDir: docs"), ("paths/x.md", "title: X")] {
        let ground = Ground::new();
        let target = ground.private().join(if path == "docs" { "paths" } else { "secret.md" });
        ground.link(path, &target);
        ground.put("pathmx.config.md", &format!("---\n{line}\n---\n\n## Paths\n\n- [x](./paths/x.md)\n"));
        ground.put("pathmx.json", "{\"roots\": [\"paths/x.md\"]}");
        if path == "docs" {
            ground.put("paths/x.md", "# X\n");
        }
        let target = dunce::canonicalize(target).unwrap();
        for command in ["build", "check", "dev"] {
            let ran = run(&ground, &[command]);
            let says = ran.err.contains(&format!("leads to {}, out of", target.display()));
            assert!(ran.code == Some(1) && says, "{command} {line}: {ran:?}");
        }
    }
}

#[test]
fn a_config_that_is_a_link_out_of_the_checkout_is_not_read() {
    let ground = Ground::new();
    ground.link("pathmx.config.md", ground.private().join("pathmx.config.md"));
    let Ran { code, err, .. } = run(&ground, &["check"]);
    assert!(code == Some(1) && err.contains("pathmx.config.md:1:1: the config itself leads to "), "{err}");
    assert!(err.contains("hint: it is a link; put a copy in its place"), "{err}");
}

#[test]
fn what_is_no_place_for_a_build_is_named_with_its_line() {
    refused("outDir: .git/x", &["build"], "`outDir: .git/x` leads into .git, where no build goes", "");
    refused(
        "outDir: x/.pathmx-state",
        &["check"],
        "`outDir: x/.pathmx-state` leads into .pathmx-state, where no build goes",
        "",
    );
    refused("outDir: paths/..", &["build"], "`outDir: paths/..` holds the site itself", "");
    refused("outDir: ./paths", &["build"], "`outDir: ./paths` holds the site itself", "");
    refused("sourceDir: .git", &["build"], "`sourceDir: .git` leads into .git, where no Sources are", "");
}

#[test]
fn a_folder_of_sources_is_no_place_for_a_build_unless_it_was_asked_for() {
    let ground = Ground::new();
    config(&ground, "outDir: paths/sub");
    let Ran { code, err, .. } = run(&ground, &["build"]);
    assert!(code == Some(1) && err.contains("paths/sub holds the Sources themselves"), "{err}");
    assert_eq!(run(&ground, &["build", "-o", "paths/sub"]).code, Some(0));
    assert!(ground.checkout().join("paths/sub/b.md").exists());
}

#[test]
fn what_the_command_line_names_may_lie_anywhere() {
    let ground = Ground::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let out = elsewhere.path().join("out");
    config(&ground, "outDir: ../out\nsourceDir: ../../private");
    assert_eq!(run(&ground, &["build", "-o", out.to_str().unwrap()]).code, Some(1), "the Sources are not named");
    fs::create_dir_all(elsewhere.path().join("paths")).unwrap();
    let entry = elsewhere.path().join("paths/index.path.md");
    fs::write(&entry, "# Elsewhere\n\n[X](./x.md)\n").unwrap();
    fs::write(elsewhere.path().join("paths/x.md"), "# X\n").unwrap();
    config(&ground, "title: Here");
    for named in [entry.as_path(), elsewhere.path(), &elsewhere.path().join("paths")] {
        let ran = run(&ground, &["build", "-o", out.to_str().unwrap(), named.to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(out.join("index.path/x.html").exists());
    }
}

#[test]
fn a_config_may_lead_anywhere_in_its_checkout() {
    let ground = Ground::new();
    ground.put("texts/index.path.md", "# Texts\n");
    ground.put("sites/one/pathmx.config.md", "---\nsourceDir: ../../texts\noutDir: ../../public/one\n---\n");
    ground.link("sites/two", "one");
    assert_eq!(run(&ground, &["build", "sites/one"]).code, Some(0));
    assert!(ground.checkout().join("public/one/index.path/index.path.html").exists());
    assert_eq!(run(&ground, &["build", "sites/two"]).code, Some(0));
}

#[test]
fn without_git_a_checkout_is_the_folder_of_the_config() {
    let ground = Ground::new();
    fs::remove_dir_all(ground.checkout().join(".git")).unwrap();
    ground.put("texts/index.path.md", "# Texts\n");
    ground.put("sites/one/pathmx.config.md", "---\nsourceDir: ../../texts\n---\n");
    let ran = run(&ground, &["build", "sites/one"]);
    assert!(ran.code == Some(1) && ran.err.contains("texts, out of"), "{ran:?}");
}

#[test]
fn a_folder_called_paths_above_the_checkout_is_not_its_source_folder() {
    let home = tempfile::tempdir().unwrap();
    let clone = home.path().join("paths/clone");
    fs::create_dir_all(clone.join(".git")).unwrap();
    fs::write(home.path().join("paths/secret.md"), "# Secret\n").unwrap();
    fs::write(clone.join("pathmx.config.md"), "## Paths\n\n- [x](./x.md)\n").unwrap();
    fs::write(clone.join("x.md"), "# X\n\n[s](../secret.md)\n").unwrap();
    for entries in [vec![], vec!["x.md".into()]] {
        let asked = pmx_site::Options { cwd: clone.clone(), entries };
        assert_eq!(pmx_site::locate(&asked).unwrap().source_root, dunce::canonicalize(&clone).unwrap());
    }
}
