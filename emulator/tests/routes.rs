//! Which Worker a request reaches: compared with what miniflare did (`routes/cases.json`, recorded by `routes/record.mjs`), and what only
//! production has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

use pmx_emulator::routes::{Explanation, Mismatch, Pattern, PatternError, RoutedWorker, Verdict, explain};
use proptest::prelude::*;
use serde_json::Value;
use std::{fs, path::Path};
use url::Url;

fn worker(name: &str, routes: &[&str]) -> RoutedWorker {
    let routes = routes.iter().map(|pattern| pattern.parse().unwrap()).collect();
    RoutedWorker { name: Some(name.to_owned()), routes, ..RoutedWorker::default() }
}

fn domain(name: &str, host: &str) -> RoutedWorker {
    RoutedWorker { name: Some(name.to_owned()), custom_domains: vec![host.to_owned()], ..RoutedWorker::default() }
}

fn of(workers: &[RoutedWorker], url: &str) -> Explanation {
    explain(workers, &Url::parse(url).unwrap())
}

/// What became of each claim, as `worker: verdict`.
fn verdicts(explanation: &Explanation) -> Vec<String> {
    let name = |worker: &Option<String>| worker.clone().unwrap_or_else(|| "-".to_owned());
    explanation
        .candidates
        .iter()
        .map(|candidate| format!("{}: {}", name(&candidate.worker), candidate.verdict))
        .collect()
}

#[test]
fn a_request_reaches_the_worker_that_miniflare_gives_it_to() {
    let read = |name: &str| -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/routes").join(name);
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    };
    // Workers in the order of the file, which decides between two that are alike: this JSON is read in order by node alone.
    let ordered = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/routes/cases.json")).unwrap();
    let (cases, recorded) = (read("cases.json"), read("miniflare.json"));
    let (cases, recorded) = (cases.as_array().unwrap(), recorded["recorded"].as_array().unwrap());
    assert_eq!(cases.len(), recorded.len());
    let texts: Vec<&str> = ordered.split("\"workers\"").skip(1).collect();
    for ((case, outcome), text) in cases.iter().zip(recorded).zip(texts) {
        let mut names: Vec<&String> = case["workers"].as_object().unwrap().keys().collect();
        names.sort_by_key(|name| text.find(&format!("\"{name}\":")));
        let patterns = |name: &String| -> Vec<&str> {
            case["workers"][name].as_array().unwrap().iter().filter_map(Value::as_str).collect()
        };
        if let Some(refused) = outcome["refused"].as_str() {
            let error =
                names.iter().flat_map(|name| patterns(name)).find_map(|pattern| Pattern::parse(pattern).err()).unwrap();
            assert!(refused.ends_with(&format!("{error}. This is not allowed.")), "{refused} {error}");
            continue;
        }
        let workers: Vec<RoutedWorker> = names.iter().map(|name| worker(name, &patterns(name))).collect();
        for (url, answer) in case["urls"].as_array().unwrap().iter().zip(outcome["answers"].as_array().unwrap()) {
            let explanation = of(&workers, url.as_str().unwrap());
            // Where none matches, miniflare's first Worker answers.
            let ours = explanation.worker.as_ref().unwrap_or(names[0]);
            assert_eq!(ours, answer.as_str().unwrap(), "{url} of {}: {:?}", case["workers"], verdicts(&explanation));
        }
    }
}

#[test]
fn specificity_is_that_of_the_platform() {
    for (pattern, score) in [
        ("example.com/*", 26 * 2),
        ("example.com", 26 * 2 + 2),
        ("example.com/exact", 26 * 2 + 2),
        ("example.com/hello/*", 26 * 2 + 1),
        ("*.example.com/*", 26),
        ("*example.com/*", 26 * 2),
        ("www.example.com/*", 26 * 3),
        ("https://www.example.com/*", 26 * 3),
        ("example.com/images*", 26 * 2 + 2),
        ("example.com/images/*", 26 * 2 + 1),
        ("*/*", -26),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap().score(), score, "{pattern}");
    }
}

#[test]
fn why_a_pattern_does_not_match_is_said() {
    for (pattern, url, why) in [
        ("https://a.example/*", "http://a.example/", Mismatch::Scheme),
        ("a.example/*", "https://b.example/", Mismatch::Host),
        ("*.a.example/*", "https://a.example/", Mismatch::Host),
        ("a.example/x", "https://a.example/x/", Mismatch::Path),
        ("a.example/x", "https://a.example/X", Mismatch::Path),
        ("a.example/x", "https://a.example/%78", Mismatch::Path),
        ("a.example/x", "https://a.example/x?q", Mismatch::Query),
        ("a.example/x/*", "https://a.example/x", Mismatch::Path),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap().matches(&Url::parse(url).unwrap()), Err(why), "{pattern} {url}");
    }
    for (pattern, error) in [
        ("a.example/?x", PatternError::QueryString),
        ("a.*.example/*", PatternError::InfixWildcard),
        ("a*.example/*", PatternError::InfixWildcard),
        ("a.example/*/x", PatternError::InfixWildcard),
        ("*/a*b", PatternError::InfixWildcard),
        ("ws://a.example/*", PatternError::Scheme("ws".to_owned())),
        ("/x/*", PatternError::Host(url::ParseError::EmptyHost)),
        ("", PatternError::Host(url::ParseError::EmptyHost)),
        ("*.", PatternError::Host(url::ParseError::EmptyHost)),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap_err(), error, "{pattern}");
    }
}

#[test]
fn a_route_comes_before_the_custom_domain_that_is_its_origin() {
    let workers = [domain("api", "h.example"), worker("web", &["h.example/api/*", "h.example/*"])];
    let api = of(&workers, "https://h.example/api/x");
    assert_eq!((api.worker.as_deref(), api.origin.as_deref()), (Some("web"), Some("api")));
    assert_eq!(
        verdicts(&api),
        [
            "web: answers",
            "web: less specific than h.example/api/* (53)",
            "api: origin: fetch(request) from the route's Worker reaches it"
        ]
    );
    let partly = [domain("api", "H.example"), worker("web", &["h.example/app/*"])];
    let rest = of(&partly, "https://h.example:8443/api?q");
    assert_eq!((rest.worker.as_deref(), rest.origin.as_deref()), (Some("api"), None));
    assert_eq!(verdicts(&rest), ["api: answers", "web: another path"]);
    assert_eq!(of(&partly, "https://www.h.example/").worker, None);
    let both = [domain("a", "h.example"), domain("b", "h.example")];
    assert_eq!(verdicts(&of(&both, "https://h.example/")), ["a: answers", "b: another Worker has this host"]);
}

#[test]
fn a_route_without_a_worker_takes_requests_from_less_specific_ones() {
    let none = RoutedWorker { name: None, ..worker("", &["h.example/static/*"]) };
    let workers = [worker("web", &["h.example/*"]), none];
    let negated = of(&workers, "https://h.example/static/x");
    assert_eq!(negated.worker, None);
    assert_eq!(
        verdicts(&negated),
        [
            "-: no Worker has this route: less specific ones are not asked",
            "web: less specific than h.example/static/* (53)"
        ]
    );
    assert_eq!(of(&workers, "https://h.example/x").worker.as_deref(), Some("web"));
    // The origin of the host is then asked, which may be a Worker by its custom domain.
    let behind = [workers[0].clone(), workers[1].clone(), domain("api", "h.example")];
    assert_eq!(of(&behind, "https://h.example/static/x").worker.as_deref(), Some("api"));
}

#[test]
fn a_worker_answers_below_workers_dev_by_its_name() {
    let worker = RoutedWorker { workers_dev: true, ..worker("web", &[]) };
    let workers = [worker];
    for (url, answers) in [
        ("https://web.me.workers.dev/x", true),
        ("https://web.workers.dev/", false),
        ("https://web.a.b.workers.dev/", false),
        ("https://web2.me.workers.dev/", false),
        ("https://me.workers.dev/", false),
    ] {
        assert_eq!(of(&workers, url).worker.is_some(), answers, "{url}");
    }
}

#[test]
fn of_two_workers_on_one_pattern_the_first_answers_and_production_refuses_the_other() {
    let workers = [worker("first", &["h.example/*"]), worker("second", &["h.example/*"])];
    let explanation = of(&workers, "https://h.example/");
    assert_eq!(explanation.worker.as_deref(), Some("first"));
    assert_eq!(explanation.candidates[1].verdict, Verdict::Later { than: "h.example/*".to_owned() });
}

fn pattern() -> impl Strategy<Value = String> {
    ("(http://|https://)?", "(\\*|\\*\\.)?", "(a|b|ab)\\.(x|y)", "(/|/a|/b|/a/b)?", "\\*?").prop_map(
        |(scheme, star, host, path, end)| {
            let path = if path.is_empty() && !end.is_empty() { "/" } else { &path };
            format!("{scheme}{star}{host}{path}{end}")
        },
    )
}

proptest! {
    #[test]
    fn every_claim_is_accounted_for_and_the_order_of_workers_decides_only_ties(
        patterns in prop::collection::vec(pattern(), 1..8),
        url in "(http|https)://(a|b|ab|z\\.a)\\.(x|y)(/|/a|/b|/a/b|/a/b/c)(\\?q)?",
    ) {
        let workers: Vec<RoutedWorker> =
            patterns.iter().enumerate().map(|(at, pattern)| worker(&at.to_string(), &[pattern])).collect();
        let explanation = of(&workers, &url);
        prop_assert_eq!(explanation.candidates.len(), patterns.len());
        let url = Url::parse(&url).unwrap();
        let matching = workers.iter().filter(|worker| worker.routes[0].matches(&url).is_ok()).count();
        prop_assert_eq!(explanation.candidates.iter().filter(|candidate| candidate.matches).count(), matching);
        prop_assert_eq!(explanation.worker.is_some(), matching > 0);
        let first = |explanation: &Explanation| {
            explanation.candidates.first().filter(|first| first.matches).map(|first| (first.score, first.claim.len()))
        };
        let turned: Vec<RoutedWorker> = workers.iter().rev().cloned().collect();
        prop_assert_eq!(first(&explanation), first(&explain(&turned, &url)));
    }

    #[test]
    fn no_text_is_too_much_for_a_pattern(text in "\\PC{0,40}", host in "[*.a-c:@\\[\\]/?#%\\\\-]{0,12}") {
        let url = Url::parse("https://a.x/b?c").unwrap();
        for text in [text, host] {
            let _ = Pattern::parse(&text).map(|pattern| pattern.matches(&url));
        }
    }
}
