use super::{Meta, Roots, object_only, optional_map};
use serde::{Deserialize, Serialize};

/// The active state of a site: the KV value under `space:<site>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct SpaceState {
    /// Id of the active deploy.
    pub deploy_id: String,
    /// Its roots.
    pub roots: Roots,
    /// When it was activated, RFC 3339.
    pub updated_at: String,
    /// Counts the activations of the site, from 1.
    pub seq: u64,
    /// The roots of the last activated deploys before this one, newest first, at most five.
    #[serde(default)]
    pub previous: Vec<Roots>,
}

object_only!(SpaceState);

/// One row of a site's deploy history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct DeployRecord {
    /// Random UUID.
    pub deploy_id: String,
    /// Its roots.
    pub roots: Roots,
    /// When it was committed, RFC 3339.
    pub created_at: String,
    /// Exactly one record of a site is active.
    pub is_active: bool,
    /// What the publisher said of it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_map")]
    pub meta: Option<Meta>,
}

object_only!(DeployRecord);
