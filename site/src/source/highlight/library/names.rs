//! What languages are called after the fence.

use super::GRAMMARS;
use std::{collections::HashMap, sync::LazyLock};

/// A language that a grammar knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::source::highlight) struct Language {
    /// Where its grammar stands in the set.
    pub(super) grammar: usize,
}

/// The usual names of languages beside those that their grammars bring: those of GitHub, highlight.js, Prism and Shiki, and dialects
/// that read like the language.
pub(super) const ALIASES: &[(&str, &str)] = &[
    ("ActionScript", "as3 actionscript3 flash"),
    ("Ada", "ada95 ada2005"),
    ("Apache Conf", "apache apacheconf htaccess"),
    ("AppleScript", "osascript"),
    ("AsciiDoc (Asciidoctor)", "asciidoctor"),
    ("Authorized Keys", "authorized-keys"),
    ("AWK", "gawk mawk nawk"),
    ("Batch File", "batch batchfile cmd dosbatch winbatch dos"),
    ("BibTeX", "biber"),
    ("Cabal", "cabal-config"),
    ("CFML", "coldfusion cfscript"),
    ("CMake", "cmakelists"),
    ("Command Help", "usage"),
    ("Crontab", "cron"),
    ("CoffeeScript", "coffee-script litcoffee"),
    ("D", "dlang"),
    ("debsources", "apt sources-list"),
    ("Email", "mail rfc822"),
    ("Erlang", "erlang-repl"),
    ("F#", "fsharp f-sharp fsscript"),
    ("Fortran (Modern)", "fortran fortran90 fortran95 fortran-free-form"),
    ("Fortran (Fixed Form)", "fortran77 fortran-fixed-form"),
    ("GDScript (Godot Engine)", "gdscript godot"),
    ("Git Attributes", "git-attributes"),
    ("Git Commit", "git-commit commit"),
    ("Git Config", "git-config gitmodules"),
    ("Git Ignore", "git-ignore ignore dockerignore npmignore eslintignore prettierignore"),
    ("Git Rebase Todo", "git-rebase rebase"),
    ("Gomod", "go-mod gowork go-work"),
    ("Gosum", "go-sum"),
    ("Graphviz (DOT)", "graphviz dot-language"),
    ("Groff/troff", "nroff man-source roff"),
    ("HTML (ASP)", "aspx asp-classic classic-asp"),
    ("HTML (EEx)", "eex heex leex html-eex"),
    ("HTML (Jinja2)", "html-jinja html-django django htmldjango"),
    ("HTML (Rails)", "html-erb ruby-html"),
    ("HTML (Twig)", "nunjucks"),
    ("HTTP Request and Response", "https rest hurl"),
    ("Idris", "idris2"),
    ("Java Server Page (JSP)", "jsp java-server-pages"),
    ("Jinja2", "jinja-template ansible salt sls"),
    ("JQ", "jqlang"),
    ("Known Hosts", "known-hosts"),
    ("LaTeX", "latex3 context"),
    ("Lean 4", "lean lean4"),
    ("LiveScript", "live-script"),
    ("LLVM", "llvm-ir"),
    ("Literate Haskell", "literate-haskell lhaskell"),
    ("MATLAB", "octave"),
    ("Manpage", "manual"),
    ("MediaWiki", "wikitext"),
    ("NAnt Build File", "nant"),
    ("nginx", "nginxconf"),
    ("Nim", "nimrod"),
    ("Nix", "nixos"),
    ("OCaml", "caml reason reasonml"),
    ("Objective-C++", "objcpp obj-c++ objectivec++ objective-cpp"),
    ("orgmode", "org-mode"),
    ("Pascal", "delphi objectpascal object-pascal freepascal lazarus"),
    ("PureScript", "purs"),
    ("Puppet", "puppet-dsl"),
    ("R Console", "rconsole rout"),
    ("Rd (R Documentation)", "r-documentation"),
    ("Rego", "opa open-policy-agent"),
    ("Regular Expression", "regex regexp pcre"),
    ("Requirements.txt", "pip-requirements requirements"),
    ("reStructuredText", "rst restructured-text"),
    ("Robot Framework", "robotframework"),
    ("Ruby Haml", "haml"),
    ("Ruby Slim", "slim slim-lang pug jade"),
    ("SML", "standard-ml standardml sml-nj"),
    ("SSH Config", "ssh ssh-config"),
    ("SSHD Config", "sshd sshd-config"),
    ("Stylus", "stylus-lang"),
    ("SystemVerilog", "system-verilog"),
    ("Tcl", "tk expect"),
    ("TeX", "plaintex"),
    ("Typst", "typst-lang"),
    ("Todo.txt", "todotxt"),
    ("Verilog", "verilog-hdl"),
    ("VimL", "vim vimscript vim-script neovim"),
    ("x86_64 Assembly", "assembly assembler x86asm x86 gas masm fasm"),
];

/// Where a name leads.
#[derive(Clone, Copy)]
struct NamedLanguage {
    language: Language,
    /// Whether it is written out: no ending of a file.
    written_out: bool,
}

/// Every name of every grammar, in lower case.
static INDEX: LazyLock<HashMap<String, NamedLanguage>> = LazyLock::new(|| {
    let grammars = || GRAMMARS.syntaxes().iter().enumerate().filter(|(_, grammar)| !grammar.hidden);
    let by_name: HashMap<&str, usize> = grammars().map(|(at, grammar)| (grammar.name.as_str(), at)).collect();
    let mut index = HashMap::new();
    let mut add = |name: String, grammar: usize, written_out: bool| {
        index.entry(name).or_insert(NamedLanguage { language: Language { grammar }, written_out });
    };
    for (name, aliases) in ALIASES {
        if let Some(at) = by_name.get(name) {
            aliases.split(' ').for_each(|alias| add(alias.to_owned(), *at, true));
        }
    }
    for (at, grammar) in grammars() {
        for name in [spelled(&grammar.name, "-"), spelled(&grammar.name, "")] {
            add(name, at, true);
        }
    }
    for (at, grammar) in grammars() {
        // Manual pages end in a digit; a fence that begins with a number is no language.
        for extension in grammar.file_extensions.iter().filter(|end| end.contains(|c: char| c.is_ascii_alphabetic())) {
            add(extension.trim_start_matches('.').to_lowercase(), at, false);
        }
    }
    index
});

/// A name of several words as fences write it, where a space would end it.
fn spelled(name: &str, between: &str) -> String {
    let words =
        name.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '/' | '_')).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(between)
}

/// The language with this name, in lower case.
pub(in crate::source::highlight) fn find(name: &str) -> Option<Language> {
    INDEX.get(name).map(|entry| entry.language)
}

/// The names that people write out.
pub(in crate::source::highlight) fn names() -> impl Iterator<Item = &'static str> {
    INDEX.iter().filter(|(_, entry)| entry.written_out).map(|(name, _)| name.as_str())
}
