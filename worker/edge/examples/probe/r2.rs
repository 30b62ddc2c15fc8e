use crate::{Lines, text};
use pmx_edge::{
    Edge,
    bindings::{
        Bound, Bucket, Checksum, Conditions, Fetched, HttpField, Metadata, R2GetOptions, R2ListOptions, R2Object,
        R2Page, R2PutOptions, UploadedPart,
    },
    http::{Headers, Response},
};

const SHA_OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const LARGE: usize = 200_000;

/// All that is known of an object but what is another with each run.
fn known(object: &R2Object) -> Vec<(String, String)> {
    let is_fixed = |name: &str| !matches!(name, "version" | "uploaded");
    object.pairs().filter(|(name, _)| is_fixed(name)).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

async fn read(fetched: Bound<Option<Fetched>>) -> Bound<Option<(Option<String>, Option<(u64, u64)>)>> {
    let Some(Fetched { object, body }) = fetched? else { return Ok(None) };
    let Some(body) = body else { return Ok(Some((None, object.range()))) };
    let how = if body.bytes().is_some() { "bytes" } else { "body" };
    let bytes = body.all(1_000_000).await?.unwrap_or_default();
    Ok(Some((Some(format!("{how} {}", text(&bytes))), object.range())))
}

pub(crate) async fn run(edge: Edge) -> Response {
    let (bucket, mut lines) = (edge.bucket("BUCKET"), Lines::default());
    lines.say("head missing", bucket.head("a").await.map(|object| object.is_some()));
    lines.say("get missing", bucket.get("a").await.map(|found| found.is_some()));
    put(&mut lines, edge, bucket).await;
    get(&mut lines, bucket).await;
    list(&mut lines, bucket).await;
    upload(&mut lines, bucket).await;
    lines.say("delete", bucket.delete(&["a", "abc", "nothing"]).await);
    lines.say("deleted", bucket.head("a").await.map(|object| object.is_some()));
    lines.say("nothing bound", edge.bucket("NOTHING").head("a").await.map(|_| ()));
    lines.answer()
}

async fn put(lines: &mut Lines, edge: Edge, bucket: Bucket<'_>) {
    lines.say("put", bucket.put("a", "0123456789").await.map(|object| known(&object)));
    let metadata = Metadata::new()
        .http(HttpField::ContentType, "text/plain")
        .http(HttpField::CacheControl, "no-store")
        .cache_expiry(1_900_000_000_000.0)
        .custom("a.b", "c")
        .custom("x", "");
    let new = Conditions::new().etag_does_not_match("*");
    let options = R2PutOptions::new().metadata(&metadata).only_if(&new).checksum(Checksum::Sha256, SHA_OF_ABC);
    let stored = bucket.put_with("abc", "abc", &options).await;
    lines.say("put with", stored.map(|object| object.map(|object| known(&object))));
    lines.say("put again", bucket.put_with("abc", "abc", &options).await.map(|object| object.is_some()));
    let wrong = R2PutOptions::new().checksum(Checksum::Sha256, SHA_OF_ABC);
    lines.say("put another", bucket.put_with("other", "abd", &wrong).await.map(|object| object.is_some()));
    let two = wrong.checksum(Checksum::Md5, "00");
    lines.say("put with two sums", bucket.put_with("other", "abd", &two).await.map(|object| object.is_some()));
    let mut headers = Headers::default();
    headers.append("content-type", "text/css");
    headers.append("content-language", "de");
    let options = R2PutOptions::new().metadata(&Metadata::new().http_headers(&headers));
    let stored = bucket.put_with("css", "", &options).await;
    lines.say("put by headers", stored.map(|object| object.map(|object| known(&object))));
    let head = bucket.head("abc").await.ok().flatten();
    let said = head.as_ref().map(|head| {
        let custom: Vec<_> = head.custom().collect();
        (head.http(HttpField::ContentType), head.cache_expiry_ms(), custom, head.checksum(Checksum::Sha256).is_some())
    });
    lines.say("head", Ok(said));
    match edge.new_body(Some(LARGE as u64)) {
        Ok((mut writer, body)) => {
            let put = bucket.put("large", body);
            let write = async {
                for _ in 0..LARGE / 50_000 {
                    writer.write(&[b'x'; 50_000]).await?;
                }
                writer.end()
            };
            let (put, write) = pmx_edge::join::both(put, write).await;
            lines.say("put what is written meanwhile", put.map(|object| object.size()));
            lines.say("write", write);
        }
        Err(error) => lines.say::<()>("new body", Err(error)),
    }
    if let Ok((writer, body)) = edge.new_body(None) {
        lines.say("put of no known length", bucket.put("unknown", body).await.map(|object| object.size()));
        drop(writer);
    }
}

async fn get(lines: &mut Lines, bucket: Bucket<'_>) {
    lines.say("get", read(bucket.get("a").await).await);
    lines.say("get as a stream", read(bucket.inline(None).get("a").await).await);
    lines.say("get what is larger", read(bucket.get("large").await).await);
    let ranges = [
        ("offset", R2GetOptions::new().offset(2.0)),
        ("offset, length", R2GetOptions::new().offset(2.0).length(3.0)),
        ("suffix", R2GetOptions::new().suffix(3.0)),
        ("header", R2GetOptions::new().range_header("bytes=5-100")),
        ("beyond", R2GetOptions::new().offset(10.0)),
        ("negative", R2GetOptions::new().offset(-1.0)),
        ("suffix and offset", R2GetOptions::new().suffix(1.0).offset(1.0)),
    ];
    for (name, options) in ranges {
        lines.say(name, read(bucket.get_with("a", &options).await).await);
    }
    let etag = bucket.head("a").await.ok().flatten().map(|head| head.etag().to_owned()).unwrap_or_default();
    let mut headers = Headers::default();
    headers.append("if-none-match", format!("\"{etag}\""));
    let conditions = [
        ("etag matches", Conditions::new().etag_matches(&etag)),
        ("etag does not match", Conditions::new().etag_does_not_match(&etag)),
        ("headers", Conditions::new().headers(&headers)),
        ("uploaded before", Conditions::new().uploaded_before(1.0).seconds_granularity()),
        ("uploaded after", Conditions::new().uploaded_after(1.0)),
        ("quoted", Conditions::new().etag_matches("\"x\"")),
    ];
    for (name, condition) in conditions {
        lines.say(name, read(bucket.get_with("a", &R2GetOptions::new().only_if(&condition)).await).await);
    }
}

async fn list(lines: &mut Lines, bucket: Bucket<'_>) {
    for key in ["dir/1", "dir/2", "e"] {
        lines.say("put", bucket.put(key, key).await.map(|_| ()));
    }
    let shown = |page: R2Page| {
        let keys: Vec<_> = page.objects.iter().map(|object| object.key().to_owned()).collect();
        (keys, page.delimited_prefixes, page.cursor.is_some())
    };
    let page = bucket.list(&R2ListOptions::new().limit(3.0).delimiter("/")).await;
    let cursor = page.as_ref().ok().and_then(|page| page.cursor.clone()).unwrap_or_default();
    lines.say("list", page.map(shown));
    lines.say("list on", bucket.list(&R2ListOptions::new().delimiter("/").cursor(&cursor)).await.map(shown));
    let options = R2ListOptions::new().prefix("dir/").start_after("dir/1");
    lines.say("list by prefix", bucket.list(&options).await.map(shown));
    let options = R2ListOptions::new().prefix("abc").include_http().include_custom();
    let page = bucket.list(&options).await;
    lines.say("list with metadata", page.map(|page| page.objects.iter().map(known).collect::<Vec<_>>()));
    lines.say("limit", bucket.list(&R2ListOptions::new().limit(0.0)).await.map(shown));
}

async fn upload(lines: &mut Lines, bucket: Bucket<'_>) {
    let metadata = Metadata::new().http(HttpField::ContentType, "x/y");
    let Ok(upload) = bucket.create_upload("parts", &metadata).await else { return };
    lines.say("part 0", upload.part(0.0, "x").await);
    let part = upload.part(1.0, "only one").await;
    lines.say("part 1", part.clone().map(|part| (part.number, part.etag.is_empty())));
    let again = bucket.upload("parts", upload.id());
    let wrong = UploadedPart { number: 1, etag: "no".to_owned() };
    lines.say("complete a wrong one", again.clone().complete(&[wrong]).await.map(|_| ()));
    let parts: Vec<_> = part.into_iter().collect();
    lines.say("complete", again.clone().complete(&parts).await.map(|object| (object.size(), known(&object).len())));
    lines.say("complete again", again.complete(&parts).await.map(|_| ()));
    if let Ok(upload) = bucket.create_upload("given up", &Metadata::new()).await {
        lines.say("abort", upload.abort().await);
    }
}
