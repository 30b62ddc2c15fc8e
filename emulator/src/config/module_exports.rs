//! What a module of JavaScript exports, as far as its own text says it.

use std::collections::BTreeSet;

/// Words after which a `/` begins a regular expression, and does not divide.
const BEFORE_REGEX: [&str; 13] =
    ["await", "case", "delete", "do", "else", "in", "instanceof", "new", "of", "return", "throw", "typeof", "yield"];
/// Words that begin a declaration, at which one before it has ended whether there was a semicolon or not.
const DECLARES: [&str; 7] = ["class", "const", "export", "function", "import", "let", "var"];

/// A word, a character of punctuation, or a literal; and how many brackets are open around it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct ScriptToken<'t> {
    kind: ScriptTokenKind<'t>,
    depth: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum ScriptTokenKind<'t> {
    Word(&'t str),
    Mark(char),
    Literal,
}

/// The names that a module exports, `default` among them. `None` if its text does not say: it hands on all of another module, has no
/// exports at all, or is not understood.
pub(super) fn of(text: &str) -> Option<BTreeSet<String>> {
    let tokens = Lexer { text, at: 0, depth: 0, templates: Vec::new(), tokens: Vec::new() }.run()?;
    let mut names = BTreeSet::new();
    let mut rest = tokens.as_slice();
    while let Some((token, after)) = rest.split_first() {
        rest = after;
        if *token == (ScriptToken { kind: ScriptTokenKind::Word("export"), depth: 0 }) {
            rest = export(after, &mut names)?;
        }
    }
    (!names.is_empty()).then_some(names)
}

/// Reads what follows `export`.
fn export<'a, 't>(tokens: &'a [ScriptToken<'t>], names: &mut BTreeSet<String>) -> Option<&'a [ScriptToken<'t>]> {
    let (first, rest) = tokens.split_first()?;
    match first.kind {
        ScriptTokenKind::Mark('{') => {
            let end = rest.iter().position(|token| token.kind == ScriptTokenKind::Mark('}'))?;
            let (list, after) = rest.split_at(end);
            for entry in list.split(|token| token.kind == ScriptTokenKind::Mark(',')) {
                // `a`, `a as b`; a type of TypeScript is no value.
                match entry {
                    [ScriptToken { kind: ScriptTokenKind::Word("type"), .. }, _, ..] | [] => {}
                    [.., ScriptToken { kind: ScriptTokenKind::Word(name), .. }] => {
                        names.insert((*name).to_owned());
                    }
                    _ => {}
                }
            }
            Some(after)
        }
        ScriptTokenKind::Mark('*') => match rest {
            [
                ScriptToken { kind: ScriptTokenKind::Word("as"), .. },
                ScriptToken { kind: ScriptTokenKind::Word(name), .. },
                after @ ..,
            ] => {
                names.insert((*name).to_owned());
                Some(after)
            }
            _ => None,
        },
        ScriptTokenKind::Word("default") => {
            names.insert("default".to_owned());
            Some(rest)
        }
        ScriptTokenKind::Word("async" | "abstract") => export(rest, names),
        ScriptTokenKind::Word("class" | "function" | "enum") => {
            let name = rest.iter().find(|token| token.kind != ScriptTokenKind::Mark('*'))?;
            if let ScriptTokenKind::Word(name) = name.kind {
                names.insert(name.to_owned());
            }
            Some(rest)
        }
        ScriptTokenKind::Word("const" | "let" | "var") => declarations(rest, names),
        _ => Some(rest),
    }
}

/// Reads `A = 1, B = 2`.
fn declarations<'a, 't>(tokens: &'a [ScriptToken<'t>], names: &mut BTreeSet<String>) -> Option<&'a [ScriptToken<'t>]> {
    // A word that declares ends the list only where a value has come before it: `A = class {}` goes on.
    let ends = |before: &ScriptToken<'_>, token: &ScriptToken<'_>| {
        let is_after_value = !matches!(before.kind, ScriptTokenKind::Mark(mark) if !matches!(mark, ')' | ']' | '}'));
        token.depth == 0
            && match token.kind {
                ScriptTokenKind::Mark(mark) => mark == ';',
                ScriptTokenKind::Word(word) => is_after_value && DECLARES.contains(&word),
                ScriptTokenKind::Literal => false,
            }
    };
    // `const enum` of TypeScript.
    if let [ScriptToken { kind: ScriptTokenKind::Word("enum"), .. }, ..] = tokens {
        return export(tokens, names);
    }
    let end = tokens.windows(2).position(|two| matches!(two, [before, token] if ends(before, token)));
    let end = end.map_or(tokens.len(), |at| at + 1);
    let (list, rest) = tokens.split_at(end);
    for entry in list.split(|token| token.depth == 0 && token.kind == ScriptTokenKind::Mark(',')) {
        match entry.first()?.kind {
            ScriptTokenKind::Word(name) => drop(names.insert(name.to_owned())),
            // Taken apart: its names may be anywhere in it.
            ScriptTokenKind::Mark('{' | '[') => return None,
            _ => {}
        }
    }
    Some(rest)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// How many brackets were open where each template that is not at its end began to hold an expression.
    templates: Vec<usize>,
    tokens: Vec<ScriptToken<'t>>,
}

impl<'t> Lexer<'t> {
    /// All tokens, if brackets and literals come to their ends.
    fn run(mut self) -> Option<Vec<ScriptToken<'t>>> {
        while let Some(c) = self.rest().chars().next() {
            match c {
                _ if c.is_whitespace() => self.at += c.len_utf8(),
                '/' if self.rest().starts_with("//") => self.skip_to("\n", false)?,
                '/' if self.rest().starts_with("/*") => self.skip_to("*/", true)?,
                '#' if self.at == 0 => self.skip_to("\n", false)?,
                '/' if self.is_regex() => self.regex()?,
                '"' | '\'' => self.string(c)?,
                '`' => self.template()?,
                _ if is_word(c) => {
                    let end = self.rest().find(|c| !is_word(c)).unwrap_or(self.rest().len());
                    let word = &self.rest()[..end];
                    // What a property is called is no keyword.
                    let is_property = self.tokens.last().is_some_and(|last| last.kind == ScriptTokenKind::Mark('.'));
                    self.push(if is_property { ScriptTokenKind::Literal } else { ScriptTokenKind::Word(word) });
                    self.at += end;
                }
                '}' if self.templates.last() == Some(&self.depth) => {
                    self.templates.pop();
                    self.template()?;
                }
                _ => self.mark(c)?,
            }
        }
        (self.depth == 0 && self.templates.is_empty()).then_some(self.tokens)
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: ScriptTokenKind<'t>) {
        self.tokens.push(ScriptToken { kind, depth: self.depth });
    }

    fn mark(&mut self, c: char) -> Option<()> {
        if matches!(c, ')' | ']' | '}') {
            self.depth = self.depth.checked_sub(1)?;
        }
        self.push(ScriptTokenKind::Mark(c));
        if matches!(c, '(' | '[' | '{') {
            self.depth += 1;
        }
        self.at += c.len_utf8();
        Some(())
    }

    /// Past the next `end`; at the end of the text that is missing, unless it must be there.
    fn skip_to(&mut self, end: &str, must: bool) -> Option<()> {
        let found = self.rest().get(2.min(self.rest().len())..)?.find(end);
        self.at = match found {
            Some(found) => self.at + 2 + found + end.len(),
            None if must => return None,
            None => self.text.len(),
        };
        Some(())
    }

    fn is_regex(&self) -> bool {
        match self.tokens.last().map(|token| token.kind) {
            None => true,
            Some(ScriptTokenKind::Mark(mark)) => !matches!(mark, ')' | ']' | '}'),
            Some(ScriptTokenKind::Word(word)) => BEFORE_REGEX.contains(&word),
            Some(ScriptTokenKind::Literal) => false,
        }
    }

    fn string(&mut self, quote: char) -> Option<()> {
        let mut is_escaped = false;
        let end = self.rest().char_indices().skip(1).find_map(|(at, c)| {
            let ends = !is_escaped && (c == quote || c == '\n');
            is_escaped = c == '\\' && !is_escaped;
            ends.then_some((at, c))
        });
        let (end, c) = end?;
        self.at += end + 1;
        self.push(ScriptTokenKind::Literal);
        (c == quote).then_some(())
    }

    fn regex(&mut self) -> Option<()> {
        let (mut is_escaped, mut in_class) = (false, false);
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                '\n' => return None,
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '/' if !in_class => {
                    self.at += at + 1;
                    self.push(ScriptTokenKind::Literal);
                    return Some(());
                }
                _ => {}
            }
        }
        None
    }

    /// From a `` ` `` or the end of an expression to the end of the template or the next expression.
    fn template(&mut self) -> Option<()> {
        let mut is_escaped = false;
        let mut before = ' ';
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '`' => {
                    self.at += at + 1;
                    self.push(ScriptTokenKind::Literal);
                    return Some(());
                }
                '{' if before == '$' => {
                    self.at += at + 1;
                    self.templates.push(self.depth);
                    // An operand begins here.
                    self.push(ScriptTokenKind::Mark('$'));
                    return Some(());
                }
                _ => {}
            }
            before = c;
        }
        None
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::of;
    use proptest::prelude::*;

    #[test]
    fn exports_are_found_in_every_form_and_nowhere_else() {
        for (text, expected) in [
            ("export default {}", &["default"][..]),
            ("export class Room extends A { export() { return 1 } }\nexport default x;", &["Room", "default"]),
            ("export { a, b as Room, c as default };", &["Room", "a", "default"]),
            ("export { Room } from './room.mjs'", &["Room"]),
            ("export * as all from 'x'", &["all"]),
            ("export const A = class {}, B = { c: 1, d: [2, 3] }\nexport let c", &["A", "B", "c"]),
            ("export async function f() {}\nexport function* g() {}", &["f", "g"]),
            ("// export class No {}\n/* export class No {} */\nexport class Yes {}", &["Yes"]),
            ("const t = `export class ${`No` + {a: '}'}.a} {`; export class Yes {}", &["Yes"]),
            ("const r = /[/}]'export class No/g; const s = 'export class No'; export class Yes {}", &["Yes"]),
            ("const r = a / b; const q = c / d; export class Yes {}", &["Yes"]),
            ("{ class export_ {} }\nx.export;\nexport { Yes }", &["Yes"]),
            ("export type T = { a: string }; export interface I {}; export { type U, Yes }", &["Yes"]),
            ("#!/usr/bin/env node\nexport const Yes = 1", &["Yes"]),
        ] {
            let found = of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{text}");
        }
        for text in [
            "",
            "export * from './all.mjs'",
            "addEventListener('fetch', f)",
            "export class A {",
            "export const { a } = b",
            "'",
            "}",
            "export",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "[a-c{}()\\[\\]`$/'\"\\\\\\n #*ü]{0,40}|(export |const |class |A|,|=|\\*|/){0,20}") {
            let _ = of(&text);
        }
    }
}
