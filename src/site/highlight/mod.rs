//! Code in colours: the text of a fence becomes HTML, line by line.
//!
//! Our own lexers, because grammars made of regular expressions took six times the time that a whole build may take.
//! Each is one pass over the text, so the time is linear in its length, whatever the text is: `code.rs` with the
//! tables in `tables/` for programming languages, the other files for what is not made of statements.

mod code;
mod css;
mod cursor;
mod data;
mod family;
mod files;
mod jsx;
mod markdown;
mod markup;
mod paint;
mod shell;
mod strings;
mod tables;
mod words;
mod yaml;

#[cfg(test)]
mod tests;

use paint::{Class, Paint};

/// How deep fences in fences of Markdown are coloured.
const FENCES: u32 = 3;

/// The lines of some code as HTML: escaped, with `<span class="hl-…">` where a colour helps. No span crosses a line.
/// The line end that closes the last line begins no line. `None` if the language is not known.
pub(in crate::site) fn highlight(language: &str, code: &str) -> Option<Vec<String>> {
    let code = code.strip_suffix('\n').unwrap_or(code);
    let mut paint = Paint::new();
    lex_language(language, code, FENCES, &mut paint).then(|| paint.finish())
}

/// Whether the language is known; if not, nothing was painted.
fn lex_language(language: &str, text: &str, depth: u32, paint: &mut Paint) -> bool {
    use tables as t;
    let lower = language.to_ascii_lowercase();
    let family = match lower.as_str() {
        "html" | "htm" | "xhtml" | "xml" | "svg" | "vue" | "svelte" | "astro" | "rss" | "atom" | "xsl" | "mathml" => {
            markup::lex(text, paint);
            return true;
        }
        "css" => {
            css::lex(text, false, paint);
            return true;
        }
        "scss" | "sass" | "less" => {
            css::lex(text, true, paint);
            return true;
        }
        "md" | "markdown" | "mdx" | "gfm" => {
            markdown::lex(text, depth, paint);
            return true;
        }
        "json" | "jsonc" | "json5" | "jsonl" | "ndjson" | "geojson" | "webmanifest" => {
            data::json(text, paint);
            return true;
        }
        "yaml" | "yml" => {
            yaml::lex(text, paint);
            return true;
        }
        "toml" | "ini" | "cfg" | "conf" | "env" | "dotenv" | "properties" | "editorconfig" => {
            data::settings(text, paint);
            return true;
        }
        "sh" | "bash" | "zsh" | "shell" | "ksh" | "fish" => {
            shell::lex(text, paint);
            return true;
        }
        "console" | "shell-session" | "shellsession" | "sh-session" | "terminal" => {
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
        "makefile" | "make" | "mk" => {
            files::makefile(text, paint);
            return true;
        }
        "text" | "txt" | "plain" | "plaintext" | "none" | "output" | "log" | "ascii" | "csv" | "tsv" => {
            paint.put(Class::Plain, text);
            return true;
        }
        "js" | "javascript" | "mjs" | "cjs" | "jsx" | "node" => &t::JAVASCRIPT,
        "ts" | "typescript" | "mts" | "cts" => &t::TYPESCRIPT,
        "tsx" => &t::TYPESCRIPT_JSX,
        "py" | "python" | "python3" | "py3" | "pyi" => &t::PYTHON,
        "sql" | "sqlite" | "postgres" | "postgresql" | "mysql" | "plsql" => &t::SQL,
        "rust" | "rs" => &t::RUST,
        "go" | "golang" => &t::GO,
        "c" | "h" => &t::C,
        "cpp" | "c++" | "cc" | "cxx" | "hpp" | "arduino" | "objc" | "objective-c" => &t::CPP,
        "cs" | "csharp" | "c#" => &t::CSHARP,
        "java" | "groovy" => &t::JAVA,
        "kotlin" | "kt" | "kts" => &t::KOTLIN,
        "scala" => &t::SCALA,
        "swift" => &t::SWIFT,
        "dart" => &t::DART,
        "zig" => &t::ZIG,
        "glsl" | "wgsl" | "hlsl" => &t::SHADER,
        "php" if text.contains("<?") => {
            markup::lex(text, paint);
            return true;
        }
        "php" => &t::PHP,
        "ruby" | "rb" => &t::RUBY,
        "elixir" | "ex" | "exs" => &t::ELIXIR,
        "perl" | "pl" => &t::PERL,
        "lua" => &t::LUA,
        "r" => &t::R,
        "julia" | "jl" => &t::JULIA,
        "haskell" | "hs" | "elm" => &t::HASKELL,
        "lisp" | "clojure" | "clj" | "scheme" | "racket" | "elisp" => &t::LISP,
        "powershell" | "ps1" | "pwsh" => &t::POWERSHELL,
        "graphql" | "gql" => &t::GRAPHQL,
        "proto" | "protobuf" => &t::PROTOBUF,
        "hcl" | "terraform" | "tf" => &t::HCL,
        _ => return false,
    };
    code::lex(family, text, paint);
    true
}
