//! The keys that wrangler knows at the top of a config and in its environments, as of wrangler 4.86 and with `exports`, which came later.

/// How alike two keys must be before one is suggested (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.85;

/// Keys of the top level alone.
const TOP: [&str; 12] = [
    "$schema",
    "alias",
    "data_blobs",
    "dev",
    "env",
    "keep_vars",
    "legacy_env",
    "pages_build_output_dir",
    "send_metrics",
    "site",
    "text_blobs",
    "wasm_modules",
];

/// Keys whose value an environment without one has from the top level.
pub(super) const INHERITED: [&str; 35] = [
    "account_id",
    "assets",
    "base_dir",
    "build",
    "cache",
    "compatibility_date",
    "compatibility_flags",
    "compliance_region",
    "exports",
    "find_additional_modules",
    "first_party_worker",
    "jsx_factory",
    "jsx_fragment",
    "keep_names",
    "limits",
    "logfwdr",
    "logpush",
    "main",
    "migrations",
    "minify",
    "name",
    "no_bundle",
    "observability",
    "placement",
    "preserve_file_names",
    "preview_urls",
    "previews",
    "python_modules",
    "route",
    "routes",
    "rules",
    "triggers",
    "tsconfig",
    "upload_source_maps",
    "workers_dev",
];

/// A key that environments do not inherit, and what wrangler calls a binding of it, if it makes bindings.
pub(super) struct OwnKey {
    pub(super) key: &'static str,
    pub(super) binding: Option<&'static str>,
    /// Whether pmx can run what it asks for.
    pub(super) emulated: bool,
}

const fn run(key: &'static str, binding: &'static str) -> OwnKey {
    OwnKey { key, binding: Some(binding), emulated: true }
}

const fn not_run(key: &'static str, binding: &'static str) -> OwnKey {
    OwnKey { key, binding: Some(binding), emulated: false }
}

const fn plain(key: &'static str, emulated: bool) -> OwnKey {
    OwnKey { key, binding: None, emulated }
}

/// Keys of which an environment has only what stands in itself.
pub(super) const OWN: [OwnKey; 38] = [
    run("durable_objects", "Durable Object"),
    run("kv_namespaces", "KV Namespace"),
    not_run("send_email", "Send Email"),
    not_run("queues", "Queue"),
    not_run("d1_databases", "D1 Database"),
    not_run("vectorize", "Vectorize Index"),
    not_run("ai_search_namespaces", "AI Search Namespace"),
    not_run("ai_search", "AI Search Instance"),
    not_run("hyperdrive", "Hyperdrive Config"),
    run("r2_buckets", "R2 Bucket"),
    run("services", "Worker"),
    not_run("analytics_engine_datasets", "Analytics Engine Dataset"),
    not_run("browser", "Browser Run"),
    not_run("ai", "AI"),
    not_run("images", "Images"),
    not_run("stream", "Stream"),
    not_run("media", "Media"),
    not_run("version_metadata", "Worker Version Metadata"),
    not_run("unsafe", "Unsafe Metadata"),
    run("vars", "Environment Variable"),
    not_run("dispatch_namespaces", "Dispatch Namespace"),
    not_run("mtls_certificates", "mTLS Certificate"),
    not_run("workflows", "Workflow"),
    not_run("pipelines", "Pipeline"),
    not_run("secrets_store_secrets", "Secrets Store Secret"),
    not_run("artifacts", "Artifacts"),
    not_run("ratelimits", "Rate Limit"),
    not_run("unsafe_hello_world", "Hello World"),
    not_run("flagship", "Flagship"),
    run("worker_loaders", "Worker Loader"),
    not_run("vpc_services", "VPC Service"),
    not_run("vpc_networks", "VPC Network"),
    run("secrets", "Secret"),
    plain("define", true),
    plain("cloudchamber", false),
    plain("containers", false),
    plain("tail_consumers", false),
    plain("streaming_tail_consumers", false),
];

/// The keys of the top level.
pub(super) fn top() -> impl Iterator<Item = &'static str> {
    TOP.into_iter().chain(environment())
}

/// The keys of an environment.
pub(super) fn environment() -> impl Iterator<Item = &'static str> {
    INHERITED.into_iter().chain(OWN.iter().map(|own| own.key))
}

/// The known key that is most like a given one, if one is much like it.
pub(super) fn nearest<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let lower = key.to_ascii_lowercase().replace('-', "_");
    let alike = |other: &str| strsim::jaro_winkler(&lower, &other.to_ascii_lowercase());
    let (likeness, nearest) = known.map(|other| (alike(other), other)).max_by(|a, b| a.0.total_cmp(&b.0))?;
    (likeness >= ALIKE).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_led_back_and_another_word_is_not() {
        for (written, expected) in [
            ("kv_namespace", Some("kv_namespaces")),
            ("kvNamespaces", Some("kv_namespaces")),
            ("compatability_date", Some("compatibility_date")),
            ("r2_bucket", Some("r2_buckets")),
            ("durable_object", Some("durable_objects")),
            ("Route", Some("route")),
            ("zebra", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, top()), expected, "{written}");
        }
    }

    #[test]
    fn a_key_is_of_one_kind() {
        let mut keys: Vec<&str> = top().collect();
        keys.sort_unstable();
        let before = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), before);
    }
}
