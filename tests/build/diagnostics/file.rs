//! Names of files. They are not on disk here: this system may be one that cannot have them.

use super::*;
use pmx_site::Snapshot;

const FILES: &[(&str, &str)] = &[
    ("index.path.md", "# Home\n\n[A](./aux.md) [B](./parts./b.md) ![C](./com1.svg) [D](./what.md) [d](./What.md)\n"),
    ("aux.md", "# A\n"),
    ("parts./b.md", "# B\n"),
    ("com1.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
    ("what.md", "# D\n"),
    ("What.md", "# d\n"),
    // Nothing leads there: no file of the site.
    ("nul.md", "# No\n"),
];

fn snapshot(files: &[(&str, &str)]) -> Snapshot {
    Snapshot::of(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())))
}

#[test]
fn names_that_another_system_cannot_have_are_told_on_every_system_and_built() {
    let folder = site_of(&[("paths/index.path.md", "# Home\n")]);
    let project = located(folder.path());
    let mut cache = Cache::default();
    let build = pmx_site::build(&project, &snapshot(FILES), &mut cache);
    let said: String = build.diagnostics.iter().map(|finding| format!("{finding}\n")).collect();
    let name = "warning: Windows cannot have a file of this name:";
    let hint = "  hint: rename it if the site is ever built or checked out there";
    assert_eq!(
        said,
        lines(&[
            &format!("paths/aux.md:1:1: {name} `aux` names a device there [file/name]"),
            hint,
            &format!("paths/com1.svg:1:1: {name} `com1` names a device there [file/name]"),
            hint,
            &format!("paths/parts./b.md:1:1: {name} a `.` at the end of a name is dropped there [file/name]"),
            hint,
            "paths/what.md:1:1: warning: on Windows and macOS this is the same file as `What.md` [file/case]",
            "  hint: rename one of them",
        ])
    );
    assert!(build.roots.is_some() && build.outputs.contains_key("index.path/aux.html"));
    // An edit of a text changes nothing of that.
    let mut edited = FILES.to_vec();
    edited[1].1 = "# A\n\nMore.\n";
    assert_eq!(pmx_site::build(&project, &snapshot(&edited), &mut cache).diagnostics, build.diagnostics);
}
