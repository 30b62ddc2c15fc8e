//! Codes of languages (BCP 47), and which way a language is written. The tables are those of Unicode CLDR 48: `likelySubtags.json` for the
//! script that a language is written in, `aliases.json` for its other codes, `scriptMetadata.json` for the direction of scripts.

/// Languages that are written from right to left.
const FROM_THE_RIGHT: [&str; 286] = [
    "aao", "abh", "abv", "acm", "acq", "acw", "acx", "adf", "ae", "aeb", "aec", "aee", "aeq", "afb", "aib", "aii",
    "aij", "aiq", "ajp", "ajt", "aju", "amw", "apc", "apd", "ar", "ara", "arb", "arc", "arq", "ars", "ary", "arz",
    "ask", "atn", "auj", "auz", "avd", "ave", "avl", "ayh", "ayl", "ayn", "ayp", "azb", "bal", "bcc", "bdz", "bej",
    "bft", "bgn", "bgp", "bhe", "bhm", "bhn", "bjf", "bjm", "bqi", "brh", "brk", "bsh", "bsk", "chg", "cja", "ckb",
    "cld", "clh", "czk", "dcc", "def", "deh", "dgl", "div", "dmk", "dml", "drw", "dv", "ecy", "esh", "fa", "fas",
    "fay", "faz", "fia", "fub", "gbz", "ggg", "gha", "ghr", "gig", "gjk", "gju", "glh", "glk", "grr", "gwc", "gwf",
    "gwt", "gzi", "hac", "haz", "hbo", "he", "heb", "hkh", "hnd", "hno", "hoh", "hrt", "hrz", "hss", "huy", "isk",
    "itk", "iw", "jad", "jat", "jbe", "jbn", "jdg", "ji", "jnd", "jog", "jpa", "jpr", "jrb", "jye", "kas", "kbu",
    "kby", "kcy", "kfm", "khw", "klj", "kmz", "kqd", "ks", "ktl", "kvx", "kxp", "kzh", "lad", "lah", "lhs", "lki",
    "lrc", "lrk", "lrl", "lsa", "lsd", "lss", "luv", "luz", "mby", "mde", "mey", "mfa", "mfi", "mhj", "mid", "mki",
    "mnj", "mve", "mvy", "myz", "mzb", "mzn", "nli", "nlm", "nqo", "ntz", "nyq", "oar", "obm", "odk", "oru", "ota",
    "otk", "oui", "pal", "pbt", "pbu", "per", "pes", "pgd", "phl", "phn", "phr", "phv", "plk", "pmu", "pnb", "prc",
    "prd", "prs", "prx", "ps", "psh", "psi", "pst", "pus", "qxq", "rdb", "rhg", "rmt", "sam", "sbn", "scl", "sd",
    "sdb", "sdf", "sdg", "sdh", "sds", "sgl", "sgr", "sgy", "shd", "shm", "shu", "shv", "siy", "siz", "skr", "smp",
    "smy", "snd", "sog", "sqo", "sqt", "srh", "srz", "ssh", "sts", "swb", "syc", "syn", "syr", "tjo", "tks", "tmr",
    "tnf", "tov", "tra", "trg", "trm", "trw", "ug", "uig", "ur", "urd", "ush", "uzs", "vaf", "vgr", "vmh", "wbk",
    "wlo", "wne", "wni", "wsv", "xco", "xhe", "xka", "xkc", "xkj", "xkp", "xld", "xly", "xmn", "xmr", "xna", "xpr",
    "xsa", "xsd", "xvi", "ydd", "ydg", "yhd", "yi", "yid", "yih", "yud", "zba", "zdj", "zrp", "zum",
];
/// Languages of other scripts that are written from right to left in these regions.
const THERE: [&str; 16] = [
    "az-iq", "az-ir", "ha-cm", "ha-sd", "kk-af", "kk-cn", "kk-ir", "kk-mn", "ku-iq", "ku-ir", "ku-lb", "ky-cn",
    "ms-cc", "pa-pk", "tg-pk", "uz-af",
];
/// Languages of [`FROM_THE_RIGHT`] that are not in these regions.
const NOT_THERE: [&str; 4] = ["mey-sn", "sd-in", "ug-kz", "ug-mn"];
/// Scripts from right to left, by their codes in ISO 15924; `aran` is a form of `arab`.
const SCRIPTS: [&str; 38] = [
    "adlm", "arab", "aran", "armi", "avst", "chrs", "cprt", "elym", "gara", "hatr", "hebr", "hung", "khar", "lydi",
    "mand", "mani", "mend", "merc", "mero", "narb", "nbat", "nkoo", "orkh", "ougr", "palm", "phli", "phlp", "phnx",
    "prti", "rohg", "samr", "sarb", "sidt", "sogd", "sogo", "syrc", "thaa", "yezi",
];
/// The length of a script's code, in bytes.
const SCRIPT: usize = 4;
/// The longest part of a code, in bytes (RFC 5646, section 2.1).
const LONGEST: usize = 8;

/// Whether a text in this language, as `lang` has it, runs from right to left.
pub(crate) fn is_from_the_right(lang: &str) -> bool {
    let lang = lang.trim().to_ascii_lowercase();
    // Behind a single letter come extensions, which say nothing of it.
    let mut parts = lang.split(['-', '_']).take_while(|part| part.len() > 1);
    let language = parts.next().unwrap_or_default();
    let is_script = |part: &&str| part.len() == SCRIPT && part.bytes().all(|b| b.is_ascii_alphabetic());
    if let Some(script) = parts.clone().find(is_script) {
        return SCRIPTS.contains(&script);
    }
    let is_in = |table: &[&str]| {
        let region = parts.clone().next().map(|region| format!("{language}-{region}"));
        region.is_some_and(|place| table.contains(&&*place))
    };
    match FROM_THE_RIGHT.binary_search(&language) {
        Ok(_) => !is_in(&NOT_THERE),
        Err(_) => is_in(&THERE),
    }
}

/// Whether a text has the form of a language's code: two or three letters, and parts behind dashes. A text without a language has the empty one.
pub(crate) fn is_tag(lang: &str) -> bool {
    let mut parts = lang.split('-');
    let language = parts.next().unwrap_or_default();
    let is_language = matches!(language.len(), 2 | 3) || matches!(language, "i" | "x") && lang.len() > 2;
    lang.is_empty()
        || is_language
            && language.bytes().all(|b| b.is_ascii_alphabetic())
            && parts.all(|part| (1..=LONGEST).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_decides_and_else_the_language_and_where_it_is_written() {
        let from_the_right = "ar he fa-IR AR-eg ur_PK az-Arab ku-Arab-IQ yi lrc rhg bal sam prs prs-AF ara heb pa-PK uz-AF kk-CN sd ug man-Nkoo fa-u-nu-latn";
        for lang in from_the_right.split(' ') {
            assert!(is_from_the_right(lang), "{lang}");
        }
        for lang in "en de-CH fa-Latn az zh-Hant pa arx-x uz-Cyrl-UZ sd-IN ug-KZ en-x-arab kk".split(' ').chain([""]) {
            assert!(!is_from_the_right(lang), "{lang}");
        }
        assert!(FROM_THE_RIGHT.is_sorted());
    }

    #[test]
    fn a_code_is_letters_and_parts_behind_dashes() {
        for lang in ["", "en", "de-DE", "zh-Hant-TW", "gsw", "es-419", "de-1996", "x-own", "i-klingon", "en-u-nu-latn"]
        {
            assert!(is_tag(lang), "{lang}");
        }
        for lang in ["de_DE", "german", "e", "x", "en-", "en US", "de-DE.UTF-8", "12", "français", "en-toolongpart"] {
            assert!(!is_tag(lang), "{lang}");
        }
    }
}
