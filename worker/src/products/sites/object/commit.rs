//! Commit: every blob that the new deploy names must exist, with the size that its manifest says, before it becomes active.

use super::{SiteObject, activate, activate::or_abort, failed, proofs, proofs::set_of};
use crate::products::sites::{
    call::Commit,
    codes,
    documents::{LoadError, load, refusal},
    lookups::{LOOKUPS, sizes},
    router::Mounted,
    store,
    store::Deploy,
};
use pmx_edge::{
    http::{ApiError, Code, Response},
    object::{Object, Reply},
};
use pmx_model::{File, Hash, MAX_DOCUMENTS, ManifestIndex, Roots, SiteName};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

/// Missing blobs that an answer lists by name.
const LISTED: usize = 100;

pub(super) async fn commit(
    object: Object,
    space: &Rc<SiteObject>,
    site: &SiteName,
    Commit { roots, meta }: Commit,
) -> Result<Reply, ApiError> {
    // The active deploy first: what a commit costs follows what differs from it. If it cannot be read, every blob is looked up.
    let proofs = proofs::current(object, site).map_err(failed(object, "proofs"))?;
    let near = store::active(object).map_err(failed(object, "active deploy"))?;
    let near = near.as_ref().map_or(&[][..], |deploy| std::slice::from_ref(&deploy.content));
    let held = match &proofs.vouching {
        Some(deploy) => load(*object, &space.documents, &deploy.content, &[], None).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let documents = match load(*object, &space.documents, &roots, near, Some(MAX_DOCUMENTS)).await {
        Ok(documents) => documents,
        Err(LoadError::Missing(hash)) => return Err(missing_documents(object, site, &roots, hash).await),
        Err(LoadError::TooMany) => return Err(documents_too_large(object, &roots).await),
        Err(LoadError::Binding(error)) => return Err(failed(object, "documents")(error)),
        Err(error) => return Err(refusal(&error).unwrap_or_else(|| ApiError::new(Code::INTERNAL, error.to_string()))),
    };
    let candidates = unvouched(&held, &documents, &proofs.lost)?;
    let unknown = proofs::unproven_sizes(object, &candidates).map_err(failed(object, "known blobs"))?;
    let (now, later) = unknown.split_at(unknown.len().min(LOOKUPS));
    let hashes: Vec<Hash> = now.iter().map(|(hash, _)| *hash).collect();
    let found = sizes(*object, &hashes).await.map_err(failed(object, "bucket"))?;
    let missing = set_of(hashes.into_iter().filter(|hash| !found.contains_key(hash)));
    if !missing.is_empty() {
        lose(object, site, &held, &missing)?;
        return Err(missing_blobs(&missing));
    }
    if let Some((hash, size)) = now.iter().find(|(hash, size)| found.get(hash) != Some(size)) {
        return Err(wrong_size(&documents, hash, *size, found.get(hash).copied().unwrap_or_default()));
    }
    if !later.is_empty() {
        remember(object, site, now);
        return Ok(Response::json(202, &json!({ "remaining": later.len() })).into());
    }
    drop((held, documents));
    let deploy = Deploy { id: activate::uuid(object), content: roots };
    let target = activate::Target::New { deploy, meta, proven: now.to_vec(), generation: proofs.generation };
    activate::activate(object, space, site, target).await
}

/// The blobs for which the active deploy does not vouch, each with the size that the manifest says. It vouches for what it names in the
/// same place, unless that is lost.
fn unvouched(held: &[Mounted], documents: &[Mounted], lost: &BTreeSet<Hash>) -> Result<Vec<(Hash, u64)>, ApiError> {
    let mut blobs = BTreeMap::new();
    let mut add = |path: &str, file: File| match blobs.insert(file.hash, file.size) {
        Some(size) if size != file.size => Err(ApiError::new(
            codes::WRONG_SIZE,
            format!("{path}: blob {} has {} bytes here and {size} bytes elsewhere", file.hash, file.size),
        )
        .detail("path", path)
        .detail("size", file.size)),
        _ => Ok(()),
    };
    for root in documents {
        let manifest = &root.documents.manifest;
        match held.iter().find(|held| held.mount == root.mount) {
            Some(held) => {
                for (path, file) in ManifestIndex::differing(&held.documents.manifest, manifest) {
                    file.map_or(Ok(()), |file| add(path, file))?;
                }
                if !lost.is_empty() {
                    manifest
                        .files()
                        .filter(|(_, file)| lost.contains(&file.hash))
                        .try_for_each(|(path, file)| add(path, file))?;
                }
            }
            None => manifest.files().try_for_each(|(path, file)| add(path, file))?,
        }
    }
    Ok(blobs.into_iter().collect())
}

/// The active deploy vouches no more for what turned out to be missing; of other blobs nothing was believed.
fn lose(object: Object, site: &SiteName, held: &[Mounted], missing: &BTreeSet<Hash>) -> Result<(), ApiError> {
    let named = held.iter().flat_map(|root| root.documents.manifest.hashes()).filter(|hash| missing.contains(hash));
    let lost: Vec<Hash> = set_of(named).into_iter().collect();
    if lost.is_empty() || !store::exists(object).map_err(failed(object, "schema"))? {
        return Ok(());
    }
    or_abort(object, proofs::begin(object, site));
    or_abort(object, proofs::lose(object, &lost));
    Ok(())
}

fn remember(object: Object, site: &SiteName, blobs: &[(Hash, u64)]) {
    or_abort(object, proofs::begin(object, site));
    or_abort(object, proofs::prove(object, blobs));
}

/// All documents that are missing, and not only the first: one commit names them, one publish brings them. They are proven no more.
async fn missing_documents(object: Object, site: &SiteName, roots: &Roots, first: Hash) -> ApiError {
    let named = set_of(roots.roots.values().flat_map(|root| [root.manifest, root.routes]));
    let hashes: Vec<Hash> = named.into_iter().collect();
    let missing: BTreeSet<Hash> = match sizes(*object, &hashes).await {
        Ok(found) => set_of(hashes.into_iter().filter(|hash| !found.contains_key(hash))),
        Err(_) => BTreeSet::from([first]),
    };
    if store::exists(object).is_ok_and(|exists| exists) {
        or_abort(object, proofs::begin(object, site));
        or_abort(object, proofs::disprove(object, &missing.iter().copied().collect::<Vec<_>>()));
    }
    missing_blobs(&missing)
}

fn missing_blobs(missing: &BTreeSet<Hash>) -> ApiError {
    let listed: Vec<_> = missing.iter().take(LISTED).map(ToString::to_string).collect();
    let message = format!("{} blobs that this deploy names were never uploaded, or are lost", missing.len());
    ApiError::new(codes::MISSING_BLOBS, message).detail("missing", listed).detail("count", missing.len())
}

fn wrong_size(documents: &[Mounted], hash: &Hash, size: u64, actual: u64) -> ApiError {
    let named = documents.iter().find_map(|root| {
        let (path, _) = root.documents.manifest.files().find(|(_, file)| file.hash == *hash)?;
        Some(format!("{}/{path}", root.mount))
    });
    let path = named.unwrap_or_default();
    ApiError::new(codes::WRONG_SIZE, format!("{path}: the manifest says {size} bytes, the blob has {actual}"))
        .detail("path", path)
        .detail("hash", hash.to_string())
        .detail("size", size)
        .detail("actual", actual)
}

/// With the numbers, which nobody knows yet: reading stopped where it was too much.
async fn documents_too_large(object: Object, roots: &Roots) -> ApiError {
    let hashes = set_of(roots.roots.values().flat_map(|root| [root.manifest, root.routes]));
    let found = sizes(*object, &hashes.into_iter().collect::<Vec<_>>()).await.unwrap_or_default();
    let size = |hash: &Hash| found.get(hash).copied().unwrap_or_default();
    let bytes: u64 = roots.roots.values().map(|root| size(&root.manifest) + size(&root.routes)).sum();
    let message = format!(
        "The manifests and routes of the {} roots have {bytes} bytes together, at most {MAX_DOCUMENTS} are allowed",
        roots.roots.len()
    );
    ApiError::new(codes::DOCUMENTS_TOO_LARGE, message).detail("bytes", bytes).detail("limit", MAX_DOCUMENTS)
}
