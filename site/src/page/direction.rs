//! Which way a language is written.

/// Languages whose scripts run from right to left, by their codes in BCP 47.
const FROM_THE_RIGHT: [&str; 22] = [
    "ar", "arc", "arz", "ary", "azb", "ckb", "dv", "fa", "glk", "he", "iw", "ji", "ks", "mzn", "nqo", "pnb", "ps",
    "sd", "syr", "ug", "ur", "yi",
];
/// Scripts that do, by their codes in ISO 15924.
const SCRIPTS: [&str; 8] = ["adlm", "arab", "hebr", "mand", "nkoo", "rohg", "syrc", "thaa"];
/// The length of a script's code, in bytes.
const SCRIPT: usize = 4;

/// Whether a text in this language, as `lang` has it, runs from right to left.
pub(super) fn is_from_the_right(lang: &str) -> bool {
    let lang = lang.trim().to_ascii_lowercase();
    let mut parts = lang.split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    let script = parts.find(|part| part.len() == SCRIPT && part.bytes().all(|b| b.is_ascii_alphabetic()));
    script.map_or_else(|| FROM_THE_RIGHT.contains(&language), |script| SCRIPTS.contains(&script))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_decides_and_else_the_language() {
        for lang in ["ar", "he", "fa-IR", "AR-eg", "ur_PK", "az-Arab", "ku-Arab-IQ", "yi"] {
            assert!(is_from_the_right(lang), "{lang}");
        }
        for lang in ["en", "de-CH", "fa-Latn", "az", "", "zh-Hant", "pa", "ara-x", "uz-Cyrl-UZ"] {
            assert!(!is_from_the_right(lang), "{lang}");
        }
    }
}
