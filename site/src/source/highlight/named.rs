//! Names of languages: how one is read out of what stands behind a fence, and which one may have been meant.

use super::library;

/// A shorter name is near too many.
const SHORTEST: usize = 4;
/// From this length on, two letters may be wrong.
const LONG: usize = 8;

/// The names that our own lexers go by, of languages that people write out; a test holds that each is known.
const OWN: [&str; 78] = [
    "abap",
    "agda",
    "arduino",
    "astro",
    "bash",
    "basic",
    "clojure",
    "cobol",
    "console",
    "coq",
    "csharp",
    "cuda",
    "dart",
    "diff",
    "docker",
    "dockerfile",
    "dotenv",
    "ebnf",
    "elisp",
    "elixir",
    "fish",
    "gherkin",
    "glsl",
    "golang",
    "graphql",
    "groovy",
    "handlebars",
    "haskell",
    "html",
    "java",
    "javascript",
    "json",
    "jsonc",
    "julia",
    "kotlin",
    "less",
    "liquid",
    "lisp",
    "makefile",
    "markdown",
    "mysql",
    "objectivec",
    "patch",
    "perl",
    "php",
    "plaintext",
    "postgres",
    "postgresql",
    "powershell",
    "prolog",
    "properties",
    "protobuf",
    "python",
    "python3",
    "racket",
    "raku",
    "ruby",
    "rust",
    "sass",
    "scala",
    "scheme",
    "scss",
    "shell",
    "smalltalk",
    "sqlite",
    "svelte",
    "swift",
    "terraform",
    "text",
    "toml",
    "turtle",
    "typescript",
    "vbnet",
    "vbscript",
    "wgsl",
    "yaml",
    "zig",
    "zsh",
];

/// What may be meant by a word behind a fence, in lower case, the likeliest first: the word, the part before what other tools take for
/// options (`rust,no_run`, `js{1,3}`, `{.python}`), and the ending of a file's name.
pub(super) fn readings(word: &str) -> impl Iterator<Item = &str> {
    let start = word.trim_start_matches(['{', '.']);
    let plain = start.split([',', '{', '}', ';', ':', '=']).next().unwrap_or(start);
    let ending = plain.rsplit('.').next().unwrap_or(plain);
    let mut last = None;
    [word, plain, ending].into_iter().filter(move |name| !name.is_empty() && last.replace(*name) != Some(*name))
}

/// The name that is spelled nearly so.
pub(super) fn nearest(word: &str) -> Option<&'static str> {
    let written = readings(word).nth(1).unwrap_or(word);
    // What is longer than any name is not compared with all of them.
    if !(SHORTEST..=32).contains(&written.len()) {
        return None;
    }
    let off = if written.len() < LONG { 1 } else { 2 };
    OWN.into_iter()
        .chain(library::names())
        .filter(|name| name.len() >= SHORTEST)
        .map(|name| (strsim::osa_distance(written, name), name))
        .filter(|(distance, _)| *distance <= off)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::highlight::{Highlighted, highlight};

    #[test]
    fn a_name_is_found_among_options_and_in_file_names() {
        let read = |word: &'static str| readings(word).collect::<Vec<_>>();
        assert_eq!(read("rust"), ["rust"]);
        assert_eq!(read("rust,no_run"), ["rust,no_run", "rust"]);
        assert_eq!(read("{.python"), ["{.python", "python"]);
        assert_eq!(read("package.json"), ["package.json", "json"]);
        assert_eq!(read("c++"), ["c++"]);
    }

    #[test]
    fn a_name_that_is_spelled_nearly_right_is_suggested_and_another_word_is_not() {
        assert_eq!(nearest("pyhton"), Some("python"));
        assert_eq!(nearest("javscript"), Some("javascript"));
        assert_eq!(nearest("erlnag"), Some("erlang"));
        assert_eq!(nearest("pyhton,ignore"), Some("python"));
        for word in ["klingon", "x", "qb", "my-own-words", &"a".repeat(5_000)] {
            assert_eq!(nearest(word), None, "{word}");
        }
    }

    #[test]
    fn every_name_that_is_suggested_is_known() {
        for name in OWN {
            assert!(matches!(highlight(name, "a"), Highlighted::Lines(_)), "{name}");
        }
    }
}
