//! The programming languages, as data.

mod rare;
mod scripts;
mod systems;
mod web;

pub(super) use rare::{ABAP, AGDA, BASIC, BNF, COBOL, COQ, EBNF, GHERKIN, PROLOG, RAKU, SMALLTALK, TURTLE};
pub(super) use scripts::{ELIXIR, HASKELL, JULIA, LISP, LUA, PERL, PHP, POWERSHELL, PYTHON, R, RUBY};
pub(super) use systems::{C, CPP, CSHARP, DART, GO, JAVA, KOTLIN, RUST, SCALA, SHADER, SWIFT, ZIG};
pub(super) use web::{GRAPHQL, HCL, JAVASCRIPT, PROTOBUF, SQL, TYPESCRIPT, TYPESCRIPT_JSX};

use super::{
    family::{DOUBLE, Family, SINGLE},
    words::WordLists,
};

/// The lists of a language's words, as a table of its own.
macro_rules! words {
    ($($class:ident: $list:expr),* $(,)?) => {{
        static WORDS: $crate::source::highlight::words::WordLists =
            $crate::source::highlight::words::WordLists::new(&[$(($crate::source::highlight::paint::Class::$class, $list)),*]);
        &WORDS
    }};
}
use words;

/// Comments and strings as in C; the others say what differs.
const PLAIN: Family = Family {
    words: &NO_WORDS,
    soft: &[],
    line_comments: &["//"],
    block_comment: Some(("/*", "*/")),
    quotes: &[DOUBLE, SINGLE],
    prefixes: &[],
    habits: 0,
};

static NO_WORDS: WordLists = WordLists::new(&[]);
