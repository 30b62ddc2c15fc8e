use super::*;
use crate::text::html;
use proptest::prelude::*;
use syntect::parsing::{ParseState, ScopeStackOp};

fn text_of(lines: &[String]) -> String {
    let mut text = lines.join("\n");
    while let Some(open) = text.find('<') {
        let close = open + text[open..].find('>').unwrap();
        text.replace_range(open..=close, "");
    }
    html::unescape(&text).into_owned()
}

fn grammars() -> impl Iterator<Item = (usize, &'static str)> {
    let all = GRAMMARS.syntaxes().iter().enumerate();
    all.filter(|(_, grammar)| !grammar.hidden).map(|(at, grammar)| (at, grammar.name.as_str()))
}

/// What the crate's own loop makes of the text.
fn reference(grammar: usize, code: &str) -> Vec<String> {
    let mut paint = Paint::new();
    let mut classes = Classes::default();
    let mut painter = Painter::new(&mut paint);
    let mut state = ParseState::new(&GRAMMARS.syntaxes()[grammar]);
    let mut lines = code.split('\n').peekable();
    while let Some(line) = lines.next() {
        let whole = format!("{line}\n");
        painter.begin(if lines.peek().is_some() { &whole } else { line });
        for (at, op) in state.parse_line(&whole, &GRAMMARS).unwrap() {
            painter.to(at);
            match op {
                ScopeStackOp::Push(scope) => painter.push(scope, &mut classes),
                ScopeStackOp::Pop(count) => painter.pop(count),
                ScopeStackOp::Clear(amount) => painter.clear(amount),
                ScopeStackOp::Restore => painter.restore(),
                ScopeStackOp::Noop => {}
            }
        }
        painter.end();
    }
    paint.finish()
}

const CODE: &str = "#!/usr/bin/env x\n# one -- two // three\n\"use\" 'strict' `a`;\nimport a.b as c\n\n\
    def f(x, *y): return {\"k\": [1, 0x1F, 2.5e3], :z => @w}\n/* a\n   b */ (* c *) {- d -} % e ; f\n\
    <a href=\"b\">c &amp; d</a> [x] [[y]] $HOME ${z} #{q}\nbegin if x <> y then z := 1 end if; end\n\
    class A extends B { public static void main(String[] args) {} }\nlet rec g = function | [] -> 0 | h :: t -> 1\n\
    cat <<EOF\nhello $you\nEOF\n@media (min-width: 1px) { a:hover { color: #fff } }\n= heading\n* item\n\ta: b\n";

#[test]
fn classes_are_those_of_the_crates_own_loop() {
    let code = CODE.trim_end();
    let differs = |grammar: usize, name: &str| {
        let lines = highlight(Language { grammar }, code).unwrap_or_else(|error| panic!("{name}: {error}"));
        lines.join("\n") != reference(grammar, code).join("\n")
    };
    let differing = grammars().filter(|(grammar, name)| differs(*grammar, name)).map(|(_, name)| name);
    let differing: Vec<&str> = differing.collect();
    // Its patterns go back further than they may here. Makefiles have a lexer of their own.
    assert_eq!(differing, ["Makefile"]);
}

#[test]
fn every_grammar_has_a_beginning() {
    for (grammar, name) in grammars() {
        assert!(start_of(grammar).is_some(), "{name}");
    }
}

#[test]
fn more_than_150_languages_have_a_grammar_and_every_alias_leads_to_one() {
    assert!(grammars().count() >= 150);
    for (name, aliases) in names::ALIASES {
        let grammar = grammars().find(|(_, found)| found == name).unwrap_or_else(|| panic!("{name}")).0;
        for alias in aliases.split(' ') {
            assert_eq!(find(alias), Some(Language { grammar }), "{alias}");
        }
    }
}

#[test]
fn what_would_take_too_much_is_left() {
    let nim = find("nim").unwrap();
    assert_eq!(highlight(nim, &"abc\n".repeat(MAX_CODE / 4)), Err(TooMuch::Lines));
    assert_eq!(highlight(nim, &"abc\n".repeat(MAX_CODE)), Err(TooMuch::Code));
    assert_eq!(highlight(nim, &"a".repeat(MAX_LINE + 1)), Err(TooMuch::Line));
    assert!(highlight(nim, &"a".repeat(MAX_LINE)).is_ok());
}

#[test]
fn a_grammar_stops_when_its_budget_is_spent() {
    let Language { grammar } = find("less").unwrap();
    let (mut paint, mut classes) = (Paint::new(), Classes::default());
    let mut painter = Painter::new(&mut paint);
    let mut machine = Machine::new(&GRAMMARS, start_of(grammar).unwrap(), 2_000);
    let line = format!("{}\n", "=/[".repeat(300));
    let stopped = (0..100).find_map(|_| machine.line(&line, &line, &mut painter, &mut classes).err());
    assert_eq!(stopped, Some(Stopped::Budget));
}

#[test]
fn whatever_the_code_opens_its_text_is_kept() {
    let seeds = ["(", "\"", "<<E\n", "{{", "[[", "a.", "/*", "=/[", "f'{", "<a "];
    for (grammar, name) in grammars().step_by(7) {
        for seed in seeds {
            let code: String = seed.repeat(600 / seed.len());
            if let Ok(lines) = highlight(Language { grammar }, &code) {
                assert_eq!(text_of(&lines), code, "{name}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn the_text_is_kept_and_the_outcome_is_the_same_each_time(
        name in prop::sample::select(vec!["nim", "erlang", "ocaml", "latex", "vim", "cmake", "fsharp", "rst", "tcl", "http", "nix", "d"]),
        code in "([-\"'`{}()\\[\\]<>/*#$&|\\\\:;=.,@!~ \n\taé0x]|```|<<E\n|\\$\\{|begin|end|if |let |%|<!--|-->){0,40}",
    ) {
        let language = find(name).unwrap();
        let mut first = Paint::new();
        let mut second = Paint::new();
        prop_assert_eq!(lex(language, &code, &mut first), lex(language, &code, &mut second));
        let (first, second) = (first.finish(), second.finish());
        prop_assert_eq!(&first, &second);
        prop_assert_eq!(first.len(), code.split('\n').count());
        prop_assert_eq!(text_of(&first), code);
    }
}
