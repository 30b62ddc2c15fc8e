//! Whatever is in a folder is built or named: no input stops the build or makes it slow.

use super::*;
use std::{sync::mpsc, thread, time::Duration};

/// How long anything here may take, in a build without optimisations on a busy machine. What grows with the square of its
/// input takes hours.
const DEADLINE: Duration = Duration::from_secs(90);

/// Fails instead of hanging.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let worker = thread::spawn(move || done.send(work()));
    match wait.recv_timeout(DEADLINE) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("not done after {DEADLINE:?}"),
        Err(mpsc::RecvTimeoutError::Disconnected) => std::panic::resume_unwind(worker.join().unwrap_err()),
    }
}

fn built_in_time(folder: TempDir) -> Build {
    in_time(move || built(folder.path()))
}

/// Builds a site of one Source beside some components; its page.
fn page_of(source: &[u8]) -> String {
    let folder = site_of(&[(
        "paths/parts.components.md",
        "# Parts\n\n---\n\n## Card\n\n```html\n<article><h3>{{ title: T }}</h3><yield /></article>\n```\n",
    )]);
    fs::write(folder.path().join("paths/index.path.md"), source).unwrap();
    let build = built_in_time(folder);
    assert!(build.pages >= 1);
    text(&build, "index.path/index.path.html")
}

#[test]
fn what_is_never_closed_ends_with_the_source() {
    for source in [
        "# A\n\n```js\nlet x = 1\n\n---\n\nstill code\n",
        "---\ntitle: never closed\n\n# A\n",
        "<!-- id: x\n\n# A\n",
        "<!--\nid: [\n-->\n\n# A\n",
        "# A\n\n<div><p><script>if (a < b\n\n---\n\n# B\n",
        "# A\n\n<card title=\"x\n\n# B\n\n[@c]: ./parts.components.md\n",
        "# A\n\n<card>\n\n</div></card></p>\n\n[@c]: ./parts.components.md\n",
        "# A\n\n{{ source.title\n\n{{ {{ a }} }}\n\n$$\n\\frac{\n",
        "# A\n\n> [!NOTE]- x\n> - a\n>   ```\n\n{==a==}[^1]\n\n[^1]: **@a** (\n",
        "# A\n\n| a |\n| - |\n| `b | c\n\n```mermaid\ngraph TD\nA[ --> B\n```\n",
        "",
        "---",
        "---\n---",
        "\u{feff}---\n",
        "\n\n---\n\n---\n\n---\n\n",
        "\0\0\0\n\n<a href=\"\0 1\0\">\0</a>\n",
    ] {
        let page = page_of(source.as_bytes());
        assert!(page.trim_end().ends_with("</html>"), "{source:?}");
        assert!(!page.contains('\0'), "{source:?}");
    }
}

#[test]
fn a_file_that_is_no_text_is_a_page_with_a_finding() {
    let mut noise = Vec::new();
    let mut state = 1_u32;
    for _ in 0..100_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        noise.push(u8::try_from(state >> 24).unwrap());
    }
    let folder = site_of(&[]);
    fs::create_dir_all(folder.path().join("paths")).unwrap();
    fs::write(folder.path().join("paths/index.path.md"), &noise).unwrap();
    let build = built_in_time(folder);
    assert_eq!(codes(&build), ["source/binary"]);
    assert!(!text(&build, "index.path/index.path.html").contains('\0'));
    assert!(page_of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").contains("</html>"));
}

#[test]
fn nothing_nests_too_deep() {
    const DEEP: usize = 20_000;
    for (name, source) in [
        ("quotes", format!("{} x\n", ">".repeat(DEEP))),
        ("brackets", format!("{}x\n", "[".repeat(DEEP))),
        ("closed brackets", format!("{}x{}\n", "[".repeat(DEEP), "](a)".repeat(DEEP))),
        ("emphasis", format!("{}x\n", "*a **b _c ".repeat(DEEP))),
        ("elements", format!("{}x{}\n", "<div>".repeat(DEEP), "</div>".repeat(DEEP))),
        ("open elements", format!("{}x\n", "<b>".repeat(DEEP))),
        ("components", format!("{}x\n\n[@c]: ./parts.components.md\n", "<card>".repeat(DEEP))),
        ("lists", (0..300).map(|depth| format!("{}- x\n", "  ".repeat(depth))).collect()),
        ("one line of lists", format!("{}x\n", "- ".repeat(5_000))),
        ("values", format!("{}x{}\n", "{{ ".repeat(DEEP), " }}".repeat(DEEP))),
        ("formulas", format!("$${}x{}$$\n", "\\frac{".repeat(2_000), "}".repeat(2_000))),
        ("flow", format!("---\na: {}\n---\n# A\n", "[".repeat(DEEP))),
        ("diagrams", format!("```mermaid\ngraph TD\n{}\n```\n", "subgraph a\n".repeat(500))),
        ("comments", "<!--".repeat(DEEP)),
        ("definitions", (0..2_000).map(|n| format!("[a{n}]: ./{n}.md\n")).collect()),
        ("footnotes", (0..500).map(|n| format!("[^{n}]: [^{}]\n\n", n + 1)).collect()),
    ] {
        let page = page_of(source.as_bytes());
        assert!(page.trim_end().ends_with("</html>"), "{name}");
    }
}

#[test]
fn many_links_in_one_paragraph_take_no_time_for_one_another() {
    const MANY: usize = 40_000;
    let long = "word ".repeat(200_000);
    for (name, source, link) in [
        ("names", "[[index]] ".repeat(MANY), "<a class=\"pmx-wikilink\""),
        (
            "names before what might end a label",
            format!("{}]: x", "[[index]] ".repeat(MANY)),
            "<a class=\"pmx-wikilink\"",
        ),
        ("names that are none", "[[no\0body]] ".repeat(MANY), "<a class=\"pmx-wikilink\""),
        ("pictures", "![[no.png]] ".repeat(MANY), "<img "),
        ("names in emphasis", format!("{long}{}", "*[[index]]* ".repeat(MANY)), "<a class=\"pmx-wikilink\""),
        // The parser takes a hundred thousand bytes of targets at most.
        ("labels", format!("{long}{}\n\n[a]: x", "[a] ".repeat(MANY)), "<a href=\""),
        ("fragments that nothing has", "[a](#no) ".repeat(MANY), "<a href=\"#no\""),
    ] {
        let page = page_of(format!("# T\n\n{source}\n").as_bytes());
        assert!(page.matches(link).count() >= MANY, "{name}");
    }
}

#[test]
fn a_line_of_ten_megabytes_is_a_line() {
    let page = page_of("word ".repeat(2 * 1024 * 1024).as_bytes());
    assert!(page.len() > 10 * 1024 * 1024 - 1);
}

#[test]
fn sources_that_include_each_other_end() {
    let folder = site_of(&[
        ("paths/index.path.md", "# A\n\n[@include: B](./b.md)\n\n[@include: me](./index.path.md)\n"),
        ("paths/b.md", "# B\n\n[@include: A](./index.path.md)\n\n[@include: B](./b.md#b)\n"),
    ]);
    let build = built_in_time(folder);
    assert!(text(&build, "index.path/index.path.html").trim_end().ends_with("</html>"));
    // Each doubles what it includes.
    let bomb: Vec<(String, String)> = (0..30)
        .map(|n| {
            (format!("paths/{n}.md"), format!("# {n}\n\n[@include: a](./{0}.md)\n\n[@include: b](./{0}.md)\n", n + 1))
        })
        .collect();
    let mut files: Vec<(&str, &str)> = bomb.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("paths/index.path.md", "# Home\n\n[@include: a](./0.md)\n"));
    let build = built_in_time(site_of(&files));
    assert!(text(&build, "index.path/index.path.html").len() < 30 * 1024 * 1024);
}

#[test]
fn components_that_use_each_other_end() {
    let fence = |html: &str| format!("```html\n{html}\n```\n");
    let parts = format!(
        "# Parts\n\n---\n\n## A\n\n{}\n---\n\n## B\n\n{}\n---\n\n## Own\n\n{}\n",
        fence("<div><b-b>x</b-b><a></a></div>"),
        fence("<p><a-a/><b></b></p>"),
        fence("<i><own><yield/></own><own><yield/><yield/></own></i>"),
    );
    let twice = (0..30).map(|n| {
        format!(
            "\n---\n\n## D{n}\n\n{}",
            fence(&format!("<div><d{0}><yield/></d{0}><d{0}><yield/></d{0}></div>", n + 1))
        )
    });
    let folder = site_of(&[
        ("paths/index.path.md", "# Home\n\n<a>x</a> <own>y</own>\n\n<d0>z</d0>\n\n[@p]: ./parts.components.md\n"),
        ("paths/parts.components.md", &(parts + &twice.collect::<String>())),
    ]);
    let build = built_in_time(folder);
    assert!(text(&build, "index.path/index.path.html").len() < 30 * 1024 * 1024);
}
