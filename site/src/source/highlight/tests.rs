use super::*;
use crate::text::html;
use proptest::prelude::*;

const LANGUAGES: [&str; 40] = [
    "html",
    "css",
    "scss",
    "md",
    "json",
    "yaml",
    "toml",
    "sh",
    "console",
    "diff",
    "dockerfile",
    "makefile",
    "text",
    "js",
    "ts",
    "tsx",
    "python",
    "sql",
    "rust",
    "go",
    "c",
    "cpp",
    "csharp",
    "java",
    "kotlin",
    "scala",
    "swift",
    "dart",
    "zig",
    "glsl",
    "php",
    "ruby",
    "elixir",
    "lua",
    "r",
    "haskell",
    "lisp",
    "powershell",
    "graphql",
    "perl",
];

/// The lines of code in a language that is known.
fn highlighted(language: &str, code: &str) -> Vec<String> {
    match highlight(language, code) {
        Highlighted::Lines(lines) => lines.to_vec(),
        other => panic!("{language}: {other:?}"),
    }
}

/// The classes as `[k:const]`, text as it stands.
fn marked(language: &str, code: &str) -> String {
    let lines = highlighted(language, code);
    let html = lines.join("\n").replace("<span class=\"hl-", "[").replace("\">", ":").replace("</span>", "]");
    html::unescape(&html).into_owned()
}

fn text_of(lines: &[String]) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        let mut rest = line.as_str();
        while let Some(open) = rest.find('<') {
            text.push_str(&rest[..open]);
            rest = &rest[open + rest[open..].find('>').expect("a whole tag") + 1..];
        }
        text.push_str(rest);
    }
    html::unescape(&text).into_owned()
}

#[test]
fn an_unknown_language_is_not_guessed() {
    assert_eq!(highlight("klingon", "qapla'"), Highlighted::Unknown(None));
    assert_eq!(highlight("", "x"), Highlighted::Unknown(None));
}

#[test]
fn every_line_stands_alone() {
    assert_eq!(highlighted("text", "a < b\n\nc\n"), ["a &lt; b", "", "c"]);
    assert_eq!(
        highlighted("js", "/* a\nb */ 1"),
        ["<span class=\"hl-c\">/* a</span>", "<span class=\"hl-c\">b */</span> <span class=\"hl-n\">1</span>"]
    );
    assert_eq!(highlighted("js", ""), [""]);
}

#[test]
fn javascript() {
    assert_eq!(
        marked("js", "const a = `n ${b.c(`${1}`)} m`;"),
        "[k:const] a = [s:`n ][x:${]b.[f:c]([s:`][x:${][n:1][x:}][s:`])[x:}][s: m`];"
    );
    assert_eq!(marked("js", "x = /[/]\\/'/gu.test(a) / b / 2"), "x = [s:/[/]\\/'/gu].[f:test](a) / b / [n:2]");
    assert_eq!(marked("js", "{ a: 1, get b() {}, get: 2 }"), "{ [a:a]: [n:1], [k:get] [f:b]() {}, [a:get]: [n:2] }");
    assert_eq!(
        marked("jsx", "return <A b={1 < 2} c=\"d\">x {y}</A>;"),
        "[k:return] <[t:A] [a:b]=[x:{][n:1] < [n:2][x:}] [a:c]=[s:\"d\"]>x [x:{]y[x:}]</[t:A]>;"
    );
    assert_eq!(marked("js", "'it\\'s' + \"open\nnext"), "[s:'it][x:\\'][s:s'] + [s:\"open]\nnext");
    assert_eq!(
        marked("ts", "type A<T> = { b?: string }; const x = <T>(y: T) => y as A"),
        "[k:type] [t:A]<[t:T]> = { b?: [t:string] }; [k:const] x = <[t:T]>(y: [t:T]) [o:=>] y [k:as] [t:A]"
    );
}

#[test]
fn markup_with_styles_and_scripts() {
    assert_eq!(
        marked("html", "<a href=\"x?a&amp;b\" style=\"color: red\" hidden>{{ t }}</a>"),
        "<[t:a] [a:href]=[s:\"x?a][b:&amp;][s:b\"] [a:style]=[s:\"][a:color]: [b:red][s:\"] [a:hidden]>[v:{{ t }}]</[t:a]>"
    );
    assert_eq!(
        marked("html", "<style>a{b:1px}</style><script>let x</script>"),
        "<[t:style]>[t:a]{[a:b]:[n:1px]}</[t:style]><[t:script]>[k:let] x</[t:script]>"
    );
    assert_eq!(marked("html", "<!-- a\nb --><!doctype html>"), "[c:<!-- a]\n[c:b -->][m:<!doctype html>]");
}

#[test]
fn stylesheets() {
    assert_eq!(
        marked("css", ".a > b:hover[c=\"d\"] { --x: #fff; margin: -1.5em var(--x) !important }"),
        "[f:.a] > [t:b][m::hover][[a:c]=[s:\"d\"]] { [v:--x]: [n:#fff]; [a:margin]: [n:-1.5em] [f:var]([v:--x]) [k:!important] }"
    );
    assert_eq!(
        marked("css", "@media (width >= 40rem) and (a: b) { &:is(p) { color: red } }"),
        "[k:@media] ([a:width] >= [n:40rem]) [k:and] ([a:a]: [b:b]) { [k:&][m::is]([t:p]) { [a:color]: [b:red] } }"
    );
    assert_eq!(marked("css", ":self{background:url(a;b.svg)}"), "[k::self]{[a:background]:[f:url]([s:a;b.svg])}");
}

#[test]
fn python() {
    assert_eq!(
        marked("python", "@a.b\ndef f(self, x: int = 0x1F) -> str:\n    return f\"{x!r:>10} {{}}\" # c"),
        "[m:@a.b]\n[k:def] [f:f]([b:self], x: [t:int] = [n:0x1F]) [o:->] [t:str]:\n    [k:return] [s:f\"][x:{]x!r[s::>10][x:}][s: {{}}\"] [c:# c]"
    );
    assert_eq!(marked("python", "\"\"\"a\n'b' \"\"\" + 'c'"), "[s:\"\"\"a]\n[s:'b' \"\"\"] + [s:'c']");
}

#[test]
fn shells() {
    assert_eq!(
        marked("sh", "A=\"x $B $(cat -n f)\" run --all && echo 'it' | tee # c"),
        "[v:A]=[s:\"x ][v:$B][s: ][x:$(][f:cat] [a:-n] f[x:)][s:\"] [f:run] [a:--all] [o:&&] [b:echo] [s:'it'] [o:|] [f:tee] [c:# c]"
    );
    assert_eq!(marked("sh", "cat <<'E' >f\n$x\nE\nls"), "[f:cat] [o:<<][m:'E'] [o:>]f\n[s:$x]\n[m:E]\n[f:ls]");
    assert_eq!(marked("sh", "echo $((1 + 2))"), "[b:echo] [x:$(]([n:1] + [n:2]))");
    assert_eq!(marked("console", "$ ls -l\ntotal 0"), "[m:$ ][f:ls] [a:-l]\ntotal 0");
    assert_eq!(
        marked("bash", "if [[ -z $a ]]; then x; fi"),
        "[k:if] [k:[[] [a:-z] [v:$a] [k:]]][o:;] [k:then] [f:x][o:;] [k:fi]"
    );
}

#[test]
fn data() {
    assert_eq!(marked("json", "{\"a\": [1, true, \"b\\\"\"]}"), "{[a:\"a\"]: [[n:1], [b:true], [s:\"b\\\"\"]]}");
    assert_eq!(
        marked("yaml", "a: &x {b: 1}\nc:\n  - *x # d\n  - e: |\n      f: g\nh: \"i\""),
        "[a:a]: [v:&x] {[a:b]: [n:1]}\n[a:c]:\n  - [v:*x] [c:# d]\n  - [a:e]: [k:|]\n[s:      f: g]\n[a:h]: [s:\"i\"]"
    );
    assert_eq!(
        marked("toml", "[a.b]\nc = \"d\" # e\nf = [1, true]"),
        "[t:[a.b]]\n[a:c ]= [s:\"d\"] [c:# e]\n[a:f ]= [[n:1], [b:true]]"
    );
}

#[test]
fn markdown_with_what_is_in_it() {
    assert_eq!(
        marked("md", "---\na: 1\n---\n\n# H `c`\n\n- [x] **b** [l](./x.md)\n\n```js [1|2]\nlet a\n```\nend"),
        "[m:---]\n[a:a]: [n:1]\n[m:---]\n\n[h:# H ][s:`c`]\n\n[k:-] [b:[x]] [g:**b**] [f:[l]][u:(./x.md)]\n\n[m:```][t:js][a: [1|2]]\n[k:let] a\n[m:```]\nend"
    );
    assert_eq!(marked("md", "<!-- id: a -->"), "[c:<!--] [a:id]: [s:a] [c:-->]");
    assert_eq!(
        marked("md", "[@x]: ./y.md\n\nsnake_case 2 * 3 <b>"),
        "[a:[@x]]:[u: ./y.md]\n\nsnake_case 2 * 3 <[t:b]>"
    );
}

#[test]
fn other_languages() {
    assert_eq!(
        marked("rust", "#[test]\nfn f<'a>(x: &'a str) -> Vec<u8> { println!(r#\"a\"b\"#, 'c', 1..2) }"),
        "[m:#[test]]\n[k:fn] [f:f]<[v:'a]>(x: &[v:'a] [t:str]) [o:->] [t:Vec]<[t:u8]> { [f:println!]([s:r#\"a\"b\"#], [s:'c'], [n:1]..[n:2]) }"
    );
    assert_eq!(marked("sql", "SELECT count(*) FROM t -- c"), "[k:SELECT] [f:count](*) [k:FROM] t [c:-- c]");
    assert_eq!(marked("diff", "@@ 1 @@\n-a\n+b\n c"), "[h:@@ 1 @@]\n[d:-a]\n[i:+b]\n c");
    assert_eq!(marked("c", "#include <a.h>\nint x = p->y;"), "[m:#include][s: <a.h>]\n[t:int] x = p[o:->]y;");
    assert_eq!(
        marked("dockerfile", "FROM a:1 AS b\nRUN x --y \\\n  $Z"),
        "[k:FROM] a:[n:1] [k:AS] b\n[k:RUN] x [a:--y] [o:\\]\n  [v:$Z]"
    );
}

#[test]
fn what_opens_and_never_closes_keeps_its_text() {
    let seeds = [
        "=/[",
        "`",
        "*a ",
        "[",
        "**a*",
        "${`",
        "<a ",
        "{{",
        "(;",
        "a:url(' ) ; ",
        "/*",
        "\"",
        "'",
        "<<E\n",
        "$(",
        "\"$(",
        "- ",
        "> ",
        "#{",
        "f'{",
        "<style>",
        "<script>",
        "```\n",
        "r#",
        "&",
        "\\",
        "|",
        "--",
        "&a ",
        "@",
        "${",
        "<!--",
        "_a ",
        "`` ",
    ];
    for language in LANGUAGES {
        for seed in seeds {
            let code = seed.repeat(4_000 / seed.len());
            assert_eq!(text_of(&highlighted(language, &code)), code.strip_suffix('\n').unwrap_or(&code), "{language}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_text_is_kept_and_so_are_its_lines(
        language in prop::sample::select(&LANGUAGES[..]),
        code in "([-\"'`{}()\\[\\]<>/*#$&|\\\\:;=.,@!~ \n\taé0x]|```|---\n|\"\"\"|<style>|<script>|</|\\$\\{|function|key: |if |f\"|url\\(|<!--|-->|<<E\n){0,60}",
    ) {
        let lines = highlighted(language, &code);
        let kept = code.strip_suffix('\n').unwrap_or(&code);
        prop_assert_eq!(lines.len(), kept.split('\n').count());
        prop_assert_eq!(text_of(&lines), kept);
        for line in lines {
            prop_assert_eq!(line.matches("<span").count(), line.matches("</span>").count());
        }
    }
}

#[test]
fn languages_are_known_by_the_names_that_people_use() {
    let names = "ts tsx yml docker console vue kt js jsx py rb rs go c++ cpp c# cs f# fsharp objc php pl sh zsh ps1 bat viml vim tex latex bibtex \
        rst adoc org ini toml json5 jsonc graphql gql proto hcl tf nginx apache nim nix erlang erl elixir ex ocaml ml haskell hs purescript elm \
        clojure clj lisp scheme racket d ada fortran f90 pascal delphi vhdl verilog sv systemverilog asm nasm llvm cmake make ninja \
        gradle groovy scala swift dart julia jl r matlab octave lua tcl awk jq sql mysql postgres crystal coffee livescript stylus less scss sass \
        haml slim pug erb jinja jinja2 twig handlebars liquid svelte astro mdx http dot graphviz gnuplot puppet robot qml gdscript glsl hlsl wgsl \
        solidity sol vyper typst typ diff patch git-commit gitignore gitconfig dockerfile csv text regex crontab properties env dotenv fish nushell \
        powershell actionscript applescript asp cfml java jsp xml svg zig odin lean idris sml rego jsonnet varlink cabal requirements gomod ssh-config";
    for name in names.split_whitespace() {
        assert!(matches!(highlight(name, "a b"), Highlighted::Lines(_)), "{name}");
        assert!(matches!(highlight(&name.to_uppercase(), "a b"), Highlighted::Lines(_)), "{name}");
    }
    assert!(matches!(highlight("rust,no_run", "a"), Highlighted::Lines(_)));
    assert!(matches!(highlight("main.nim", "a"), Highlighted::Lines(_)));
}

#[test]
fn languages_that_the_library_lacks_have_colours_too() {
    for (names, code, keyword) in [
        ("prolog swi-prolog", "parent(X, Y) :- X is Y, member(X, Y). % so", "is"),
        ("cobol cbl", "PERFORM UNTIL X > 3\n  DISPLAY \"x\" *> so", "PERFORM"),
        ("vb vbnet vba vbscript basic qbasic", "Dim x As Integer ' so", "Dim"),
        ("smalltalk pharo", "x ifTrue: [ ^ self foo ] \"so\"", "ifTrue"),
        ("raku perl6", "sub f($x) { return $x } # so", "return"),
        ("coq rocq", "Theorem t : forall x, x = x. (* so *)", "Theorem"),
        ("agda", "data Nat : Set where -- so", "data"),
        ("abap", "DATA x TYPE i. \" so", "DATA"),
        ("turtle ttl", "@prefix x: <http://x#> .\n<a> a x:b . # so", "a"),
        ("gherkin cucumber", "Feature: x # so", "Feature"),
    ] {
        for name in names.split(' ') {
            let Highlighted::Lines(lines) = highlight(name, code) else { panic!("{name}") };
            let html = lines.join("\n");
            assert!(html.contains(&format!(">{keyword}</span>")), "{name}: {html}");
            assert!(html.contains("hl-c"), "{name}: {html}");
        }
    }
    for name in ["ebnf", "bnf"] {
        let Highlighted::Lines(lines) = highlight(name, "a = \"x\" | 'y' ;") else { panic!("{name}") };
        assert!(lines.concat().contains("hl-s"), "{name}: {lines:?}");
    }
}
