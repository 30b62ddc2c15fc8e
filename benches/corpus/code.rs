//! Code fences, in the mix of languages that the public sites have.

use super::words::{Random, identifier, sentence, words};

/// Languages with how often they are met, of 269.
const LANGUAGES: [(&str, usize); 13] = [
    ("html", 60),
    ("css", 52),
    ("md", 35),
    ("js", 34),
    ("sh", 33),
    ("text", 22),
    ("yaml", 7),
    ("json", 7),
    ("python", 5),
    ("bash", 5),
    ("sql", 1),
    ("txt", 1),
    ("", 7),
];

/// A language and some twenty lines of it.
pub(super) fn fence(random: &mut Random) -> (&'static str, String) {
    let mut at = random.below(269);
    let language = LANGUAGES.iter().find(|(_, weight)| {
        let hit = at < *weight;
        at = at.saturating_sub(*weight);
        hit
    });
    let language = language.map_or("", |(language, _)| language);
    let lines = random.between(6, 34);
    let body = (0..lines).map(|line| one_line(random, language, line, lines) + "\n").collect();
    (language, body)
}

fn one_line(random: &mut Random, language: &str, line: usize, lines: usize) -> String {
    let (a, b, c) = (identifier(random), identifier(random), identifier(random));
    let number = random.below(1000);
    match (language, line % 4) {
        ("html", 0) => format!("<section class=\"{a} {b}\" data-{}=\"{number}\">", a.replace('_', "-")),
        ("html", 1) => format!("  <h2 id=\"{b}\">{}</h2>", words(random, 3)),
        ("html", 2) => format!("  <p>{} <code>{c}</code></p>", sentence(random)),
        ("html", _) => "</section>".to_owned(),
        ("css", 0) => format!(".{a}:hover > .{b} {{"),
        ("css", 1) => format!("  --{}: clamp({}rem, 2vw + 1rem, {number}px);", c.replace('_', "-"), number % 7),
        ("css", 2) => format!("  color: oklch(0.{} 0.1 {number}); /* {a} */", number % 90 + 10),
        ("css", _) => "}".to_owned(),
        ("md", 0) => format!("## {}", words(random, 3)),
        ("md", 1 | 3) => String::new(),
        ("md", _) => sentence(random),
        ("js", 0) => format!("export async function {a}({b}, {{ {c} = {number} }} = {{}}) {{"),
        ("js", 1) => format!("  const {c}s = await {b}.map((item) => item.{a} ?? \"{a}\") // {}", words(random, 4)),
        ("js", 2) => format!("  if ({c}s.length > {number}) return `${{{b}}} of {a}`"),
        ("js", _) => "}".to_owned(),
        ("sh" | "bash", 0) => format!("# {}", sentence(random)),
        ("sh" | "bash", 1) => format!("export {}=\"{b}/{number}\"", a.to_uppercase()),
        ("sh" | "bash", 2) => format!("if [ -d \"${a}\" ]; then {b} --{c} {number} | grep -v '{a}'; fi"),
        ("sh" | "bash", _) => format!("{b} {c} --out ./{a}.txt && echo done"),
        ("yaml", 0) => format!("{a}:"),
        ("yaml", 1) => format!("  {b}: {number}"),
        ("yaml", 2) => format!("  {c}: \"{}\"", words(random, 4)),
        ("yaml", _) => format!("  - {a} # {b}"),
        ("json", _) if line == 0 => "{".to_owned(),
        ("json", _) if line + 1 == lines => format!("  \"{a}\": null\n}}"),
        ("json", _) => format!("  \"{a}-{line}\": [{number}, true, \"{}\"],", words(random, 3)),
        ("python", 0) => format!("def {a}({b}: int, {c}: str = \"{c}\") -> list[str]:"),
        ("python", 1) => format!("    \"\"\"{}\"\"\"", sentence(random)),
        ("python", 2) => format!("    values = [{b} * {number} for _ in range({b}) if {c} != '{a}']"),
        ("python", _) => "    return [f\"{value:>8}\" for value in values]  # done\n".to_owned(),
        ("sql", _) => format!("SELECT {a}, COUNT(*) FROM {b} WHERE {c} > {number} GROUP BY {a};"),
        _ => sentence(random),
    }
}
