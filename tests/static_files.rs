//! `pmx build --static`: what it writes is served by a plain file server, crawled, and compared with what `pmx serve` answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    thread,
};
use support::{
    Client, Pmx, SECRET,
    process::{pmx, run},
    put,
};
use tempfile::TempDir;

/// A server of the files below a folder, as simple ones are: a folder is its `index.html`, without its slash it is sent there, and
/// what is not there is `404.html`.
struct FileServer(Client);

impl FileServer {
    /// Serves a folder below a base path.
    fn new(folder: &Path, base: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (folder, base) = (folder.to_owned(), base.to_owned());
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &folder, &base);
            }
        });
        Self(Client { address })
    }

    /// Status, content type, text.
    fn get(&self, path: &str) -> (u16, String, String) {
        let answer = self.0.get("localhost", path);
        if answer.status == 301 {
            return self.get(answer.header("location").unwrap());
        }
        (answer.status, answer.header("content-type").unwrap().to_owned(), answer.text())
    }
}

fn answer(mut stream: TcpStream, folder: &Path, base: &str) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(target) = lines.next().and_then(|line| line.split(' ').nth(1).map(str::to_owned)) else { return };
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let path = target.split('?').next().unwrap();
    let mut head = |status: &str, more: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 {status}\r\n{more}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(&[head.as_bytes(), body].concat());
    };
    let nothing = || fs::read(folder.join("404.html")).unwrap();
    let Some(below) = path.strip_prefix(base).and_then(|below| below.strip_prefix('/')) else {
        return head("404 Not Found", "content-type: text/html\r\n", &nothing());
    };
    let decoded = pmx_site::percent_decode(below.as_bytes());
    let mut file = folder.join(String::from_utf8(decoded).unwrap());
    if file.is_dir() && !path.ends_with('/') {
        return head("301 Moved", &format!("location: {path}/\r\n"), b"");
    }
    if file.is_dir() {
        file.push("index.html");
    }
    let kind = match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        _ => "application/octet-stream",
    };
    match fs::read(&file) {
        Ok(bytes) => head("200 OK", &format!("content-type: {kind}\r\n"), &bytes),
        Err(_) => head("404 Not Found", "content-type: text/html\r\n", &nothing()),
    }
}

/// Two Paths, a route of its own, names that need escaping, assets, a component with a script and a file, a page of its own for nothing.
fn course() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path();
    put(
        site,
        "pathmx.config.md",
        "---\nurl: https://alice.example\n---\n\n## Paths\n\n- [Course](./paths/index.path.md)\n- [Workshop](./paths/workshop.path.md)\n",
    );
    put(
        site,
        "paths/index.path.md",
        "# Course\n\n- [Chess](./labs/chess.lab.md#the-end)\n- [Über uns](<./über uns.guide.md>)\n- [Chess as it was called](/labs/chess.lab)\n\
         - [Chess again](/chess)\n- ![P](./p.svg)\n\n[@styles]: ./look.css\n\n<a href=\"./notes.pdf\">Notes</a>\n",
    );
    put(
        site,
        "paths/labs/chess.lab.md",
        "---\nroute: /chess\n---\n\n# Chess\n\n[Home](../index.path.md)\n\n## The end\n\n<x-dial></x-dial>\n\n[@components]: ../parts.components.md\n",
    );
    put(site, "paths/über uns.guide.md", "# Über uns\n\n[Chess](./labs/chess.lab.md?play)\n");
    put(
        site,
        "paths/parts.components.md",
        "# Parts\n\n---\n\n<!-- componentName: x-dial -->\n\n```html\n<p>Dial</p>\n```\n\n[@script.dial]: ./dial.js\n",
    );
    put(site, "paths/dial.js", "ctx.root.title = \"Dial\";\n");
    put(
        site,
        "paths/workshop.path.md",
        "---\nhandle: \"@workshop\"\n---\n\n# Workshop\n\n[Notes](./workshop.notes.md)\n",
    );
    put(site, "paths/workshop.notes.md", "# Notes\n\n[Back](./workshop.path.md)\n");
    put(site, "paths/look.css", "main { background: url(./p.svg) }\n");
    put(site, "paths/p.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    put(site, "paths/notes.pdf", "not really a PDF");
    folder
}

/// The values of these attributes, escapes undone.
fn values(page: &str, names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for name in names {
        for part in page.split(&format!(" {name}=\"")).skip(1) {
            found.push(part.split('"').next().unwrap().replace("&amp;", "&"));
        }
    }
    found
}

/// Follows every address that begins with `/`, from the home page on; the pages by their address.
fn crawl(server: &FileServer, home: &str) -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(home.to_owned(), "the start".to_owned())];
    while let Some((address, from)) = open.pop() {
        let (path, fragment) = address.split_once('#').unwrap_or((&address, ""));
        let path = path.split('?').next().unwrap().to_owned();
        if !seen.insert((path.clone(), fragment.to_owned())) {
            continue;
        }
        let (status, kind, text) = server.get(&path);
        assert_eq!(status, 200, "{address} from {from}");
        if kind == "text/css" {
            for target in text.split("url(").skip(1).map(|part| part.split(')').next().unwrap().trim_matches('"')) {
                if !target.starts_with("data:") && !target.starts_with('#') {
                    open.push((format!("{}/{target}", path.rsplit_once('/').unwrap().0), path.clone()));
                }
            }
        }
        if kind != "text/html" {
            continue;
        }
        if !fragment.is_empty() {
            let id = String::from_utf8(pmx_site::percent_decode(fragment.as_bytes())).unwrap();
            assert!(text.contains(&format!("id=\"{id}\"")), "{address} from {from} names nothing there");
        }
        for target in values(&text, &["href", "src", "poster"]) {
            if target.starts_with('/') && !target.starts_with("//") {
                open.push((target, path.clone()));
            } else if let Some(fragment) = target.strip_prefix('#') {
                open.push((format!("{path}#{fragment}"), path.clone()));
            }
        }
        pages.insert(path, text);
    }
    pages
}

/// The text of a page without its markup.
fn text_of(page: &str) -> String {
    let article = page.split("<article").nth(1).unwrap().split("</article>").next().unwrap();
    article.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text)).collect()
}

#[test]
fn every_address_of_a_static_site_is_there_and_says_what_the_worker_says() {
    let site = course();
    for base in ["", "/course"] {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().to_str().unwrap();
        let (code, stdout, stderr) = run(site.path(), &["build", "--static", "--base", base, "-o", folder]);
        assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
        let server = FileServer::new(out.path(), base);
        let mut pages = crawl(&server, &format!("{base}/"));
        pages.extend(crawl(&server, &format!("{base}/workshop/")));
        let documents: BTreeMap<&String, String> = pages
            .iter()
            .filter(|(_, page)| page.contains("<article"))
            .map(|(path, page)| (path, text_of(page)))
            .collect();
        let state = tempfile::tempdir().unwrap();
        let worker = Pmx::serve(state.path());
        let published = pmx()
            .args(["publish", "-s", "course", "--no-git", "--server", &worker.url])
            .env("PATHMX_PUBLISH_TOKEN", SECRET)
            .current_dir(site.path())
            .output()
            .unwrap();
        assert!(published.status.success(), "{}", String::from_utf8_lossy(&published.stderr));
        let mut compared = 0;
        for (path, text) in documents {
            let route = path.strip_prefix(base).unwrap().trim_end_matches('/');
            let answer = worker.client.get("course.localhost", route);
            assert_eq!((answer.status, &text_of(&answer.text())), (200, &text), "{route}");
            compared += 1;
        }
        assert_eq!(compared, 5, "{:?}", pages.keys());
        for (path, page) in &pages {
            assert!(!page.contains("live.") && !page.contains("pmx-deploy"), "{path} has a client of live events");
        }
    }
}

#[test]
fn pages_are_folders_redirects_are_pages_and_nothing_of_a_deploy_is_there() {
    let site = course();
    let (code, stdout, stderr) = run(site.path(), &["build", "--static", "--base", "/course/", "--json"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    let built: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (&built["out"], &built["static"], &built["pages"]),
        (&"dist".into(), &true.into(), &6.into()),
        "{built}"
    );
    let dist = site.path().join("dist");
    let read = |path: &str| fs::read_to_string(dist.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert!(read("chess/index.html").contains("href=\"/course/index.path/\""));
    assert!(read("chess/index.html").contains("<link rel=\"canonical\" href=\"https://alice.example/course/chess/\">"));
    assert!(read("über uns.guide/index.html").contains("href=\"/course/chess/?play\""));
    assert!(read("workshop/workshop.notes/index.html").contains("data-pmx-mount=\"/course/workshop\""));
    for (place, to) in [
        ("index.html", "/course/index.path/"),
        ("labs/chess.lab/index.html", "/course/chess/"),
        ("workshop/index.html", "/course/workshop/workshop.path/"),
    ] {
        let page = read(place);
        for part in [
            format!("<meta http-equiv=\"refresh\" content=\"0; url={to}\">"),
            format!("<link rel=\"canonical\" href=\"https://alice.example{to}\">"),
            format!("<a href=\"{to}\">"),
            format!("location.replace(\"{to}\"+location.search+location.hash)"),
        ] {
            assert!(page.contains(&part), "{place}: {page}");
        }
    }
    let nothing = read("404.html");
    assert!(nothing.contains("There is no page here") && nothing.contains("href=\"/course/index.path/\""));
    assert!(read("sitemap.xml").contains("<loc>https://alice.example/course/%C3%BCber%20uns.guide/</loc>"));
    assert!(read("search/index.json").contains("\"/course/chess/\""), "search leads to pages");
    assert!(read("graph-index.json").contains("\"/chess/\""), "the map leads to pages");
    assert!(read("labs/chess.lab.md").contains("(/course/index.path/)"), "agents find their way");
    assert_eq!(read("chess.md"), read("labs/chess.lab.md"), "a page is at its address as Markdown, too");
    assert_eq!(read(".nojekyll"), "");
    for gone in
        ["roots.json", "serve-routes.json", "artifacts.json", "routes.json", "manifest.json", "labs/chess.lab.html"]
    {
        assert!(!dist.join(gone).exists(), "{gone}");
    }
    let assets: Vec<PathBuf> = fs::read_dir(dist.join("assets")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!assets.iter().any(|path| path.to_str().unwrap().contains("/live.")), "{assets:?}");
    assert!(!site.path().join(".pathmx").exists() && !dist.join("index.path.html").exists());
}

#[test]
fn a_second_static_build_writes_what_changed_takes_away_what_is_stale_and_leaves_what_is_not_its_own() {
    let site = course();
    let (code, first, _) = run(site.path(), &["build", "--static"]);
    assert_eq!(code, 0);
    let again = run(site.path(), &["build", "--static"]);
    assert_eq!(again.0, 0);
    assert_eq!(again.1.lines().nth(1), Some("Files: 0 written, 0 deleted."), "{first}{}", again.1);
    put(site.path(), "dist/CNAME", "alice.example");
    put(site.path(), "dist/chess/mine.txt", "mine");
    put(site.path(), "paths/labs/chess.lab.md", "---\nroute: /draughts\n---\n\n# Chess\n\n## The end\n");
    let (code, _, stderr) = run(site.path(), &["build", "--static"]);
    assert_eq!(code, 0, "{stderr}");
    let dist = site.path().join("dist");
    assert!(dist.join("draughts/index.html").exists() && !dist.join("chess/index.html").exists());
    assert!(dist.join("CNAME").exists() && dist.join("chess/mine.txt").exists());
    // A later build looks at the Sources only.
    let (code, _, stderr) = run(site.path(), &["build"]);
    assert_eq!(code, 0, "{stderr}");
}

#[test]
fn a_folder_is_a_deploy_or_a_static_site_and_never_both() {
    let site = course();
    assert_eq!(run(site.path(), &["build"]).0, 0);
    let (code, _, stderr) = run(site.path(), &["build", "--static", "-o", ".pathmx/../.pathmx"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(
        stderr.contains("holds a build that can be published") && stderr.contains("hint: name another folder"),
        "{stderr}"
    );
    assert_eq!(run(site.path(), &["build", "--static", "-o", "public"]).0, 0);
    let (code, _, stderr) = run(site.path(), &["build", "-o", "public"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("holds the files of `pmx build --static`"), "{stderr}");
    assert!(site.path().join(".pathmx/roots.json").exists() && site.path().join("public/404.html").exists());
    let (code, _, stderr) = run(site.path(), &["build", "--static", "--base", "https://x.y/z"]);
    assert!(code == 2 && stderr.contains("is no base path"), "{stderr}");
}

#[test]
fn a_page_for_nothing_and_an_entry_at_the_root_stand_where_hosts_look_for_them() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "index.md", "---\nroute: /\n---\n\n# Home\n\n[Nothing](./404.md), [A](./a.md), [B](./b.md)\n");
    put(folder.path(), "404.md", "# Lost?\n");
    put(folder.path(), "a.md", "---\nroute: /a.md\n---\n\n# A\n");
    put(folder.path(), "b.md", "# B\n");
    let (code, _, stderr) = run(folder.path(), &["build", "--static"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("a.md is left out: no folder can hold it beside"), "{stderr}");
    let dist = folder.path().join("dist");
    let read = |path: &str| fs::read_to_string(dist.join(path)).unwrap();
    assert!(read("index.html").contains("<h1 id=\"home\">Home</h1>") || read("index.html").contains(">Home</h1>"));
    assert!(read("404.html").contains("Lost?") && read("404/index.html").contains("Lost?"));
    assert!(read("a.md/index.html").contains("<article") && read("b/index.html").contains("<article"));
    let server = FileServer::new(&dist, "");
    crawl(&server, "/");
    assert_eq!(server.get("/nowhere/at/all").0, 404);
}
