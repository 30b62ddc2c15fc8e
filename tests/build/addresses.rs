//! Where addresses lead, and how they are written into pages.

use super::*;
use std::collections::BTreeSet;

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
    assert_eq!(codes(&build), ["link/ambiguous", "asset/missing"]);
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

#[test]
fn every_address_that_html_svg_and_css_can_hold_is_followed() {
    let page = "\
<svg><rect fill=\"url(./a.svg#g) red\" mask='url(\"b.svg#m\")' style='filter: url(c.svg)'/></svg>

<link rel=preload as=image imagesrcset=\"./d.png 1x, e.png 2x\">

<table background=\"./f.png\"><tr><td background=g.png>x</table>

<form action=\"./one.md\"><button formaction=\"one.md?x#top\">go</button></form>

<blockquote cite=\"./one.md\">x</blockquote> <a href=\"./one.md\" ping=\"./h.txt ./i.txt\">x</a> <img src=\"j.png\" longdesc=\"./one.md\">

<iframe srcdoc=\"<img src=./k.png srcset='l.png 2x'><style>p{background:url(m.png)}</style><a href='./n.txt?a=1&amp;amp;b=2'>x</a>\"></iframe>

<meta property=\"og:image\" content=\"./o.png\"> <meta http-equiv=refresh content=\"9; url=./one.md\">

<style>a { b: src('./p.png') u\\72l(./q.png) image(\"r.png\") url(\\73.png) }</style>
";
    let mut files = vec![("index.md".to_owned(), page.to_owned()), ("one.md".to_owned(), "# One\n".to_owned())];
    for name in "abc".chars() {
        files.push((format!("{name}.svg"), format!("<svg id='{name}'/>")));
    }
    files.extend("defgjklmopqrs".chars().map(|name| (format!("{name}.png"), name.to_string())));
    files.extend("hin".chars().map(|name| (format!("{name}.txt"), name.to_string())));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let build = built(site_of(&files).path());
    assert_eq!(codes(&build), [""; 0], "{:?}", build.diagnostics);
    let published: BTreeSet<&str> =
        build.outputs.keys().filter_map(|path| path.strip_prefix("index/assets/")?.split('.').next()).collect();
    for (path, _) in files.iter().filter(|(path, _)| !path.ends_with(".md")) {
        assert!(published.contains(&path[..1]), "{path} in {published:?}");
    }
    let page = text(&build, "index/index.html");
    let of = |path: &str, bytes: &str| {
        let (name, ending) = path.split_once('.').unwrap();
        format!("/assets/{name}.{}.{ending}", Hash::of(bytes.as_bytes()).short(16))
    };
    for part in [
        format!("fill=\"url(&quot;{}#g&quot;) red\"", of("a.svg", "<svg id='a'/>")),
        format!("imagesrcset=\"{} 1x, {} 2x\"", of("d.png", "d"), of("e.png", "e")),
        "<form action=\"/one\" ".to_owned(),
        "<button formaction=\"/one?x#top\">".to_owned(),
        "<blockquote cite=\"/one\" ".to_owned(),
        format!("ping=\"{} {}\"", of("h.txt", "h"), of("i.txt", "i")),
        format!("srcdoc=\"&lt;img src=&quot;{}&quot; srcset=&quot;{} 2x&quot;&gt;", of("k.png", "k"), of("l.png", "l")),
        format!("{}?a=1&amp;amp;b=2&quot;&gt;x", of("n.txt", "n")),
        format!("content=\"{}\"", of("o.png", "o")),
        "content=\"9; url=/one\"".to_owned(),
        format!(
            "src(\"{}\") u\\72l(\"{}\") image(\"{}\") url(\"{}\")",
            of("p.png", "p"),
            of("q.png", "q"),
            of("r.png", "r"),
            of("s.png", "s")
        ),
    ] {
        assert!(page.contains(&part), "{part} in\n{page}");
    }
}

#[test]
fn what_is_no_address_of_the_site_stays_as_it_was_written() {
    let html = "<form action=\"\"><input formaction=\"https://x.org/a\"></form>\n\n\
        <blockquote cite='A. Person, A Book'>x</blockquote> <q cite=Person>x</q>\n\n\
        <svg><rect fill='url(#g)' mask=none clip-path=\"url(https://x.org/a.svg#b)\"/></svg>\n\n\
        <img srcset='data:image/png;base64,AAAA 1x , https://x.org/w_1,h_2/a.png 2x'> <meta name=description content=./x>\n\n\
        <iframe srcdoc='<a href=\"#top\">x</a><iframe srcdoc=\"<img src=x.png>\">'></iframe>\n\n<base target=_blank>\n";
    let build = built(site_of(&[("index.md", html)]).path());
    assert_eq!(codes(&build), [""; 0], "{:?}", build.diagnostics);
    let page = text(&build, "index/index.html");
    for part in [
        "<form action=\"\"><input formaction=\"https://x.org/a\">",
        "cite=\"A. Person, A Book\"",
        "cite=\"Person\"",
        "<rect fill=\"url(#g)\" mask=\"none\" clip-path=\"url(https://x.org/a.svg#b)\"",
        "srcset=\"data:image/png;base64,AAAA 1x , https://x.org/w_1,h_2/a.png 2x\"",
        "content=\"./x\"",
        "srcdoc=\"<a href=&quot;#top&quot;>x</a><iframe srcdoc=&quot;<img src=x.png>&quot;>\"",
        "<base target=\"_blank\">",
    ] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
}

#[test]
fn a_fallback_in_an_attribute_is_an_address_of_its_source() {
    let folder = site_of(&[
        ("index.md", "[x](./n/x.md)\n"),
        ("n/x.md", "<img src=\"{{ picture: ./a.png }}\" alt=''>\n"),
        ("n/a.png", "a"),
    ]);
    let page = text(&built(folder.path()), "index/n/x.html");
    assert!(page.contains("<img src=\"/assets/a."), "{page}");
}

#[test]
fn names_in_double_brackets_lead_to_files_and_show_sound_and_films() {
    let folder = site_of(&[
        (
            "index.md",
            "![[song.mp3]] ![[song.mp3|A song]] ![[film.mp4#t=3|300x200]] [[doc.pdf]] [[doc.pdf#page=2|Page 2]] ![[doc.pdf]] [[pic.png]]\n\n\
             ![[pic.png|A cat|100]] ![[pic.png|100x50]] ![[pic.png|A|b]]\n\n| a |\n| - |\n| ![[pic.png\\|A cat\\|70]] |\n",
        ),
        ("media/song.mp3", "s"),
        ("media/film.mp4", "f"),
        ("media/doc.pdf", "d"),
        ("media/pic.png", "p"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), [""; 0], "{:?}", build.diagnostics);
    let page = text(&build, "index/index.html");
    let of = |path: &str, bytes: &str| {
        let (name, ending) = path.split_once('.').unwrap();
        format!("/assets/{name}.{}.{ending}", Hash::of(bytes.as_bytes()).short(16))
    };
    let (song, film, doc, pic) = (of("song.mp3", "s"), of("film.mp4", "f"), of("doc.pdf", "d"), of("pic.png", "p"));
    for part in [
        format!("<audio controls preload=\"metadata\" src=\"{song}\" aria-label=\"song.mp3\"></audio>"),
        format!("<audio controls preload=\"metadata\" src=\"{song}\" aria-label=\"A song\"></audio>"),
        format!(
            "<video controls preload=\"metadata\" src=\"{film}#t=3\" width=\"300\" height=\"200\" aria-label=\"film.mp4#t=3\"></video>"
        ),
        format!("<a class=\"pmx-wikilink\" href=\"{doc}\">doc.pdf</a>"),
        format!("<a class=\"pmx-wikilink\" href=\"{doc}#page=2\">Page 2</a>"),
        format!("<a class=\"pmx-wikilink\" href=\"{pic}\">pic.png</a>"),
        format!("<img src=\"{pic}\" width=\"100\" alt=\"A cat\">"),
        format!("<img src=\"{pic}\" width=\"100\" height=\"50\" alt=\"\">"),
        format!("<img src=\"{pic}\" alt=\"A|b\">"),
        format!("<img src=\"{pic}\" width=\"70\" alt=\"A cat\">"),
    ] {
        assert!(page.contains(&part), "{part} in\n{page}");
    }
    let markdown = text(&build, "index/index.md");
    assert!(markdown.contains(&format!("[A song]({song}) [film.mp4#t=3]({film}#t=3) [doc.pdf]({doc})")), "{markdown}");
    assert!(markdown.contains(&format!("![A cat]({pic})")), "{markdown}");
}

#[test]
fn a_name_in_another_normal_form_is_the_same_name_in_double_brackets() {
    let (composed, decomposed) = ("\u{e9}t\u{e9}", "e\u{301}te\u{301}");
    let folder = site_of(&[
        ("index.md", &format!("![[{composed}.png]] [[{decomposed}]] ![x](./n/{composed}.png)\n")),
        (&format!("n/{decomposed}.png"), "p"),
        (&format!("n/{composed}.md"), "# Summer\n"),
    ]);
    let found = warnings(&built(folder.path()));
    // Some systems take both names for one.
    assert!(found.len() <= 1, "{found:?}");
    for (code, _, hint) in found {
        assert!(code == "asset/missing" && hint.unwrap_or_default().contains("normal form"), "{code}");
    }
}

#[test]
fn many_names_of_files_are_followed_once() {
    let modules = 1_500;
    let scripts: String = (0..modules).map(|n| format!("<script type=module src=./m{n}.js></script>\n")).collect();
    let mut files = vec![("index.md".to_owned(), scripts)];
    files.extend((0..modules).map(|n| (format!("m{n}.js"), format!("import './m{}.js';\n", (n + 1) % modules))));
    files.push(("gone.js".to_owned(), (0..20_000).map(|n| format!("import './g{n}.js';\n")).collect()));
    files.push(("frame.md".to_owned(), "<script src=./gone.js></script>\n".to_owned()));
    files[0].1.push_str("[frame](./frame.md)\n");
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let build = built(site_of(&files).path());
    assert_eq!(build.diagnostics.len(), 20_000, "{:?}", build.diagnostics.first());
    assert_eq!(build.diagnostics[19_999].line, 20_000);
}

#[test]
fn a_script_is_published_with_what_it_imports() {
    let folder = site_of(&[
        (
            "index.md",
            "<script type=\"module\" src=\"./app/m.js\"></script>\n<script type=module src=app/other.mjs></script>\n<script src=\"./alone.js\"></script>\n",
        ),
        (
            "app/m.js",
            "import { a } from './lib/dep.js';\nimport('./dyn n\u{fc}.js'); new Worker(new URL('../w.js', import.meta.url));\n",
        ),
        ("app/other.mjs", "import './lib/dep.js'; import 'https://x.org/react.js'; // import './gone.js'\n"),
        ("app/lib/dep.js", "import '../m.js'; import d from './d.json' with { type: 'json' }; export const a = d;\n"),
        ("app/lib/d.json", "{}"),
        ("app/dyn n\u{fc}.js", "1;"),
        ("w.js", "importScripts('alone.js')"),
        ("alone.js", "2;"),
        ("not.js", "3;"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), [""; 0], "{:?}", build.diagnostics);
    let page = text(&build, "index/index.html");
    let start = page.find("/assets/bundle.").unwrap();
    let bundle = &page[start..start + "/assets/bundle.0123456789abcdef".len()];
    for part in [
        format!("src=\"{bundle}/app/m.js\""),
        format!("src=\"{bundle}/app/other.mjs\""),
        format!("src=\"{bundle}/alone.js\""),
    ] {
        assert!(page.contains(&part) || part.contains("alone"), "{part} in\n{page}");
    }
    for (path, bytes) in [
        ("app/m.js", "import { a }"),
        ("app/lib/dep.js", "import '../m.js'"),
        ("app/lib/d.json", "{}"),
        ("app/dyn n\u{fc}.js", "1;"),
        ("w.js", "import"),
        ("alone.js", "2;"),
    ] {
        let published = text(&build, &format!("index{bundle}/{path}"));
        assert!(published.starts_with(bytes), "{path}: {published}");
    }
    assert!(!build.outputs.keys().any(|path| path.contains("not.")));
    // What is in it is in its name, so no page keeps an old one.
    put(folder.path(), "app/lib/d.json", "[]");
    assert!(!text(&built(folder.path()), "index/index.html").contains(bundle));
}

#[test]
fn a_page_in_a_frame_is_published_with_what_it_shows() {
    let folder = site_of(&[
        ("index.md", "<iframe src=\"./demo/frame.html?x#y\" title=x></iframe>\n\n[open](./demo/frame.html)\n"),
        (
            "demo/frame.html",
            "<!doctype html><link rel=stylesheet href=\"css/f.css\"><img src=\"./i.png\"><script type=module>import './m.js'</script>\
             <a href=two.html>two</a> <a href=\"https://x.org\">x</a> <a href=\"/index\">up</a> <link rel=canonical href=./frame>",
        ),
        ("demo/two.html", "<script src=m.js></script>"),
        ("demo/css/f.css", "body { background: url(../j.png) }"),
        ("demo/i.png", "i"),
        ("demo/j.png", "j"),
        ("demo/m.js", "1;"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), [""; 0], "{:?}", build.diagnostics);
    let page = text(&build, "index/index.html");
    let start = page.find("/assets/bundle.").unwrap();
    let bundle = &page[start..start + "/assets/bundle.0123456789abcdef".len()];
    assert!(page.contains(&format!("<iframe src=\"{bundle}/frame.html?x#y\"")), "{page}");
    assert!(page.contains(&format!("<a href=\"{bundle}/frame.html\">open</a>")), "{page}");
    for path in ["two.html", "css/f.css", "i.png", "j.png", "m.js"] {
        let published = text(&build, &format!("index{bundle}/{path}"));
        assert_eq!(published, fs::read_to_string(folder.path().join("demo").join(path)).unwrap(), "{path}");
    }
    assert!(!build.outputs.keys().any(|path| path.starts_with("index/assets") && path.ends_with(".md")));
}

#[test]
fn a_name_in_double_brackets_is_the_label_of_a_definition_in_any_case() {
    let folder = site_of(&[
        ("index.md", "[[\u{1e9e}]] [[Gr\u{fc}\u{df}e]]\n\n[SS]: ./a.md\n[GR\u{dc}SSE]: ./a.md\n"),
        ("a.md", "# A\n"),
    ]);
    let build = built(folder.path());
    assert_eq!(codes(&build), [""; 0], "{:?}", build.diagnostics);
    let page = text(&build, "index/index.html");
    assert!(page.contains("[<a href=\"/a\">\u{1e9e}</a>] [<a href=\"/a\">Gr\u{fc}\u{df}e</a>]"), "{page}");
}
