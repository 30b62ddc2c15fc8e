use std::time::Duration;

/// How long changes of files are waited for, from the first hint of the system to the build. Editors write a file in several steps and
/// tools write many files; a build in between would show what nobody meant.
#[derive(Clone, Copy, Debug)]
pub struct Debounce {
    /// Hints of a few files: what an editor does when it saves.
    pub few: Burst,
    /// Hints of more than [`Debounce::many_hints`] files: a checkout or a copy, which pauses longer than an editor does.
    pub many: Burst,
    /// From so many hinted files on it is a burst of many.
    pub many_hints: usize,
    /// What git ignores is looked at this long after a hint, unless there is another reason to look before.
    pub ignored: Duration,
    /// After a burst all files are looked at once more: a write that was under way, or one in a folder that was not watched yet.
    pub second_look: Duration,
    /// A folder that vanished is looked for after so long.
    pub vanished_root: Duration,
    /// After so long all files are looked at once more when a build of them could not be published.
    pub unpublished: Duration,
    /// How often all files are looked at for what no event tells: a hard link that is written to from elsewhere.
    pub backstop: Duration,
    /// A file that vanished is believed to be gone after so long: many editors delete and create what they save.
    pub gone_file: Duration,
    /// A file that became empty is believed to be empty after so long: many editors truncate before they write.
    pub empty_file: Duration,
    /// Until then it is looked at so often.
    pub doubtful_file: Duration,
    /// So many changed files are more than an editor saves at once: a checkout, a copy, a build of another tool.
    pub many_changes: usize,
    /// A change of many files is over when a look so long after another finds nothing else; one that does not end is built after the longest,
    /// unless it is a checkout of Git's.
    pub many_changed: Burst,
    /// A change of few files while Git is at work is the first of many, or a save beside it: Git is waited for so long.
    pub few_changed_in_checkout: Duration,
    /// Builds are given up for newer changes until so long after the first of them was begun; then one is finished, since else someone who
    /// never stops typing would see nothing.
    pub given_up_builds: Duration,
}

/// Several changes that count as one.
#[derive(Clone, Copy, Debug)]
pub struct Burst {
    /// It is over when nothing came for so long.
    pub quiet: Duration,
    /// One that does not end is over after so long.
    pub longest: Duration,
}

/// What `pmx dev` waits. Measured with editors, Git and copies (`tests/saves.rs`, `tests/watching.rs`).
pub const DEBOUNCE: Debounce = Debounce {
    few: Burst { quiet: Duration::from_millis(2), longest: Duration::from_millis(100) },
    many: Burst { quiet: Duration::from_millis(50), longest: Duration::from_secs(2) },
    many_hints: 16,
    ignored: Duration::from_millis(300),
    second_look: Duration::from_millis(200),
    vanished_root: Duration::from_millis(250),
    unpublished: Duration::from_secs(2),
    backstop: Duration::from_secs(30),
    gone_file: Duration::from_millis(50),
    empty_file: Duration::from_millis(30),
    doubtful_file: Duration::from_millis(5),
    many_changes: 16,
    many_changed: Burst { quiet: Duration::from_millis(100), longest: Duration::from_secs(3) },
    few_changed_in_checkout: Duration::from_millis(400),
    given_up_builds: Duration::from_millis(500),
};
