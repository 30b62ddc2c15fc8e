//! Where addresses lead, and how they are written into pages.

use super::*;

fn warnings(build: &Build) -> Vec<(&'static str, String, Option<String>)> {
    build.diagnostics.iter().map(|d| (d.code, d.message.clone(), d.hint.clone())).collect()
}

#[test]
fn addresses_of_markdown_are_percent_encoded_and_those_of_html_stay() {
    let folder = site_of(&[
        (
            "index.md",
            "[a](./ü%20b.md?q=ä#ö) [gone](<./no ä\\b.md>) [r](</x y?z=[1]#`>)\n\n<a href=\"./gone\\x ä.txt\">b</a> <a href='/bar\\/)'>c</a> \
             <a href=\"./&uuml; b.md#&ouml;\">d</a>\n",
        ),
        ("ü b.md", "# Ö\n"),
    ]);
    let page = text(&built(folder.path()), "index/index.html");
    for part in [
        "<a href=\"/%C3%BC%20b?q=%C3%A4#%C3%B6\">a</a>",
        "<a href=\"./no%20%C3%A4%5Cb.md\">gone</a>",
        "<a href=\"/x%20y?z=%5B1%5D#%60\">r</a>",
        "<a href=\"./gone\\x ä.txt\">b</a>",
        "<a href=\"/bar\\/)\">c</a>",
        "<a href=\"/%C3%BC%20b#ö\">d</a>",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
}

#[test]
fn backslashes_of_windows_get_a_hint() {
    let folder = site_of(&[
        ("index.md", "[a](.\\a.md) ![b](img\\b.png) <img src=\"img\\b.png\">\n"),
        ("a.md", "# A\n"),
        ("img/b.png", "x"),
    ]);
    let hints: Vec<String> = warnings(&built(folder.path())).into_iter().filter_map(|(.., hint)| hint).collect();
    assert_eq!(hints.len(), 3, "{hints:?}");
    assert!(hints[0].starts_with("did you mean `./a.md`?"), "{hints:?}");
    assert!(hints[1..].iter().all(|hint| hint.starts_with("did you mean `./img/b.png`?")), "{hints:?}");
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_source_folder_says_so() {
    use std::os::unix::fs::symlink;
    let elsewhere = site_of(&[("notes/x.md", "# X\n"), ("a.png", "x")]);
    let folder = site_of(&[("index.md", "![a](./a.png) [x](./notes/x.md) [y](./y.md)\n")]);
    symlink(elsewhere.path().join("a.png"), folder.path().join("a.png")).unwrap();
    symlink(elsewhere.path().join("notes"), folder.path().join("notes")).unwrap();
    let found = warnings(&built(folder.path()));
    let codes: Vec<&str> = found.iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes, ["link/outside", "link/outside", "link/unresolved"], "{found:?}");
    assert!(found[1].1.starts_with("`notes` is a symbolic link that leads out of the source folder"), "{found:?}");
}

#[test]
fn a_file_whose_name_begins_with_a_dot_is_never_published() {
    let secret = "TOKEN=s3cret-of-the-author\n";
    let folder = site_of(&[
        (
            "index.md",
            "[a](.env) ![b](./sub/.env.local) ![[.npmrc]] <a href=\"/.netrc\">c</a> [d](.env#x) [e](sub/../.env)\n\n\
             ![kept](./.assets/board.svg) [f](./.assets/.htpasswd)\n\n\
             <p style=\"background: url(.env)\">x</p>\n\n[@styles]: ./s.css\n[@data.d]: ./.env\n[@script.s]: ./.x.js\n",
        ),
        (".env", secret),
        ("sub/.env.local", secret),
        (".npmrc", secret),
        (".netrc", secret),
        (".x.js", secret),
        (".assets/board.svg", "<svg/>"),
        (".assets/.htpasswd", secret),
        ("s.css", "a { background: url(./.env) } @import './.netrc';\n"),
    ]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(".env", folder.path().join("photo.png")).unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::write(folder.path().join(".git/config"), secret).unwrap();
        symlink(".git/config", folder.path().join("b.png")).unwrap();
        symlink(".git", folder.path().join("g")).unwrap();
        let text = "![](photo.png) ![](b.png) [g](g/config)\n";
        fs::write(folder.path().join("linked.md"), text).unwrap();
        let index = fs::read_to_string(folder.path().join("index.md")).unwrap();
        fs::write(folder.path().join("index.md"), format!("{index}\n[more](./linked.md)\n")).unwrap();
    }
    let built = built(folder.path());
    for (path, file) in built.outputs.iter() {
        let bytes = built.blobs.read(&file.hash).unwrap().unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("s3cret"), "{path}");
    }
    assert!(built.outputs.keys().any(|path| path.contains("board.")), "assets in hidden folders are there");
    let found = warnings(&built);
    let private = found.iter().filter(|(code, ..)| *code == "link/private").count();
    assert!(private >= if cfg!(unix) { 10 } else { 7 }, "{found:#?}");
    assert!(found.iter().any(|(_, message, _)| message.starts_with("`.env` is not published: ")), "{found:#?}");
}

#[test]
fn files_that_styles_name_are_followed() {
    let folder = site_of(&[
        (
            "index.md",
            "<p style=\"background: url(./img/a.png)\">x</p>\n\n<note-card></note-card>\n\n[@styles]: ./s.css\n[@c]: ./c.components.md\n",
        ),
        ("s.css", "a { b: image-set(\"img/b.png\" 1x, 'img/c.png' type(\"image/png\") 2x) }\n"),
        (
            "c.components.md",
            "<!--\ncomponentName: note-card\n-->\n\n```html\n<b style='background: url(\"img/d.png\")'></b>\n```\n",
        ),
        ("img/a.png", "a"),
        ("img/b.png", "b"),
        ("img/c.png", "c"),
        ("img/d.png", "d"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), [""; 0]);
    let assets: Vec<&str> = build.outputs.keys().filter_map(|path| path.strip_prefix("index/assets/")).collect();
    for name in ["a.", "b.", "c.", "d."] {
        assert!(assets.iter().any(|asset| asset.starts_with(name) && asset.ends_with(".png")), "{name} in {assets:?}");
    }
    let page = text(&build, "index/index.html");
    assert!(page.contains("style=\"background: url(&quot;/assets/a."), "{page}");
    assert!(page.contains("style=\"background: url(&quot;/assets/d."), "{page}");
}

#[test]
fn a_picture_by_name_is_found_wherever_it_lies() {
    let folder = site_of(&[
        ("index.md", "![[cat.png]] ![[b/Dog.PNG|A dog]] ![[cow.png]]\n\n[n](./n/x.md)\n"),
        ("n/x.md", "![[cat.png|120]]\n"),
        ("img/cat.png", "1"),
        ("n/cat.png", "2"),
        ("a/b/dog.png", "3"),
    ]);
    let build = built(folder.path());
    let page = text(&build, "index/index.html");
    let cat = |bytes: &str| format!("/assets/cat.{}.png", Hash::of(bytes.as_bytes()).short(16));
    // The shortest path, where none is nearer.
    assert!(page.contains(&format!("<img src=\"{}\" alt=\"\">", cat("1"))), "{page}");
    assert!(page.contains("alt=\"A dog\">"), "{page}");
    let page = text(&build, "index/n/x.html");
    assert!(page.contains(&format!("<img src=\"{}\" width=\"120\" alt=\"\">", cat("2"))), "{page}");
    assert_eq!(codes(&build), ["asset/missing"]);
}

#[test]
fn bare_addresses_with_signs_of_every_script_are_links() {
    let folder = site_of(&[("index.md", "http://🍄.ga/ https://bücher.example/ä www.例え.jp <https://münchen.de>\n")]);
    let page = text(&built(folder.path()), "index/index.html");
    assert_eq!(page.matches("<a href=\"http").count(), 4, "{page}");
}

#[test]
fn a_language_from_the_right_turns_the_page() {
    let folder = site_of(&[("index.md", "---\nlang: ar\n---\n\n# A\n\n[b](./b.md)\n"), ("b.md", "# B\n")]);
    let build = built(folder.path());
    assert!(text(&build, "index/index.html").starts_with("<!doctype html>\n<html lang=\"ar\" dir=\"rtl\" "));
    assert!(text(&build, "index/b.html").starts_with("<!doctype html>\n<html lang=\"en\" data-"));
}

#[test]
fn assets_in_hidden_folders_are_read_where_a_link_leads_there() {
    let folder = site_of(&[
        ("index.md", "![a](./.assets/a.png) <img src=\".media/sub/b.png\">\n\n[@styles]: ./s.css\n"),
        ("s.css", "a { b: url(.fonts/c.woff2) }\n"),
        (".assets/a.png", "a"),
        (".media/sub/b.png", "b"),
        (".fonts/c.woff2", "c"),
        (".cache/d.png", "d"),
        (".git/config", "secret"),
    ]);
    let project = located(folder.path());
    let snapshot = pmx_site::scan(&project, None).unwrap();
    let files: Vec<&str> = snapshot.files().keys().map(String::as_str).collect();
    assert_eq!(files, [".assets/a.png", ".fonts/c.woff2", ".media/sub/b.png", "index.md", "s.css"]);
    assert_eq!(codes(&pmx_site::build(&project, &snapshot, &mut Cache::default())), [""; 0]);
    // While they are edited, it is the same.
    let mut tracked = pmx_site::Tracked::default();
    tracked.look_everywhere(&project).unwrap();
    put(folder.path(), "index.md", "![d](.cache/d.png) ![e](.new/e.png)\n\n[@styles]: ./s.css\n");
    tracked.look_at(&project, [project.source_root.join("index.md")].iter().map(PathBuf::as_path)).unwrap();
    put(folder.path(), ".new/e.png", "e");
    tracked.look_at(&project, [project.source_root.join(".new")].iter().map(PathBuf::as_path)).unwrap();
    let files: Vec<&str> = tracked.snapshot().files().keys().map(String::as_str).collect();
    assert_eq!(files, [".cache/d.png", ".fonts/c.woff2", ".new/e.png", "index.md", "s.css"]);
    assert_eq!(tracked.snapshot().changes(&pmx_site::scan(&project, None).unwrap()), [""; 0]);
}

#[test]
fn prose_and_code_that_name_a_hidden_folder_bring_nothing_in() {
    let folder = site_of(&[
        (
            "index.md",
            "Type source .venv/bin/activate, or `ls .venv/`.\n\n```sh\ncat .venv/pyvenv.cfg # [x](.venv/x.png)\n```\n\n\
             <!-- [x](.venv/x.png) -->\n\n[@styles]: ./s.css\n",
        ),
        ("s.css", "/* url(.venv/x.png) */ a::before { content: \".venv/x.png\" }\n"),
        (".venv/x.png", "x"),
        (".venv/lib/readme.md", "# Readme\n"),
    ]);
    let project = located(folder.path());
    let files = |snapshot: &pmx_site::Snapshot| snapshot.files().keys().cloned().collect::<Vec<String>>();
    let snapshot = pmx_site::scan(&project, None).unwrap();
    assert_eq!(files(&snapshot), ["index.md", "s.css"]);
    assert_eq!(snapshot.folders().len(), 1, "{:?}", snapshot.folders());
    let mut tracked = pmx_site::Tracked::default();
    tracked.look_everywhere(&project).unwrap();
    put(folder.path(), "index.md", "And source .venv/bin/activate again.\n\n[@styles]: ./s.css\n");
    put(folder.path(), ".venv/y.png", "y");
    let places = ["index.md", ".venv"].map(|name| project.source_root.join(name));
    tracked.look_at(&project, places.iter().map(PathBuf::as_path)).unwrap();
    assert_eq!(files(tracked.snapshot()), ["index.md", "s.css"]);
}

#[test]
fn a_link_into_a_hidden_folder_brings_in_what_lies_beside_its_target_alone() {
    let folder = site_of(&[
        ("index.md", "[in](./.notes/a.md) [img](/.my%20files/b.png) ![[.media/deep/c.png]]\n\n[s]: ./s.css\n"),
        ("s.css", "@import \"week/../.css/d.css\";\n"),
        (".notes/a.md", "[b](./sub%20one/b.md)\n"),
        (".notes/sub one/b.md", "# B\n"),
        (".notes/other/c.md", "# Not linked\n"),
        (".my files/b.png", "b"),
        (".media/deep/c.png", "c"),
        (".media/more/d.png", "d"),
        (".css/d.css", "a { b: url(e.png) }\n"),
        (".css/e.png", "e"),
        (".css/lib/x/y.css", ""),
    ]);
    let project = located(folder.path());
    let snapshot = pmx_site::scan(&project, None).unwrap();
    let files: Vec<&str> = snapshot.files().keys().map(String::as_str).collect();
    let expected = [
        ".css/d.css",
        ".css/e.png",
        ".media/deep/c.png",
        ".my files/b.png",
        ".notes/a.md",
        ".notes/sub one/b.md",
        "index.md",
        "s.css",
    ];
    assert_eq!(files, expected);
    assert_eq!(codes(&pmx_site::build(&project, &snapshot, &mut Cache::default())), [""; 0]);
}
