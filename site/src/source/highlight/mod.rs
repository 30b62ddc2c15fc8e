//! Code in colours: the text of a fence becomes HTML, line by line.
//!
//! Our own lexers for the languages that most fences are written in, because grammars made of regular expressions took six times the
//! time that a whole build may take. Each is one pass over the text, so the time is linear in its length, whatever the text
//! is: `code.rs` with the tables in `tables/` for programming languages, the other files for what is not made of statements.
//! All other languages have grammars (`library/`), which a build loads when it meets the first of them.

mod code;
mod css;
mod cursor;
mod data;
mod family;
mod files;
mod jsx;
mod library;
mod markdown;
mod markup;
mod named;
mod paint;
mod shell;
mod strings;
mod tables;
mod words;
mod yaml;

#[cfg(test)]
mod tests;

pub(crate) use library::TooMuch;
use paint::{Class, Paint};
use std::sync::Arc;

/// How deep fences in fences of Markdown are coloured.
const FENCES: u32 = 3;

/// What became of some code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Highlighted {
    /// The lines as HTML: escaped, with `<span class="hl-…">` where a colour helps. No span crosses a line. The line end that closes the
    /// last line begins no line.
    Lines(Arc<[String]>),
    /// The language is not known, and perhaps this one is meant.
    Unknown(Option<&'static str>),
    /// To colour it would take too much.
    Left(TooMuch),
}

/// Colours code in a language, by any name that it has: `rust`, `rs`, `rust,no_run`, `main.rs`.
pub(crate) fn highlight(language: &str, code: &str) -> Highlighted {
    let code = code.strip_suffix('\n').unwrap_or(code);
    let language = language.to_ascii_lowercase();
    let mut found = None;
    for name in named::readings(&language) {
        let mut paint = Paint::new();
        if lex_language(name, code, FENCES, &mut paint) {
            return Highlighted::Lines(paint.finish().into());
        }
        found = library::find(name);
        if found.is_some() {
            break;
        }
    }
    match found {
        Some(grammar) => match library::highlight(grammar, code) {
            Ok(lines) => Highlighted::Lines(lines),
            Err(reason) => Highlighted::Left(reason),
        },
        None => Highlighted::Unknown(named::nearest(&language)),
    }
}

/// Whether the language is known; if not, nothing was painted.
fn lex_language(language: &str, text: &str, depth: u32, paint: &mut Paint) -> bool {
    use tables as t;
    let family = match language {
        "html" | "htm" | "xhtml" | "xml" | "svg" | "vue" | "svelte" | "astro" | "rss" | "atom" | "xsl" | "xslt"
        | "xsd" | "mathml" | "plist" | "xaml" | "csproj" | "wsdl" | "handlebars" | "hbs" | "mustache" | "liquid"
        | "ejs" | "razor" | "cshtml" | "blade" | "marko" | "riot" | "vue-html" => {
            markup::lex(text, paint);
            return true;
        }
        "css" | "postcss" | "pcss" => {
            css::lex(text, false, paint);
            return true;
        }
        "scss" | "sass" | "less" => {
            css::lex(text, true, paint);
            return true;
        }
        "md" | "markdown" | "mdx" | "gfm" | "mdc" | "rmd" | "qmd" => {
            markdown::lex(text, depth, paint);
            return true;
        }
        "json" | "jsonc" | "json5" | "jsonl" | "ndjson" | "geojson" | "topojson" | "jsonld" | "json-ld" | "hjson"
        | "webmanifest" | "importmap" | "avsc" | "har" => {
            data::json(text, paint);
            return true;
        }
        "yaml" | "yml" => {
            yaml::lex(text, paint);
            return true;
        }
        "toml" | "ini" | "cfg" | "conf" | "env" | "dotenv" | "properties" | "editorconfig" | "systemd" | "desktop"
        | "reg" | "registry" => {
            data::settings(text, paint);
            return true;
        }
        "sh" | "bash" | "zsh" | "shell" | "shellscript" | "shell-script" | "ksh" | "csh" | "tcsh" | "ash" | "dash"
        | "fish" | "nu" | "nushell" | "elvish" => {
            shell::lex(text, paint);
            return true;
        }
        "console" | "shell-session" | "shellsession" | "sh-session" | "bash-session" | "zsh-session" | "terminal" => {
            shell::session(text, paint);
            return true;
        }
        "diff" | "patch" => {
            files::diff(text, paint);
            return true;
        }
        "dockerfile" | "docker" | "containerfile" => {
            files::dockerfile(text, paint);
            return true;
        }
        "makefile" | "make" | "mk" | "gnumakefile" | "just" | "justfile" => {
            files::makefile(text, paint);
            return true;
        }
        "text" | "txt" | "plain" | "plaintext" | "plain-text" | "none" | "nohighlight" | "no-highlight" | "output"
        | "stdout" | "stderr" | "log" | "logs" | "ascii" | "ascii-art" | "asciiart" | "ansi" | "csv" | "tsv"
        | "psv" | "mermaid" | "math" | "pseudocode" | "pseudo" | "pseudo-code" | "tree" | "raw" | "verbatim"
        | "listing" | "code" | "input" | "result" | "results" | "example" | "prompt" | "ignore" | "plantuml"
        | "puml" | "d2" => {
            paint.put(Class::Plain, text);
            return true;
        }
        "js" | "javascript" | "javascriptreact" | "ecmascript" | "es6" | "mjs" | "cjs" | "jsx" | "node" | "nodejs" => {
            &t::JAVASCRIPT
        }
        "ts" | "typescript" | "mts" | "cts" | "deno" | "haxe" | "hx" => &t::TYPESCRIPT,
        "tsx" | "typescriptreact" => &t::TYPESCRIPT_JSX,
        "py" | "python" | "python2" | "python3" | "py2" | "py3" | "pyi" | "pycon" | "ipython" | "ipython3"
        | "cython" | "mojo" | "starlark" | "bazel" | "snakemake" | "sage" => &t::PYTHON,
        "sql" | "sqlite" | "sqlite3" | "postgres" | "postgresql" | "pgsql" | "psql" | "plpgsql" | "mysql"
        | "mariadb" | "plsql" | "tsql" | "t-sql" | "mssql" | "bigquery" | "duckdb" | "hive" | "hiveql" | "cql"
        | "cypher" | "sparql" => &t::SQL,
        "rust" | "rs" | "rust-script" | "ron" | "gleam" | "cairo" | "move" => &t::RUST,
        "go" | "golang" => &t::GO,
        "c" | "h" => &t::C,
        "cpp" | "c++" | "cc" | "cxx" | "hpp" | "hxx" | "arduino" | "ino" | "cuda" | "cu" | "opencl" | "metal"
        | "objc" | "obj-c" | "objectivec" | "objective-c" => &t::CPP,
        "cs" | "csharp" | "c#" => &t::CSHARP,
        "java" | "apex" | "groovy" | "gradle" | "jenkinsfile" => &t::JAVA,
        "kotlin" | "kt" | "kts" | "ktm" => &t::KOTLIN,
        "scala" => &t::SCALA,
        "swift" => &t::SWIFT,
        "dart" => &t::DART,
        "zig" => &t::ZIG,
        "glsl" | "wgsl" | "hlsl" | "shader" | "vert" | "frag" => &t::SHADER,
        "php" | "hack" if text.contains("<?") => {
            markup::lex(text, paint);
            return true;
        }
        "php" | "hack" | "hhvm" => &t::PHP,
        "ruby" | "rb" | "irb" | "gemfile" | "rakefile" => &t::RUBY,
        "elixir" | "ex" | "exs" => &t::ELIXIR,
        "perl" | "pl" => &t::PERL,
        "prolog" | "swi-prolog" | "swipl" | "pro" | "datalog" => &t::PROLOG,
        "cobol" | "cob" | "cbl" | "gnucobol" => &t::COBOL,
        "basic" | "qbasic" | "freebasic" | "vb" | "vbnet" | "vb.net" | "visual-basic" | "visualbasic" | "vba"
        | "vbs" | "vbscript" | "vb6" => &t::BASIC,
        "smalltalk" | "st" | "pharo" | "squeak" => &t::SMALLTALK,
        "raku" | "rakumod" | "rakudoc" | "perl6" | "p6" => &t::RAKU,
        "coq" | "rocq" | "gallina" => &t::COQ,
        "agda" | "lagda" => &t::AGDA,
        "abap" => &t::ABAP,
        "turtle" | "ttl" | "trig" | "n3" | "notation3" | "ntriples" | "n-triples" | "nquads" => &t::TURTLE,
        "ebnf" | "wsn" => &t::EBNF,
        "bnf" | "abnf" => &t::BNF,
        "gherkin" | "cucumber" | "feature" => &t::GHERKIN,
        "lua" | "luau" => &t::LUA,
        "r" => &t::R,
        "julia" | "jl" => &t::JULIA,
        "haskell" | "hs" | "elm" => &t::HASKELL,
        "lisp" | "common-lisp" | "commonlisp" | "cl" | "clojure" | "clj" | "cljs" | "cljc" | "clojurescript"
        | "edn" | "scheme" | "racket" | "rkt" | "elisp" | "emacs-lisp" | "emacslisp" | "fennel" | "janet" | "hy"
        | "wat" | "wast" => &t::LISP,
        "powershell" | "ps1" | "pwsh" => &t::POWERSHELL,
        "graphql" | "graphqls" | "gql" | "prisma" => &t::GRAPHQL,
        "proto" | "protobuf" => &t::PROTOBUF,
        "hcl" | "terraform" | "tf" | "tfvars" | "opentofu" | "nomad" => &t::HCL,
        _ => return false,
    };
    code::lex(family, text, paint);
    true
}
