//! What is said of a deploy in a line.

use crate::{
    publish::{Deploy, git::WITH_CHANGES},
    report::{is_active, short_id},
};
use humantime::{format_rfc3339_seconds, parse_rfc3339};
use pmx_model::Meta;
use std::time::{Duration, SystemTime};

/// Digits of a commit, as git abbreviates them.
const SHORT_COMMIT: usize = 7;
/// Characters of a branch.
const MAX_BRANCH: usize = 40;
/// Where a deploy's `meta` says what it changed.
pub(super) const CHANGED: &str = "changed";

/// When a deploy was made, and how long ago that is.
pub(super) fn created(deploy: &Deploy, now: SystemTime) -> (String, String) {
    moment(&deploy.record.created_at, now)
}

/// A time as it is read, and how long ago it is.
pub(super) fn moment(time: &str, now: SystemTime) -> (String, String) {
    match parse_rfc3339(time) {
        Ok(time) => (
            format_rfc3339_seconds(time).to_string().replace('T', " "),
            age(now.duration_since(time).unwrap_or_default()),
        ),
        Err(_) => (first(time, 24), String::from("-")),
    }
}

/// The commit that a deploy was made from, in short; that there were changes stays.
pub(super) fn commit(meta: &Meta) -> Option<String> {
    let commit = meta.get("commit")?;
    let (commit, changes) = match commit.strip_suffix(WITH_CHANGES) {
        Some(commit) => (commit, WITH_CHANGES),
        None => (commit.as_str(), ""),
    };
    Some(first(commit, SHORT_COMMIT) + changes)
}

/// The branch that a deploy was made from.
pub(super) fn branch(meta: &Meta) -> Option<String> {
    meta.get("branch").map(|branch| first(branch, MAX_BRANCH))
}

/// What a deploy changed, in at most so many characters.
pub(super) fn changed(meta: &Meta, most: usize) -> Option<String> {
    let changed = meta.get(CHANGED)?;
    let mut shown = first(changed, most);
    if changed.chars().nth(most).is_some() {
        shown.push('…');
    }
    Some(shown)
}

/// `deploy 3f2a9c1e of 2026-11-27 14:03:02Z (2 h ago), main 452e294`
pub(super) fn described(deploy: &Deploy) -> String {
    let (created, age) = created(deploy, SystemTime::now());
    let from = deploy.record.meta.as_ref().map_or_else(String::new, from);
    format!("deploy {} of {created} ({age} ago){from}", short_id(&deploy.record.deploy_id))
}

/// `, main 452e294+changes`, or nothing.
pub(super) fn from(meta: &Meta) -> String {
    let from: Vec<String> = [branch(meta), commit(meta)].into_iter().flatten().collect();
    if from.is_empty() { String::new() } else { format!(", {}", from.join(" ")) }
}

/// The first characters, without those that would move a terminal's cursor.
fn first(text: &str, most: usize) -> String {
    text.chars().filter(|c| !is_active(*c)).take(most).collect()
}

fn age(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        let told = |seconds| age(Duration::from_secs(seconds));
        assert_eq!([told(0), told(59), told(60), told(7199), told(86_400)], ["0 s", "59 s", "1 min", "1 h", "1 d"]);
    }
}
