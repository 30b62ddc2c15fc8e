//! Live events over real WebSockets: who is told what, and that nobody misses anything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use support::{Events, Server, site};
use tokio_tungstenite::tungstenite::Message;

const ALPHA: &str = "alpha.localhost";

#[test]
fn a_publish_and_a_rollback_name_what_changed_and_only_that() {
    let server = Server::new();
    let v1 = server.publish("alpha", "v1");
    let mut page = Events::connect(server.pmx.client, ALPHA, &v1);
    server.publish("alpha", "v2");
    let (sources, paths) = page.change();
    assert_eq!(sources, ["index"]);
    assert!(paths.contains(&"/index.html".to_owned()) && !paths.contains(&"/other.html".to_owned()), "{paths:?}");
    site::rollback(server.pmx.client, "alpha", &v1);
    assert_eq!(page.change(), (sources, paths), "a rollback is the same change backwards");
    server.publish("alpha", "v1");
    assert!(page.is_quiet(), "the same content again changes nothing");
}

#[test]
fn the_active_state_is_there_when_the_frame_is() {
    let server = Server::new();
    let v1 = server.publish("alpha", "v1");
    let mut page = Events::connect(server.pmx.client, ALPHA, &v1);
    for n in 2..12 {
        let marker = format!("v{n}");
        let deploy = server.publish("alpha", &marker);
        page.change();
        let answer = server.pmx.client.get_with(ALPHA, "/index", &[("pmx-fresh", "1")]);
        let newest = server.pmx.client.get(ALPHA, "/index");
        assert_eq!(newest.header("pmx-deploy"), Some(deploy.as_str()));
        assert!(newest.text().contains(&marker));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[test]
fn one_sites_events_never_reach_another() {
    let server = Server::new();
    let (alpha, beta) = (server.publish("alpha", "v1"), server.publish("beta", "v1"));
    let mut on_alpha = Events::connect(server.pmx.client, ALPHA, &alpha);
    let mut on_beta = Events::connect(server.pmx.client, "beta.localhost", &beta);
    server.publish("alpha", "v2");
    on_alpha.change();
    assert!(on_beta.is_quiet());
    site::rollback(server.pmx.client, "alpha", &alpha);
    on_alpha.change();
    assert!(on_beta.is_quiet());
}

#[test]
fn a_page_that_connects_late_is_told_what_it_missed() {
    let server = Server::new();
    let v1 = server.publish("alpha", "v1");
    server.publish("alpha", "v2");
    let v3 = server.publish("alpha", "v3");
    let mut late = Events::connect(server.pmx.client, ALPHA, &v1);
    let (_, paths) = late.change();
    assert!(paths.contains(&"/index.html".to_owned()));
    assert!(Events::connect(server.pmx.client, ALPHA, &v3).is_quiet());
    assert!(Events::connect(server.pmx.client, ALPHA, "").is_quiet());
}

#[test]
fn an_unknown_deploy_is_closed_with_4404() {
    let server = Server::new();
    server.publish("alpha", "v1");
    assert_eq!(Events::connect(server.pmx.client, ALPHA, "00000000-0000-4000-8000-000000000000").closed(), 4404);
}

#[test]
fn a_foreign_page_a_plain_request_and_an_unknown_site_are_refused() {
    let server = Server::new();
    let v1 = server.publish("alpha", "v1");
    let client = server.pmx.client;
    let status =
        |origin| Events::try_connect(client, ALPHA, &v1, Some(origin)).err().map(|response| response.status().as_u16());
    assert_eq!(status("http://evil.example"), Some(403));
    assert_eq!(status("http://beta.localhost"), Some(403));
    assert_eq!(status("null"), Some(403));
    assert_eq!(status("http://alpha.localhost"), None);
    let plain = client.get(ALPHA, "/_events");
    assert_eq!((plain.status, plain.error_code().as_str()), (426, "upgrade_required"));
    let nosuch = Events::try_connect(client, "nosuch.localhost", "", None).err().unwrap();
    assert_eq!(nosuch.status().as_u16(), 404);
    let odd = Events::try_connect(client, ALPHA, "%22%3E", None).err().unwrap();
    assert_eq!(odd.status().as_u16(), 400);
}

#[test]
fn what_a_client_sends_is_ignored_and_its_close_is_answered() {
    let server = Server::new();
    let v1 = server.publish("alpha", "v1");
    let mut page = Events::connect(server.pmx.client, ALPHA, &v1);
    page.send(Message::Text("{\"type\":\"artifacts-changed\",\"paths\":[\"/x\"]}".into()));
    page.send(Message::Binary(vec![0; 1024 * 1024].into()));
    assert!(page.is_quiet());
    server.publish("alpha", "v2");
    page.change();
    assert_eq!(page.close(4001), 4001);
    server.publish("alpha", "v3");
}

#[test]
fn a_hundred_pages_all_hear_of_a_publish_and_a_rollback() {
    let server = Server::new();
    let v1 = server.publish("alpha", "v1");
    let mut pages: Vec<_> = (0..100).map(|_| Events::connect(server.pmx.client, ALPHA, &v1)).collect();
    // Some go without a word; the others lose nothing by it.
    pages.drain(..20);
    server.publish("alpha", "v2");
    site::rollback(server.pmx.client, "alpha", &v1);
    for page in &mut pages {
        assert_eq!(page.change(), page.change());
    }
}
