//! Pages of a listing.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn a_listing_is_cut_into_pages_in_the_order_of_the_bytes() {
    let world = World::new();
    for key in ["p/b", "p/a", "p/é", "p/\u{ff5e}", "p/😀", "q", "p"] {
        world.put(key, key);
    }
    let page = ListOptions { prefix: "p/", limit: Some(2), ..ListOptions::default() };
    let keys: Vec<_> = pages(&world, page).into_iter().flat_map(|page| page.objects).map(|object| object.key).collect();
    assert_eq!(keys, ["p/a", "p/b", "p/é", "p/\u{ff5e}", "p/😀"]);
}

/// All pages that a listing has.
fn pages(world: &World, options: ListOptions<'_>) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = world.r2.list(ListOptions { cursor: cursor.as_deref(), ..options }).unwrap();
        cursor.clone_from(&page.cursor);
        pages.push(page);
        if cursor.is_none() {
            return pages;
        }
    }
}

/// The keys of pages, and after a bar what keys start with that are not listed.
fn shown(pages: &[Page]) -> Vec<String> {
    let keys = |page: &Page| page.objects.iter().map(|object| object.key.clone()).collect::<Vec<_>>().join(" ");
    pages.iter().map(|page| format!("{}|{}", keys(page), page.delimited_prefixes.join(" "))).collect()
}

#[test]
fn keys_with_a_delimiter_are_listed_once_by_what_they_start_with() {
    let world = World::new();
    for key in ["B", "a", "a/1", "a/2", "a/b/3", "b", "c/1", "z"] {
        world.put(key, key);
    }
    for (prefix, delimiter, limit, expected) in [
        ("", Some("/"), 2, vec!["B a|", "b|a/", "z|c/"]),
        ("", Some("/"), 1000, vec!["B a b z|a/ c/"]),
        ("", Some("/"), 1, vec!["B|", "a|", "|a/", "b|", "|c/", "z|"]),
        ("a", Some("/"), 1000, vec!["a|a/"]),
        ("a/", Some("/"), 2, vec!["a/1 a/2|", "|a/b/"]),
        ("a/", Some("b/3"), 1000, vec!["a/1 a/2|a/b/3"]),
        ("", Some("/b"), 1000, vec!["B a a/1 a/2 b c/1 z|a/b"]),
        ("", Some(""), 1000, vec!["B a a/1 a/2 a/b/3 b c/1 z|"]),
        ("c/1", Some("/"), 1000, vec!["c/1|"]),
        ("x", Some("/"), 1000, vec!["|"]),
    ] {
        let options = ListOptions { prefix, delimiter, limit: Some(limit), ..ListOptions::default() };
        assert_eq!(shown(&pages(&world, options)), expected, "{prefix:?} {delimiter:?} {limit}");
    }
}

#[test]
fn a_listing_starts_after_a_key_and_after_the_page_before_whichever_is_later() {
    let world = World::new();
    for key in ["", "a", "b/1", "b/2", "c"] {
        world.put(key, key);
    }
    let listed = |start_after: Option<&str>, cursor: Option<&str>, delimiter| {
        let options = ListOptions { start_after, cursor, delimiter, ..ListOptions::default() };
        shown(&[world.r2.list(options).unwrap()]).remove(0)
    };
    assert_eq!(listed(None, None, None), " a b/1 b/2 c|");
    assert_eq!(listed(Some("a"), None, None), "b/1 b/2 c|");
    assert_eq!(listed(Some("aa"), None, None), "b/1 b/2 c|");
    assert_eq!(listed(Some("b/1"), None, Some("/")), "c|b/", "some of what it starts with is left");
    assert_eq!(listed(Some("b/2"), None, Some("/")), "c|");
    let of_b = world.r2.list(ListOptions { limit: Some(3), ..ListOptions::default() }).unwrap().cursor.unwrap();
    assert_eq!(of_b, "Yi8x");
    assert_eq!(listed(Some("a"), Some(&of_b), None), "b/2 c|");
    assert_eq!(listed(Some("b/2"), Some(&of_b), None), "c|");
    assert_eq!(listed(None, Some(""), None), " a b/1 b/2 c|");
    assert_eq!(listed(None, Some("garbage!!"), None), "|", "no error");
}

#[test]
fn the_limit_of_a_page_is_that_of_the_platform() {
    let world = World::new();
    for n in 0..3 {
        world.put(&format!("k{n}"), "");
    }
    for (limit, expected) in [
        (None, Ok(3)),
        (Some(-1), Ok(3)),
        (Some(1), Ok(1)),
        (Some(3), Ok(3)),
        (Some(1000), Ok(3)),
        (Some(0), Err(())),
        (Some(-2), Err(())),
        (Some(1001), Err(())),
        (Some(i64::MIN), Err(())),
    ] {
        let listed = world.r2.list(ListOptions { limit, ..ListOptions::default() });
        match expected {
            Ok(count) => {
                let page = listed.unwrap();
                assert_eq!((page.objects.len(), page.cursor.is_none()), (count, count == 3), "{limit:?}");
            }
            Err(()) => assert_eq!(text_of(listed), "list: MaxKeys params must be positive integer <= 1000. (10022)"),
        }
    }
}

#[test]
fn metadata_is_listed_where_it_is_asked_for_and_makes_pages_shorter() {
    let world = World::new();
    let http = HttpMetadata { content_type: Some("text/plain".into()), ..HttpMetadata::default() };
    let custom = vec![("a".to_owned(), "b".to_owned())];
    let metadata = Metadata { http: http.clone(), custom: custom.clone(), ..Metadata::default() };
    for n in 0..101 {
        let options = PutOptions { metadata: metadata.clone(), ..PutOptions::default() };
        world.r2.put(&format!("k{n:03}"), b"", options).unwrap();
    }
    for (names, has_http, has_custom, count) in [
        (&[][..], false, false, 101),
        (&["httpMetadata"], true, false, 100),
        (&["customMetadata"], false, true, 100),
        (&["customMetadata", "httpMetadata"], true, true, 100),
    ] {
        let include = Include::from_names(names.iter().copied()).unwrap();
        let page = world.r2.list(ListOptions { include, ..ListOptions::default() }).unwrap();
        let first = &page.objects[0].metadata;
        assert_eq!((first.http == http, first.custom == custom), (has_http, has_custom), "{names:?}");
        assert_eq!(first.http == HttpMetadata::default(), !has_http);
        assert_eq!(page.objects.len(), count);
    }
    let error = Include::from_names(["bogus"]).unwrap_err();
    assert_eq!((error.class().name(), error.to_string().as_str()), ("RangeError", "Unsupported include value bogus"));
}

/// What a listing is, without pages: keys, and what keys start with that are not listed, each at the place of the first of them.
fn listed<'a>(keys: &'a BTreeSet<String>, prefix: &str, delimiter: &str, start_after: &str) -> Vec<(&'a str, bool)> {
    let mut listed: Vec<(&str, bool)> = Vec::new();
    for key in keys.iter().filter(|key| key.starts_with(prefix) && key.as_str() > start_after) {
        let common = key[prefix.len()..].find(delimiter).filter(|_| !delimiter.is_empty());
        match common.map(|at| &key[..prefix.len() + at + delimiter.len()]) {
            Some(common) if listed.last() == Some(&(common, true)) => {}
            Some(common) => listed.push((common, true)),
            None => listed.push((key, false)),
        }
    }
    listed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_are_a_listing_cut_into_pieces(
        keys in proptest::collection::btree_set("[ab/\u{10ffff}é]{0,5}", 0..24),
        prefix in "[ab/]{0,2}",
        delimiter in proptest::sample::select(vec!["", "/", "b", "ab"]),
        start_after in "[ab/]{0,3}",
        limit in 1..5_i64,
    ) {
        let world = World::new();
        for key in &keys {
            world.put(key, "");
        }
        let all = listed(&keys, &prefix, delimiter, &start_after);
        let options = ListOptions {
            prefix: &prefix,
            delimiter: Some(delimiter),
            start_after: Some(&start_after),
            limit: Some(limit),
            ..ListOptions::default()
        };
        let pages = pages(&world, options);
        let pieces: Vec<_> = all.chunks(usize::try_from(limit).unwrap()).collect();
        prop_assert_eq!(pages.len(), pieces.len().max(1));
        for (page, piece) in pages.iter().zip(pieces) {
            let of = |common: bool| piece.iter().filter(move |found| found.1 == common).map(|found| found.0);
            prop_assert!(page.objects.iter().map(|object| object.key.as_str()).eq(of(false)));
            prop_assert!(page.delimited_prefixes.iter().map(String::as_str).eq(of(true)));
        }
    }
}
