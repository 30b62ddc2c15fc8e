//! What this product has bound, and the blobs in its bucket: immutable, each under its SHA-256.

use pmx_edge::{
    Edge,
    bindings::{Bound, Bucket, Checksum, Conditions, R2GetOptions, R2PutOptions},
    http::Body,
};
use pmx_model::Hash;

/// The namespace of KV with the states of sites.
pub(super) const STATES: &str = "SPACE_KV";
/// The bucket with the blobs.
const BLOBS: &str = "BUCKET";
/// The class of the sites' objects.
pub(super) const OBJECTS: &str = "SPACE_DO";

/// A blob that was to be read whole.
pub(super) enum Document {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It is larger than was asked for, and was not read.
    Large {
        /// Its size in bytes.
        size: u64,
    },
}

/// A blob that the host streams.
pub(super) struct Blob {
    pub(super) body: Body,
    /// Size of the whole blob in bytes.
    pub(super) size: u64,
}

fn bucket(edge: Edge) -> Bucket<'static> {
    edge.bucket(BLOBS)
}

/// A hash as a key.
fn key(hex: &[u8; 64]) -> &str {
    std::str::from_utf8(hex).unwrap_or_default()
}

/// The size of a blob, if it is there.
pub(super) async fn size(edge: Edge, hash: &Hash) -> Bound<Option<u64>> {
    Ok(bucket(edge).head(key(&hash.hex())).await?.map(|object| object.size()))
}

/// A whole blob of at most `max` bytes.
pub(super) async fn read(edge: Edge, hash: &Hash, max: u64) -> Bound<Option<Document>> {
    let Some(found) = bucket(edge).inline(Some(max)).get(key(&hash.hex())).await? else { return Ok(None) };
    let body = found.body.unwrap_or_default();
    if found.object.size() > max {
        return Ok(Some(Document::Large { size: found.object.size() }));
    }
    let size = found.object.size();
    Ok(Some(body.all(max).await?.map_or(Document::Large { size }, Document::Bytes)))
}

/// A blob, or so many bytes of it from an offset, to be answered with.
pub(super) async fn stream(edge: Edge, hash: &Hash, part: Option<(u64, u64)>) -> Bound<Option<Blob>> {
    let options = match part {
        Some((offset, length)) => R2GetOptions::new().offset(offset as f64).length(length as f64),
        None => R2GetOptions::new(),
    };
    let found = bucket(edge).inline(None).get_with(key(&hash.hex()), &options).await?;
    Ok(found.map(|found| Blob { size: found.object.size(), body: found.body.unwrap_or_default() }))
}

/// Stores a blob unless it is there already; whether it was not. R2 itself refuses what does not hash to its name.
pub(super) async fn store(edge: Edge, hash: &Hash, body: Body) -> Bound<bool> {
    let hex = hash.hex();
    let options =
        R2PutOptions::new().only_if(&Conditions::new().etag_does_not_match("*")).checksum(Checksum::Sha256, key(&hex));
    Ok(bucket(edge).put_with(key(&hex), body, &options).await?.is_some())
}
