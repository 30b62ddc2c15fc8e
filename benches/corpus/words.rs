//! Numbers and prose from a seed.

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, part: usize) -> Self {
        let mut random = Self(seed ^ (part as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// A number from `from` to `to`.
    pub(crate) fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to - from + 1)
    }

    /// Whether something happens that does so `percent` times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

const COMMON: &str = "the a to of and in is it you that for on with as this your be are can one from when at or by not \
    will each has first what then so we if more use read write lesson page source block path next time work part page \
    small example question answer value name list number text code file open change keep find show make start end";
const HEADS: [&str; 24] = [
    "al", "ber", "cor", "dan", "el", "fer", "gra", "hol", "in", "jun", "kel", "lor", "mar", "nor", "ol", "per", "qua",
    "ras", "sol", "tor", "un", "ver", "wes", "zan",
];
const TAILS: [&str; 24] = [
    "a", "ber", "cal", "den", "er", "fin", "gent", "hall", "ing", "jor", "kin", "lent", "ment", "ner", "or", "pel",
    "ric", "sion", "tive", "um", "vane", "wick", "xis", "zel",
];

/// A word: half of them are among a hundred, the others among some ten thousand.
fn word(random: &mut Random) -> String {
    if random.chance(55) {
        let common: Vec<&str> = COMMON.split_whitespace().collect();
        return random.pick(&common).to_owned();
    }
    let mut word = random.pick(&HEADS).to_owned();
    for _ in 0..random.between(1, 2) {
        word.push_str(random.pick(&TAILS));
    }
    word
}

pub(crate) fn words(random: &mut Random, count: usize) -> String {
    (0..count).map(|_| word(random)).collect::<Vec<_>>().join(" ")
}

/// A name as code has it.
pub(crate) fn identifier(random: &mut Random) -> String {
    format!("{}_{}", random.pick(&HEADS), random.pick(&TAILS))
}

pub(crate) fn title(random: &mut Random) -> String {
    let count = random.between(2, 5);
    capital(&words(random, count))
}

pub(crate) fn sentence(random: &mut Random) -> String {
    let count = random.between(6, 18);
    let mut words: Vec<String> = (0..count).map(|_| word(random)).collect();
    let at = random.below(count);
    match random.below(100) {
        0..22 => words[at] = format!("`{}`", identifier(random)),
        22..30 => words[at] = format!("**{}**", words[at]),
        30..36 => words[at] = format!("*{}*", words[at]),
        _ => {}
    }
    capital(&words.join(" ")) + "."
}

pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

/// Hard-wrapped at 80 columns, as the public sites are.
pub(crate) fn wrap(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        if column > 0 && column + 1 + word.len() > 80 - indent.len() {
            out.push('\n');
            out.push_str(indent);
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}
