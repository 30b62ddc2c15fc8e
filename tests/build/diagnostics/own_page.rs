//! Pages of their own in frames, and scripts: what they name keeps its address, and what that does not lead to is said.

use super::*;

/// What is said of the files of a site whose entry shows `paths/f/a.html`, and links to `paths/f/b.md` and `paths/c.md`.
fn said_of_page(page: &str, beside: &[(&str, &str)]) -> String {
    let entry = "# Home\n\n<iframe src=\"./f/a.html\"></iframe>\n\n[b](./f/b.md) [c](./c.md)\n";
    let mut files = vec![
        ("paths/index.path.md", entry),
        ("paths/f/a.html", page),
        ("paths/f/b.md", "---\nroute: /bee\n---\n\n# B\n"),
        ("paths/c.md", "# C\n"),
        ("paths/lonely.md", "# Lonely\n"),
        ("paths/f/other.html", "<p>x</p>\n"),
        ("paths/f/sub/index.html", "<p>x</p>\n"),
        ("paths/f/sub/x.css", "p {}\n"),
        ("paths/f/sub/y.js", "let y\n"),
    ];
    files.extend(beside);
    said(&files)
}

#[test]
fn what_readers_follow_out_of_a_page_is_there_or_is_said() {
    assert_eq!(
        said_of_page(
            "<a href=b.md#x>b</a>\n<a href=../c>c</a>\n<a href=../lonely.md>l</a>\n<a href=../>home</a>\n<a href=sub/>s</a>\n\
             <a href=gone.html>g</a>\n<a href=/f/other.html>o</a>\n",
            &[]
        ),
        lines(&[
            "paths/f/a.html:1:9: warning: `b.md#x` leads nowhere: `f/b.md` is a Source, whose page is elsewhere [asset/missing]",
            "  hint: write the address of the page: `/bee`",
            "paths/f/a.html:2:9: warning: `../c` leads nowhere: `c.md` is a Source, whose page is elsewhere [asset/missing]",
            "  hint: write the address of the page: `/c`",
            "paths/f/a.html:3:9: warning: `../lonely.md` leads nowhere: `lonely.md` is a Source, and has no page [asset/missing]",
            "  hint: pages are made of Sources to which another one links",
            "paths/f/a.html:4:9: warning: `../` leads nowhere: `index.path.md` is a Source, whose page is elsewhere [asset/missing]",
            "  hint: write the address of the page: `/index.path`",
            "paths/f/a.html:5:9: warning: there is no file `sub/` [asset/missing]",
            "  hint: folders have no page: write `./sub/index.html`",
            "paths/f/a.html:6:9: warning: there is no file `gone.html` [asset/missing]",
            "paths/f/a.html:7:9: warning: `/f/other.html` begins at the top of the site, where no files are published [asset/missing]",
            "  hint: write it from the folder of this file: `./other.html`",
        ])
    );
    assert_eq!(
        said_of_page(
            "<a href=other.html?x#y>o</a> <a href=#x>x</a> <a href=''>self</a> <a href=/bee>b</a> <a href=/api/x>x</a> <a href=?q>q</a>\n\
             <a href=mailto:a@b.c>m</a> <form action=send.php><button formaction=more.php>x</button></form> <a href=https://x.y ping=p>p</a>\n",
            &[]
        ),
        ""
    );
}

#[test]
fn the_base_of_a_page_is_where_its_addresses_count_from() {
    for base in ["./sub/", "sub/", "sub/index.html", "./sub/?x"] {
        let page = format!(
            "<base href='{base}'>\n<link rel=stylesheet href=x.css> <a href=../other.html>o</a>\n\
             <img src=gone.png> <script type=module>import './y.js'</script>\n"
        );
        assert_eq!(
            said_of_page(&page, &[]),
            lines(&["paths/f/a.html:3:10: warning: there is no file `gone.png` [asset/missing]"]),
            "{base}"
        );
    }
    for base in ["/", "/sub/", "../../../x/"] {
        assert_eq!(
            said_of_page(&format!("<base href='{base}'><img src=a.png><img src=b.png>\n"), &[]),
            lines(&[
                "paths/f/a.html:1:13: warning: this `<base href>` leads out of the files that are published, so nothing is that this page names [source/base]",
                "  hint: take it out, or write it from the folder of this file: `./`",
            ]),
            "{base}"
        );
    }
    for quiet in [
        "<base href=/><a href=/bee>b</a><a href=#x>x</a><img src=https://x.y/z.png>\n",
        "<base href=https://x.y/><img src=a.png>\n",
        "<base target=_top><img src=sub/x.css>\n",
    ] {
        assert_eq!(said_of_page(quiet, &[]), "", "{quiet}");
    }
    let folder = site_of(&[
        ("paths/index.path.md", "# Home\n\n<iframe src=./a.html></iframe>\n"),
        ("paths/a.html", "<base href='./sub/'><link rel=stylesheet href=x.css><script src=y.js></script>\n"),
        ("paths/sub/x.css", "p { background: url(z.png) }\n"),
        ("paths/sub/y.js", "let y\n"),
        ("paths/sub/z.png", "z"),
    ]);
    let build = built(folder.path());
    for name in ["/sub/x.css", "/sub/y.js", "/sub/z.png"] {
        assert!(build.outputs.keys().any(|path| path.contains("bundle.") && path.ends_with(name)), "{name}");
    }
}

#[test]
fn what_a_script_puts_together_or_names_by_a_bare_name_is_said() {
    let script = "import _ from 'lodash'\nnew URL('./none.js', import.meta.url)\nimport(`./sub/${a}.js`)\nnew URL('.', import.meta.url)\n\
                  import('./sub/' + b + '.css')\nimport(`./nowhere/${a}.js`)\nimport('fs').catch(c)\nimport 'https://x.y/z.js'\n\
                  new URL('./sub/x.css', import.meta.url)\n";
    let page = "<script type=module src=m.js></script>\n";
    assert_eq!(
        said_of_page(page, &[("paths/f/m.js", script)]),
        lines(&[
            "paths/f/m.js:1:15: warning: `lodash` is the address of no file, and no import map of the site gives it one [script/import]",
            "  hint: write the address of a file, `./lodash.js`, or that of a server, `https://…`",
            "paths/f/m.js:2:9: warning: there is no file `./none.js` [asset/missing]",
            "paths/f/m.js:3:8: warning: what begins with `./sub/` is put together while this runs, so pmx does not follow it [script/import]",
            "  hint: `new URL(\"./sub/y.js\", import.meta.url)` names a file that is to be published",
        ])
    );
    let mapped = "<script type=importmap>{\"imports\": {\"lodash\": \"./sub/y.js\", \"gone\": \"./gone.js\", \"sub/\": \"./sub/\"}}</script>\n";
    assert_eq!(
        said_of_page(&format!("{mapped}{page}"), &[("paths/f/m.js", "import _ from 'lodash'\n")]),
        lines(&["paths/f/a.html:1:69: warning: there is no file `./gone.js` [asset/missing]"])
    );
    let server = "import express from 'express'\nimport(`./f/sub/${a}.js`)\n";
    assert_eq!(
        said(&[
            ("paths/index.path.md", "# Code\n\n[server](./server.js)\n"),
            ("paths/server.js", server),
            ("paths/f/sub/a.js", "1"),
        ]),
        "",
        "what readers fetch may be for another program"
    );
}

#[test]
fn an_import_map_in_a_source_with_addresses_of_its_folder_is_said() {
    assert_eq!(
        said(&[
            (
                "paths/index.path.md",
                "# A\n\n<script type=\"importmap\">\n{\"imports\": {\"m\": \"./lib/m.js\", \"c\": \"https://x.y/c.js\"}}\n</script>\n\n\
                 <script type=module src=./lib/main.js></script>\n"
            ),
            ("paths/lib/m.js", "1"),
            ("paths/lib/main.js", "import 'm'\nimport 'c'\n"),
        ]),
        lines(&[
            "paths/index.path.md:4:19: warning: `./lib/m.js` is read from the address of the page, where no file is [script/import]",
            "  hint: take it out of the map, and import the file by its address from a script that is a file: `import \"./x.js\"`",
        ])
    );
}

#[test]
fn what_a_reader_sends_may_be_for_a_program_of_the_server() {
    assert_eq!(
        said_of(
            "# A\n\n<form action=\"/search\"><button formaction=\"/send\">x</button></form> <a href=\"#a\" ping=\"/x /y\">p</a> <a href=\"/z\">z</a>\n"
        ),
        lines(&["paths/index.path.md:3:110: warning: there is no page at `/z` [link/unresolved]"])
    );
}

#[test]
fn documents_of_every_build_are_there_to_be_linked_to() {
    let source = "# A\n\n[l](/llms.txt) <a href=\"/graph-index.json\">g</a> [s](/sources.json) [i](/search/index.json) [n](/404.html)\n\n\
         [m](/sitemap.xml) [r](/robots.txt)\n";
    assert_eq!(
        said_of(source),
        lines(&[
            "paths/index.path.md:5:1: warning: there is no page at `/sitemap.xml` [link/unresolved]",
            "paths/index.path.md:5:19: warning: there is no page at `/robots.txt` [link/unresolved]",
        ])
    );
    let config = "---\nurl: https://x.y\n---\n\n## Paths\n\n- [A](./paths/index.path.md)\n";
    assert_eq!(said(&[("paths/index.path.md", source), ("pathmx.config.md", config)]), "");
}

#[test]
fn text_between_two_rules_that_was_taken_for_frontmatter_is_said() {
    assert_eq!(
        said_of("---\n\nJust a rule and text: with colon\n\n---\n\n# A\n"),
        lines(&[
            "paths/index.path.md:1:1: warning: what stands between these lines `---` is read as frontmatter, so no reader sees it [source/frontmatter-text]",
            "  hint: if it is text, write `***` for the first line; if it is data, take the blank line below it away",
        ])
    );
}
