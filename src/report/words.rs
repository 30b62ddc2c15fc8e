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
