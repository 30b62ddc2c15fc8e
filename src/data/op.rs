use super::Data;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::path::PathBuf;

/// One question or change; the table is in the [module](super).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum DataOp {
    /// A value of KV.
    #[serde(rename = "kv.get")]
    KvGet {
        /// Its key.
        key: String,
    },
    /// Stores a value in KV.
    #[serde(rename = "kv.put")]
    KvPut {
        /// Its key.
        key: String,
        /// The value.
        value: Data,
        /// When it ends, in seconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expiration: Option<i64>,
        /// In how many seconds it ends.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expiration_ttl: Option<i64>,
        /// What is said about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        metadata: Option<Json>,
    },
    /// Keys of KV, a page of them.
    #[serde(rename = "kv.list")]
    KvList(ListPage),
    /// Removes a value of KV.
    #[serde(rename = "kv.delete")]
    KvDelete {
        /// Its key.
        key: String,
    },
    /// What is known of an R2 object.
    #[serde(rename = "r2.head")]
    R2Head {
        /// Its key.
        key: String,
    },
    /// An R2 object with its bytes.
    #[serde(rename = "r2.get")]
    R2Get {
        /// Its key.
        key: String,
    },
    /// Stores an R2 object.
    #[serde(rename = "r2.put")]
    R2Put {
        /// Its key.
        key: String,
        /// Its bytes.
        value: Data,
    },
    /// R2 objects, a page of them.
    #[serde(rename = "r2.list")]
    R2List(ListPage),
    /// Removes an R2 object.
    #[serde(rename = "r2.delete")]
    R2Delete {
        /// Its key.
        key: String,
    },
    /// The Durable Objects.
    #[serde(rename = "do.list")]
    ObjectList {},
    /// The tables of a Durable Object.
    #[serde(rename = "do.tables")]
    ObjectTables {
        /// Its name or id.
        object: String,
    },
    /// Runs SQL in a Durable Object's storage.
    #[serde(rename = "do.sql")]
    ObjectSql {
        /// Its name or id.
        object: String,
        /// The statements.
        query: String,
        /// Parameters of the last one.
        #[serde(default)]
        params: Vec<Json>,
    },
    /// The WebSockets of a Durable Object.
    #[serde(rename = "do.sockets")]
    ObjectSockets {
        /// Its name or id.
        object: String,
    },
    /// The alarm of a Durable Object.
    #[serde(rename = "do.alarm")]
    ObjectAlarm {
        /// Its name or id.
        object: String,
        /// Whether it is to be delivered now.
        #[serde(default)]
        fire: bool,
    },
    /// Ends the instance of a Durable Object as idleness does.
    #[serde(rename = "do.evict")]
    ObjectEvict {
        /// Its name or id.
        object: String,
    },
    /// Removes all that a Durable Object has stored.
    #[serde(rename = "do.delete")]
    ObjectDelete {
        /// Its name or id.
        object: String,
    },
    /// Forgets a site: its Durable Object and what KV holds of it.
    #[serde(rename = "site.reset")]
    SiteReset {
        /// Its name.
        site: String,
    },
    /// Writes all of the state into an archive.
    #[serde(rename = "state.export")]
    StateExport {
        /// Where to; an absolute path. What is there is replaced.
        file: PathBuf,
    },
}

/// Which part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListPage {
    /// What names start with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// At most this many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the page before ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl DataOp {
    /// Whether it changes or removes something.
    #[must_use]
    pub const fn writes(&self) -> bool {
        match self {
            Self::KvPut { .. }
            | Self::KvDelete { .. }
            | Self::R2Put { .. }
            | Self::R2Delete { .. }
            | Self::ObjectSql { .. }
            | Self::ObjectEvict { .. }
            | Self::ObjectDelete { .. }
            | Self::SiteReset { .. }
            | Self::StateExport { .. } => true,
            Self::ObjectAlarm { fire, .. } => *fire,
            Self::KvGet { .. }
            | Self::KvList(_)
            | Self::R2Head { .. }
            | Self::R2Get { .. }
            | Self::R2List(_)
            | Self::ObjectList {}
            | Self::ObjectTables { .. }
            | Self::ObjectSockets { .. } => false,
        }
    }
}
