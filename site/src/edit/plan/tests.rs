use super::*;
use crate::Settings;
use proptest::prelude::*;

type Files = BTreeMap<String, Vec<u8>>;

fn files(list: &[(&str, &str)]) -> Files {
    list.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
}

fn with_tree<T>(files: &Files, root: &str, work: impl FnOnce(&Tree<'_>) -> T) -> T {
    let bytes = files.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect();
    let below_root = |(path, bytes): (&String, &Vec<u8>)| Some((tree::below(root, path)?.to_owned(), bytes.clone()));
    let snapshot = Snapshot::of(files.iter().filter_map(below_root));
    let names = Names::new(&snapshot);
    work(&Tree {
        files: bytes,
        root,
        elsewhere: &|path| path == "README.md",
        wiki: &|from, name| names.find(from, name).map(|found| found.path.to_owned()),
        settings: &Settings::default(),
    })
}

/// The files after a task, and what was left.
fn done(files: &Files, root: &str, task: Task<'_>) -> (Files, Vec<String>) {
    let effects = with_tree(files, root, |tree| effects(tree, task, Some("pathmx.config.md")));
    let mut after = files.clone();
    for change in &effects.changes {
        assert_eq!(after[&change.path], change.before);
        after.insert(change.path.clone(), change.after.clone());
    }
    let after = after.into_iter().filter_map(|(path, bytes)| Some((task.after(&path)?, bytes))).collect();
    (after, effects.left.iter().map(ToString::to_string).collect())
}

fn text(files: &Files, path: &str) -> String {
    String::from_utf8(files[path].clone()).unwrap()
}

/// Every reference of every file that leads somewhere: file, number, target.
fn leads(files: &Files, root: &str) -> Vec<(String, usize, String)> {
    with_tree(files, root, |tree| {
        let mut found = Vec::new();
        for (path, bytes) in files {
            let Some(reading) = tree::read(path, bytes, tree.settings) else { continue };
            for (index, reference) in reading.references.iter().enumerate() {
                if let Some(lead) = tree.lead(path, reference) {
                    found.push((path.clone(), index, lead.target));
                }
            }
        }
        found
    })
}

const INDEX: &str = "---\r\nrelated: [\"./a.md\", b.md] # both\r\n---\r\n\r\n# Home\r\n\r\n\
    [A](./a.md#x \"t\") and [id](./a?q), `[A](./a.md)`, ![i](img/i.png)\r\n\r\n\
    <x-card href='a.md'>![j](./img/../img/i.png)</x-card>\r\n\r\n[@c]: ./a.md\r\n[r]: <./a.md>\r\n\r\n[r] and [A](/a.md)\r\n";

fn site() -> Files {
    files(&[
        ("pathmx.config.md", "# C\n\n## Paths\n\n- [Home](./paths/index.path.md)\n- [A](paths/a.md)\n"),
        ("paths/index.path.md", INDEX),
        (
            "paths/a.md",
            "[home](./index.path.md), [me](a.md), [out](../README.md), [gone](./gone.md)\n\n![i](./img/i.png)\n",
        ),
        ("paths/b.md", "[A](a.md)"),
        ("paths/style.css", "@import \"img/s.css\"; a { b: url(./img/i.png#x) }\n"),
        ("paths/img/s.css", "a { b: url('i.png') }\n"),
        ("paths/img/i.png", "\u{0}"),
    ])
}

#[test]
fn a_move_rewrites_every_reference_and_nothing_else() {
    let (after, left) = done(&site(), "paths", Task::Move { from: "paths/a.md", to: "paths/sub/new name.md" });
    assert_eq!(left, [""; 0]);
    let expected = INDEX
        .replace("\"./a.md\", b", "\"./sub/new name.md\", b")
        .replace("[A](./a.md#x", "[A](./sub/new%20name.md#x")
        .replace("`[A](./sub/new%20name.md)`", "`[A](./a.md)`")
        .replace("[id](./a?q)", "[id](./sub/new%20name?q)")
        .replace("href='a.md'", "href='sub/new%20name.md'")
        .replace("[@c]: ./a.md", "[@c]: ./sub/new%20name.md")
        .replace("<./a.md>", "<./sub/new name.md>")
        .replace("(/a.md)", "(/sub/new%20name.md)");
    similar_asserts::assert_eq!(text(&after, "paths/index.path.md"), expected);
    assert_eq!(
        text(&after, "paths/sub/new name.md"),
        "[home](../index.path.md), [me](new%20name.md), [out](../../README.md), [gone](./gone.md)\n\n![i](../img/i.png)\n"
    );
    assert!(text(&after, "pathmx.config.md").ends_with("- [A](paths/sub/new%20name.md)\n"));
    assert_eq!(text(&after, "paths/b.md"), "[A](sub/new%20name.md)");
}

#[test]
fn a_folder_and_an_asset_move_too() {
    let (after, left) = done(&site(), "paths", Task::Move { from: "paths/img", to: "paths/x/pics" });
    assert_eq!(left, [""; 0]);
    assert_eq!(text(&after, "paths/style.css"), "@import \"x/pics/s.css\"; a { b: url(./x/pics/i.png#x) }\n");
    assert_eq!(text(&after, "paths/x/pics/s.css"), "a { b: url('i.png') }\n");
    assert!(text(&after, "paths/index.path.md").contains("![i](x/pics/i.png)"));
    let (after, _) = done(&site(), "paths", Task::Move { from: "paths/img/i.png", to: "paths/i.png" });
    assert_eq!(text(&after, "paths/img/s.css"), "a { b: url('../i.png') }\n");
}

#[test]
fn a_removal_leaves_the_words_and_says_what_it_cannot_decide() {
    let (after, left) = done(&site(), "paths", Task::Remove("paths/a.md"));
    assert_eq!(left, [""; 0]);
    let expected = "---\r\nrelated: [b.md] # both\r\n---\r\n\r\n# Home\r\n\r\n\
        A and id, `[A](./a.md)`, ![i](img/i.png)\r\n\r\n\
        <x-card>![j](./img/../img/i.png)</x-card>\r\n\r\n\r\nr and A\r\n";
    similar_asserts::assert_eq!(text(&after, "paths/index.path.md"), expected);
    assert_eq!(text(&after, "pathmx.config.md"), "# C\n\n## Paths\n\n- [Home](./paths/index.path.md)\n");
    let (after, left) = done(&site(), "paths", Task::Remove("paths/img/i.png"));
    assert_eq!(text(&after, "paths/a.md").lines().last(), Some(""));
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(
        left[0].starts_with("paths/img/s.css:1:13: warning: `i.png` was not rewritten: only its author"),
        "{left:?}"
    );
}

#[test]
fn lists_that_become_empty_and_pictures_in_links_are_taken_out_well() {
    let site = files(&[
        ("g.md", ""),
        ("g.png", ""),
        ("a.md", "---\ntitle: A\nrelated:\n  - ./g.md\nx: 1\n---\n\n[![alt](g.png)](b.md) [@include: G](./g.md)\n"),
        ("b.md", "- ![x](g.png)\n\n![y](g.png)\n\nend <img src='g.png'>\n"),
    ]);
    let (after, left) = done(&site, "", Task::Remove("g.md"));
    assert_eq!(left, [""; 0]);
    assert_eq!(text(&after, "a.md"), "---\ntitle: A\nx: 1\n---\n\n[![alt](g.png)](b.md) \n");
    let (after, _) = done(&site, "", Task::Remove("g.png"));
    assert!(text(&after, "a.md").contains("\n\n[alt](b.md) "), "{}", text(&after, "a.md"));
    assert_eq!(text(&after, "b.md"), "- \n\n\nend \n");
}

#[test]
fn a_wikilink_follows_by_the_shortest_name_that_is_still_meant() {
    let site = files(&[
        ("a.lesson.md", "# The title"),
        ("x/b.a.md", ""),
        ("i.md", "[[a]] [[A.lesson|text]] [[a.lesson.md]] [[the title]] [[/a.lesson#h]] [[nobody]] `[[a]]`\n"),
    ]);
    let there = Task::Move { from: "a.lesson.md", to: "x/c.lab.md" };
    let (after, left) = done(&site, "", there);
    assert_eq!(left, [""; 0]);
    assert_eq!(
        text(&after, "i.md"),
        "[[c]] [[c.lab|text]] [[c.lab.md]] [[the title]] [[x/c.lab#h]] [[nobody]] `[[a]]`\n"
    );
    let (after, _) = done(&site, "", Task::Move { from: "a.lesson.md", to: "x/b.lab.md" });
    assert!(text(&after, "i.md").starts_with("[[b.lab]] [[b.lab|text]]"), "{}", text(&after, "i.md"));
    let (after, left) = done(&site, "", Task::Remove("a.lesson.md"));
    assert_eq!(left, [""; 0]);
    assert_eq!(text(&after, "i.md"), "a text a.lesson.md the title /a.lesson#h [[nobody]] `[[a]]`\n");
}

#[test]
fn what_cannot_be_edited_is_named() {
    let mut site = files(&[("a.md", ""), ("b.md", "")]);
    site.insert("b.md".to_owned(), b"[a](a.md) \xff".to_vec());
    let (after, left) = done(&site, "", Task::Move { from: "a.md", to: "c.md" });
    assert_eq!(after["b.md"], site["b.md"]);
    assert_eq!(left, ["b.md:1:5: warning: `a.md` was not rewritten: the file is not UTF-8 [edit/not-rewritten]"]);
}

#[test]
fn a_byte_order_mark_does_not_shift_what_is_edited() {
    let site = files(&[("a.md", ""), ("b.md", "\u{feff}---\nrelated: a.md\n---\n[ä](a.md)\n")]);
    let (after, _) = done(&site, "", Task::Move { from: "a.md", to: "c.md" });
    assert_eq!(text(&after, "b.md"), "\u{feff}---\nrelated: c.md\n---\n[ä](c.md)\n");
}

const NAMES: [&str; 6] = ["a.md", "b c.md", "x/d.md", "x/y/e.md", "x/i.png", "s/u.css"];

/// How one file may name another, canonically: what a move and its way back restore.
fn mention(from: &str, to: &str, form: usize) -> String {
    let address = |syntax| spelling::relative(syntax, "./x", address::folder(from), to);
    if from.ends_with(".css") {
        return format!("a {{ b: url(\"{}\") }}\n", address(Syntax::Stylesheet(Some('"'))));
    }
    let plain = address(Syntax::Destination);
    match form {
        0 => format!("[x]({plain}#f) words\n"),
        1 => format!("> ![x](<{}> 'title')\n", address(Syntax::Angle)),
        2 => format!("<a href=\"{}\">x</a>\n\n", address(Syntax::Attribute(Some('"')))),
        3 => format!("\n[r{}]: {plain}\n", to.len()),
        4 => format!("`[x]({plain})`\r\n"),
        5 => format!("\n```\n[x]({plain})\n```\n"),
        6 => format!("- item\n  [*x*]({plain})\n\n"),
        _ => format!("<!-- [x]({plain}) -->\n\n"),
    }
}

fn sites() -> impl Strategy<Value = Files> {
    proptest::collection::vec((0..NAMES.len(), 0..NAMES.len(), 0_usize..8), 0..20).prop_map(|mentions| {
        let mut files: Files = NAMES.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
        for (from, to, form) in mentions.into_iter().filter(|(from, ..)| !NAMES[*from].ends_with("png")) {
            let text = mention(NAMES[from], NAMES[to], form);
            files.entry(NAMES[from].to_owned()).or_default().extend(text.bytes());
        }
        files
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn after_a_move_every_link_leads_to_the_same_file_and_the_way_back_restores_all_bytes(
        site in sites(),
        from in proptest::sample::select(vec!["a.md", "b c.md", "x/d.md", "x/y", "x", "s/u.css", "x/i.png"]),
        to in proptest::sample::select(vec!["n", "z/ü m", "x2/w (1", "y/y/y"]),
    ) {
        let extension = from.rsplit_once('.').map_or(String::new(), |(_, extension)| format!(".{extension}"));
        let to = format!("{to}{extension}");
        let there = Task::Move { from, to: &to };
        let (after, left) = done(&site, "", there);
        prop_assert_eq!(left, Vec::<String>::new());
        let mut expected: Vec<_> = leads(&site, "")
            .into_iter()
            .map(|(path, index, target)| (there.after(&path).unwrap(), index, there.after(&target).unwrap()))
            .collect();
        expected.sort();
        let mut found = leads(&after, "");
        found.sort();
        prop_assert_eq!(found, expected);
        let (back, left) = done(&after, "", Task::Move { from: &to, to: from });
        prop_assert_eq!(left, Vec::<String>::new());
        prop_assert_eq!(back, site);
    }

    #[test]
    fn after_a_removal_nothing_leads_to_the_file(site in sites(), gone in 0_usize..5) {
        let (after, left) = done(&site, "", Task::Remove(NAMES[gone]));
        let still = with_tree(&after, "", |tree| {
            after.iter().filter_map(|(path, bytes)| Some((path, tree::read(path, bytes, tree.settings)?))).map(|(path, reading)| {
                let folder = address::folder(path);
                reading.references.iter().filter(|r| match address::classify(&r.address) {
                    address::Address::File(file) => tree::join(folder, &file.path) == NAMES[gone],
                    _ => false,
                }).count()
            }).sum::<usize>()
        });
        prop_assert_eq!(still, left.len());
    }
}

#[test]
fn every_file_keeps_the_ends_of_its_lines_and_its_mark() {
    let lf = |text: &str| text.replace("\r\n", "\n");
    let plain: Files = site()
        .into_iter()
        .map(|(path, bytes)| {
            let text = String::from_utf8(bytes).unwrap();
            (path, lf(&text).into_bytes())
        })
        .collect();
    for task in [Task::Move { from: "paths/a.md", to: "paths/sub/new.md" }, Task::Remove("paths/a.md")] {
        let (expected, left) = done(&plain, "paths", task);
        for end in ["\r\n", "\r", "\u{feff}\r", "\u{feff}\n"] {
            let (mark, end) = end.strip_prefix('\u{feff}').map_or(("", end), |end| ("\u{feff}", end));
            let written = |(path, bytes): (&String, &Vec<u8>)| {
                let text = String::from_utf8(bytes.clone()).unwrap();
                let is_text = path.ends_with(".md") || path.ends_with(".css");
                let text = if is_text { format!("{mark}{}", text.replace('\n', end)) } else { text };
                (path.clone(), text.into_bytes())
            };
            let (after, still_left) = done(&plain.iter().map(written).collect(), "paths", task);
            assert_eq!(after, expected.iter().map(written).collect::<Files>(), "{task:?} {end:?}");
            assert_eq!(still_left, left);
        }
    }
}
