//! What labels hold besides words: formulas `$$…$$`, emphasis, and characters by their names. Kinds of diagrams read these in ways of their own, or not
//! at all. So each becomes one character of private use while a diagram is drawn, and what it stands for comes back in the drawing (`spans`): the same in
//! every kind.

use super::kinds;
use crate::{
    source::math,
    text::{dom, html},
};
use std::borrow::Cow;

/// The first character that stands for an [`LabelItem`]: which one, and how wide it is.
const ITEMS: u32 = 0xe000;
/// The most items of a diagram; what is more stays as it is written.
const MAX_ITEMS: usize = 64;
/// The widths that an item may have, in quarters of an em: the widest takes 24 em, more than a label is wide.
const WIDTHS: u32 = 96;
const QUARTERS: f64 = 4.0;
/// The first character that begins emphasis, by its [`LabelMark`]; and that ends it.
const OPENING: u32 = 0xf800;
const CLOSING: u32 = 0xf810;
/// Behind the last character that has a meaning here.
const END: u32 = CLOSING + MARKS.len() as u32;

/// About how wide a character of a formula is, and the space around an operator, in ems.
const LETTER: f64 = 0.58;
const OPERATOR: f64 = 0.45;

/// How many marks may be open in one place: each is written anew for every part of the text in it.
pub(super) const MAX_OPEN: usize = 16;

/// A way to emphasise words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LabelMark {
    Bold,
    Italic,
    Code,
    Underlined,
    Struck,
    Low,
    High,
}

const MARKS: [LabelMark; 7] = [
    LabelMark::Bold,
    LabelMark::Italic,
    LabelMark::Code,
    LabelMark::Underlined,
    LabelMark::Struck,
    LabelMark::Low,
    LabelMark::High,
];

/// Elements of HTML that emphasise.
const TAGS: [(&str, LabelMark); 13] = [
    ("b", LabelMark::Bold),
    ("strong", LabelMark::Bold),
    ("i", LabelMark::Italic),
    ("em", LabelMark::Italic),
    ("code", LabelMark::Code),
    ("kbd", LabelMark::Code),
    ("tt", LabelMark::Code),
    ("u", LabelMark::Underlined),
    ("s", LabelMark::Struck),
    ("del", LabelMark::Struck),
    ("strike", LabelMark::Struck),
    ("sub", LabelMark::Low),
    ("sup", LabelMark::High),
];
/// Those that say what words look like in ways that no drawing follows: only their words are shown.
const PLAIN: [&str; 7] = ["span", "font", "small", "big", "mark", "center", "ins"];

/// What a character of private use means.
pub(super) enum Meaning<'i> {
    LabelItem(&'i LabelItem),
    Begin(LabelMark),
    End(LabelMark),
}

/// What one character stands for.
#[derive(Debug)]
pub(super) struct LabelItem {
    /// As it is shown, HTML.
    pub html: String,
    /// As it is said.
    pub words: String,
    pub is_formula: bool,
}

/// What characters stand for in one diagram.
#[derive(Debug, Default)]
pub(super) struct LabelCharacters {
    items: Vec<(char, LabelItem)>,
    /// What is lost of what an author wrote, in a sentence.
    pub lacks: Option<&'static str>,
}

/// How wide a character is in ems, if it has a meaning here.
pub(super) fn width(c: char) -> Option<f64> {
    match u32::from(c) {
        code @ ITEMS..OPENING => Some(f64::from((code - ITEMS) % WIDTHS) / QUARTERS),
        OPENING..END => Some(0.0),
        _ => None,
    }
}

impl LabelCharacters {
    /// The diagram with a character in the place of each.
    pub(super) fn take(text: &str) -> (Cow<'_, str>, Self) {
        let mut inline = Self::default();
        if !text.contains(['<', '&'])
            && !["$$", "\"`"].iter().any(|mark| text.contains(mark))
            && !text.contains(is_meant)
        {
            return (Cow::Borrowed(text), inline);
        }
        let (config, body) = text.split_at(text.len() - kinds::body(text).len());
        let mut out = config.to_owned();
        let mut is_markdown = false;
        for line in body.split_inclusive('\n') {
            if line.trim_start().starts_with("%%") {
                out.push_str(line);
            } else {
                inline.line(line, &mut is_markdown, &mut out);
            }
        }
        (Cow::Owned(out), inline)
    }

    /// What a character means; none, if it is one like others.
    pub(super) fn meaning(&self, c: char) -> Option<Meaning<'_>> {
        let mark = |from: u32| MARKS.get(usize::try_from(u32::from(c).checked_sub(from)?).ok()?).copied();
        if !is_meant(c) {
            return None;
        }
        let item = self.items.iter().find(|(known, _)| *known == c).map(|(_, item)| Meaning::LabelItem(item));
        item.or_else(|| mark(CLOSING).map(Meaning::End)).or_else(|| mark(OPENING).map(Meaning::Begin))
    }

    /// A text as it is said.
    pub(super) fn words(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match self.meaning(c) {
                None => out.push(c),
                Some(Meaning::LabelItem(item)) => out.push_str(&item.words),
                Some(Meaning::Begin(_) | Meaning::End(_)) => {}
            }
        }
        out
    }

    fn line(&mut self, line: &str, is_markdown: &mut bool, out: &mut String) {
        let lower = line.to_ascii_lowercase();
        // What is open, by what closes it.
        let mut open: Vec<(Cow<'_, str>, Option<LabelMark>)> = Vec::new();
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let before = line[..line.len() - rest.len()].chars().next_back();
            if *is_markdown && rest.starts_with("`\"") || !*is_markdown && rest.starts_with("\"`") {
                *is_markdown = !*is_markdown;
                out.push_str(&rest[..2]);
                rest = &rest[2..];
                continue;
            }
            let length = match c {
                '$' => self.formula(rest, out),
                '&' => self.reference(rest, out),
                '<' => self.tag(rest, &lower[line.len() - rest.len()..], &mut open, out),
                '*' | '_' if *is_markdown => emphasis(rest, before, &mut open, out),
                _ => None,
            };
            let length = length.unwrap_or_else(|| {
                out.push(if is_meant(c) { char::REPLACEMENT_CHARACTER } else { c });
                c.len_utf8()
            });
            rest = &rest[length..];
        }
    }

    fn formula(&mut self, rest: &str, out: &mut String) -> Option<usize> {
        let inside = rest.strip_prefix("$$")?;
        let tex = &inside[..inside.find("$$").filter(|end| *end > 0)?];
        // A string of YAML doubles each backslash.
        let written = if is_in_string_of_data(out) { tex.replace("\\\\", "\\") } else { tex.to_owned() };
        let item = match math::render(written.trim(), false) {
            Ok(math) => LabelItem { html: math, words: written.trim().to_owned(), is_formula: true },
            Err(_) => {
                self.lacks = Some("a formula that cannot be set is shown as it is written");
                LabelItem { html: html::escape(tex).into_owned(), words: tex.to_owned(), is_formula: false }
            }
        };
        let width = if item.is_formula { room(&item.html) } else { super::measure::ems(tex) };
        out.push(self.stand_in(item, width)?);
        Some(tex.len() + 4)
    }

    /// `&name;`: semicolons end statements in some kinds, and others show the name.
    fn reference(&mut self, rest: &str, out: &mut String) -> Option<usize> {
        let end = rest[1..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '#')).filter(|end| *end > 0)? + 1;
        let written = rest[..].get(..=end).filter(|written| written.ends_with(';'))?;
        let shown = html::unescape(written);
        if shown == written {
            return None;
        }
        let width = super::measure::ems(&shown);
        let item = LabelItem { html: html::escape(&shown).into_owned(), words: shown.into_owned(), is_formula: false };
        out.push(self.stand_in(item, width)?);
        Some(written.len())
    }

    /// A tag that has its other half in the same line.
    fn tag<'l>(
        &mut self,
        rest: &'l str,
        rest_in_lower: &str,
        open: &mut Vec<(Cow<'l, str>, Option<LabelMark>)>,
        out: &mut String,
    ) -> Option<usize> {
        let length = rest.find('>')? + 1;
        let inside = &rest[1..length - 1];
        let name = inside.trim_start_matches('/');
        let name = &name[..name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len())];
        let lower = name.to_ascii_lowercase();
        if inside.starts_with('/') {
            let at = open.iter().rposition(|(known, _)| *known == lower)?;
            let (_, mark) = open.remove(at);
            out.extend(mark.and_then(|mark| character(CLOSING, mark)));
            return Some(length);
        }
        let mark = TAGS.iter().find(|(known, _)| *known == lower).map(|(_, mark)| *mark);
        let is_known = mark.is_some() || PLAIN.contains(&&*lower);
        let is_closed = || rest_in_lower[length..].contains(&format!("</{lower}>"));
        if !is_known || open.len() >= MAX_OPEN || inside[name.len()..].contains('<') || !is_closed() {
            return None;
        }
        if mark.is_none() {
            self.lacks = Some("colours and sizes of single words are left out");
        }
        out.extend(mark.and_then(|mark| character(OPENING, mark)));
        open.push((lower.into(), mark));
        Some(length)
    }

    /// The character for an item; none, if there are too many.
    fn stand_in(&mut self, item: LabelItem, ems: f64) -> Option<char> {
        if let Some((known, _)) = self.items.iter().find(|(_, known)| known.html == item.html) {
            return Some(*known);
        }
        let number = u32::try_from(self.items.len()).ok().filter(|_| self.items.len() < MAX_ITEMS)?;
        let quarters = (1..WIDTHS - 1).find(|quarters| f64::from(*quarters) / QUARTERS >= ems).unwrap_or(WIDTHS - 1);
        let c = char::from_u32(ITEMS + number * WIDTHS + quarters)?;
        self.items.push((c, item));
        Some(c)
    }
}

/// Whether a text ends in a string of what stands in `@{ … }`.
fn is_in_string_of_data(text: &str) -> bool {
    let Some((_, data)) = text.rsplit_once("@{") else { return false };
    let (mut is_string, mut is_escaped) = (false, false);
    for c in data.chars() {
        match c {
            '}' if !is_string => return false,
            '"' if !is_escaped => is_string = !is_string,
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    is_string
}

fn is_meant(c: char) -> bool {
    (ITEMS..END).contains(&u32::from(c))
}

fn character(from: u32, mark: LabelMark) -> Option<char> {
    let at = MARKS.iter().position(|known| *known == mark)?;
    char::from_u32(from + u32::try_from(at).ok()?)
}

/// `*x*` and `**x**`, or with `_`, in a string of Markdown; `before` is the character in front.
fn emphasis<'l>(
    rest: &'l str,
    before: Option<char>,
    open: &mut Vec<(Cow<'l, str>, Option<LabelMark>)>,
    out: &mut String,
) -> Option<usize> {
    let sign = &rest[..1];
    let run = rest.split_inclusive(sign).take(4).take_while(|part| *part == sign).count();
    let length = run.min(2);
    let (mark, after) = (if length == 2 { LabelMark::Bold } else { LabelMark::Italic }, &rest[length..]);
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_open = open.last().is_some_and(|(known, _)| *known == rest[..length]);
    if is_open && before.is_some_and(|c| !c.is_whitespace()) && !(sign == "_" && is_word(after.chars().next())) {
        open.pop();
        out.extend(character(CLOSING, mark));
        return Some(length);
    }
    let is_opening = after.chars().next().is_some_and(|c| !c.is_whitespace()) && !(sign == "_" && is_word(before));
    let is_closed = || after.find(&rest[..length]).is_some_and(|end| !after[..end].contains("`\""));
    if run > 3 || !is_opening || open.len() >= MAX_OPEN || !is_closed() {
        return None;
    }
    open.push((rest[..length].into(), Some(mark)));
    out.extend(character(OPENING, mark));
    Some(length)
}

/// About how wide a formula is, in ems: rather too much, so that it fits.
fn room(math: &str) -> f64 {
    let letters = dom::text(&dom::parse(math)).chars().filter(|c| !c.is_whitespace()).count();
    let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    count(letters).mul_add(LETTER, count(math.matches("<mo").count()) * OPERATOR) + OPERATOR
}
