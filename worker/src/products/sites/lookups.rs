//! Looking blobs up in the bucket, many at once.

use super::blobs;
use pmx_edge::{Edge, bindings::Bound, join::join_all};
use pmx_model::Hash;
use std::collections::BTreeMap;

/// Look-ups in R2 of one invocation: Cloudflare allows 1,000 operations, and some are needed for the rest.
pub(crate) const LOOKUPS: usize = 800;
/// Look-ups that are under way at once.
const PARALLEL: usize = 50;

/// The sizes of those of these blobs that are in the bucket.
pub(crate) async fn sizes(edge: Edge, hashes: &[Hash]) -> Bound<BTreeMap<Hash, u64>> {
    let mut found = BTreeMap::new();
    for slice in hashes.chunks(PARALLEL) {
        let sizes = join_all(slice.iter().map(|hash| blobs::size(edge, hash))).await;
        for (hash, size) in slice.iter().zip(sizes) {
            found.extend(size?.map(|size| (*hash, size)));
        }
    }
    Ok(found)
}
