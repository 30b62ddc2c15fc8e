//! Words that are said alike wherever they are said.

use super::is_active;

/// Digits of a deploy's id that are shown to people; enough to name one of a site's.
const SHORT_ID: usize = 8;

/// `1 error`, `2 errors`
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The beginning of a deploy's id, without what would move a terminal's cursor.
pub(crate) fn short_id(id: &str) -> String {
    id.chars().filter(|c| !is_active(*c)).take(SHORT_ID).collect()
}

/// A path in a command that is shown to be pasted: one word for a shell, and nothing that it would expand or run. A stranger may have named
/// the file.
pub(crate) fn pasted(path: &str) -> String {
    // What begins with a hyphen would be an option.
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    let also = if cfg!(windows) { "\\/:.-_" } else { "/.-_" };
    if !path.is_empty() && path.chars().all(|c| c.is_alphanumeric() || also.contains(c)) {
        return path;
    }
    // A name on Windows holds no `"`; both of its shells know these quotes.
    if cfg!(windows) { format!("\"{path}\"") } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_is_one_word_that_runs_nothing() {
        for (path, expected) in [
            ("paths/index.path.md", "paths/index.path.md"),
            ("größe.md", "größe.md"),
            ("my talk.md", "'my talk.md'"),
            ("-x.md", "./-x.md"),
            ("-x y.md", "'./-x y.md'"),
            ("$(touch pwned).md", "'$(touch pwned).md'"),
            ("~/a.md", "'~/a.md'"),
            ("it's;x", "'it'\\''s;x'"),
            ("", "''"),
        ] {
            assert_eq!(pasted(path), expected);
        }
    }
}
