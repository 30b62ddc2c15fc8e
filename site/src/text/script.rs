//! The modules that a script names. Strings, comments, templates and regular expressions are told apart as far as that needs it.

use super::{address::is_dotted, string_end};
use std::ops::Range;

/// Words that no value ends with: what follows them is no division.
const BEFORE_VALUES: [&str; 14] = [
    "await",
    "case",
    "delete",
    "do",
    "else",
    "export",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "typeof",
    "void",
];

/// How a script names another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `import … from "x"`, `export … from "x"`, `import "x"`
    Statement,
    /// `import("x")`, `import.meta.resolve("x")`
    Call,
    /// `new URL("x", import.meta.url)`, `importScripts("x")`: any address is relative here.
    Address,
}

/// A file that a script names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import<'s> {
    pub kind: Kind,
    pub target: &'s str,
    /// Byte of the string.
    pub at: usize,
    /// Of an address that is put together while the script runs: `target` is how it begins, and this is how it ends, as far as that is
    /// known.
    pub made: Option<&'s str>,
}

impl Import<'_> {
    /// Whether it is relative to the script; of modules, a bare name is none.
    pub(crate) fn is_relative(&self) -> bool {
        is_dotted(self.target) || self.kind == Kind::Address
    }
}

/// So many tokens are looked at for the end of an address that is put together.
const MAX_MADE: usize = 32;

/// All that a script names by strings without escapes, in order; of addresses that are put together those that begin with `./` or `../`.
pub(crate) fn imports(script: &str) -> Vec<Import<'_>> {
    if !may_be_module(script) {
        return Vec::new();
    }
    let read = Tokens::of(script);
    let mut clause = Clause::default();
    let mut found = Vec::new();
    for at in 0..read.tokens.len() {
        if at.checked_sub(1).is_some_and(|before| read.is_sign(before, b'.')) {
            continue;
        }
        let named: Option<(Kind, usize)> = match read.word(at) {
            "import" if read.is_text(at + 1) => Some((Kind::Statement, at + 1)),
            "import" if read.is_sign(at + 1, b'(') => {
                found.extend(read.made(Kind::Call, at + 2));
                let is_whole = read.is_sign(at + 3, b')') || read.is_sign(at + 3, b',');
                is_whole.then_some((Kind::Call, at + 2))
            }
            "import" if read.is(at + 1, &[".", "meta", ".", "resolve", "("]) => Some((Kind::Call, at + 6)),
            "import" if !read.is_sign(at + 1, b'.') => clause.of(&read, at + 1).map(|text| (Kind::Statement, text)),
            "export" if read.is_sign(at + 1, b'*') || read.is_sign(at + 1, b'{') => {
                clause.of(&read, at + 1).map(|text| (Kind::Statement, text))
            }
            "new" if read.is(at + 1, &["URL", "("]) && read.is(at + 4, &[",", "import", ".", "meta", "."]) => {
                Some((Kind::Address, at + 3))
            }
            "new" if read.is(at + 1, &["URL", "("]) => {
                let is_own = (at + 4..at + MAX_MADE)
                    .take_while(|at| !read.is_sign(*at, b';'))
                    .any(|at| read.is(at, &[",", "import", ".", "meta", "."]));
                found.extend(read.made(Kind::Address, at + 3).filter(|_| is_own));
                None
            }
            "importScripts" if read.is_sign(at + 1, b'(') => {
                let is_listed = |text: &usize| read.is_text(*text) && (*text == at + 2 || read.is_sign(text - 1, b','));
                let texts = (at + 2..).step_by(2).take_while(is_listed);
                found.extend(texts.filter_map(|text| read.import(Kind::Address, text)));
                None
            }
            _ => None,
        };
        found.extend(named.and_then(|(kind, text)| read.import(kind, text)));
    }
    // A clause without an end may run into the next one.
    found.sort_by_key(|import| import.at);
    found.dedup_by_key(|import| import.at);
    found
}

/// Byte of the first statement that only modules have; none in a script that may be the body of a function.
pub(crate) fn module_statement(script: &str) -> Option<usize> {
    if !may_be_module(script) {
        return None;
    }
    let read = Tokens::of(script);
    let mut clause = Clause::default();
    let starts = |at: usize| match at.checked_sub(1).and_then(|before| read.tokens.get(before)) {
        None => true,
        Some(before) => {
            matches!(before.kind, Token::Sign(b';' | b'}'))
                || script[before.end..read.tokens[at].start].contains('\n') && before.kind != Token::Sign(b'.')
        }
    };
    let declares = |at: usize| {
        let words = ["async", "class", "const", "default", "function", "let", "var"];
        words.contains(&read.word(at)) || read.is_sign(at, b'{') || read.is_sign(at, b'*')
    };
    let mut is_it = |at: &usize| match read.word(*at) {
        "import" => read.is_text(at + 1) || clause.of(&read, at + 1).is_some(),
        "export" => declares(at + 1),
        _ => false,
    };
    (0..read.tokens.len()).find(|at| starts(*at) && is_it(at)).map(|at| read.tokens[at].start)
}

/// Whether it is worth to be read.
fn may_be_module(script: &str) -> bool {
    script.contains("import") || script.contains("export")
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// A name, a keyword or a number.
    Word,
    /// A string.
    Text,
    Sign(u8),
    /// The end of a template, or a regular expression.
    Value,
}

#[derive(Clone, Copy, Debug)]
struct Placed {
    kind: Token,
    start: usize,
    end: usize,
}

struct Tokens<'s> {
    script: &'s str,
    tokens: Vec<Placed>,
}

impl<'s> Tokens<'s> {
    fn of(script: &'s str) -> Self {
        let mut read = Self { script, tokens: Vec::new() };
        let bytes = script.as_bytes();
        // For each template that is open around here: how many braces are open in its `${`.
        let mut templates: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let start = at;
            at += 1;
            let kind = match byte {
                b if b.is_ascii_whitespace() => continue,
                b'/' if bytes.get(at) == Some(&b'/') => {
                    at = script[at..].find('\n').map_or(bytes.len(), |end| at + end);
                    continue;
                }
                b'/' if bytes.get(at) == Some(&b'*') => {
                    at = script[at + 1..].find("*/").map_or(bytes.len(), |end| at + 1 + end + 2);
                    continue;
                }
                b'/' if read.expects_value() => {
                    at = regex_end(bytes, at);
                    Token::Value
                }
                quote @ (b'"' | b'\'') => {
                    at = string_end(bytes, start, quote);
                    Token::Text
                }
                b'`' => read.template(bytes, &mut at, &mut templates),
                b'}' if templates.last() == Some(&0) => {
                    templates.pop();
                    read.template(bytes, &mut at, &mut templates)
                }
                b if is_word(b) => {
                    at += bytes[at..].iter().take_while(|b| is_word(**b)).count();
                    Token::Word
                }
                sign => {
                    if let Some(open) = templates.last_mut() {
                        *open = match sign {
                            b'{' => *open + 1,
                            b'}' => open.saturating_sub(1),
                            _ => *open,
                        };
                    }
                    Token::Sign(sign)
                }
            };
            read.tokens.push(Placed { kind, start, end: at });
        }
        read
    }

    /// Steps over the text of a template to its end or to the next value in it.
    fn template(&self, bytes: &[u8], at: &mut usize, templates: &mut Vec<usize>) -> Token {
        while let Some(&byte) = bytes.get(*at) {
            *at += 1;
            match byte {
                b'\\' => *at = (*at + 1).min(bytes.len()),
                b'`' => return Token::Value,
                b'$' if bytes.get(*at) == Some(&b'{') => {
                    *at += 1;
                    templates.push(0);
                    return Token::Sign(b'(');
                }
                _ => {}
            }
        }
        Token::Value
    }

    /// Whether a `/` that comes next begins a regular expression.
    fn expects_value(&self) -> bool {
        self.tokens.last().is_none_or(|last| match last.kind {
            Token::Sign(sign) => !matches!(sign, b')' | b']' | b'}'),
            Token::Word => BEFORE_VALUES.contains(&&self.script[last.start..last.end]),
            Token::Text | Token::Value => false,
        })
    }

    fn word(&self, at: usize) -> &'s str {
        let word = self.tokens.get(at).filter(|token| token.kind == Token::Word);
        word.map_or("", |token| &self.script[token.start..token.end])
    }

    fn is_text(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == Token::Text)
    }

    fn is_sign(&self, at: usize, sign: u8) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == Token::Sign(sign))
    }

    /// Whether these words and signs follow one another.
    fn is(&self, at: usize, parts: &[&str]) -> bool {
        parts.iter().enumerate().all(|(offset, part)| match part.as_bytes() {
            [sign] if !is_word(*sign) => self.is_sign(at + offset, *sign),
            _ => self.word(at + offset) == *part,
        })
    }

    fn written(&self, at: usize) -> &'s str {
        self.tokens.get(at).map_or("", |token| &self.script[token.start..token.end])
    }

    /// What a string is, or a template without values in it.
    fn text(&self, at: usize) -> Option<&'s str> {
        let written = self.written(at);
        let is_whole = self.is_text(at) || written.starts_with('`');
        let ends = (written.as_bytes().first(), written.as_bytes().last());
        let inside = written.get(1..written.len().checked_sub(1)?).filter(|_| is_whole && ends.0 == ends.1);
        inside.filter(|text| !text.contains('\\'))
    }

    fn import(&self, kind: Kind, text: usize) -> Option<Import<'s>> {
        Some(Import { kind, target: self.text(text)?, at: self.tokens.get(text)?.start, made: None })
    }

    /// An address that begins with a string here, and goes on with something else.
    fn made(&self, kind: Kind, start: usize) -> Option<Import<'s>> {
        let template = self.written(start).strip_prefix('`').and_then(|written| written.strip_suffix("${"));
        let following = start + 1..start + MAX_MADE;
        let (target, end) = match template {
            Some(target) => {
                // The text behind the first value, if there is no other.
                let behind = following.map(|at| self.written(at)).find(|written| written.starts_with('}'));
                (target, behind.and_then(|behind| behind[1..].strip_suffix('`')))
            }
            None if self.is_sign(start + 1, b'+') => {
                let end = following.clone().find(|at| self.is_sign(*at, b')') || self.is_sign(*at, b','));
                let end = end.filter(|end| self.is_sign(end - 2, b'+')).and_then(|end| self.text(end - 1));
                (self.text(start)?, end)
            }
            None => return None,
        };
        let end = end.filter(|end| !end.contains('\\')).unwrap_or_default();
        (is_dotted(target) && !target.contains('\\')).then_some(Import {
            kind,
            target,
            at: self.tokens.get(start)?.start,
            made: Some(end),
        })
    }
}

/// What may stand between `import` or `export` and the string behind its `from`. Clauses are asked for in their order, and those of one
/// stretch of tokens share what was found, so that a text of beginnings is read once.
#[derive(Default)]
struct Clause {
    stretch: Range<usize>,
    /// The last string that was found behind a `from`.
    text: Option<usize>,
}

impl Clause {
    /// The string behind the `from` of a clause that begins here.
    fn of(&mut self, read: &Tokens<'_>, from: usize) -> Option<usize> {
        if !self.stretch.contains(&from) {
            let within = |token: &&Placed| {
                matches!(token.kind, Token::Word | Token::Text | Token::Sign(b'{' | b'}' | b',' | b'*'))
            };
            let length = read.tokens.get(from..)?.iter().take_while(within).count();
            *self = Self { stretch: from..from + length, text: Some(from) };
        }
        if self.text.is_some_and(|text| text <= from) {
            let is_behind = |at: &usize| read.word(at - 1) == "from" && read.is_text(*at);
            self.text = (from + 1..=self.stretch.end).find(is_behind);
        }
        self.text
    }
}

/// Bytes that names are made of; inside of a character, too, so that no token ends there.
const fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'#' | b'\\') || b >= 128
}

/// Past the closing slash, or at the end of the line.
fn regex_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut in_class = false;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'/' if !in_class => return at + 1,
            b'\n' => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(script: &str) -> Vec<&str> {
        imports(script).into_iter().filter(|import| import.made.is_none()).map(|import| import.target).collect()
    }

    #[test]
    fn of_an_address_that_is_put_together_beginning_and_end_are_known() {
        let made = |script: &'static str| -> Vec<(&str, &str)> {
            imports(script).into_iter().filter_map(|import| Some((import.target, import.made?))).collect()
        };
        for (script, expected) in [
            ("import(`./lang/${a}.js`)", &[("./lang/", ".js")][..]),
            ("import('../lang/' + a + '.js').then(b)", &[("../lang/", ".js")]),
            ("import('./a-' + f(b) + '.js'); import('./' + c)", &[("./a-", ""), ("./", "")]),
            ("import(`./${a}/${b}.js`)", &[("./", "")]),
            ("new URL(`./img/${f({ a })}.png`, import.meta.url)", &[("./img/", "")]),
            ("new URL('./img/' + a + '.png', import.meta.url)", &[("./img/", ".png")]),
            ("import(`${a}.js`); import('a' + b); import(`https://x.y/${a}.js`); new URL('./a' + b, location)", &[]),
            ("new URL('./a' + b, location); new URL('./c.js', import.meta.url)", &[]),
        ] {
            assert_eq!(made(script), expected, "{script}");
        }
        assert_eq!(
            found("import(`./a.js`); new URL(`./b.js`, import.meta.url); import(`./c/${d}.js`)"),
            ["./a.js", "./b.js"]
        );
    }

    #[test]
    fn every_way_to_name_a_module_is_known() {
        let script = "import './a.js'; import b, { c as d, \"e f\" as g } from \"./b.js\"\nimport * as h from './c.js' with { type: 'json' };\n\
                      export * from './d.js'\nexport { i } from './e.js';import('./f.js').then(x);const w=await import( \"./g.js\" );\n\
                      new Worker(new URL('h.js', import.meta.url)); import.meta.resolve('./i.js'); importScripts('j.js', './k.js')\n\
                      export const x = `${await import('./l.js')} import './no.js'`; import from from './m.js'";
        let expected = [
            "./a.js", "./b.js", "./c.js", "./d.js", "./e.js", "./f.js", "./g.js", "h.js", "./i.js", "j.js", "./k.js",
            "./l.js", "./m.js",
        ];
        assert_eq!(found(script), expected);
        assert_eq!(found("import{a}from\"./a.js\";export*from'./b.js'"), ["./a.js", "./b.js"], "as minifiers write it");
    }

    #[test]
    fn what_only_looks_like_an_import_is_none() {
        for script in [
            "// import './a.js'\n/* import './b.js' */",
            "const text = \"import './a.js'\", other = `import './b.js'`",
            "loader.import('./a.js'); { import: './b.js' }",
            "export { a }\nconst from = './a.js'",
            "import(name); import('./a' + name); import('\\x2e/a.js')",
            "x = /[/'`]/; // import './a.js'",
            "const a = b / c; // import './a.js'",
            "new URL('./a.js', location.href)",
        ] {
            assert_eq!(found(script), [""; 0], "{script}");
        }
    }

    #[test]
    fn a_quote_in_a_regular_expression_begins_no_string() {
        assert_eq!(found("a.replace(/'/g, '`'); return /\"/.test(x); import './a.js'"), ["./a.js"]);
        assert_eq!(found("`a ${b ? `c ${`}`} '` : {}} \"`; import './a.js'"), ["./a.js"]);
    }

    #[test]
    fn a_statement_of_modules_is_told_from_what_any_script_may_have() {
        for (script, at) in [
            ("import a from './a.js'", Some(0)),
            ("let a\nexport default a", Some(6)),
            ("a();import 'b'", Some(4)),
            ("const { a } = await import('./a.js')", None),
            ("el.export = { import: 1 }", None),
            ("// import a from 'b'", None),
        ] {
            assert_eq!(module_statement(script), at, "{script}");
        }
    }

    #[test]
    fn a_text_of_beginnings_is_read_once() {
        for beginning in ["import ", "export { ", "import { a } from 'b' import ", "`${", "/*", "'\\"] {
            let script = beginning.repeat(200_000);
            assert!(imports(&script).len() <= 200_000, "{beginning}");
            module_statement(&script);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_fear(script in "(import|export|from|new URL|import\\.meta|['\"`/\\\\${}()*,. \\nü]|[a-c]){0,60}") {
            for import in imports(&script) {
                proptest::prop_assert!(script[import.at + 1..].starts_with(import.target));
            }
            module_statement(&script);
        }
    }
}
