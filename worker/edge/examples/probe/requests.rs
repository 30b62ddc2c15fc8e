use crate::{Lines, text};
use pmx_edge::{
    Edge,
    bindings::{Bound, Redirect},
    http::{Request, Response},
};

async fn shown(response: Bound<Response>) -> Bound<(u16, Vec<String>, String)> {
    let response = response?;
    let headers = response.headers.iter().filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, value)| format!("{name}: {value}")).collect();
    Ok((response.status, headers, text(&response.into_bytes(1_000_000).await?.unwrap_or_default())))
}

fn get(url: &'static str) -> Request {
    Request::new("GET", url)
}

pub(crate) async fn run(edge: Edge) -> Response {
    let mut lines = Lines::default();
    let api = edge.service("API");
    let request = get("http://API.test:81/a/../b?q=1#f").with_header("x-b", "2").with_header("x-a", "1");
    lines.say("service", shown(api.fetch(request).await).await);
    let post = Request::new("POST", "http://api/echo").with_header("content-type", "a/b").with_body("abc");
    lines.say("post", shown(api.fetch(post).await).await);
    let put = Request::new("PUT", "http://api/echo").with_body(Vec::new());
    lines.say("empty body", shown(api.fetch(put).await).await);
    lines.say("cookies", shown(api.fetch(get("http://api/cookies")).await).await);
    lines.say("follow", shown(api.fetch(get("http://api/redirect")).await).await);
    lines.say("manual", shown(api.redirect(Redirect::Manual).fetch(get("http://api/redirect")).await).await);
    lines.say("throws", shown(api.fetch(get("http://api/throw")).await).await);
    lines.say("get with a body", shown(api.fetch(get("http://api/").with_body("x")).await).await);
    lines.say("relative", shown(api.fetch(get("/relative")).await).await);
    lines.say("a header", shown(api.fetch(get("http://api/").with_header("a b", "c")).await).await);
    let streamed = api.inline(None).fetch(get("http://api/large")).await;
    lines.say("streamed", shown(streamed).await);
    if let Ok((mut writer, body)) = edge.new_body(None) {
        let request = Request::new("POST", "http://api/echo").with_body(body);
        let write = async {
            writer.write(&[b'y'; 150_000]).await?;
            writer.end()
        };
        let (answer, written) = pmx_edge::join::both(api.fetch(request), write).await;
        lines.say("written", written);
        lines.say("chunks", shown(answer).await);
    }
    lines.say("export", shown(edge.export("Named", r#"{"a":[1]}"#).fetch(get("http://x/y")).await).await);
    lines.say("no props", shown(edge.export("Named", "").fetch(get("http://x/y")).await).await);
    lines.say("no export", shown(edge.export("Nothing", "").fetch(get("http://x/y")).await).await);
    lines.say("outside", shown(edge.outside().fetch(get("http://outside.test/z")).await).await);
    lines.say("no service", shown(edge.service("KV").fetch(get("http://x/")).await).await);
    lines.answer()
}

pub(crate) async fn cache(edge: Edge) -> Response {
    let mut lines = Lines::default();
    for name in ["", "named"] {
        let cache = edge.cache(name);
        let request = || get("http://cache.test/a");
        lines.say("miss", cache.get(&request()).await.map(|found| found.is_some()));
        let mut answer = Response::bytes(200, "text/plain", b"kept".to_vec());
        answer.header("cache-control", "max-age=100");
        lines.say("put", cache.put(&request(), answer).await);
        let found = cache.get(&request()).await.map(|found| found.map(|found| found.status));
        lines.say("match", found);
        let post = Request::new("POST", "http://cache.test/a");
        lines.say("match a POST", cache.get(&post).await.map(|found| found.is_some()));
        lines.say("match by URL", cache.ignore_method().get(&post).await.map(|found| found.is_some()));
        lines.say("delete", cache.delete(&request()).await);
        lines.say("delete again", cache.delete(&request()).await);
        lines.say("put a POST", cache.put(&post, Response::empty(200)).await);
    }
    lines.answer()
}
