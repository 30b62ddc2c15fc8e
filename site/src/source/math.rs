//! TeX becomes MathML, which browsers show without script, style or fonts of ours.

use super::caught::caught;
use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use std::{cell::OnceCell, thread};

/// Longer formulas are refused, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// Deeper MathML is refused: pages nest their elements no deeper either.
const MAX_DEPTH: usize = 100;

/// TeX that may nest deeper is refused before it is read: the library follows nesting on the stack.
const MAX_NESTING: usize = 400;

/// A formula that may nest deeper than this is converted on a stack of its own.
const SHALLOW: usize = 32;

/// Enough for `MAX_NESTING` levels without optimisation; only what is used of it costs memory.
const DEEP_STACK: usize = 64 * 1024 * 1024;

/// A formula as `<math>`, or in one sentence why it is none. A function of the text alone.
pub(crate) fn render(tex: &str, display: bool) -> Result<String, String> {
    if tex.len() > MAX_LENGTH {
        return Err(format!("the formula has {} bytes; {MAX_LENGTH} are the most", tex.len()));
    }
    let nesting = nesting(tex);
    if nesting > MAX_NESTING {
        return Err("the formula nests too deep".to_owned());
    }
    let math = if nesting <= SHALLOW { convert(tex, display) } else { convert_deep(tex, display) }?;
    if depth(&math) > MAX_DEPTH {
        return Err(format!("the formula nests more than {MAX_DEPTH} deep"));
    }
    Ok(math)
}

/// How deep TeX may nest at most: open groups, and commands in a row, each of which may take the next as its argument.
fn nesting(tex: &str) -> usize {
    let (mut open, mut row, mut deepest) = (0_usize, 0_usize, 0);
    let mut rest = tex;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
                let (name, after) = rest.split_at(length);
                match name {
                    "begin" | "left" => open += 1,
                    "end" | "right" => open = open.saturating_sub(1),
                    _ => row += 1,
                }
                rest = after;
            }
            '^' | '_' => row += 1,
            '[' if row > 0 => open += 1,
            '{' => open += 1,
            '}' | ']' => {
                open = open.saturating_sub(1);
                row = 0;
            }
            c if c.is_whitespace() => {}
            _ => row = 0,
        }
        deepest = deepest.max(open + row);
    }
    deepest
}

fn convert(tex: &str, display: bool) -> Result<String, String> {
    thread_local! {
        static CONVERTER: OnceCell<LatexToMathML> = const { OnceCell::new() };
    }
    // The library is young; a formula that makes it panic costs that formula, not the build.
    let made = caught(|| {
        CONVERTER.with(|converter| {
            let converter = converter.get_or_init(|| LatexToMathML::new(MathCoreConfig::default()).unwrap_or_default());
            let mode = if display { MathDisplay::Block } else { MathDisplay::Inline };
            converter.convert_with_local_state(tex, mode).map(|made| made.mathml).map_err(|error| error.to_string())
        })
    });
    made.unwrap_or_else(|_| Err("the formula cannot be read".to_owned()))
}

fn convert_deep(tex: &str, display: bool) -> Result<String, String> {
    thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(DEEP_STACK).spawn_scoped(scope, || convert(tex, display));
        let worker = worker.map_err(|error| format!("the formula is too long to be read here ({error})"))?;
        worker.join().unwrap_or_else(|_| Err("the formula cannot be read".to_owned()))
    })
}

/// How deep the elements nest.
fn depth(math: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for tag in math.split('<').skip(1) {
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !tag.split('>').next().is_some_and(|tag| tag.ends_with('/')) {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_of_courses_become_mathml() {
        for tex in [
            r"A = \pi r^2",
            r"\sum_{i=1}^{n} i = \frac{n(n+1)}{2}",
            r"\begin{aligned} a &= b + c \\ &= d \end{aligned}",
            r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
            r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
            r"\lim_{n\to\infty} \left(1 + \frac{1}{n}\right)^n",
            r"x \in \mathbb{R} \implies \sqrt[3]{x} \leq |x|",
        ] {
            let math = render(tex, true).unwrap_or_else(|error| panic!("{tex}: {error}"));
            assert!(math.starts_with("<math display=\"block\"") && math.ends_with("</math>"), "{math}");
            assert!(render(tex, false).is_ok_and(|math| !math.contains("display=\"block\"")));
        }
    }

    /// The library expects a closing brace before the next column.
    const PANICS: &str = r"\begin{aligned} a &= \frac{1{ }2}\\ b &= c \end{aligned}";

    #[test]
    fn what_is_no_formula_says_why() {
        for tex in [r"\frac{1}{", r"\nosuchcommand x", "a } b", r"\begin{aligned} x", PANICS] {
            let error = render(tex, false).expect_err(tex);
            assert!(!error.is_empty() && !error.contains('\n'), "{error}");
        }
        assert!(render(&"x".repeat(MAX_LENGTH + 1), false).is_err());
    }

    #[test]
    fn nesting_without_end_is_refused_and_not_followed() {
        for seed in [r"\sqrt", r"\frac", "{", "^", "x^{", r"\left(", r"\begin{matrix}", r"\hat", r"\sqrt[", "_"] {
            let long = seed.repeat(MAX_LENGTH / seed.len());
            assert!(render(&long, true).is_err(), "{seed}");
        }
        let deep = format!("{}x{}", "{\\sqrt".repeat(2_000), "}".repeat(2_000));
        assert!(render(&deep, true).is_err());
    }

    #[test]
    fn nothing_of_a_formula_becomes_markup() {
        let math = render(r#"\text{<script> \& "}"#, false).unwrap();
        assert!(!math.contains("<script>"), "{math}");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(tex in r"(\\[a-z]{1,6}|\\begin\{(matrix|aligned|x)\}|\\end\{(matrix|aligned|x)\}|[{}^_&$#%<>\\ a-c1é]){0,24}") {
            if let Ok(math) = render(&tex, true) {
                prop_assert!(math.starts_with("<math") && !math.contains('\0'));
            }
        }
    }
}
