//! Where the token goes, and where it does not.

use super::{
    site::{Ran, Site, TOKEN, pmx},
    stub::{Reply, Stub},
};

const PAGES: &[(&str, &str)] = &[("index.path.html", "<p>home")];

#[test]
fn without_a_token_nothing_is_built_or_called() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    let url = stub.url();
    for args in [
        &["publish", "-s", "alpha", "--server", &url][..],
        &["publish", "-s", "alpha", "--server", &url, "--no-build"],
        &["publish", "-s", "alpha", "--server", &url, "--dry-run"],
        &["publish", "-s", "alpha", "--server", &url, "--rollback", "x"],
        &["deploys", "-s", "alpha", "--server", &url],
        &["rollback", "-s", "alpha", "--server", &url],
    ] {
        let ran = Ran::of(pmx(site.folder(), args).env_remove("PATHMX_PUBLISH_TOKEN"));
        let ran = ran.fails(1, &["PATHMX_PUBLISH_TOKEN is not set"]);
        assert_eq!(ran.out, "");
    }
    Ran::of(pmx(site.folder(), &["deploys", "-s", "alpha", "--server", &url]).env("PATHMX_PUBLISH_TOKEN", " "))
        .fails(1, &["PATHMX_PUBLISH_TOKEN is not set"]);
    assert!(stub.seen().is_empty());
}

#[test]
fn the_token_goes_to_the_servers_own_origin() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    stub.state().upload_base = stub.url();
    site.publish(&stub, &[]).ok();
    for seen in stub.seen() {
        assert_eq!(seen.token(), Some(format!("Bearer {TOKEN}").as_str()), "{}", seen.target);
    }
}

#[test]
fn the_token_does_not_go_to_upload_addresses_of_another_origin() {
    let site = Site::new(PAGES);
    let (stub, bucket) = (Stub::start(), Stub::start());
    stub.state().upload_base = bucket.url();
    site.publish(&stub, &[]).ok();
    assert_eq!((stub.count("upload"), bucket.count("upload")), (0, 3));
    for seen in bucket.seen() {
        assert_eq!(seen.token(), None);
        assert!(!format!("{seen:?}").contains(TOKEN));
    }
}

#[test]
fn an_upload_address_in_plain_http_elsewhere_is_refused() {
    let site = Site::new(PAGES);
    let stub = Stub::start();
    stub.state().upload_base = String::from("http://bucket.invalid");
    site.publish(&stub, &[]).fails(1, &["http://bucket.invalid, which is plain HTTP"]);
    assert_eq!(stub.calls(), ["begin", "deploys"]);
}

#[test]
fn redirects_are_not_followed() {
    let site = Site::new(PAGES);
    let other = Stub::start();
    let target = format!("{}/api/publish/begin", other.url());
    let location = target.clone();
    let stub = Stub::scripted(move |_, _| Some(Reply::text(307, "").header("location", location.clone())));
    site.publish(&stub, &[]).fails(1, &["begin: 307", &target, "redirects are not followed"]);
    assert!(other.seen().is_empty());
}

#[test]
fn plain_http_to_another_machine_needs_to_be_asked_for() {
    let site = Site::new(PAGES);
    let proxy = Stub::scripted(|_, _| Some(Reply::text(401, "the proxy was reached")));
    let mut args = vec!["deploys", "-s", "alpha", "--server", "http://pathmx.invalid"];
    let run = |args: &[&str]| Ran::of(pmx(site.folder(), args).env("HTTP_PROXY", proxy.url()));
    run(&args).fails(2, &["http://pathmx.invalid is plain HTTP", "--insecure"]);
    assert!(proxy.seen().is_empty());
    args.push("--insecure");
    assert_ne!(run(&args).code, Some(0));
    assert!(!proxy.seen().is_empty(), "proxies of the environment are used");
}

#[test]
fn this_machine_is_not_reached_through_a_proxy() {
    let site = Site::new(PAGES);
    let (stub, proxy) = (Stub::start(), Stub::start());
    let url = stub.url();
    Ran::of(pmx(site.folder(), &["deploys", "-s", "alpha", "--server", &url]).env("ALL_PROXY", proxy.url()))
        .fails(1, &["never published"]);
    assert_eq!(stub.calls(), ["deploys"]);
    assert!(proxy.seen().is_empty());
}

#[test]
fn the_token_shows_nowhere() {
    let site = Site::new(PAGES);
    let stub = Stub::scripted(|seen, _| (seen.call() == "commit").then(|| Reply::text(401, "no")));
    let ran = site.publish(&stub, &["-v", "-v"]).fails(3, &[]);
    assert!(!ran.out.contains(TOKEN) && !ran.err.contains(TOKEN));
}
