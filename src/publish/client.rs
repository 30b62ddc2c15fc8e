use super::{
    Activated, ApiCall, Bundle, Deploy, Progress, PublishError, Server, Step,
    api::{
        self, Begin, Begun, Commit, MAX_HASHES, Missing, PruneBody, Pruned, Remaining, RollbackBody, TakenDown,
        UnpublishBody,
    },
    retry,
    upload::{Upload, all as upload_all},
};
use pmx_model::{Hash, Meta, SiteName};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::{BTreeSet, HashSet};

/// Uploads under way at a time.
const PARALLEL: usize = 6;
/// How often a server may say "not done yet" without getting further. It gets further each time, unless it starts
/// over after a fault.
const MAX_STALLS: u32 = 3;

/// How often what a commit lacks is uploaded: the server names 100 blobs at a time, and is asked for all of them in between.
const MAX_REPAIRS: usize = 4;

/// How to publish.
#[derive(Clone, Debug)]
pub struct PublishOptions {
    /// What is recorded with the deploy: `commit`, `branch`, ….
    pub meta: Meta,
    /// A deploy of this site that the bundle builds on. If the server no longer knows it, all hashes are asked for.
    pub base: Option<String>,
    /// With a base: only these hashes need asking, the rest is accounted for by it. None at all is fine, and then
    /// nobody is asked: the commit checks in any case.
    pub candidates: Option<BTreeSet<Hash>>,
    /// Uploads under way at a time.
    pub parallel: usize,
}

impl Default for PublishOptions {
    fn default() -> Self {
        Self { meta: Meta::new(), base: None, candidates: None, parallel: PARALLEL }
    }
}

/// A publish that went well.
#[derive(Clone, Debug)]
pub struct Published {
    /// What the server says of it.
    pub activated: Activated,
    /// Blobs that were uploaded.
    pub new: usize,
    /// Blobs that the server held already.
    pub cached: usize,
    /// Bytes that were uploaded.
    pub bytes: u64,
}

/// What a publish would upload.
#[derive(Clone, Debug)]
pub struct Plan {
    uploads: Vec<Upload>,
    /// Blobs that the server holds already.
    pub cached: usize,
}

impl Plan {
    /// Blobs to upload.
    #[must_use]
    pub fn new_blobs(&self) -> usize {
        self.uploads.len()
    }

    /// The hashes of the blobs to upload.
    #[must_use]
    pub fn new_hashes(&self) -> HashSet<Hash> {
        self.uploads.iter().map(Upload::hash).collect()
    }

    /// Bytes to upload.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.uploads.iter().map(Upload::size).sum()
    }
}

/// Publishes a bundle: asks what is missing, uploads it, commits. The site changes in the commit alone; it is not
/// reached if anything fails before. A future that is dropped leaves nothing active, unless
/// [`Step::Committing`] was reported.
///
/// # Errors
/// [`PublishError`]; after one from any call but the commit, the site is as it was.
pub async fn publish<S: Server>(
    server: &S,
    site: &SiteName,
    bundle: &Bundle,
    options: &PublishOptions,
    progress: &dyn Progress,
) -> Result<Published, PublishError> {
    let plan = plan(server, site, bundle, options, progress).await?;
    carry_out(server, site, bundle, plan, options, progress).await
}

/// The rest of [`publish`], after [`plan`] has asked what is missing.
///
/// # Errors
/// As [`publish`].
pub async fn carry_out<S: Server>(
    server: &S,
    site: &SiteName,
    bundle: &Bundle,
    mut plan: Plan,
    options: &PublishOptions,
    progress: &dyn Progress,
) -> Result<Published, PublishError> {
    let mut done = send(server, &mut plan, options, progress).await?;
    let mut lacked = None;
    for _ in 0..MAX_REPAIRS {
        let refusal = match commit(server, site, bundle, options, progress).await {
            Err(PublishError::Refused { refusal, .. }) if refusal.code == "missing_blobs" => refusal,
            other => {
                let activated = other?;
                return Ok(Published { activated, new: done.new, cached: plan.cached, bytes: done.bytes });
            }
        };
        if lacked.as_ref() == Some(&refusal.missing) {
            // It lacks what it was just given.
            return Err(PublishError::Refused { call: ApiCall::Commit, refusal });
        }
        // The server lost blobs since it was asked, or the base accounts for less than was thought: all is asked for, and what the
        // server itself names is uploaded whatever it says then.
        let all = PublishOptions { base: None, candidates: None, ..options.clone() };
        let mut more = self::plan(server, site, bundle, &all, progress).await?;
        for hash in
            refusal.missing.iter().filter(|hash| !more.uploads.iter().any(|upload| upload.is(hash))).collect::<Vec<_>>()
        {
            if let Some(source) = bundle.blobs.get(hash) {
                more.uploads.push(Upload::unasked(*hash, source.clone()));
            }
        }
        let sent = send(server, &mut more, &all, progress).await?;
        done = Sent { new: done.new + sent.new, bytes: done.bytes + sent.bytes };
        lacked = Some(refusal.missing);
    }
    let activated = commit(server, site, bundle, options, progress).await?;
    Ok(Published { activated, new: done.new, cached: plan.cached, bytes: done.bytes })
}

/// Uploads what a plan says is missing, and commits nothing.
///
/// # Errors
/// [`PublishError`].
pub async fn upload<S: Server>(
    server: &S,
    mut plan: Plan,
    options: &PublishOptions,
    progress: &dyn Progress,
) -> Result<(), PublishError> {
    send(server, &mut plan, options, progress).await.map(drop)
}

/// Uploads all blobs of a bundle, whether the server has them or not, and commits nothing: what a server has lost is back then.
///
/// # Errors
/// [`PublishError`].
pub async fn restore<S: Server>(
    server: &S,
    bundle: &Bundle,
    options: &PublishOptions,
    progress: &dyn Progress,
) -> Result<(), PublishError> {
    bundle.check()?;
    let uploads = bundle.blobs.iter().map(|(hash, source)| Upload::unasked(*hash, source.clone())).collect();
    send(server, &mut Plan { uploads, cached: 0 }, options, progress).await.map(drop)
}

/// Uploads all blobs of a bundle and commits, without asking which of them the server lacks: for an edit of a site that is up, where
/// nearly all are new and a question takes as long as an answer. What the bundle names but does not hold must be there.
///
/// # Errors
/// As [`publish`]; `missing_blobs` if the server lacks what is named.
pub async fn publish_unasked<S: Server>(
    server: &S,
    site: &SiteName,
    bundle: &Bundle,
    options: &PublishOptions,
    progress: &dyn Progress,
) -> Result<Published, PublishError> {
    bundle.check()?;
    let uploads = bundle.blobs.iter().map(|(hash, source)| Upload::unasked(*hash, source.clone())).collect();
    let sent = send(server, &mut Plan { uploads, cached: 0 }, options, progress).await?;
    let activated = commit(server, site, bundle, options, progress).await?;
    Ok(Published { activated, new: sent.new, cached: 0, bytes: sent.bytes })
}

/// Asks the server what is missing and finds each blob in the bundle. Changes nothing.
///
/// # Errors
/// [`PublishError`]; [`PublishError::NoBlob`] names every hash that neither side has.
pub async fn plan<S: Server>(
    server: &S,
    site: &SiteName,
    bundle: &Bundle,
    options: &PublishOptions,
    progress: &dyn Progress,
) -> Result<Plan, PublishError> {
    bundle.check()?;
    let all = || bundle.hashes().into_iter().collect::<Vec<_>>();
    let asked = match (&options.base, &options.candidates) {
        (Some(_), Some(candidates)) => candidates.iter().copied().collect(),
        _ => all(),
    };
    progress.on(&Step::Checking { hashes: asked.len() });
    let base = options.base.as_deref();
    let (missing, asked) = match begin(server, site, &asked, base, progress).await {
        Err(PublishError::Refused { refusal, .. }) if base.is_some() && refusal.code == "unknown_deploy" => {
            let asked = all();
            progress.on(&Step::Checking { hashes: asked.len() });
            (begin(server, site, &asked, None, progress).await?, asked.len())
        }
        other => (other?, asked.len()),
    };
    let mut seen = BTreeSet::new();
    let mut uploads = Vec::with_capacity(missing.len());
    let mut nowhere = Vec::new();
    for item in missing.into_iter().filter(|item| seen.insert(item.hash)) {
        match bundle.blobs.get(&item.hash) {
            Some(source) => uploads.push(Upload::new(item, source.clone())),
            None => nowhere.push(item.hash),
        }
    }
    if !nowhere.is_empty() {
        nowhere.sort_unstable();
        return Err(PublishError::NoBlob(nowhere));
    }
    let cached = asked.saturating_sub(uploads.len());
    Ok(Plan { uploads, cached })
}

/// Makes an earlier deploy active.
///
/// # Errors
/// [`PublishError`]; `unknown_deploy` if the site has no such deploy.
pub async fn rollback<S: Server>(
    server: &S,
    site: &SiteName,
    deploy_id: &str,
    progress: &dyn Progress,
) -> Result<Activated, PublishError> {
    let body = RollbackBody { subdomain: site.as_str(), deploy_id };
    activate(server, ApiCall::Rollback, "/api/publish/rollback", &body, progress).await
}

/// Takes a site down: every address of it answers with this status, 410 or 404, until something is published or rolled back to.
///
/// # Errors
/// [`PublishError`]; `space_not_found` if the site was never published.
pub async fn unpublish<S: Server>(
    server: &S,
    site: &SiteName,
    status: u16,
    progress: &dyn Progress,
) -> Result<TakenDown, PublishError> {
    let body = UnpublishBody { subdomain: site.as_str(), status };
    activate(server, ApiCall::Unpublish, "/api/unpublish", &body, progress).await
}

/// A call that makes another state of a site active.
async fn activate<S: Server, T: DeserializeOwned>(
    server: &S,
    call: ApiCall,
    path: &str,
    body: &impl Serialize,
    progress: &dyn Progress,
) -> Result<T, PublishError> {
    let request = api::post(path, body, call)?;
    progress.on(&Step::Committing { call });
    api::document(call, &retry::call(server, call, &request, progress).await?)
}

/// Has the server forget old deploys: all but the newest `keep` (at least 1), the active one and those that are served beside it. One
/// call forgets a limited number, and says whether there are more.
///
/// # Errors
/// [`PublishError`].
pub async fn prune<S: Server>(
    server: &S,
    site: &SiteName,
    keep: u32,
    progress: &dyn Progress,
) -> Result<Pruned, PublishError> {
    let call = ApiCall::Prune;
    let request = api::post("/api/deploys/prune", &PruneBody { subdomain: site.as_str(), keep }, call)?;
    let response = retry::call(server, call, &request, progress).await?;
    let pruned: Pruned = api::document(call, &response)?;
    Ok(Pruned { more: response.status == 202, ..pruned })
}

/// The deploys of a site, newest first; none if it was never published.
///
/// # Errors
/// [`PublishError`].
pub async fn deploys<S: Server>(
    server: &S,
    site: &SiteName,
    progress: &dyn Progress,
) -> Result<Vec<Deploy>, PublishError> {
    let call = ApiCall::Deploys;
    api::deploys(call, &retry::call(server, call, &api::list(site), progress).await?)
}

/// The deploy with this id, or with an id that begins so.
///
/// # Errors
/// [`PublishError::UnknownDeploy`], [`PublishError::AmbiguousDeploy`].
pub fn find<'a>(deploys: &'a [Deploy], id: &str) -> Result<&'a Deploy, PublishError> {
    let mut matching = deploys.iter().filter(|deploy| !id.is_empty() && deploy.record.deploy_id.starts_with(id));
    match (matching.next(), matching.next()) {
        (Some(deploy), None) => Ok(deploy),
        (Some(_), Some(_)) => Err(PublishError::AmbiguousDeploy(id.to_owned())),
        (None, _) => Err(PublishError::UnknownDeploy(id.to_owned())),
    }
}

struct Sent {
    new: usize,
    bytes: u64,
}

async fn send<S: Server>(
    server: &S,
    plan: &mut Plan,
    options: &PublishOptions,
    progress: &dyn Progress,
) -> Result<Sent, PublishError> {
    let sent = Sent { new: plan.new_blobs(), bytes: plan.bytes() };
    progress.on(&Step::Uploading { new: sent.new, cached: plan.cached, bytes: sent.bytes });
    let result = upload_all(server, std::mem::take(&mut plan.uploads), options.parallel, progress).await;
    progress.on(&Step::UploadsEnded);
    result.map(|()| sent)
}

async fn begin<S: Server>(
    server: &S,
    site: &SiteName,
    hashes: &[Hash],
    base: Option<&str>,
    progress: &dyn Progress,
) -> Result<Vec<Missing>, PublishError> {
    let call = ApiCall::Begin;
    let mut missing = Vec::new();
    let mut left = hashes.to_vec();
    let mut pace = Pace::new(call, left.len() as u64);
    let mut size = MAX_HASHES;
    while !left.is_empty() {
        let later = left.split_off(size.min(left.len()));
        let document = Begin { subdomain: site.as_str(), hashes: &left, base };
        let request = api::post("/api/publish/begin", &document, call)?;
        let response = retry::call(server, call, &request, progress).await?;
        let begun: Begun = api::document(call, &response)?;
        missing.extend(begun.missing);
        let asked = left.len();
        left = if response.status == 202 { begun.remaining } else { Vec::new() };
        if !left.is_empty() && left.len() < asked {
            // From now on the server is asked for as many as it could look up: all that is left, each time, would be many times as much.
            size = asked - left.len();
        }
        left.extend(later);
        pace.left(left.len() as u64)?;
    }
    Ok(missing)
}

async fn commit<S: Server>(
    server: &S,
    site: &SiteName,
    bundle: &Bundle,
    options: &PublishOptions,
    progress: &dyn Progress,
) -> Result<Activated, PublishError> {
    let call = ApiCall::Commit;
    let document = Commit { subdomain: site.as_str(), roots: &bundle.roots, meta: &options.meta };
    let request = api::post("/api/publish/commit", &document, call)?;
    let mut pace = Pace::new(call, u64::MAX);
    progress.on(&Step::Committing { call });
    loop {
        let response = retry::call(server, call, &request, progress).await?;
        if response.status != 202 {
            return api::document(call, &response);
        }
        pace.left(api::document::<Remaining>(call, &response)?.remaining)?;
    }
}

/// Sees to it that "not done yet" comes to an end.
struct Pace {
    call: ApiCall,
    least: u64,
    stalls: u32,
}

impl Pace {
    const fn new(call: ApiCall, least: u64) -> Self {
        Self { call, least, stalls: 0 }
    }

    fn left(&mut self, remaining: u64) -> Result<(), PublishError> {
        if remaining < self.least {
            self.least = remaining;
            self.stalls = 0;
            return Ok(());
        }
        self.stalls += 1;
        if self.stalls > MAX_STALLS {
            return Err(PublishError::Stalled { call: self.call, remaining });
        }
        Ok(())
    }
}
