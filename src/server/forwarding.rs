//! Names under which a machine in the cloud forwards a port of this one, as it says in its variables.

/// The names for a port. Both services let in only who is logged in, unless the author opens the port.
pub(super) fn names(port: u16, variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    // docs.github.com, "Default environment variables for your codespace"
    let codespaces = variable("CODESPACE_NAME")
        .zip(variable("GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN"))
        .map(|(name, domain)| format!("{name}-{port}.{domain}"));
    // www.gitpod.io/docs, "Environment variables": https://<workspace>.<cluster>.gitpod.io
    let gitpod = variable("GITPOD_WORKSPACE_URL")
        .and_then(|url| Some(format!("{port}-{}", url.strip_prefix("https://")?.trim_end_matches('/'))));
    codespaces.into_iter().chain(gitpod).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_forwarded_port_is_known() {
        let variable = |name: &str| match name {
            "CODESPACE_NAME" => Some("fluffy-disco".to_owned()),
            "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN" => Some("app.github.dev".to_owned()),
            "GITPOD_WORKSPACE_URL" => Some("https://me-site-x1.ws-eu1.gitpod.io".to_owned()),
            _ => None,
        };
        assert_eq!(names(8787, variable), ["fluffy-disco-8787.app.github.dev", "8787-me-site-x1.ws-eu1.gitpod.io"]);
        assert!(names(8787, |_| None).is_empty());
    }
}
