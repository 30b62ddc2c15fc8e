//! Languages without a lexer of ours: the grammars that `bat` brings together, from the crate `two-face`, as data of `syntect`.
//!
//! Reading them takes some milliseconds and compiling a language's patterns some more, so nothing of it happens before a fence
//! names such a language.

mod kept;
mod machine;
mod names;
mod patterns;
mod scopes;

#[cfg(test)]
mod tests;

use super::paint::Paint;
use machine::{Machine, Stopped};
use scopes::{Classes, Painter};
use std::{
    fmt,
    sync::{Arc, LazyLock, OnceLock},
};
use syntect::parsing::{
    SyntaxSet,
    syntax_definition::{Context, ContextId, ContextReference, MatchOperation, Pattern},
};

use names::Language;
pub(super) use names::{find, names};

/// The longest code that a grammar is run over, in bytes: some 800 full lines, more than anybody reads on a page. It bounds what one
/// fence may take.
pub(super) const MAX_CODE: usize = 32 * 1024;

/// The most lines of such code. Every line is searched for all that may begin in it, be it empty.
pub(super) const MAX_LINES: usize = 1_500;

/// The longest line of such code, in bytes. Patterns are searched for in whole lines, so their cost grows with the square of it.
pub(super) const MAX_LINE: usize = 1_000;

/// Units of work for each byte of code; what is spent on one stands in `patterns.rs`. Real code takes 15 to 30.
const WORK_PER_BYTE: u64 = 400;

/// Units of work for each line: looks at some hundred rules.
const WORK_PER_LINE: u64 = 4_000;

/// Units of work that every piece of code has, however short.
const WORK: u64 = 200_000;

static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// The lines of the code as HTML.
pub(super) fn highlight(language: Language, code: &str) -> Result<Arc<[String]>, TooMuch> {
    if let Some(lines) = kept::get(language, code) {
        return Ok(lines);
    }
    let mut paint = Paint::new();
    lex(language, code, &mut paint)?;
    let lines: Arc<[String]> = paint.finish().into();
    kept::put(language, code, &lines);
    Ok(lines)
}

/// Paints the code; after an error the paint is not to be used.
fn lex(language: Language, code: &str, paint: &mut Paint) -> Result<(), TooMuch> {
    if code.len() > MAX_CODE {
        return Err(TooMuch::Code);
    }
    let mut count = 0;
    for line in code.split('\n') {
        if line.len() > MAX_LINE {
            return Err(TooMuch::Line);
        }
        count += 1;
    }
    if count > MAX_LINES {
        return Err(TooMuch::Lines);
    }
    let start = start_of(language.grammar).ok_or(TooMuch::Grammar)?;
    let mut machine =
        Machine::new(&GRAMMARS, start, WORK + WORK_PER_LINE * count as u64 + WORK_PER_BYTE * code.len() as u64);
    let mut classes = Classes::default();
    let mut painter = Painter::new(paint);
    let mut line_with_end = String::new();
    let mut lines = code.split('\n').peekable();
    while let Some(line) = lines.next() {
        line_with_end.clear();
        line_with_end.push_str(line);
        line_with_end.push('\n');
        let shown = if lines.peek().is_some() { line_with_end.as_str() } else { line };
        match machine.line(&line_with_end, shown, &mut painter, &mut classes) {
            Ok(()) => {}
            Err(Stopped::Budget) => return Err(TooMuch::Work),
            Err(Stopped::Broken) => return Err(TooMuch::Grammar),
        }
    }
    Ok(())
}

/// Why code is left without colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMuch {
    /// It is longer than [`MAX_CODE`].
    Code,
    /// It has more than [`MAX_LINES`].
    Lines,
    /// A line is longer than [`MAX_LINE`].
    Line,
    /// The grammar has more to do with it than it may.
    Work,
    /// The grammar is broken.
    Grammar,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => write!(f, "in this language code may have {} KB", MAX_CODE / 1024),
            Self::Lines => write!(f, "in this language code may have {MAX_LINES} lines"),
            Self::Line => write!(f, "in this language a line may have {MAX_LINE} bytes"),
            Self::Work => f.write_str("to read it as this language takes too much work"),
            Self::Grammar => f.write_str("the grammar of this language is incomplete"),
        }
    }
}

/// The context with this id. The crate gives out ids, and takes them only as a part of what it reads.
fn context_of(set: &'static SyntaxSet, id: ContextId) -> Option<&'static Context> {
    let reference: ContextReference = serde_json::from_value(serde_json::json!({ "Direct": id })).ok()?;
    reference.resolve(set).ok()
}

/// The context in which a text of a grammar begins.
fn start_of(grammar: usize) -> Option<&'static Context> {
    static STARTS: LazyLock<Vec<OnceLock<Option<&'static Context>>>> =
        LazyLock::new(|| GRAMMARS.syntaxes().iter().map(|_| OnceLock::new()).collect());
    *STARTS.get(grammar)?.get_or_init(|| first_context(grammar))
}

/// It reads nothing, and enters the one that the grammar calls `main`.
fn first_context(grammar: usize) -> Option<&'static Context> {
    (0_usize..)
        .map_while(|index| {
            let id = serde_json::json!({ "syntax_index": grammar, "context_index": index });
            context_of(&GRAMMARS, serde_json::from_value(id).ok()?)
        })
        .find(|context| match context.patterns.as_slice() {
            [Pattern::Match(only)] => {
                only.regex.regex_str().is_empty()
                    && matches!(&only.operation, MatchOperation::Push(entered) if entered.len() == 1)
                    && !context.meta_content_scope.is_empty()
            }
            _ => false,
        })
}
