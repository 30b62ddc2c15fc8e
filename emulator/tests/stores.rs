//! The ops of KV and R2 as messages (`worker/ABI.md`). What the stores do with them has tests of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops at the first surprise")]

mod support;

use pmx_emulator::clock::Clock;
use pmx_emulator::{AtOnce, Emulator};
use support::{Script, builder, fields, frame, raw_fields, run, script};

const NOW_MS: u64 = 1_700_000_000_000;

fn emulators() -> impl Iterator<Item = Emulator> {
    let of = |at_once| builder().at_once(at_once).clock(Clock::manual(NOW_MS)).build().unwrap();
    [AtOnce::Always, AtOnce::Never].into_iter().map(of)
}

/// A list of pairs, as one field.
fn pairs(pairs: &[&str]) -> Vec<u8> {
    frame(pairs)
}

fn op(fields: &[&[u8]]) -> Script {
    script().op_of(fields)
}

async fn kv(emulator: &Emulator, op: &str, rest: &[&[u8]]) -> Vec<String> {
    let script = self::op(&[&[op.as_bytes(), b"SPACE_KV"], rest].concat());
    run(emulator, script.respond()).await.fields()
}

async fn r2_raw(emulator: &Emulator, op: &str, rest: &[&[u8]]) -> Vec<u8> {
    let script = self::op(&[&[op.as_bytes(), b"BUCKET"], rest].concat());
    run(emulator, script.respond()).await.body
}

async fn r2(emulator: &Emulator, op: &str, rest: &[&[u8]]) -> Vec<String> {
    fields(&r2_raw(emulator, op, rest).await)
}

/// The pairs of an R2 object, without those that are another each time.
fn object(field: &[u8]) -> Vec<String> {
    let pairs = fields(field);
    pairs.chunks(2).filter(|pair| pair[0] != "version").map(|pair| format!("{}={}", pair[0], pair[1])).collect()
}

#[tokio::test]
async fn kv_s_ops() {
    for emulator in emulators() {
        let put = pairs(&["metadata", "{\"a\":1}", "expirationTtl", "60"]);
        assert_eq!(kv(&emulator, "kv.put", &[b"k", b"bytes", b"1", &put]).await, ["ok"]);
        assert_eq!(kv(&emulator, "kv.put", &[b"other", b"bytes", b"text", b""]).await, ["ok"]);
        assert_eq!(kv(&emulator, "kv.get", &[b"k", b""]).await, ["ok", "1"]);
        assert_eq!(kv(&emulator, "kv.get", &[b"k", b"30"]).await, ["ok", "1"]);
        let too_short = "KV GET failed: 400 Invalid cache_ttl of 29. Cache TTL must be at least 30.";
        assert_eq!(kv(&emulator, "kv.get", &[b"k", b"29"]).await, ["err", too_short, "Error", ""]);
        let found = kv(&emulator, "kv.get_with_metadata", &[b"k", b"", b"10"]).await;
        assert_eq!(found, ["ok", "bytes", "1", "{\"a\":1}", "HIT"]);
        assert_eq!(kv(&emulator, "kv.get_with_metadata", &[b"missing", b"", b"10"]).await, ["none"]);
        let many = kv(&emulator, "kv.get_many", &[b"text", b"1", b"", b"other", b"missing", b"k", b"other"]).await;
        assert_eq!(many, ["ok", "other", "1", "text", "", "missing", "", "", "", "k", "1", "1", "{\"a\":1}"]);
        let json = kv(&emulator, "kv.get_many", &[b"json", b"", b"", b"k"]).await;
        assert_eq!(json, ["ok", "k", "1", "1", ""]);
        assert_eq!(kv(&emulator, "kv.get_many", &[b"arrayBuffer", b"", b"", b"k"]).await[0], "err");
        let listed = kv(&emulator, "kv.list", &[b"", b"1", b""]).await;
        let end = (NOW_MS / 1000 + 60).to_string();
        assert_eq!(listed[..2], ["ok", ""]);
        assert_eq!(listed[3..], ["", "k", &end, "{\"a\":1}"]);
        let rest = kv(&emulator, "kv.list", &[b"", b"", listed[2].as_bytes()]).await;
        assert_eq!(rest, ["ok", "1", "", "", "other", "", ""]);
        assert_eq!(kv(&emulator, "kv.delete", &[b"k"]).await, ["ok"]);
        assert_eq!(kv(&emulator, "kv.get", &[b"k", b""]).await, ["none"]);
        assert_eq!(kv(&emulator, "kv.get", &[b"", b""]).await, ["err", "Key name cannot be empty.", "TypeError", ""]);
        let unknown = kv(&emulator, "kv.put", &[b"k", b"bytes", b"", &pairs(&["ttl", "60"])]).await;
        assert_eq!(unknown[1], "`kv.put` has no option `ttl`");
        let odd = kv(&emulator, "kv.put", &[b"k", b"bytes", b"", &pairs(&["expirationTtl", "Infinity"])]).await;
        assert_eq!(odd[0], "err");
    }
}

#[tokio::test]
async fn r2_s_objects_and_options() {
    const SHA256: &str = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
    for emulator in emulators() {
        let options = pairs(&[
            "sha256",
            SHA256,
            "http.contentType",
            "text/plain",
            "http.cacheExpiry",
            "5000",
            "custom.a b",
            "c",
            "storageClass",
            "InfrequentAccess",
            "if.etagDoesNotMatch",
            "*",
        ]);
        let put = r2_raw(&emulator, "r2.put", &[b"k", b"bytes", b"0123456789", &options]).await;
        let written = [
            "key=k",
            "size=10",
            "etag=781e5e245d69b566979b86e28d23f2c7",
            "uploaded=1700000000000",
            "storageClass=InfrequentAccess",
            "http.contentType=text/plain",
            "http.cacheExpiry=5000",
            "custom.a b=c",
            "checksum.md5=781e5e245d69b566979b86e28d23f2c7",
            "checksum.sha256=84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882",
        ];
        assert_eq!(object(raw_fields(&put)[1]), written);
        assert_eq!(r2(&emulator, "r2.put", &[b"k", b"bytes", b"x", &options]).await[0], "err", "another hash");
        let absent = pairs(&["if.etagDoesNotMatch", "*"]);
        assert_eq!(r2(&emulator, "r2.put", &[b"k", b"bytes", b"x", &absent]).await, ["none"]);
        let with_range = |offset: u64, length: u64| {
            let mut pairs: Vec<String> = written.iter().map(|&pair| pair.to_owned()).collect();
            pairs.splice(5..5, [format!("range.offset={offset}"), format!("range.length={length}")]);
            pairs
        };
        let head = r2_raw(&emulator, "r2.head", &[b"k"]).await;
        assert_eq!(object(raw_fields(&head)[1]), with_range(0, 10));
        assert_eq!(r2(&emulator, "r2.head", &[b"missing"]).await, ["none"]);
        for (options, range, body) in [
            (vec![], (0, 10), "0123456789"),
            (vec!["range.offset", "2", "range.length", "3"], (2, 3), "234"),
            (vec!["range.suffix", "3"], (7, 3), "789"),
            (vec!["range.headers", "bytes=8-"], (8, 2), "89"),
            (vec!["range.headers", "bytes=80-"], (0, 10), "0123456789"),
        ] {
            let found = r2_raw(&emulator, "r2.get", &[b"k", b"100", &pairs(&options)]).await;
            assert_eq!(object(raw_fields(&found)[1]), with_range(range.0, range.1), "{options:?}");
            assert_eq!(fields(&found)[2..], ["bytes", body], "{options:?}");
        }
        let headers = pairs(&["if-none-match", "\"781e5e245d69b566979b86e28d23f2c7\""]);
        let condition = frame([b"if.headers".as_slice(), &headers]);
        let failed = r2_raw(&emulator, "r2.get", &[b"k", b"100", &condition]).await;
        assert_eq!(fields(&failed)[2..], ["none", ""]);
        assert_eq!(object(raw_fields(&failed)[1]), with_range(0, 10));
        for (options, class, text) in [
            (
                ["range.offset", "-1"],
                "RangeError",
                "Invalid range. Starting offset (-1) must be greater than or equal to 0.",
            ),
            (["range.offset", "10"], "Error", "get: The requested range is not satisfiable (10039)"),
            (["if.etagMatches", "\"a\""], "TypeError", "Conditional ETag should not be wrapped in quotes (\"a\")."),
        ] {
            assert_eq!(r2(&emulator, "r2.get", &[b"k", b"", &pairs(&options)]).await, ["err", text, class, ""]);
        }
    }
}

#[tokio::test]
async fn r2_s_lists_deletions_and_uploads_in_parts() {
    for emulator in emulators() {
        for key in ["a", "b/1", "b/2", "c"] {
            assert_eq!(r2(&emulator, "r2.put", &[key.as_bytes(), b"none", b"", b""]).await[0], "ok");
        }
        let page = r2_raw(&emulator, "r2.list", &[&pairs(&["delimiter", "/", "limit", "2"])]).await;
        let page = raw_fields(&page);
        assert_eq!((page[1], fields(page[3])), (&b"1"[..], vec!["b/".to_owned()]));
        assert_eq!(object(page[4])[0], "key=a");
        let cursor = std::str::from_utf8(page[2]).unwrap();
        let rest =
            r2_raw(&emulator, "r2.list", &[&pairs(&["delimiter", "/", "cursor", cursor, "include", "httpMetadata"])])
                .await;
        let rest = raw_fields(&rest);
        assert_eq!((rest[1], rest[2], rest.len()), (&b""[..], &b""[..], 5));
        assert_eq!(object(rest[4])[0], "key=c");
        assert_eq!(r2(&emulator, "r2.delete", &[b"a", b"b/1", b"missing"]).await, ["ok"]);
        assert_eq!(r2(&emulator, "r2.head", &[b"b/1"]).await, ["none"]);

        let begun = r2(&emulator, "r2.create", &[b"parts", &pairs(&["custom.x", "y"])]).await;
        let id = begun[1].as_bytes();
        let part = r2(&emulator, "r2.upload_part", &[b"parts", id, b"1", b"bytes", b"only"]).await;
        assert_eq!(part[..2], ["ok", "1"]);
        let refused = r2(&emulator, "r2.upload_part", &[b"parts", id, b"0", b"bytes", b"x"]).await;
        assert_eq!(refused[2], "TypeError");
        let whole = r2_raw(&emulator, "r2.complete", &[b"parts", id, b"1", part[2].as_bytes()]).await;
        let whole = object(raw_fields(&whole)[1]);
        assert!(whole.contains(&"size=4".to_owned()) && whole.contains(&"custom.x=y".to_owned()), "{whole:?}");
        assert_eq!(r2(&emulator, "r2.abort", &[b"parts", id]).await, ["ok"]);
    }
}
