use super::{
    ApiBody, ApiCall, ApiRequest, BlobSource, Method, Progress, PublishError, Server, Step, api, api::Missing, retry,
};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use pmx_model::Hash;

/// A blob that the server lacks and this build has.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    hash: Hash,
    url: String,
    source: BlobSource,
}

impl Upload {
    pub(super) fn new(missing: Missing, source: BlobSource) -> Self {
        Self { hash: missing.hash, url: missing.upload_url, source }
    }

    /// One that the server was not asked about; `API.md` says where it goes.
    pub(super) fn unasked(hash: Hash, source: BlobSource) -> Self {
        Self { url: format!("/api/publish/upload?hash={hash}"), hash, source }
    }

    /// Whether it is of this blob.
    pub(super) fn is(&self, hash: &Hash) -> bool {
        self.hash == *hash
    }

    pub(super) const fn hash(&self) -> Hash {
        self.hash
    }

    pub(super) fn size(&self) -> u64 {
        self.source.size()
    }
}

/// Uploads all, at most `parallel` at a time. The first one that fails for good ends it, and drops the others.
pub(super) async fn all<S: Server>(
    server: &S,
    uploads: Vec<Upload>,
    parallel: usize,
    progress: &dyn Progress,
) -> Result<(), PublishError> {
    let mut waiting = uploads.into_iter();
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < parallel.max(1)
            && let Some(upload) = waiting.next()
        {
            running.push(one(server, upload, progress));
        }
        match running.next().await {
            Some(result) => progress.on(&Step::Uploaded { bytes: result? }),
            None => return Ok(()),
        }
    }
}

async fn one<S: Server>(server: &S, upload: Upload, progress: &dyn Progress) -> Result<u64, PublishError> {
    let Upload { hash, url, source } = upload;
    let call = ApiCall::Upload(hash);
    let size = source.size();
    let request = ApiRequest { method: Method::Post, target: url, body: ApiBody::Blob { hash, source } };
    api::accept(call, &retry::call(server, call, &request, progress).await?)?;
    Ok(size)
}
