//! Ops of KV (`worker/ABI.md`, "KV"). Numbers are any that JavaScript has; the namespace judges them.

use super::bodies::MessageScope;
use super::error::GuestError;
use super::frame::{FrameError, FrameReader};
use crate::bodies::Payload;

/// An op on a namespace.
pub(crate) enum KvOp {
    Get {
        key: String,
        cache_ttl: Option<f64>,
    },
    GetWithMetadata {
        key: String,
        cache_ttl: Option<f64>,
        inline: Option<u64>,
    },
    GetMany {
        /// `text`, `json`, or what the platform refuses.
        value_type: String,
        with_metadata: bool,
        cache_ttl: Option<f64>,
        keys: Vec<String>,
    },
    Put {
        key: String,
        value: Payload,
        options: KvPutOptions,
    },
    Delete {
        key: String,
    },
    List {
        prefix: String,
        limit: Option<f64>,
        cursor: Option<String>,
    },
}

/// The options of `kv.put`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct KvPutOptions {
    pub(crate) expiration: Option<f64>,
    pub(crate) expiration_ttl: Option<f64>,
    /// JSON text.
    pub(crate) metadata: Option<String>,
}

impl KvOp {
    /// Reads the fields after the binding.
    pub(super) fn parse(
        name: &str,
        fields: &mut FrameReader<'_>,
        scope: &mut MessageScope<'_>,
    ) -> Result<Option<Self>, GuestError> {
        Ok(Some(match name {
            "kv.get" => Self::Get { key: fields.string("key")?, cache_ttl: fields.optional_number("cacheTtl")? },
            "kv.get_with_metadata" => Self::GetWithMetadata {
                key: fields.string("key")?,
                cache_ttl: fields.optional_number("cacheTtl")?,
                inline: fields.optional_number("inline")?,
            },
            "kv.get_many" => Self::GetMany {
                value_type: fields.string("type")?,
                with_metadata: fields.flag("with metadata")?,
                cache_ttl: fields.optional_number("cacheTtl")?,
                keys: fields.texts("key")?,
            },
            "kv.put" => {
                let key = fields.string("key")?;
                let value = scope.body(fields)?.unwrap_or_default();
                Self::Put { key, value, options: KvPutOptions::parse(fields.list("options")?)? }
            }
            "kv.delete" => Self::Delete { key: fields.string("key")? },
            "kv.list" => Self::List {
                prefix: fields.string("prefix")?,
                limit: fields.optional_number("limit")?,
                cursor: fields.optional_text("cursor")?.map(str::to_owned),
            },
            _ => return Ok(None),
        }))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Get { .. } => "kv.get",
            Self::GetWithMetadata { .. } => "kv.get_with_metadata",
            Self::GetMany { .. } => "kv.get_many",
            Self::Put { .. } => "kv.put",
            Self::Delete { .. } => "kv.delete",
            Self::List { .. } => "kv.list",
        }
    }

    /// The key, or what else it is about.
    pub(super) fn subject(&self) -> &str {
        match self {
            Self::Get { key, .. }
            | Self::GetWithMetadata { key, .. }
            | Self::Put { key, .. }
            | Self::Delete { key }
            | Self::List { prefix: key, .. } => key,
            Self::GetMany { keys, .. } => keys.first().map_or("", String::as_str),
        }
    }
}

impl KvPutOptions {
    fn parse(mut pairs: FrameReader<'_>) -> Result<Self, GuestError> {
        let mut options = Self::default();
        while let Some((name, value)) = pairs.pair()? {
            let text = std::str::from_utf8(value).map_err(|_| FrameError::NotText("option"))?;
            let number = || text.parse().map(Some).map_err(|_| FrameError::NotNumber("option"));
            match name {
                "expiration" => options.expiration = number()?,
                "expirationTtl" => options.expiration_ttl = number()?,
                "metadata" => options.metadata = Some(text.to_owned()),
                _ => return Err(GuestError::error(format!("`kv.put` has no option `{name}`"))),
            }
        }
        Ok(options)
    }
}
