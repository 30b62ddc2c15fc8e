//! What a site promises on systems other than the one on which it was written.

use super::*;
#[cfg(windows)]
use pmx_site::Snapshot;
use pmx_site::Tracked;

/// A site that is not on disk: names that this system may not have.
#[cfg(windows)]
fn snapshot(files: &[(&str, &str)]) -> (TempDir, Project, Snapshot) {
    let folder = site_of(&[("index.path.md", "# Home\n")]);
    let project = located(folder.path());
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    (folder, project, Snapshot::of(files))
}

#[test]
fn a_site_with_names_that_every_system_has_is_not_warned_of() {
    let build = built(&fixture("tour"));
    assert!(!build.diagnostics.iter().any(|found| found.code.starts_with("file/")), "{:?}", build.diagnostics);
}

#[test]
#[cfg(windows)]
fn a_name_that_would_be_a_device_or_a_stream_is_refused_before_anything_is_written() {
    for name in ["aux.md", "notes.md:stream.md", "dots./a.md"] {
        let home = format!("# Home\n\n[A](<./{name}>)\n");
        let (folder, project, snapshot) = snapshot(&[("index.path.md", &home), (name, "# A\n")]);
        let build = pmx_site::build(&project, &snapshot, &mut Cache::default());
        let out = folder.path().join("out");
        let error = pmx_site::write(&build, &pmx_site::OutDir::named(&out), None, false).unwrap_err();
        assert!(matches!(error, SiteError::Unportable(_)) && !out.exists(), "{name}: {error}");
    }
}

#[test]
fn an_edit_that_restores_size_and_time_is_seen_where_a_hint_says_that_the_file_changed() {
    let folder = site_of(&[("index.path.md", "# One\n"), ("b.md", "# B\n")]);
    let project = located(folder.path());
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let write = |text: &str| {
        let file = folder.path().join("index.path.md");
        fs::write(&file, text).unwrap();
        fs::File::options().write(true).open(&file).unwrap().set_modified(long_ago).unwrap();
    };
    write("# One\n");
    let mut files = Tracked::default();
    files.look_everywhere(&project).unwrap();
    files.taken();
    write("# Two\n");
    let hinted = project.source_root.join("index.path.md");
    files.look_at(&project, [hinted.as_path()].into_iter()).unwrap();
    assert_eq!(files.changed().collect::<Vec<_>>(), ["index.path.md"]);
}

#[test]
fn what_a_project_says_of_its_place_has_one_slash_between_names_and_no_mark_of_long_paths() {
    let folder = site_of(&[("site/paths/index.path.md", "# Home\n"), ("elsewhere/x.txt", "")]);
    let elsewhere = folder.path().join("elsewhere");
    let project = pmx_site::locate(&Options { cwd: elsewhere, entries: vec!["../site".into()] }).unwrap();
    let shown = project.show("index.path.md");
    assert!(shown.ends_with("/site/paths/index.path.md") && Path::new(&shown).is_absolute(), "{shown}");
    assert!(!shown.contains("//") && !shown.contains('\\') && !shown.contains('?'), "{shown}");
    assert!(!project.folder.display().to_string().starts_with(r"\\?\"), "{}", project.folder.display());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_pmx"))
        .args(["check", "../site"])
        .current_dir(folder.path().join("elsewhere"))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(!said.contains(r"\\?\") && !said.replace("://", "").contains("//"), "{said}");
}
