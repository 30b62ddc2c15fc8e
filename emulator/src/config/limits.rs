//! What a config may be at most. Files come from anybody; wrangler itself has no limits, and configs of real projects stay far below these.

/// Bytes of a config and of a file of secrets. The largest configs that are published have some tens of KiB.
pub const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Values in a config: tables, entries of lists, strings, all counted.
pub const MAX_VALUES: usize = 20_000;
/// How deep tables and lists of a TOML file nest (the parser's own limit) and those of a JSON file.
pub const MAX_DEPTH: usize = 80;
/// Characters of a value that a message shows; what is longer is cut.
pub const MAX_SHOWN_CHARS: usize = 400;
/// Findings about one file; what comes after them is counted in one more.
pub const MAX_DIAGNOSTICS: usize = 500;
