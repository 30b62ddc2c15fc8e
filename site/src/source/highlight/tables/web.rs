//! Languages of the browser and of services.

use super::{PLAIN, words};
use crate::source::highlight::{
    family::{
        ANY_CASE, BACKTICK, CAPITALS, DECORATORS, DOLLAR, DOUBLE, Family, Inside, JSX, KEYS, NO_CALLS, Quote, REGEX,
        SINGLE, TRIPLE,
    },
    paint::Class,
};

const SCRIPT_KEYWORDS: &str = "async await break case catch class const continue debugger default delete do else export \
    extends finally for function if import in instanceof let new return static switch throw try typeof var void while \
    with yield";
const SCRIPT_BUILTINS: &str = "true false null undefined NaN Infinity this super globalThis window document console \
    process module exports require arguments";
const TEMPLATES: [Quote; 3] = [DOUBLE, SINGLE, BACKTICK.holding(Inside::DollarBraces)];
const SCRIPT_SOFT: [&str; 5] = ["from", "of", "as", "get", "set"];
const TYPED_SOFT: [&str; 14] = [
    "from",
    "of",
    "as",
    "get",
    "set",
    "type",
    "interface",
    "namespace",
    "declare",
    "abstract",
    "keyof",
    "infer",
    "is",
    "satisfies",
];
const SCRIPT: Family =
    Family { quotes: &TEMPLATES, soft: &SCRIPT_SOFT, habits: REGEX | DECORATORS | CAPITALS | KEYS, ..PLAIN };

pub(in crate::source::highlight) static JAVASCRIPT: Family = Family {
    words: words! { Keyword: SCRIPT_KEYWORDS, Builtin: SCRIPT_BUILTINS },
    habits: SCRIPT.habits | JSX,
    ..SCRIPT
};

const TYPED: Family = Family {
    words: words! {
        Keyword: SCRIPT_KEYWORDS,
        Keyword: "enum implements private protected public readonly override",
        Type: "string number boolean any unknown never object bigint symbol",
        Builtin: SCRIPT_BUILTINS,
    },
    soft: &TYPED_SOFT,
    ..SCRIPT
};

pub(in crate::source::highlight) static TYPESCRIPT: Family = TYPED;
pub(in crate::source::highlight) static TYPESCRIPT_JSX: Family = Family { habits: TYPED.habits | JSX, ..TYPED };

pub(in crate::source::highlight) static SQL: Family = Family {
    words: words! {
        Keyword: "add all alter analyze and any as asc attach begin between by cascade case check collate column commit \
            conflict constraint create cross current_date current_time current_timestamp database default deferred \
            delete desc detach distinct do drop each else end escape except exists explain filter first following for \
            foreign from full function glob grant group having if ignore immediate in index inner insert instead \
            intersect into is isnull join key last left like limit match materialized natural no not notnull nothing \
            nulls of offset on or order outer over partition plan pragma preceding primary procedure range recursive \
            references regexp reindex release rename replace restrict returning revoke right rollback row rows \
            savepoint schema select set table temp temporary then to transaction trigger truncate unbounded union \
            unique update using vacuum values view virtual when where window with without",
        Type: "bigint binary bit blob bool boolean bytea char character clob date datetime decimal double float int \
            integer interval json jsonb money nchar numeric nvarchar precision real serial smallint text time timestamp \
            timestamptz tinyint uuid varbinary varchar varying",
        Builtin: "true false null unknown",
    },
    line_comments: &["--"],
    quotes: &[SINGLE.raw().over_lines(), DOUBLE.raw().of(Class::Attribute), BACKTICK.raw().of(Class::Attribute)],
    habits: ANY_CASE | DOLLAR,
    ..PLAIN
};

pub(in crate::source::highlight) static GRAPHQL: Family = Family {
    words: words! {
        Keyword: "query mutation subscription fragment on type interface union enum input scalar schema directive extend implements repeatable",
        Type: "Int Float String Boolean ID",
        Builtin: "true false null",
    },
    line_comments: &["#"],
    block_comment: None,
    quotes: &[TRIPLE, DOUBLE],
    habits: DECORATORS | DOLLAR | CAPITALS | NO_CALLS,
    ..PLAIN
};

pub(in crate::source::highlight) static PROTOBUF: Family = Family {
    words: words! {
        Keyword: "syntax package import option message enum service rpc returns stream oneof repeated optional required reserved extend extensions to max public weak map",
        Type: "double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes",
        Builtin: "true false",
    },
    habits: CAPITALS | NO_CALLS,
    ..PLAIN
};

pub(in crate::source::highlight) static HCL: Family = Family {
    words: words! {
        Keyword: "resource data variable output locals module provider terraform for in if dynamic content moved import",
        Type: "string number bool list set map object tuple any",
        Builtin: "true false null each self count var local path",
    },
    line_comments: &["#", "//"],
    quotes: &[DOUBLE.holding(Inside::DollarBraces)],
    ..PLAIN
};
