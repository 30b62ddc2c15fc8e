//! What is told of objects, and their checksums.

use super::*;

fn told(metadata: Metadata) -> PutOptions {
    PutOptions { metadata, ..PutOptions::default() }
}

fn custom(entries: &[(&str, &str)]) -> Vec<(String, String)> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn full() -> Metadata {
    let http = HttpMetadata {
        content_type: Some("text/plain".into()),
        content_language: Some("en".into()),
        content_disposition: Some("inline".into()),
        content_encoding: Some("gzip".into()),
        cache_control: Some("no-cache".into()),
        cache_expiry_ms: Some(784_887_151_000),
    };
    Metadata { http, custom: custom(&[("ä", "ö\0"), ("", "empty")]), storage_class: Some("InfrequentAccess".into()) }
}

#[test]
fn all_that_is_said_of_an_object_is_kept_until_it_is_replaced() {
    let world = World::new();
    for (key, size) in [("small", 1), ("large", LARGE)] {
        let put = world.put_with(key, &vec![1; size], told(full())).unwrap().unwrap();
        assert_eq!(put.metadata, full());
    }
    let world = world.reopen();
    for key in ["small", "large"] {
        assert_eq!(world.r2.cached_head(key), None);
        assert_eq!(world.r2.head(key).unwrap().unwrap().metadata, full());
        assert_eq!(world.r2.cached_head(key).unwrap().unwrap().metadata, full());
        assert_eq!(world.r2.get(key, None).unwrap().unwrap().meta.metadata, full());
    }
    world.put("small", "new");
    let plain = Metadata { storage_class: Some("Standard".into()), ..Metadata::default() };
    assert_eq!(world.r2.head("small").unwrap().unwrap().metadata, plain);
    let world = world.reopen();
    assert_eq!(world.r2.head("small").unwrap().unwrap().metadata, plain);
}

#[test]
fn workerd_alone_tells_no_storage_class() {
    let world = World::with(Profile::WorkerdLocal);
    let put = world.put_with("k", b"", told(full())).unwrap().unwrap();
    assert_eq!(put.metadata.storage_class, None);
    let world = world.reopen();
    assert_eq!(world.r2.head("k").unwrap().unwrap().metadata, Metadata { storage_class: None, ..full() });
}

#[test]
fn http_metadata_comes_from_headers_and_becomes_headers() {
    let headers = [
        ("Content-Type", "text/plain"),
        ("content-language", "en"),
        ("content-disposition", "inline"),
        ("content-encoding", "gzip"),
        ("cache-control", "no-cache"),
        ("expires", "Tue, 15 Nov 1994 08:12:31 GMT"),
        ("x-other", "x"),
    ];
    let metadata = HttpMetadata::from_headers(&headers);
    assert_eq!(metadata, full().http);
    let written: Vec<_> = metadata.to_headers();
    let expected: Vec<_> =
        headers[..6].iter().map(|(name, value)| (name.to_lowercase(), (*value).to_owned())).collect();
    assert_eq!(written.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Vec<_>>(), expected);
    assert_eq!(HttpMetadata::from_headers(&[("expires", "never")]).cache_expiry_ms, Some(0));
    assert_eq!(HttpMetadata::from_headers(&[]), HttpMetadata::default());
}

#[test]
fn custom_metadata_is_in_the_order_of_an_object_of_javascript() {
    let world = World::new();
    let given = custom(&[("b", "1"), ("2", "x"), ("1", "y"), ("01", "z"), ("b", "2")]);
    world.put_with("k", b"", told(Metadata { custom: given, ..Metadata::default() })).unwrap();
    let world = world.reopen();
    let expected = custom(&[("1", "y"), ("2", "x"), ("b", "2"), ("01", "z")]);
    assert_eq!(world.r2.head("k").unwrap().unwrap().metadata.custom, expected);
}

#[test]
fn custom_metadata_ends_at_the_limit_of_the_profile() {
    use Profile::{Production, WorkerdLocal};
    for (profile, value, fits) in [
        (Production, "v".repeat(8191), true),
        (Production, "v".repeat(8192), false),
        (Production, "é".repeat(4095), true),
        (Production, "é".repeat(4096), false),
        (WorkerdLocal, "v".repeat(2047), true),
        (WorkerdLocal, "v".repeat(2048), false),
        (WorkerdLocal, "é".repeat(2047), true),
        (WorkerdLocal, "ā".repeat(1023), true),
        (WorkerdLocal, "ā".repeat(1023) + "a", false),
    ] {
        let world = World::with(profile);
        let metadata = Metadata { custom: custom(&[("k", &value)]), ..Metadata::default() };
        let put = world.put_with("k", b"", told(metadata.clone()));
        if fits {
            put.unwrap().unwrap();
        } else {
            assert_eq!(text_of(put), "put: Your metadata headers exceed the maximum allowed metadata size. (10012)");
        }
        let created = world.r2.create_multipart_upload("k", &metadata);
        if fits || profile == WorkerdLocal {
            created.unwrap();
        } else {
            assert_eq!(
                text_of(created),
                "createMultipartUpload: Your metadata headers exceed the maximum allowed metadata size. (10012)"
            );
        }
    }
}

/// Of the bytes `0123456789`.
const CHECKSUMS: [(Algorithm, &str); 5] = [
    (Algorithm::Md5, "781e5e245d69b566979b86e28d23f2c7"),
    (Algorithm::Sha1, "87acec17cd9dcd20a716cc2cf67417b71c8a7016"),
    (Algorithm::Sha256, "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"),
    (
        Algorithm::Sha384,
        "90ae531f24e48697904a4d0286f354c50a350ebb6c2b9efcb22f71c96ceaeffc11c6095e9ca0df0ec30bf685dcf2e5e5",
    ),
    (
        Algorithm::Sha512,
        "bb96c2fc40d2d54617d6f276febe571f623a8dadf0b734855299b0e107fda32cf6b69f2da32b36445d73690b93cbd0f7bfc20e0f7f28553d2a4428f23b716e90",
    ),
];

fn checked(algorithm: Algorithm, given: GivenChecksum<'_>) -> PutOptions {
    PutOptions { checksum: Checksum::from_options([(algorithm, given)]).unwrap(), ..PutOptions::default() }
}

#[test]
fn each_kind_of_checksum_is_verified_kept_and_told_beside_the_md5() {
    for (algorithm, hex) in CHECKSUMS {
        let world = World::new();
        let upper = hex.to_uppercase();
        let put = world.put_with("k", b"0123456789", checked(algorithm, GivenChecksum::Hex(&upper))).unwrap().unwrap();
        let mut expected = vec![CHECKSUMS[0]];
        expected.extend(Some((algorithm, hex)).filter(|_| algorithm != Algorithm::Md5));
        let told =
            |meta: &ObjectMeta| meta.checksums.iter().map(|sum| (sum.algorithm(), sum.to_string())).collect::<Vec<_>>();
        let expected: Vec<_> = expected.into_iter().map(|(algorithm, hex)| (algorithm, hex.to_owned())).collect();
        assert_eq!(told(&put), expected);
        let world = world.reopen();
        assert_eq!(told(&world.r2.head("k").unwrap().unwrap()), expected);
        let listed = world.r2.list(ListOptions::default()).unwrap();
        assert_eq!(told(&listed.objects[0]), expected);
    }
}

#[test]
fn a_checksum_of_other_bytes_is_refused_in_the_platform_s_words() {
    for (algorithm, hex) in CHECKSUMS {
        let world = World::new();
        world.put("k", "old");
        let zeros = vec![0; algorithm.digest_bytes()];
        let put = world.put_with("k", b"0123456789", checked(algorithm, GivenChecksum::Bytes(&zeros)));
        assert_eq!(
            text_of(put),
            format!(
                "put: The {algorithm} checksum you specified did not match what we received.\nYou provided a {algorithm} \
                 checksum with value: {}\nActual {algorithm} was: {hex} (10037)",
                "00".repeat(zeros.len())
            )
        );
        assert_eq!(world.get("k").unwrap(), "old");
    }
}

#[test]
fn checksums_that_cannot_be_are_refused_in_the_platform_s_words() {
    use Algorithm::{Md5, Sha1, Sha256, Sha512};
    use GivenChecksum::{Bytes, Hex};
    let (digits, no_digits) = ("0".repeat(32), "é".repeat(16));
    for (given, expected) in [
        (vec![(Sha256, Hex("abcd"))], "SHA-256 is 64 hex characters, not 4"),
        (vec![(Md5, Hex(""))], "MD5 is 32 hex characters, not 0"),
        (vec![(Sha512, Hex("00"))], "SHA-512 is 128 hex characters, not 2"),
        (vec![(Md5, Bytes(&[1, 2, 3]))], "MD5 is 16 bytes, not 3"),
        (vec![(Sha1, Bytes(&[1, 2, 3]))], "SHA-1 is 20 bytes, not 3"),
        (vec![(Md5, Hex(&no_digits))], "Provided MD5 wasn't a valid hex string"),
        (vec![(Md5, Hex("00")), (Sha1, Hex("00"))], "MD5 is 32 hex characters, not 2"),
        (vec![(Md5, Hex(&digits)), (Sha1, Hex("00"))], "You cannot specify multiple hashing algorithms."),
    ] {
        let error = Checksum::from_options(given).unwrap_err();
        assert_eq!((error.class().name(), error.to_string().as_str()), ("TypeError", expected));
    }
    assert_eq!(Checksum::from_options([]).unwrap(), None);
}
