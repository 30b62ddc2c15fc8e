//! The library: a publish that builds on an earlier deploy asks only for what changed.

use super::{
    site::{Site, TOKEN},
    stub::{Reply, Stub, id},
};
use pmx::publish::{self, Address, BearerToken, Bundle, PublishError, PublishOptions, Published, Remote, Silent};
use pmx_model::Hash;
use pmx_site::OutDir;

const PAGES: &[(&str, &str)] = &[("index.path.html", "<p>home"), ("a.html", "<p>a")];

fn publish_on(base: &str, candidates: &[Hash], stub: &Stub, bundle: &Bundle) -> Result<Published, PublishError> {
    let server = Address::parse(&stub.url()).unwrap();
    let remote = Remote::new(server, BearerToken::new(TOKEN).unwrap(), false).unwrap();
    let options = PublishOptions {
        base: Some(base.to_owned()),
        candidates: Some(candidates.iter().copied().collect()),
        ..PublishOptions::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(publish::publish(&remote, &"alpha".parse().unwrap(), bundle, &options, &Silent))
}

#[test]
fn only_the_candidates_are_asked_for() {
    let mut site = Site::new(PAGES);
    let stub = Stub::start();
    site.publish(&stub, &[]).ok();
    site.write(&[("index.path", &[PAGES[0], ("a.html", "<p>edited")])]);
    let bundle = publish::read_output(&OutDir::named(&site.out())).unwrap();
    let changed = [Hash::of(b"<p>edited"), bundle.roots.roots["index.path"].manifest];
    stub.state().seen.clear();
    let done = publish_on(&id(1), &changed, &stub, &bundle).unwrap();
    assert_eq!((done.new, done.cached, done.activated.deploy_id), (2, 0, id(2)));
    let begin = stub.seen()[0].json();
    assert_eq!((begin["base"].as_str(), begin["hashes"].as_array().map(Vec::len)), (Some(id(1).as_str()), Some(2)));
}

#[test]
fn a_base_that_the_server_forgot_is_done_without() {
    let site = Site::new(PAGES);
    let stub = Stub::scripted(|seen, _| {
        (seen.call() == "begin" && seen.json().get("base").is_some())
            .then(|| Reply::error(404, "unknown_deploy", "there is no such deploy"))
    });
    let bundle = publish::read_output(&OutDir::named(&site.out())).unwrap();
    let done = publish_on(&id(9), &[Hash::of(b"<p>a")], &stub, &bundle).unwrap();
    assert_eq!(done.new, 4);
    assert_eq!((stub.count("begin"), stub.count("commit")), (2, 1));
}
