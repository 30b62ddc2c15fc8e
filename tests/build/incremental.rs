//! What a cache must never change: the bytes.

use super::*;
use pmx_site::Snapshot;
use proptest::prelude::*;
use std::collections::BTreeMap;

const NAMES: [&str; 13] = [
    "index.path.md",
    "a.md",
    "b.guide.md",
    "sub/c.md",
    "sub/d.lesson.md",
    "cards.components.md",
    "s.css",
    "p.svg",
    "one.layout.md",
    "sub/two.layout.md",
    "m.js",
    "sub/n.js",
    "sub/f.html",
];

/// What a Source may consist of, a piece a line or more.
const PIECES: [&str; 54] = [
    "# Title\n\n",
    "# Another title\n\n",
    "## Part\n\nSome words that say little.\n\n",
    "---\n\n<!-- id: block -->\n\nText of a Block.\n\n",
    "---\n\n## {{ source.title }} and {{ block.id }}\n\n",
    "[A](./a.md#part) ",
    "[B](/b.guide.md) ",
    "[C](/sub/c.md) ",
    "[D](/sub/d.lesson.md?play=1) ",
    "[up](../index.path.md) [gone](./gone.md) ",
    "![p](/p.svg) ",
    "[[Title]] [[Named#Part]] [[nobody]] ",
    "[folder](/sub/) ",
    "A passage[^c1].\n\n[^c1]: @ann: why?\n\n",
    "\n\n[@styles]: /s.css\n\n",
    "\n\n[@root.styles]: /s.css\n\n",
    "\n\n[@cards]: /cards.components.md\n\n",
    "\n\n<note-card label=\"Why\">\n\nBody with [A](./a.md)\n\n</note-card>\n\n",
    "\n\n[@include: C](/sub/c.md)\n\n",
    "\n\n[@include: B](/b.guide.md#block)\n\n",
    "\n\n---\n\n<!--\ncomponentName: note-card\n-->\n\n```html\n<aside>{{ label: x }}<yield /></aside>\n```\n\n",
    "\n\n```css\n:self { color: red }\n```\n\n",
    "\n\n- [ ] one\n- two\n\n",
    "\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n",
    "\n\n```js\nlet x = 1 // [A](./a.md)\n```\n\n",
    "# CRLF\r\n\r\nText\r\nand [A](./a.md)\r\n\r\n",
    "CR\r\r- one\r- [C](/sub/c.md)\r\r",
    "\u{feff}",
    "\n\n$$\nx\n\n- y\n$$\n\n- $$\n  x\n  - y\n  $$\n\n> $$\n> z\n",
    "\n\n1. ```\n   $$\n   ```\n\n    $$\n    code\n\n<pre>\n$$\n</pre>\n\n",
    " $PATH:$HOME $x$ `$y$` $`z`$ $$ ",
    "`[[A]](b)` [[A]](./a.md) ![[p.svg]] ![[s.png|30]] ",
    "\n\n```sh\n[[ -f x ]] [[Title]]\n```\n\n[Title]: ./a.md\n\n",
    "\n\n[@layout]: /one.layout.md\n\n",
    "\n\n[@layout]: /sub/two.layout.md\n\n",
    "\n\n[@layout.default]: /one.layout.md\n\n",
    "\n\n[@layout.lesson]: /sub/two.layout.md\n\n",
    "\n\n[@layout]: /cards.components.md\n\n",
    "\n\n<main id=\"Part\">\r\n<x-source-content />\r\n</main>\n\n<x-source-references />\n\n",
    "\n\n<note-card><x-source-content/></note-card>\n\n{{ source.title }} [A](/a.md)\n\n",
    "text <x-source-content/> `<x-source-content/>` $$ [[Title]]\n\n",
    "\n\n:lucide-star: [page](/a.page) [home](/)\n\n",
    "<img src=/p.svg alt=\"\"> <img src=\"/p.svg\" width=30 alt=\"\"> ![no](./no.png)<!-- @spaceholder prompt=x ar=1:1 --> [>button: Go](./a.md) ",
    "\n\n```nim\nlet x = \"[A](./a.md)\"\n```\n\n```pyhton\nx\n```\n\n",
    "\n\n<style>\na { background: url(/p.svg) }\n@import '/s.css';\n</style>\n\n",
    "\n\n<x-completion-outline />\n\n",
    "words <x-completion-progress/>\n\n---\n\n<!-- completion: of a Block -->\n\n",
    "<p style=\"background: url(p.svg)\">[[Title]]</p> <b id=\"Part\"></b> ",
    "\n\n## Part!\n\n- [A](/a.md)\n\n#### Deep\n\n- [B](/b.guide.md)\n\n",
    "\n\n<script type=module src=/m.js></script> <iframe src=\"/sub/f.html\" title=f></iframe>\n\n",
    "\nimport '/p.svg';\nimport './n.js'; import('../m.js')\n",
    "![[Title]] ![[p.svg|1|2]] [[p.svg]] ![[n.js]] ![[#Part]] ",
    "\n\n<svg><rect fill='url(/p.svg#x)'/></svg> <iframe srcdoc='<img src=/p.svg>'></iframe> <base href=x> <form action=/a.md></form>\n\n",
    "\n\n## [C](/sub/c.md)\n\n[D](/sub/d.lesson.md)\n\n# Part\n\n",
];

const FRONTS: [&str; 9] = [
    "",
    "",
    "---\ntitle: Named\n---\n\n",
    "---\nhandle: wrong\nweight: 0.1\n---\n\n",
    "---\ntags: [x, 1.5]\npresentation: 3\n---\n\n",
    "---\nroute: /here\n---\n\n",
    "---\ntype: x\nroute: /\n---\n\n",
    "---\na: [\n---\n",
    "---\ncompletion: {label: Done}\n---\n\n",
];

/// A change to the site.
#[derive(Clone, Debug)]
enum Edit {
    Write(usize, usize, Vec<usize>),
    /// Another word at the end, or a heading, that nobody else has to know of.
    Word(usize, u8),
    /// A comment near the top, which moves everything below it.
    Shift(usize),
    Delete(usize),
    Move(usize, usize),
    /// Another process goes on from what this one saved.
    Restart,
    /// Nobody edits for a while.
    Idle,
}

fn edit() -> impl Strategy<Value = Edit> {
    let name = 0..NAMES.len();
    prop_oneof![
        6 => (name.clone(), 0..FRONTS.len(), prop::collection::vec(0..PIECES.len(), 0..7))
            .prop_map(|(name, front, pieces)| Edit::Write(name, front, pieces)),
        8 => (name, any::<u8>()).prop_map(|(name, word)| Edit::Word(name, word)),
        1 => (1..NAMES.len()).prop_map(Edit::Delete),
        1 => (1..NAMES.len(), 1..NAMES.len()).prop_map(|(from, to)| Edit::Move(from, to)),
        1 => Just(Edit::Restart),
        1 => Just(Edit::Idle),
        2 => (0..NAMES.len()).prop_map(Edit::Shift),
    ]
}

fn start() -> BTreeMap<&'static str, String> {
    let linked = "# Home\n\n[A](./a.md) [B](./b.guide.md) [C](./sub/c.md) [D](./sub/d.lesson.md)\n\n\
                  [@cards]: ./cards.components.md\n[@root.styles]: ./s.css\n[@layout.lesson]: ./sub/two.layout.md\n";
    [
        ("index.path.md", linked),
        ("a.md", "# A\n\n## Part\n\n<note-card>x</note-card>\n\n[@cards]: ./cards.components.md\n"),
        ("b.guide.md", "# B\n\n---\n\n<!-- id: block -->\n\n![p](./p.svg)\n"),
        ("sub/c.md", "# C\n\n[@include: B](../b.guide.md#block)\n"),
        ("sub/d.lesson.md", "# D\n\n[C](./c.md)\n"),
        (
            "cards.components.md",
            "<!--\ncomponentName: note-card\n-->\n\n```html\n<b>{{ label: l }}<yield /></b>\n```\n",
        ),
        ("s.css", "a { background: url(p.svg) }\n"),
        ("p.svg", "<svg/>"),
        ("m.js", "import './sub/n.js'\n"),
        ("sub/n.js", "import '../m.js'\n"),
        ("sub/f.html", "<img src=../p.svg><script src=n.js></script><a href=../sub/f.html>f</a>\n"),
        ("one.layout.md", "[@styles]: ./s.css\r\n\r\n<header>[A](/a.md)</header>\r\n<x-source-content/>\r\n"),
        ("sub/two.layout.md", "\u{feff}[@layout]: ../one.layout.md\n\n<main><x-source-content /></main>\n"),
    ]
    .map(|(name, text)| (name, text.to_owned()))
    .into()
}

fn apply(files: &mut BTreeMap<&'static str, String>, edit: &Edit) {
    match edit {
        Edit::Write(name, front, pieces) => {
            let text = pieces.iter().map(|piece| PIECES[*piece]).collect::<String>();
            files.insert(NAMES[*name], format!("{}{text}", FRONTS[*front]));
        }
        Edit::Word(name, word) => {
            if let Some(text) = files.get_mut(NAMES[*name]) {
                let word = match word {
                    0..20 => format!("\n## Heading {word}\n"),
                    20..40 => "\n:lucide-nothing: [gone](./nowhere.md)\n".to_owned(),
                    _ => format!("\nword{word}\n"),
                };
                text.push_str(&word);
            }
        }
        Edit::Delete(name) => drop(files.remove(NAMES[*name])),
        Edit::Move(from, to) => {
            if let Some(text) = files.remove(NAMES[*from]) {
                files.insert(NAMES[*to], text);
            }
        }
        Edit::Shift(name) => {
            if let Some(text) = files.get_mut(NAMES[*name]) {
                let at = text.find("\n\n").map_or(text.len(), |at| at + 2);
                text.insert_str(at, "<!-- a comment -->\n\n");
            }
        }
        Edit::Restart | Edit::Idle => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_edited_a_build_that_goes_on_from_another_equals_one_from_nothing(
        edits in prop::collection::vec(edit(), 1..8),
    ) {
        let folder = site_of(&[("index.path.md", "")]);
        let project = located(folder.path());
        let mut files = start();
        let mut cache = Cache::default();
        // What a server would hold: the bytes of all builds so far.
        let mut held = BTreeMap::new();
        for edit in [&Edit::Restart].into_iter().chain(&edits) {
            apply(&mut files, edit);
            let now = || Snapshot::of(files.iter().map(|(name, text)| ((*name).to_owned(), text.clone().into_bytes())));
            if matches!(edit, Edit::Restart) {
                cache.save(&project);
                cache = Cache::open(&project, Some(key()));
            }
            if matches!(edit, Edit::Idle) {
                prop_assert!(cache.shed(&project));
                prop_assert!(cache.shed(&project), "twice is once");
            }
            let warm = pmx_site::build(&project, &now(), &mut cache);
            let clean = pmx_site::build(&project, &now(), &mut Cache::default());
            prop_assert_eq!(&warm.roots, &clean.roots);
            prop_assert_eq!(&warm.outputs, &clean.outputs);
            prop_assert_eq!(&warm.diagnostics, &clean.diagnostics);
            prop_assert_eq!(warm.pages, clean.pages);
            for (path, file) in warm.outputs.iter() {
                let bytes = warm.blobs.get(&file.hash).or_else(|| held.get(&file.hash).cloned());
                let bytes = bytes.unwrap_or_else(|| panic!("nobody has {path}"));
                prop_assert_eq!(&*bytes, &*clean.blobs.get(&file.hash).unwrap(), "{}", path);
                held.insert(file.hash, bytes);
            }
            cache.release_blobs();
        }
    }
}

#[test]
fn what_a_site_that_nobody_edits_has_dropped_is_not_made_again() {
    let folder = site_of(&[("index.path.md", "# Home\n\n[A](./a.md)\n"), ("a.md", "# A\n")]);
    let project = located(folder.path());
    let snapshot = |text: &str| {
        let home = ("index.path.md".to_owned(), b"# Home\n\n[A](./a.md)\n".to_vec());
        Snapshot::of([home, ("a.md".to_owned(), text.as_bytes().to_vec())])
    };
    let mut cache = Cache::open(&project, Some(key()));
    let first = pmx_site::build(&project, &snapshot("# A\n"), &mut cache);
    cache.release_blobs();
    assert!(cache.shed(&project) && cache.has_pages());
    let edited = pmx_site::build(&project, &snapshot("# A\n\nword\n"), &mut cache);
    assert_eq!(edited.sources_built, ["a"], "the other page is kept");
    cache.release_blobs();
    assert!(cache.shed(&project));
    fs::remove_dir_all(folder.path().join(".pathmx-cache")).unwrap();
    let anew = pmx_site::build(&project, &snapshot("# A\n"), &mut cache);
    assert_eq!(anew.outputs, first.outputs);
    assert_eq!(anew.sources_built, ["a", "index.path"], "the file is gone");
    cache.forget(&[Hash::of(b"lost")]);
    assert!(!cache.has_pages());
}

#[test]
fn an_edit_beside_a_wikilink_is_no_more_than_an_edit() {
    let folder = site_of(&[("index.path.md", "# Home\n\n[[A]] [[nobody]]\n"), ("a.md", "# A\n"), ("b.md", "# B\n")]);
    let project = located(folder.path());
    let snapshot = |home: &str, other: &str| {
        let files = [("index.path.md", home), ("a.md", "# A\n"), ("b.md", other)];
        Snapshot::of(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())))
    };
    let mut cache = Cache::default();
    pmx_site::build(&project, &snapshot("# Home\n\n[[A]] [[nobody]]\n", "# B\n"), &mut cache);
    let edited = pmx_site::build(&project, &snapshot("# Home\n\nMore.\n\n[[A]] [[nobody]]\n", "# B\n"), &mut cache);
    assert_eq!(edited.sources_built, ["index.path"]);
    assert_eq!(edited.diagnostics[0].line, 5, "the finding moves with its link");
    let named = pmx_site::build(&project, &snapshot("# Home\n\nMore.\n\n[[A]] [[nobody]]\n", "# Nobody\n"), &mut cache);
    assert!(named.diagnostics.is_empty() && named.outputs.contains_key("index.path/b.html"), "{:?}", named.diagnostics);
}

#[test]
fn a_file_in_the_place_of_one_of_its_size_and_time_is_another_file() {
    let folder = site_of(&[("index.md", "one")]);
    let (path, other) = (folder.path().join("index.md"), folder.path().join("other.tmp"));
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let set = |path: &Path| fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
    set(&path);
    let project = located(folder.path());
    let before = pmx_site::scan(&project, None).unwrap();
    // Wine gives the number of a file that is gone to the next one; NTFS does not.
    let texts = if cfg!(windows) { &["two"][..] } else { &["two", "six"] };
    for text in texts {
        fs::write(&other, text).unwrap();
        set(&other);
        fs::rename(&other, &path).unwrap();
        let now = pmx_site::scan(&project, Some(&before)).unwrap();
        assert_eq!(now.changes(&before), ["index.md"], "{text}");
    }
    let now = pmx_site::scan(&project, None).unwrap();
    assert!(pmx_site::scan(&project, Some(&now)).unwrap().changes(&now).is_empty());
}
