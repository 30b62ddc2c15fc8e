//! What sets one programming language apart from another, as data for the lexer in `code.rs`.

use super::{paint::Class, words::WordLists};

/// A language: its words, comments, strings, and [habits](Family::habits).
#[derive(Clone, Copy)]
pub(super) struct Family {
    pub words: &'static WordLists,
    /// Words that are keywords only before a name, a string or a bracket that opens (`type`, `of`, `match`).
    pub soft: &'static [&'static str],
    pub line_comments: &'static [&'static str],
    pub block_comment: Option<(&'static str, &'static str)>,
    /// Longer openings stand first.
    pub quotes: &'static [Quote],
    /// Letters before a quote that change what it does; lower case.
    pub prefixes: &'static [Prefix],
    /// A sum of the constants below.
    pub habits: u32,
}

/// `/` where a value may begin starts a regular expression.
pub(super) const REGEX: u32 = 1;
/// `<` where a value may begin starts an element.
pub(super) const JSX: u32 = 1 << 1;
/// A line that begins with `#` is for the preprocessor.
pub(super) const PREPROCESSOR: u32 = 1 << 2;
/// `#[…]` is an attribute.
pub(super) const HASH_ATTRIBUTES: u32 = 1 << 3;
/// `@name` is a decorator or an annotation.
pub(super) const DECORATORS: u32 = 1 << 4;
/// `$name` is a variable.
pub(super) const DOLLAR: u32 = 1 << 5;
/// `name!` is a call.
pub(super) const BANG: u32 = 1 << 6;
/// `'a` is a name, `'a'` a character.
pub(super) const LIFETIMES: u32 = 1 << 7;
/// Words are recognised in any case.
pub(super) const ANY_CASE: u32 = 1 << 8;
/// Names that begin with a capital are types, those all in capitals constants.
pub(super) const CAPITALS: u32 = 1 << 9;
/// `r#"…"#`, with any number of `#`.
pub(super) const RAW_HASHES: u32 = 1 << 10;
/// Names may hold `-`.
pub(super) const DASHES: u32 = 1 << 11;
/// `@name` is a variable, `:name` a constant; names may end in `?` or `!`.
pub(super) const SIGILS: u32 = 1 << 12;
/// Block comments nest.
pub(super) const NESTING: u32 = 1 << 13;
/// `name:` after `{` or `,` is a key.
pub(super) const KEYS: u32 = 1 << 14;
/// `->` leads to a member.
pub(super) const ARROW_MEMBERS: u32 = 1 << 15;
/// A name in front of `(` is no call (`VALUES (`, `(name arg)`).
pub(super) const NO_CALLS: u32 = 1 << 16;

/// A kind of string.
#[derive(Clone, Copy)]
pub(super) struct Quote {
    pub open: &'static str,
    pub close: &'static str,
    /// `\` takes the next character along.
    pub escapes: bool,
    /// Goes on over line ends.
    pub lines: bool,
    pub inside: Inside,
    pub class: Class,
}

/// What a string may hold besides text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inside {
    Nothing,
    /// `${…}`
    DollarBraces,
    /// `$name`, `${…}`, `{$…}`
    Dollars,
    /// `#{…}`
    HashBraces,
    /// `\(…)`
    BackslashParens,
    /// `{…}`, where `{{` is a brace
    Braces,
}

/// Letters before a quote.
#[derive(Clone, Copy)]
pub(super) struct Prefix {
    pub letters: &'static str,
    pub escapes: bool,
    pub inside: Inside,
}

/// A string with escapes, on one line.
pub(super) const fn quote(mark: &'static str) -> Quote {
    Quote { open: mark, close: mark, escapes: true, lines: false, inside: Inside::Nothing, class: Class::String }
}

impl Quote {
    pub(super) const fn raw(mut self) -> Self {
        self.escapes = false;
        self
    }

    pub(super) const fn over_lines(mut self) -> Self {
        self.lines = true;
        self
    }

    pub(super) const fn holding(mut self, inside: Inside) -> Self {
        self.inside = inside;
        self
    }

    pub(super) const fn of(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
}

pub(super) const DOUBLE: Quote = quote("\"");
pub(super) const SINGLE: Quote = quote("'");
pub(super) const TRIPLE: Quote = quote("\"\"\"").over_lines();
pub(super) const BACKTICK: Quote = quote("`").over_lines();

impl Family {
    pub(super) const fn has(&self, habit: u32) -> bool {
        self.habits & habit != 0
    }
}
