use super::*;
use crate::SourceEntry;

fn manifest(files: &[(&str, &str)]) -> Manifest {
    let mut manifest = Manifest::default();
    for (path, text) in files {
        let file = File { hash: Hash::of(text.as_bytes()), size: text.len() as u64 };
        manifest.files.insert((*path).to_owned(), file);
        manifest.sources.insert(path.trim_end_matches(".html").to_owned(), SourceEntry { hash: file.hash });
    }
    manifest
}

fn json(manifest: &Manifest) -> Vec<u8> {
    let mut json = serde_json::to_vec(manifest).unwrap();
    json.push(b'\n');
    json
}

fn read(manifest: &Manifest, near: Option<&ManifestIndex>) -> ManifestIndex {
    ManifestIndex::read(json(manifest), near).unwrap()
}

/// All that it says.
fn content(index: &ManifestIndex) -> Manifest {
    let mut manifest = Manifest::default();
    manifest.files.extend(index.part(&index.files).map(|(name, file)| (text(name).to_owned(), file)));
    let sources = index.part(&index.sources);
    manifest.sources.extend(sources.map(|(name, hash)| (text(name).to_owned(), SourceEntry { hash })));
    manifest
}

#[test]
fn a_manifest_reads_the_same_whatever_is_near() {
    let versions = [
        manifest(&[]),
        manifest(&[("a.html", "1")]),
        manifest(&[("a.html", "1"), ("b.html", "1"), ("c/d é.html", "1")]),
        manifest(&[("a.html", "1"), ("b.html", "a longer text"), ("c/d é.html", "1")]),
        manifest(&[("b.html", "1"), ("bb.html", "1"), ("c/d é.html", "2"), ("z.html", "1")]),
        manifest(&[("a\"b.html", "1"), ("b.html", "1")]),
    ];
    for version in &versions {
        let alone = read(version, None);
        assert_eq!(content(&alone), *version);
        for near in &versions {
            let beside = read(version, Some(&read(near, None)));
            assert_eq!(content(&beside), *version);
            // Twice removed: what was taken over can be taken over again.
            assert_eq!(content(&read(version, Some(&beside))), *version);
        }
    }
}

#[test]
fn files_are_found_by_their_paths() {
    let index = read(&manifest(&[("a.html", "1"), ("b.html", "22")]), None);
    assert_eq!(index.file("b.html"), Some(("b.html", File { hash: Hash::of(b"22"), size: 2 })));
    assert_eq!(index.file("b"), None);
    assert_eq!(ManifestIndex::default().file(""), None);
}

#[test]
fn what_differs_is_named_in_order() {
    let before = read(&manifest(&[("a.html", "1"), ("b.html", "1"), ("c.html", "1")]), None);
    let after = read(&manifest(&[("a.html", "1"), ("b.html", "2"), ("d.html", "1")]), Some(&before));
    let (one, two) = (Hash::of(b"1"), Hash::of(b"2"));
    let expected = [("b.html", Some(two)), ("c.html", None), ("d.html", Some(one))];
    assert_eq!(ManifestIndex::changed_files(&before, &after), expected);
    assert_eq!(ManifestIndex::changed_sources(&before, &after), ["b", "c", "d"]);
    assert_eq!(ManifestIndex::changed_files(&after, &after), []);
}

#[test]
fn the_same_paths_are_known_to_be_the_same() {
    let before = read(&manifest(&[("a.html", "1"), ("b.html", "1")]), None);
    let edited = read(&manifest(&[("a.html", "1"), ("b.html", "2")]), Some(&before));
    assert!(edited.has_paths_of(&before));
    for other in [&[("a.html", "1")][..], &[("a.html", "1"), ("b.html", "1"), ("c.html", "1")], &[("b.html", "1")]] {
        assert!(!read(&manifest(other), Some(&before)).has_paths_of(&before), "{other:?}");
    }
}

#[test]
fn another_form_of_the_same_is_read_and_a_broken_rule_is_not() {
    let hash = Hash::of(b"1");
    let spaced = format!(
        r#"{{ "sources": {{}}, "more": 1, "files": {{"b": {{"size":1,"hash":"{hash}"}}, "a\u0062": {{"hash":"{hash}","size":1}} }} }}"#
    );
    let index = ManifestIndex::read(spaced.into_bytes(), None).unwrap();
    assert_eq!(content(&index).files.keys().collect::<Vec<_>>(), ["ab", "b"]);
    let unsorted =
        format!(r#"{{"files":{{"b":{{"hash":"{hash}","size":1}},"a":{{"hash":"{hash}","size":1}}}},"sources":{{}}}}"#);
    assert_eq!(ManifestIndex::read(unsorted.into_bytes(), None).unwrap().file("a").unwrap().1.size, 1);
    for path in ["../a", "a//b", "/a", ""] {
        let bad = format!(r#"{{"files":{{"{path}":{{"hash":"{hash}","size":1}}}},"sources":{{}}}}"#);
        let error = ManifestIndex::read(bad.into_bytes(), None).unwrap_err();
        assert!(matches!(error, IndexError::Manifest(ManifestError::BadPath(_))), "{error}");
    }
    for bad in [
        r#"{"files":{}"#,
        r#"{"files":{"a":{"hash":"00","size":1}},"sources":{}}"#,
        "[]",
        r#"{"files":{},"sources":{}}x"#,
    ] {
        assert!(matches!(ManifestIndex::read(bad.as_bytes().to_vec(), None), Err(IndexError::Json(_))), "{bad}");
    }
}

#[test]
fn more_files_than_allowed_are_refused() {
    let names: Vec<String> = (0..=MAX_FILES).map(|n| format!("{n:05}")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let error = ManifestIndex::read(json(&manifest(&files)), None).unwrap_err();
    assert!(matches!(error, IndexError::Manifest(ManifestError::TooManyFiles(_))), "{error}");
}
