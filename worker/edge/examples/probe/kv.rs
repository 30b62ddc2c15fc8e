use crate::{Lines, text};
use pmx_edge::{
    Edge,
    bindings::{Kv, KvEntry, KvListOptions, KvPutOptions, ManyValues},
    http::{Request, Response},
};

type Shown = Option<(String, Option<String>, Option<String>)>;

async fn shown(entry: Option<KvEntry>) -> Shown {
    let KvEntry { value, metadata, cache_status } = entry?;
    let how = if value.bytes().is_some() { "bytes" } else { "body" };
    let value = value.all(1_000_000).await.ok()??;
    Some((format!("{how} {}", text(&value)), metadata, cache_status))
}

pub(crate) async fn run(edge: Edge, mut request: Request) -> Response {
    let (kv, mut lines) = (edge.kv("KV"), Lines::default());
    lines.say("get missing", kv.get("a").await);
    lines.say("put", kv.put("a", "one").await);
    lines.say("get", kv.get("a").await.map(|value| value.map(|value| text(&value))));
    lines.say("put empty", kv.put("empty", "").await);
    lines.say("get empty", kv.get("empty").await);
    let options = KvPutOptions::new().expiration_ttl(1_000.0).metadata(r#"{"m":[1,null]}"#);
    lines.say("put with", kv.put_with("b", "two", &options).await);
    lines.say("put a request's body", kv.put("c", request.take_body()).await);
    read(&mut lines, kv).await;
    many(&mut lines, kv).await;
    list(&mut lines, kv).await;
    refused(&mut lines, edge, kv).await;
    lines.answer()
}

async fn read(lines: &mut Lines, kv: Kv<'_>) {
    for key in ["a", "b", "missing"] {
        let entry = kv.get_with_metadata(key).await;
        lines.say("get with metadata", Ok(shown(entry.ok().flatten()).await));
    }
    let streamed = kv.inline(None).get_with_metadata("c").await;
    lines.say("get as a stream", Ok(shown(streamed.ok().flatten()).await));
    let larger = kv.inline(Some(3)).get_with_metadata("c").await;
    lines.say("get what is larger", Ok(shown(larger.ok().flatten()).await));
    lines.say("get cached", kv.cache_ttl(60.0).get("a").await.map(|value| value.map(|value| text(&value))));
}

async fn many(lines: &mut Lines, kv: Kv<'_>) {
    let keys = ["a", "missing", "a", "b"];
    for (key, entry) in kv.get_many(ManyValues::Text, &keys).await.unwrap_or_default() {
        lines.say("get many", Ok((key, shown(entry).await)));
    }
    for (key, entry) in kv.get_many_with_metadata(ManyValues::Text, &keys).await.unwrap_or_default() {
        lines.say("get many with metadata", Ok((key, shown(entry).await)));
    }
    lines.say("get many as JSON", kv.get_many(ManyValues::Json, &keys).await.map(|all| all.len()));
    lines.say("get none", kv.get_many(ManyValues::Text, &[]).await.map(|all| all.len()));
}

async fn list(lines: &mut Lines, kv: Kv<'_>) {
    let page = kv.list(KvListOptions { limit: Some(2.0), ..KvListOptions::default() }).await;
    let cursor = page.as_ref().ok().and_then(|page| page.cursor.clone()).unwrap_or_default();
    let keys = |keys: Vec<pmx_edge::bindings::KvKey>| {
        keys.into_iter().map(|key| (key.name, key.expiration.is_some(), key.metadata)).collect::<Vec<_>>()
    };
    lines.say("list", page.map(|page| (keys(page.keys), page.cursor.is_some())));
    let rest = kv.list(KvListOptions { cursor: &cursor, limit: Some(f64::NAN), ..KvListOptions::default() }).await;
    lines.say("list on", rest.map(|page| (keys(page.keys), page.cursor)));
    let some = kv.list(KvListOptions { prefix: "em", ..KvListOptions::default() }).await;
    lines.say("list by prefix", some.map(|page| (keys(page.keys), page.cursor)));
    lines.say("delete", kv.delete("a").await);
    lines.say("delete missing", kv.delete("missing").await);
    lines.say("get deleted", kv.get("a").await);
}

async fn refused(lines: &mut Lines, edge: Edge, kv: Kv<'_>) {
    lines.say("empty key", kv.get("").await);
    lines.say("dot", kv.put(".", "x").await);
    lines.say("short ttl", kv.put_with("x", "x", &KvPutOptions::new().expiration_ttl(59.0)).await);
    lines.say("NaN ttl", kv.put_with("x", "x", &KvPutOptions::new().expiration_ttl(f64::NAN)).await);
    lines.say("past", kv.put_with("x", "x", &KvPutOptions::new().expiration(1.0)).await);
    lines.say("short cache", kv.cache_ttl(29.0).get("x").await);
    lines.say("limit", kv.list(KvListOptions { limit: Some(1001.0), ..KvListOptions::default() }).await);
    lines.say("nothing bound", edge.kv("NOTHING").get("x").await);
    lines.say("another kind", edge.kv("BUCKET").get("x").await);
}
