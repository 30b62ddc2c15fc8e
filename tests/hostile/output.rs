//! What comes along as an output folder.

use super::{
    Attack,
    commands::{Ran, run},
    ground::Ground,
};
use pmx_model::Hash;
use std::fs;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack { name: "an output folder that is a link", lay: |ground| ground.link(".pathmx", "../../private") },
    Attack {
        name: "an output folder that is a link to nothing",
        lay: |ground| ground.link(".pathmx", "../../private/new"),
    },
    Attack {
        name: "a link in the place of a root's folder",
        lay: |ground| ground.link(".pathmx/index.path", ground.private()),
    },
    Attack {
        name: "a link in the place of a folder of a root",
        lay: |ground| ground.link(".pathmx/index.path/assets", ground.private().join("empty")),
    },
    Attack {
        name: "links in the place of files",
        lay: |ground| {
            let notes = ground.private().join("notes.txt");
            for name in
                ["roots.json", ".pmx-outputs", ".gitignore", "index.path/index.path.html", "index.path/sources.json"]
            {
                ground.link(&format!(".pathmx/{name}"), &notes);
            }
            ground.link(".pathmx/paths.json", ground.private().join("new"));
        },
    },
    Attack {
        name: "a list of outputs that leads through a link",
        lay: |ground| {
            ground.link(".pathmx/x", "../../../private");
            ground.put(".pathmx/.pmx-outputs", &receipt(ground, &["x/notes.txt", "x/empty/gone", "x/secret.md"]));
        },
    },
    Attack {
        name: "a list of outputs that leads out",
        lay: |ground| {
            let notes = ground.private().join("notes.txt");
            ground.put(".pathmx/.pmx-outputs", &receipt(ground, &["../../private/notes.txt", notes.to_str().unwrap()]));
        },
    },
    Attack {
        name: "an output file that is another name of one",
        lay: |ground| {
            ground.put(".pathmx/index.path/x", "");
            for name in ["roots.json", ".pmx-outputs", "index.path/index.path.html"] {
                fs::hard_link(ground.private().join("notes.txt"), ground.checkout().join(".pathmx").join(name))
                    .unwrap();
            }
        },
    },
    Attack {
        name: "pipes in the output folder",
        lay: |ground| {
            for name in
                ["roots.json", ".pmx-outputs", ".gitignore", "index.path/index.path.html", "index.path/sources.json"]
            {
                ground.pipe(&format!(".pathmx/{name}"));
            }
        },
    },
    Attack {
        name: "folders in the place of files",
        lay: |ground| {
            ground.put(".pathmx/.pmx-outputs/x", "");
            ground.put(".pathmx/roots.json/x", "");
        },
    },
];

/// A list as pmx wrote it before it was sealed.
fn receipt(ground: &Ground, paths: &[&str]) -> String {
    let line = |path: &&str| {
        let bytes = fs::read(ground.private().join(path.trim_start_matches("x/"))).unwrap_or_default();
        format!("{path}\t{}\t{}\t1\n", Hash::of(&bytes), bytes.len())
    };
    paths.iter().map(line).collect()
}

#[test]
fn a_link_that_is_the_output_folder_is_named_and_only_followed_when_it_was_asked_for() {
    let ground = Ground::new();
    fs::create_dir(ground.checkout().join("elsewhere")).unwrap();
    ground.link(".pathmx", "elsewhere");
    let Ran { code, err, .. } = run(&ground, &["build"]);
    let clone = dunce::canonicalize(ground.checkout()).unwrap();
    let expected = format!(
        "error: the output folder {0} is not written to: {0} is a link\n  \
         hint: name the folder on the command line with --out or --outdir if it is meant, or remove the link\n",
        clone.join(".pathmx").display()
    );
    assert_eq!((code, err.replace("\nhint", "\n  hint")), (Some(1), expected));
    assert_eq!(run(&ground, &["build", "-o", ".pathmx"]).code, Some(0));
    assert!(clone.join("elsewhere/roots.json").exists() && !clone.join("elsewhere/.gitignore").exists());
    assert_eq!(run(&ground, &["route", "/a", "-o", ".pathmx"]).out, "a.md\n");
}

#[test]
fn a_link_in_the_place_of_a_folder_is_named_before_anything_is_written() {
    let ground = Ground::new();
    ground.link(".pathmx/index.path/assets", ground.private());
    let Ran { code, err, .. } = run(&ground, &["build"]);
    assert_eq!(code, Some(1));
    assert!(err.contains(".pathmx/index.path/assets is a link, and none is followed in an output folder"), "{err}");
    assert!(err.contains("hint: pmx did not make it: remove it, or choose another output folder"), "{err}");
    assert!(!ground.checkout().join(".pathmx/.pmx-outputs").exists());
    assert!(!ground.checkout().join(".pathmx/index.path/index.path.html").exists());
}

#[test]
fn a_link_in_the_place_of_a_file_is_replaced_and_what_it_led_to_stays() {
    let ground = Ground::new();
    let place = ".pathmx/index.path/index.path.html";
    ground.link(place, ground.private().join("secret.md"));
    assert_eq!(run(&ground, &["build"]).code, Some(0));
    assert!(fs::symlink_metadata(ground.checkout().join(place)).unwrap().is_file());
    assert!(fs::read_to_string(ground.private().join("secret.md")).unwrap().contains("SECRET"));
}

#[test]
fn a_list_that_came_along_removes_no_file_that_pmx_did_not_write() {
    let ground = Ground::new();
    ground.put(".pathmx/notes.md", "# Mine\n");
    ground.put(".pathmx/old/page.html", "<p>built elsewhere");
    ground.put(".pathmx/old/mine/x", "");
    let hash = Hash::of(b"<p>built elsewhere");
    let list = format!("notes.md\nold/page.html\t{hash}\t18\t1\nold/mine/x\t{hash}\t18\t1\nold\n");
    ground.put(".pathmx/.pmx-outputs", &list);
    let ran = run(&ground, &["build"]);
    assert!(ran.out.contains("1 deleted"), "{ran:?}");
    assert_eq!(fs::read_to_string(ground.checkout().join(".pathmx/notes.md")).unwrap(), "# Mine\n");
    assert!(ground.checkout().join(".pathmx/old/mine/x").exists());
    assert!(!ground.checkout().join(".pathmx/old/page.html").exists(), "its content is what the list says");
    // And it is not taken over into the list that is believed.
    run(&ground, &["build", "--clean"]);
    assert!(ground.checkout().join(".pathmx/notes.md").exists());
}

#[test]
fn a_list_that_came_along_vouches_for_no_file() {
    let ground = Ground::new();
    assert_eq!(run(&ground, &["build"]).code, Some(0));
    let page = ground.checkout().join(".pathmx/index.path/a.html");
    let (whole, modified) = (fs::read_to_string(&page).unwrap(), fs::metadata(&page).unwrap().modified().unwrap());
    let forged = whole.to_ascii_uppercase();
    fs::write(&page, &forged).unwrap();
    fs::File::options().write(true).open(&page).unwrap().set_modified(modified).unwrap();
    // As another user made it: everything in it is right but the seal.
    let _ = fs::remove_dir_all(ground.data().join("keys"));
    assert_eq!(run(&ground, &["build"]).code, Some(0));
    assert_eq!(fs::read_to_string(&page).unwrap(), whole);
}

#[test]
fn git_is_kept_out_of_the_folders_that_pmx_makes_and_out_of_no_other() {
    let ground = Ground::new();
    ground.put(".pathmx/roots.json", "an earlier version left no .gitignore");
    assert_eq!(run(&ground, &["build"]).code, Some(0));
    for folder in [".pathmx", ".pathmx-cache"] {
        assert_eq!(fs::read_to_string(ground.checkout().join(folder).join(".gitignore")).unwrap(), "*\n", "{folder}");
    }
    ground.put(".pathmx/.gitignore", "mine\n");
    ground.append("paths/a.md", "more\n");
    assert_eq!(run(&ground, &["build", "--clean"]).code, Some(0));
    assert_eq!(fs::read_to_string(ground.checkout().join(".pathmx/.gitignore")).unwrap(), "mine\n");
    assert_eq!(run(&ground, &["build", "-o", "docs"]).code, Some(0));
    assert!(!ground.checkout().join("docs/.gitignore").exists(), "it may be meant for Git");
}
