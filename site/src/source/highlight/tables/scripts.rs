//! Interpreted and functional languages.

use super::{PLAIN, words};
use crate::source::highlight::{
    family::{
        ANY_CASE, ARROW_MEMBERS, BACKTICK, CAPITALS, DASHES, DECORATORS, DOLLAR, DOUBLE, Family, Inside, NESTING,
        NO_CALLS, Prefix, Quote, SIGILS, SINGLE, TRIPLE, quote,
    },
    paint::Class,
};

const fn prefix(letters: &'static str, inside: Inside) -> Prefix {
    Prefix { letters, escapes: true, inside }
}

const HASH: Family = Family { line_comments: &["#"], block_comment: None, ..PLAIN };

pub(in crate::source::highlight) static PYTHON: Family = Family {
    words: words! {
        Keyword: "and as assert async await break class continue def del elif else except finally for from global if import \
            in is lambda nonlocal not or pass raise return try while with yield",
        Type: "bool bytearray bytes complex dict float frozenset int list object range set str tuple type",
        Builtin: "True False None NotImplemented Ellipsis self cls __name__ __file__ __init__ __all__",
    },
    soft: &["match", "case"],
    quotes: &[TRIPLE, quote("'''").over_lines(), DOUBLE, SINGLE],
    prefixes: &[
        prefix("f", Inside::Braces),
        prefix("t", Inside::Braces),
        prefix("r", Inside::Nothing),
        prefix("b", Inside::Nothing),
        prefix("u", Inside::Nothing),
        prefix("rb", Inside::Nothing),
        prefix("br", Inside::Nothing),
        prefix("fr", Inside::Braces),
        prefix("rf", Inside::Braces),
    ],
    habits: DECORATORS | CAPITALS,
    ..HASH
};

pub(in crate::source::highlight) static RUBY: Family = Family {
    words: words! {
        Keyword: "alias and begin break case class def defined? do else elsif end ensure for if in include extend module next \
            not or private protected public raise redo require require_relative rescue retry return super then undef unless \
            until when while yield attr_accessor attr_reader attr_writer",
        Builtin: "true false nil self __FILE__ __LINE__ __method__",
    },
    quotes: &[
        DOUBLE.over_lines().holding(Inside::HashBraces),
        SINGLE.over_lines(),
        BACKTICK.holding(Inside::HashBraces),
    ],
    block_comment: Some(("=begin", "=end")),
    habits: SIGILS | CAPITALS | DOLLAR,
    ..HASH
};

pub(in crate::source::highlight) static ELIXIR: Family = Family {
    words: words! {
        Keyword: "after alias and case catch cond def defdelegate defexception defguard defimpl defmacro defmacrop defmodule \
            defp defprotocol defstruct do else end fn for if import in not or quote raise receive require rescue try unless \
            unquote use when with",
        Builtin: "true false nil __MODULE__",
    },
    quotes: &[TRIPLE.holding(Inside::HashBraces), DOUBLE.over_lines().holding(Inside::HashBraces), SINGLE],
    habits: SIGILS | CAPITALS,
    ..HASH
};

pub(in crate::source::highlight) static PHP: Family = Family {
    words: words! {
        Keyword: "abstract and as break callable case catch class clone const continue declare default do echo else elseif \
            empty enum extends final finally fn for foreach function global goto if implements include include_once \
            instanceof insteadof interface isset list match namespace new or print private protected public readonly require \
            require_once return static switch throw trait try unset use var while xor yield",
        Type: "array bool float int iterable mixed never object string void",
        Builtin: "true false null self parent",
    },
    line_comments: &["//", "#"],
    quotes: &[DOUBLE.over_lines().holding(Inside::Dollars), SINGLE.over_lines(), BACKTICK],
    habits: DOLLAR | CAPITALS | ARROW_MEMBERS | crate::source::highlight::family::HASH_ATTRIBUTES,
    ..PLAIN
};

pub(in crate::source::highlight) static PERL: Family = Family {
    words: words! {
        Keyword: "and cmp continue die do each else elsif eq foreach for ge gt if keys last le local lt my ne next no not or \
            our package print printf push require return say shift sub unless until use values wantarray while xor",
        Builtin: "undef __PACKAGE__ __FILE__ STDIN STDOUT STDERR",
    },
    quotes: &[DOUBLE.over_lines().holding(Inside::Dollars), SINGLE.over_lines(), BACKTICK],
    habits: DOLLAR | SIGILS | ARROW_MEMBERS,
    ..HASH
};

const LUA_LONG: Quote =
    Quote { open: "[[", close: "]]", escapes: false, lines: true, inside: Inside::Nothing, class: Class::String };

pub(in crate::source::highlight) static LUA: Family = Family {
    words: words! {
        Keyword: "and break do else elseif end for function goto if in local not or repeat return then until while",
        Builtin: "true false nil self _G _ENV",
    },
    line_comments: &["--"],
    block_comment: Some(("--[[", "]]")),
    quotes: &[LUA_LONG, DOUBLE, SINGLE],
    ..PLAIN
};

pub(in crate::source::highlight) static R: Family = Family {
    words: words! {
        Keyword: "break else for function if in next repeat return while library require",
        Builtin: "TRUE FALSE NULL NA NaN Inf T F",
    },
    quotes: &[DOUBLE.over_lines(), SINGLE.over_lines(), BACKTICK.raw()],
    ..HASH
};

pub(in crate::source::highlight) static JULIA: Family = Family {
    words: words! {
        Keyword: "abstract baremodule begin break catch const continue do else elseif end export finally for function global \
            if import in isa let local macro module mutable outer primitive quote return struct try type using where while",
        Builtin: "true false nothing missing Inf NaN pi",
    },
    block_comment: Some(("#=", "=#")),
    quotes: &[TRIPLE.holding(Inside::Dollars), DOUBLE.over_lines().holding(Inside::Dollars)],
    habits: DECORATORS | CAPITALS | NESTING,
    ..HASH
};

pub(in crate::source::highlight) static HASKELL: Family = Family {
    words: words! {
        Keyword: "as case class data default deriving do else forall foreign hiding if import in infix infixl infixr instance \
            let module newtype of qualified then type where",
        Builtin: "True False Nothing Just Left Right otherwise",
    },
    line_comments: &["--"],
    block_comment: Some(("{-", "-}")),
    quotes: &[DOUBLE, SINGLE],
    habits: CAPITALS | NESTING | crate::source::highlight::family::LIFETIMES | NO_CALLS,
    ..PLAIN
};

pub(in crate::source::highlight) static LISP: Family = Family {
    words: words! {
        Keyword: "def defn defn- defmacro defun defvar define define-syntax lambda fn let letrec loop recur if cond case when \
            unless do begin progn set! setq quote and or not ns require import",
        Builtin: "true false nil t else",
    },
    line_comments: &[";"],
    block_comment: Some(("#|", "|#")),
    quotes: &[DOUBLE.over_lines()],
    habits: DASHES | SIGILS | NESTING | NO_CALLS,
    ..PLAIN
};

pub(in crate::source::highlight) static POWERSHELL: Family = Family {
    words: words! {
        Keyword: "begin break catch class continue data do dynamicparam else elseif end exit filter finally for foreach from \
            function if in param process return switch throw trap try until using while",
        Builtin: "true false null",
    },
    block_comment: Some(("<#", "#>")),
    quotes: &[DOUBLE.raw().over_lines().holding(Inside::Dollars), SINGLE.raw().over_lines()],
    habits: DOLLAR | DASHES | ANY_CASE,
    ..HASH
};
