//! Which folder is a site, and which files are its Sources.

use super::*;

#[test]
fn the_output_and_hidden_folders_are_no_sources() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n"),
        (".git/x.md", "no"),
        ("node_modules/x/y.md", "no"),
        ("cache/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55"),
        ("cache/x.md", "no"),
    ]);
    write(&built(folder.path()), &folder.path().join("public"), false).unwrap();
    let snapshot = pmx_site::scan(&located(folder.path()), None).unwrap();
    assert_eq!(snapshot.files().keys().collect::<Vec<_>>(), ["index.path.md"]);
    let hidden = site_of(&[("paths/.fixtures/x.path.md", "# X\n")]);
    let entry = PathBuf::from("paths/.fixtures/x.path.md");
    let project = pmx_site::locate(&Options { cwd: hidden.path().to_owned(), entries: vec![entry] }).unwrap();
    let build = pmx_site::build(&project, &pmx_site::scan(&project, None).unwrap(), &mut Cache::default());
    assert_eq!(build.roots.unwrap().default, ".fixtures-x.path");
}

#[test]
fn a_site_is_found_by_config_by_convention_or_by_name() {
    let configured = site_of(&[
        ("pathmx.config.md", "---\nsourceDir: src\noutDir: public\n---\n\n## Paths\n\n- [E](./src/e.path.md)\n"),
        ("src/e.path.md", "# E\n"),
        ("deep/down/x.txt", ""),
    ]);
    let project = located(&configured.path().join("deep/down"));
    assert_eq!(project.roots[0].path, "e.path.md");
    assert!(project.out_dir(configured.path(), None).unwrap().path().ends_with("public"));
    assert!(project.out_dir(configured.path(), Some(Path::new(".pathmx"))).unwrap().path().ends_with(".pathmx"));

    let nested = site_of(&[
        ("paths/config/index.config.md", "---\nsourceDir: paths\n---\n\n## Paths\n\n- [Home](../home.path.md)\n"),
        ("paths/home.path.md", "# H\n"),
    ]);
    assert_eq!(located(nested.path()).shown, "paths");
    assert_eq!(located(nested.path()).roots[0].path, "home.path.md");

    let plain = site_of(&[("My Site/index.md", "# Home\n"), ("paths/a.md", "# A\n")]);
    let named =
        |entry: &str| pmx_site::locate(&Options { cwd: plain.path().to_owned(), entries: vec![entry.into()] }).unwrap();
    assert_eq!((named("My Site").name.as_str(), named("My Site").shown.as_str()), ("my-site", "My Site"));
    assert_eq!((named("paths/a.md").shown.as_str(), named("paths/a.md").roots[0].path.as_str()), ("paths", "a.md"));
    let by_file = named("My Site/index.md");
    assert_eq!((by_file.shown.as_str(), by_file.roots[0].path.as_str()), ("My Site", "index.md"));
}

#[test]
fn where_no_site_is_the_error_says_what_was_looked_for() {
    let folder = site_of(&[("readme.txt", "")]);
    let error = pmx_site::locate(&Options { cwd: folder.path().to_owned(), entries: Vec::new() }).unwrap_err();
    let hint = error.hint().unwrap();
    for name in ["pathmx.config.md", "paths/index.path.md", "index.path.md", "index.md"] {
        assert!(hint.contains(name), "{hint}");
    }
    let misspelt = Options { cwd: fixture("tour"), entries: vec!["paths/index.pth.md".into()] };
    assert!(pmx_site::locate(&misspelt).unwrap_err().hint().unwrap().contains("paths/index.path.md"));
    let project = located(&fixture("tour"));
    assert!(matches!(
        project.out_dir(&fixture("tour"), Some(Path::new("paths"))),
        Err(SiteError::OutputOverSources(_))
    ));
}

#[test]
fn an_edit_right_after_a_scan_is_seen_even_if_size_and_time_stay() {
    let folder = site_of(&[("index.path.md", "# One\n")]);
    let project = located(folder.path());
    let file = folder.path().join("index.path.md");
    let first = pmx_site::scan(&project, None).unwrap();
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, "# Two\n").unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    let second = pmx_site::scan(&project, Some(&first)).unwrap();
    assert_eq!(second.changes(&first), ["index.path.md"]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_sources_is_not_followed() {
    let folder = site_of(&[("paths/index.path.md", "# A\n"), ("secret.txt", "secret")]);
    let link = |to: &str, from: &str| std::os::unix::fs::symlink(to, folder.path().join(from)).unwrap();
    link("../secret.txt", "paths/leak.txt");
    link("index.path.md", "paths/same.md");
    link(".", "paths/loop");
    let snapshot = pmx_site::scan(&located(folder.path()), None).unwrap();
    assert_eq!(snapshot.files().keys().collect::<Vec<_>>(), ["index.path.md", "same.md"]);
}
