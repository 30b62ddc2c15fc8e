//! Bytes and hashes: the same every time, and on disk as in memory.

use super::*;
use pmx::publish::{self, OutputError};
use pmx_site::Snapshot;

#[test]
fn the_same_files_give_the_same_bytes_wherever_they_lie() {
    let first = built(&fixture("tour"));
    let copy = copied("tour");
    let second = built(copy.path());
    assert_eq!((&first.roots, &first.outputs), (&second.roots, &second.outputs));
    for (path, file) in first.outputs.iter() {
        assert_eq!(first.blobs.get(&file.hash), second.blobs.get(&file.hash), "{path}");
    }
}

#[test]
fn a_rebuild_from_the_cache_equals_a_clean_build_after_every_edit() {
    let folder = site_of(&[
        ("index.path.md", "# Home\n\n[A](./a.md) [B](./b.md) [C](./sub/c.md)\n"),
        ("a.md", "# A\n\n[B](./b.md#b) ![p](./p.svg)\n\n[@styles]: ./s.css\n"),
        ("b.md", "# B\n\n[A](./a.md)\n"),
        ("sub/c.md", "# C\n"),
        ("s.css", "a { background: url(p.svg) }\n"),
        ("p.svg", "<svg/>"),
    ]);
    type Edit = (&'static str, Option<&'static str>, &'static [&'static str]);
    let all: &[&str] = &["a", "b", "d", "index.path", "sub/c"];
    let edits: [Edit; 8] = [
        ("none", None, &[]),
        ("b.md", Some("# B\n\nnew text [A](./a.md)\n"), &["b"]),
        ("b.md", Some("# Renamed\n\n[A](./a.md)\n"), all),
        ("a.md", Some("---\nroute: /first\n---\n\n# A\n"), all),
        ("p.svg", Some("<svg></svg>"), &[]),
        ("a.md", Some("# A\n\n![p](./p.svg) [D](./d.md)\n\n[@styles]: ./s.css\n"), all),
        ("d.md", Some("# D\n"), &["a", "d"]),
        ("sub/c.md", None, all),
    ];
    let project = located(folder.path());
    let mut cache = Cache::default();
    let mut snapshot = pmx_site::scan(&project, None).unwrap();
    assert_eq!(pmx_site::build(&project, &snapshot, &mut cache).sources_built.len(), 4);
    for (path, content, rebuilt) in edits {
        match content {
            Some(content) => put(folder.path(), path, content),
            None => drop(fs::remove_file(folder.path().join(path))),
        }
        snapshot = pmx_site::scan(&project, Some(&snapshot)).unwrap();
        let warm = pmx_site::build(&project, &snapshot, &mut cache);
        let clean = built(folder.path());
        let expected: Vec<&str> =
            rebuilt.iter().copied().filter(|id| clean.outputs.contains_key(&format!("index.path/{id}.html"))).collect();
        assert_eq!(warm.sources_built, expected, "after {path}");
        assert_eq!(warm.roots, clean.roots, "after {path}");
        assert_eq!(warm.outputs, clean.outputs, "after {path}");
        for (path, file) in warm.outputs.iter() {
            let bytes = warm.blobs.get(&file.hash).unwrap();
            assert_eq!((Hash::of(&bytes), u64::try_from(bytes.len()).unwrap()), (file.hash, file.size), "{path}");
        }
        assert_eq!(warm.diagnostics, clean.diagnostics, "after {path}");
    }
}

#[test]
fn a_snapshot_knows_what_changed() {
    let of = |files: &[(&str, &str)]| Snapshot::of(files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())));
    let before = of(&[("a", "1"), ("b", "2"), ("c", "3")]);
    let after = of(&[("a", "1"), ("b", "two"), ("d", "4")]);
    assert_eq!(after.changes(&before), ["b", "c", "d"]);
    assert_eq!(before.changes(&before), Vec::<&str>::new());
}

#[test]
fn every_listed_file_has_the_hash_that_the_manifest_says() {
    for name in ["tour", "two"] {
        let build = built(&fixture(name));
        for (id, root) in &build.roots.as_ref().unwrap().roots {
            let manifest_text = text(&build, &format!("{id}/manifest.json"));
            assert_eq!(Hash::of(manifest_text.as_bytes()), root.manifest);
            assert_eq!(Hash::of(text(&build, &format!("{id}/routes.json")).as_bytes()), root.routes);
            let manifest: Manifest = serde_json::from_str(&manifest_text).unwrap();
            manifest.check().unwrap();
            routes_of(&build, id).check(&manifest).unwrap();
            let on_disk: Vec<&str> =
                build.outputs.keys().filter_map(|path| path.strip_prefix(&format!("{id}/"))).collect();
            let listed = on_disk.iter().filter(|path| !matches!(**path, "manifest.json" | "routes.json"));
            assert_eq!(
                manifest.files.keys().map(String::as_str).collect::<Vec<_>>(),
                listed.copied().collect::<Vec<_>>()
            );
            for (path, file) in &manifest.files {
                let listed = &build.outputs[&format!("{id}/{path}")];
                assert_eq!(listed, file);
                let blob = build.blobs.get(&listed.hash).unwrap();
                assert_eq!((Hash::of(&blob), u64::try_from(blob.len()).unwrap()), (file.hash, file.size), "{path}");
                if let Some(name) = path.strip_prefix("assets/") {
                    assert!(name.contains(&format!(".{}", file.hash.short(16))), "{name} bears its hash");
                }
            }
            for (source, entry) in &manifest.sources {
                let folder = fixture(name).join("paths");
                assert_eq!(entry.hash, Hash::of(&fs::read(folder.join(format!("{source}.md"))).unwrap()));
            }
            let artifacts = json(&build, &format!("{id}/artifacts.json"));
            assert_eq!(artifacts["artifacts"].as_object().unwrap().len(), manifest.files.len());
        }
    }
}

#[test]
fn what_is_written_reads_back_and_is_not_written_twice() {
    let build = built(&fixture("two"));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let all = build.outputs.len();
    let first = write(&build, &out, false).unwrap();
    assert_eq!((first.written, first.deleted), (all, 0));
    let second = write(&build, &out, false).unwrap();
    assert_eq!((second.written, second.deleted), (0, 0));
    let bundle = publish::read_output(&OutDir::named(&out)).unwrap();
    assert_eq!(Some(&bundle.roots), build.roots.as_ref());
    for (hash, source) in &bundle.blobs {
        // A blob whose bytes are others than those of its hash does not read to its end.
        std::io::copy(&mut source.open(*hash).unwrap(), &mut std::io::sink()).unwrap();
    }
    let published: std::collections::BTreeSet<Hash> = build.published().map(|file| file.hash).collect();
    assert_eq!(bundle.blobs.keys().copied().collect::<std::collections::BTreeSet<_>>(), published);
}

#[test]
fn reading_back_names_a_file_that_is_missing_or_was_changed() {
    let build = built(&fixture("two"));
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(publish::read_output(&OutDir::named(folder.path())), Err(OutputError::NotBuilt(_))));
    write(&build, folder.path(), false).unwrap();
    let page = folder.path().join("workshop/shared.html");
    fs::write(&page, "changed").unwrap();
    assert!(
        matches!(publish::read_output(&OutDir::named(folder.path())), Err(OutputError::Stale(path)) if path == page)
    );
    fs::remove_file(&page).unwrap();
    assert!(
        matches!(publish::read_output(&OutDir::named(folder.path())), Err(OutputError::Io { path, .. }) if path == page)
    );
}

#[test]
fn writing_removes_what_an_earlier_build_left_and_nothing_else() {
    let folder = site_of(&[("index.path.md", "[A](./sub/a.md)\n"), ("sub/a.md", "# A\n")]);
    let out = folder.path().join("out");
    write(&built(folder.path()), &out, false).unwrap();
    put(&out, "mine.txt", "keep me");
    put(folder.path(), "index.path.md", "# No links\n");
    let written = write(&built(folder.path()), &out, false).unwrap();
    assert_eq!(written.deleted, 2, "the page and the Markdown of a");
    assert!(!out.join("index.path/sub").exists());
    assert_eq!(fs::read_to_string(out.join("mine.txt")).unwrap(), "keep me");
    let again = built(folder.path());
    let cleaned = write(&again, &out, true).unwrap();
    assert_eq!((cleaned.written, cleaned.deleted), (again.outputs.len(), again.outputs.len()));
    assert!(out.join("mine.txt").exists());
}

#[test]
fn a_page_that_the_output_lost_is_made_again_though_nothing_changed() {
    let folder = site_of(&[("index.path.md", "# Home\n\n[A](./a.md)\n"), ("a.md", "# A\n")]);
    let out = folder.path().join("out");
    let project = Project { exclude: vec![out.clone()], ..located(folder.path()) };
    let snapshot = pmx_site::scan(&project, None).unwrap();
    let mut cache = Cache::default();
    let mut into = || pmx_site::build_into(&project, &snapshot, &mut cache, &OutDir::named(&out), false).unwrap();
    let (first, _) = into();
    let (again, written) = into();
    assert_eq!((again.sources_built.len(), written.written), (0, 0));
    assert!(again.blobs.get(&again.outputs["index.path/a.html"].hash).is_none(), "nobody had to hold it");
    let page = out.join("index.path/a.html");
    let whole = fs::read(&page).unwrap();
    let lost: [fn(&Path); 3] = [
        |page| fs::remove_file(page).unwrap(),
        |page| fs::write(page, "short").unwrap(),
        |page| {
            let other: Vec<u8> = fs::read(page).unwrap().iter().map(u8::to_ascii_uppercase).collect();
            fs::write(page, other).unwrap();
        },
    ];
    for lose in lost {
        lose(&page);
        let (mended, written) = into();
        assert_eq!((mended.outputs, written.written), (first.outputs.clone(), 1));
        assert_eq!(fs::read(&page).unwrap(), whole);
    }
    fs::remove_dir_all(&out).unwrap();
    assert_eq!(into().1.written, first.outputs.len());
}

#[test]
fn a_large_file_is_copied_as_it_was_looked_at_or_not_at_all() {
    let folder = site_of(&[("index.path.md", "# Home\n\n![film](./film.mp4)\n")]);
    let film = folder.path().join("film.mp4");
    fs::write(&film, vec![7; 300_000]).unwrap();
    let project = located(folder.path());
    let snapshot = pmx_site::scan(&project, None).unwrap();
    assert!(snapshot.files()["film.mp4"].bytes().is_none(), "not in memory");
    let build = pmx_site::build(&project, &snapshot, &mut Cache::default());
    assert_eq!(build.diagnostics, []);
    let out = tempfile::tempdir().unwrap();
    write(&build, out.path(), false).unwrap();
    let (path, _) = build.outputs.iter().find(|(path, _)| path.contains("film")).unwrap();
    assert_eq!(fs::read(out.path().join(path)).unwrap(), vec![7; 300_000]);
    fs::write(&film, vec![8; 300_000]).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(matches!(write(&build, elsewhere.path(), false), Err(SiteError::Changed(path)) if path == film));
    assert!(!elsewhere.path().join("roots.json").exists());
}

#[test]
fn a_second_process_keeps_what_the_first_one_made_and_no_cache_is_trusted_blindly() {
    let folder =
        site_of(&[("index.path.md", "# Home\n\n[A](./a.md) [B](./b.md)\n"), ("a.md", "# A\n"), ("b.md", "# B\n")]);
    let out = folder.path().join("out");
    let project = Project { exclude: vec![out.clone()], ..located(folder.path()) };
    let process = || {
        let mut cache = Cache::open(&project, Some(key()));
        let snapshot = pmx_site::scan(&project, None).unwrap();
        let (build, written) =
            pmx_site::build_into(&project, &snapshot, &mut cache, &OutDir::named(&out), false).unwrap();
        cache.save(&project);
        (build, written.written)
    };
    let (first, _) = process();
    let (second, written) = process();
    assert_eq!((second.sources_built.len(), written), (0, 0));
    assert_eq!((&second.outputs, &second.diagnostics), (&first.outputs, &first.diagnostics));
    put(folder.path(), "a.md", "# A\n\nmore\n");
    assert_eq!(process().0.sources_built, ["a"]);
    // One page lost: that one is made, and no other.
    fs::remove_file(out.join("index.path/b.html")).unwrap();
    assert_eq!(process().0.sources_built, ["b"]);
    let file = folder.path().join(".pathmx-cache/build.bin");
    fs::write(&file, &fs::read(&file).unwrap()[..40]).unwrap();
    let (broken, written) = process();
    assert_eq!((broken.sources_built.len(), written), (3, 0), "a broken cache is none");
    assert_eq!(process().0.sources_built.len(), 0, "and is written anew");
    assert_eq!(built(folder.path()).outputs, broken.outputs);
}
