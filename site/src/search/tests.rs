use super::*;
use crate::text::dom;
use proptest::{collection::btree_map, prelude::*};
use std::{collections::BTreeMap, sync::Arc};

fn record(title: &str, html: &str) -> Record {
    let mut reading = RecordBuilder::default();
    reading.title(title);
    reading.block(&dom::parse(html));
    reading.finish()
}

/// The terms in alphabetical order; the weight does not count.
fn sorted(record: &Record) -> String {
    let mut terms: Vec<&str> = record.terms().collect();
    terms.sort_unstable_by_key(|term| record::letters(term));
    terms.join(" ")
}

#[test]
fn a_term_weighs_by_where_and_how_often_it_stands() {
    let record = record(
        "Loops",
        "<h1 id=\"loops\">Loops</h1><h2 id=\"while\">While &amp; <em>for</em></h2><p>A loop: while while while, or else for.</p>\
         <pre><code>else printx while</code></pre>",
    );
    assert_eq!(sorted(&record), "else1 for4 loop1 loops8 or1 printx1 while5");
    let headings: Vec<(&str, &str)> = record.headings.iter().map(|(id, text)| (&**id, &**text)).collect();
    assert_eq!(headings, [("loops", "Loops"), ("while", "While & for")]);
}

#[test]
fn words_end_where_a_reader_sees_them_end() {
    let html = "<p>un<b>believ</b>able</p><ul><li>one</li><li>two</li></ul><table><tr><td>aa</td><td>bb</td></tr></table>caf&#233;";
    assert_eq!(sorted(&record("", html)), "aa1 bb1 cafe1 one1 two1 unbelievable1");
}

#[test]
fn what_is_marked_or_never_read_is_not_found() {
    let html = "<p data-pathmx-search=\"ignore\">hidden</p><script>code()</script><style>p{}</style>\
                <svg aria-hidden=\"true\"><title>icon</title></svg><my-card><p>kept</p></my-card><!-- note -->";
    assert_eq!(sorted(&record("", html)), "kept1");
}

#[test]
fn the_index_lists_sources_with_their_headings() {
    let one = record("A \"quoted\" </title>", "<h1 id=a>A \"quoted\" &lt;/title></h1><h2 id=\"b\">B</h2>");
    let mut shards = Shards::default();
    shards.insert([("x/a", &Arc::new(one.clone()))].into_iter());
    shards.write(|bytes| bytes);
    let title = "A \"quoted\" </title>";
    let entry = IndexEntry { id: "x/a", address: "/m/x", title, record: &one, kind: RecordKind::Page };
    let bytes = index([entry].into_iter(), shards.count());
    let key = shards::SourceKey::of("x/a");
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(
        text,
        format!(
            "{{\"version\":1,\"shards\":1,\"sources\":[\n[\"{}\",\"x/a\",\"/m/x\",\"A \\\"quoted\\\" </title>\",[[\"b\",\"B\"]]]\n]}}\n",
            key.as_str()
        )
    );
    assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    let files: Vec<_> = shards.files().collect();
    assert_eq!(files[0].0, "search/1/0.json");
    assert_eq!(
        String::from_utf8(files[0].1.clone()).unwrap(),
        format!("{{\n\"{}\":\"quoted8 title8\"\n}}\n", key.as_str())
    );
}

#[test]
fn what_is_no_page_says_what_it_is() {
    for (id, defines, kind) in [
        ("labs/chess/chess.components", true, RecordKind::Component),
        ("card.component", false, RecordKind::Component),
        ("cards", true, RecordKind::Component),
        ("components.guide", true, RecordKind::Page),
        ("a.b/cards", false, RecordKind::Page),
        ("parts/note.include", false, RecordKind::Part),
        ("frame.layout", false, RecordKind::Part),
        ("index.path", false, RecordKind::Page),
    ] {
        assert_eq!(RecordKind::of(id, defines), kind, "{id}");
    }
    let record = Record::default();
    let entry = |kind| IndexEntry { id: "x", address: "/x", title: "X", record: &record, kind };
    let text = |kind| String::from_utf8(index([entry(kind)].into_iter(), 1)).unwrap();
    assert!(text(RecordKind::Page).contains(r#""X",[]]"#), "{}", text(RecordKind::Page));
    assert!(
        text(RecordKind::Component).contains(r#""X",[],"component"]"#)
            && text(RecordKind::Part).contains(r#"[],"part"]"#)
    );
}

/// What the files of ends list, by their names.
fn ends(shards: &Shards<String>) -> BTreeMap<String, String> {
    let files = written(shards).into_iter().filter(|(path, _)| path.contains("/ends/"));
    files.map(|(path, text)| (path, serde_json::from_str(&text).unwrap())).collect()
}

#[test]
fn a_word_with_a_wrong_beginning_is_found_by_its_end() {
    let site: Site = (0..40)
        .map(|n| {
            (
                format!("s{n}"),
                Arc::new(record("", &format!("<p>zeppelin w{n} abc 12345 2024 naïve 東京都 two{n}s</p>"))),
            )
        })
        .collect();
    let all = ends(&shards(&site, None));
    assert_eq!(all.keys().collect::<Vec<_>>(), ["search/8/ends/0.json", "search/8/ends/1.json"]);
    let of = |term: &str| &all[&format!("search/8/ends/{}.json", terms::end_of(term, 2))];
    for term in ["zeppelin", "naive", "two7s"] {
        assert!(of(term).split(' ').any(|known| known == term), "{term} in {all:?}");
    }
    let listed: Vec<&str> = all.values().flat_map(|terms| terms.split(' ')).collect();
    for term in ["abc", "12345", "2024", "東京", "w1"] {
        assert!(!listed.contains(&term), "{term}: too short, or no word");
    }
    assert_eq!(listed.iter().filter(|term| **term == "zeppelin").count(), 1, "each once, however many say it");
    assert!(ends(&shards(&site.into_iter().take(9).collect(), None)).is_empty(), "one shard has all terms already");
}

#[test]
fn files_that_another_process_made_go_on_as_if_this_one_had() {
    let mut site: Site =
        (0..40).map(|n| (format!("s{n}"), Arc::new(record("", &format!("alpha betas word{n}"))))).collect();
    let before = shards(&site, None);
    let files: Vec<String> = before.files().map(|(_, file)| file.clone()).collect();
    let records = || site.iter().map(|(id, record)| (id.as_str(), record));
    assert!(Shards::known(records(), &files[1..]).is_none());
    let known = Shards::known(records(), &files).unwrap();
    assert_eq!(written(&known), written(&before));
    site.insert("s5".to_owned(), Arc::new(record("", "alpha gamma")));
    assert_eq!(written(&shards(&site, Some(&known))), written(&shards(&site, None)));
}

#[test]
fn a_term_is_in_the_shard_in_which_it_is_looked_for() {
    let site: Site = (0..200).map(|n| (format!("s{n}"), Arc::new(record("", "は one two3 v2")))).collect();
    let shards = shards(&site, None);
    for term in ["は", "one", "two3", "v2"] {
        let shard = terms::shard_of(term, shards.count());
        let (_, text) = written(&shards).swap_remove(shard);
        assert!(text.contains(&format!("{term}1")), "{term} in {text}");
    }
}

#[test]
fn the_number_of_shards_follows_the_site() {
    let count = |sources: usize| {
        let ids: Vec<String> = (0..sources).map(|n| n.to_string()).collect();
        let record = Arc::new(Record::default());
        let mut shards = Shards::default();
        shards.insert(ids.iter().map(|id| (id.as_str(), &record)));
        shards.write(|bytes| bytes);
        shards.count()
    };
    assert_eq!([0, 1, 8, 17, 100, 5000].map(count), [1, 1, 1, 2, 16, 256]);
}

type Site = BTreeMap<String, Arc<Record>>;

fn shards(site: &Site, before: Option<&Shards<String>>) -> Shards<String> {
    let mut shards = before.cloned().unwrap_or_default();
    shards.insert(site.iter().map(|(id, record)| (id.as_str(), record)));
    shards.retain(|id| site.contains_key(id));
    shards.write(|bytes| String::from_utf8(bytes).unwrap());
    shards
}

fn written(shards: &Shards<String>) -> Vec<(String, String)> {
    shards.files().map(|(path, file)| (path, file.clone())).collect()
}

#[test]
fn an_edit_makes_only_the_files_of_its_words() {
    let mut site: Site =
        (0..64).map(|n| (format!("s{n}"), Arc::new(record("", &format!("alpha beta w{n}"))))).collect();
    let before = shards(&site, None);
    site.insert("s5".to_owned(), Arc::new(record("", "alpha gamma w5")));
    let made = std::sync::Mutex::new(0);
    let mut after = before.clone();
    after.insert(site.iter().map(|(id, record)| (id.as_str(), record)));
    after.write(|bytes| {
        *made.lock().unwrap() += 1;
        String::from_utf8(bytes).unwrap()
    });
    assert_eq!((before.count(), *made.lock().unwrap()), (8, 3), "beta and gamma, and the end of gamma, which is new");
    assert_eq!(written(&after), written(&shards(&site, None)));
}

fn sites() -> impl Strategy<Value = Vec<Site>> {
    let text = "([a-d]{2,5} ?){0,6}";
    let site = btree_map("[a-f]{1,2}", text, 0..40);
    let site = site.prop_map(|site| site.into_iter().map(|(id, text)| (id, Arc::new(record("", &text)))).collect());
    proptest::collection::vec(site, 2..4)
}

proptest! {
    #[test]
    fn edited_shards_equal_new_ones_to_the_byte(sites in sites()) {
        let mut before: Option<Shards<String>> = None;
        for site in &sites {
            let now = shards(site, before.as_ref());
            prop_assert_eq!(written(&now), written(&shards(site, None)));
            let mut listed = 0;
            for (path, text) in written(&now).into_iter().filter(|(path, _)| !path.contains("/ends/")) {
                let lines: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
                listed += lines.values().flat_map(|terms| terms.split(' ')).count();
                let folder = format!("search/{}/", now.count());
                prop_assert!(path.starts_with(&folder), "{}", path);
            }
            prop_assert_eq!(listed, site.values().flat_map(|record| record.terms()).count());
            before = Some(now);
        }
    }

    #[test]
    fn any_page_is_read_without_fear(html in "[<>/a-c \"=&;h1pre!-]{0,80}") {
        let record = record("", &html);
        for term in record.terms() {
            prop_assert!(term.len() >= 2 && term.ends_with(|c: char| ('1'..='9').contains(&c)), "{}", term);
        }
    }
}
