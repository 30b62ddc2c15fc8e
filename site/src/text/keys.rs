//! Keys that mean something to pmx: what they hold, and what is nearly one of them.

use super::{language, nearest};
use crate::diagnostic::{Diagnostic, Position};
use serde_json::{Map, Value};

/// The fewest letters that shorten a key: `desc`.
const SHORTEST_START: usize = 4;
/// A key shorter than this is not shortened, in letters.
const LONG: usize = 8;

/// A key that means something.
pub(crate) struct KnownKey {
    pub name: &'static str,
    /// What its value is; none, if that may be anything.
    shape: Option<Shape>,
    words: Words,
    keys: Keys,
    code: Option<&'static str>,
}

/// What a value is.
#[derive(Clone, Copy)]
struct Shape {
    fits: fn(&Value) -> bool,
    /// The same in words; without them, somebody else says it.
    what: &'static str,
}

/// The words that a value can be.
enum Words {
    Any,
    /// Any, of which these mean something.
    Known(&'static [&'static str]),
    OneOf(&'static [&'static str]),
}

/// The keys in a value that is a mapping, or in each mapping of a list.
enum Keys {
    Any,
    /// These; others are the author's.
    Known(&'static [KnownKey]),
    /// No others.
    Only(&'static [KnownKey]),
    /// Each value of the mapping or list is a mapping with these.
    OfEach(&'static [KnownKey]),
}

/// A key whose value nobody looks at here.
pub(crate) const fn key(name: &'static str) -> KnownKey {
    KnownKey { name, shape: None, words: Words::Any, keys: Keys::Any, code: None }
}

impl KnownKey {
    /// With a value that `fits`: `what` says in words which those are.
    pub(crate) const fn is(self, fits: fn(&Value) -> bool, what: &'static str) -> Self {
        Self { shape: Some(Shape { fits, what }), ..self }
    }

    /// With a value of this kind, which is checked elsewhere.
    pub(crate) const fn like(self, fits: fn(&Value) -> bool) -> Self {
        self.is(fits, "")
    }

    /// With one of these words.
    pub(crate) const fn one_of(self, words: &'static [&'static str]) -> Self {
        Self { words: Words::OneOf(words), ..self }
    }

    /// With any word, of which these mean something.
    pub(crate) const fn knows(self, words: &'static [&'static str]) -> Self {
        Self { words: Words::Known(words), ..self }
    }

    /// With these keys in its value, and with the author's own.
    pub(crate) const fn with(self, keys: &'static [Self]) -> Self {
        Self { keys: Keys::Known(keys), ..self }
    }

    /// With a mapping of these keys and no others.
    pub(crate) const fn only(self, keys: &'static [Self]) -> Self {
        Self { keys: Keys::Only(keys), ..self }
    }

    /// With these keys in each of its values.
    pub(crate) const fn of_each(self, keys: &'static [Self]) -> Self {
        Self { keys: Keys::OfEach(keys), ..self }
    }

    /// With this code for what is found in it.
    pub(crate) const fn code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    /// Whether a value could be its own.
    fn fits(&self, value: &Value) -> bool {
        let is_word = match self.words {
            Words::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Words::Any | Words::Known(_) => true,
        };
        is_word && self.shape.is_none_or(|shape| (shape.fits)(value)) && !value.is_null()
    }

    /// Whether there are values that it cannot have.
    const fn is_choosy(&self) -> bool {
        self.shape.is_some() || matches!(self.words, Words::OneOf(_))
    }

    /// Whether a key that is none with this value was meant to be this one.
    fn is_meant_by(&self, written: &str, value: &Value) -> bool {
        let plural = |one: &str, many: &str| ["s", "es"].iter().any(|end| many.strip_suffix(end) == Some(one));
        // `images` and the like are words of their own, for other tools, and so are short ones; but not with a value of ours.
        let is_word = plural(self.name, written)
            || self.name.len() >= LONG && written.len() >= SHORTEST_START && self.name.starts_with(written);
        match is_word {
            true => self.is_choosy() && !value.is_array() && self.fits(value),
            false => is_near(written, self.name) || plural(written, self.name),
        }
    }
}

/// Whether a word is nearly another one.
fn is_near(written: &str, meant: &str) -> bool {
    nearest::is_other_spelling(written, meant) || nearest::is_slip(written, meant)
}

/// Key and value of what stands in braces without a space between: to YAML, all of `{label:x}` is a key.
pub(crate) fn unspaced<'n>(name: &'n str, value: &Value) -> Option<(&'n str, &'n str)> {
    name.split_once(':').filter(|_| value.is_null())
}

/// What is to be written for [`unspaced`].
pub(crate) fn space(key: &str, value: &str) -> String {
    format!("a space comes behind the colon: `{key}: {value}`")
}

/// Looks at the keys of a text.
pub(crate) struct Check<'c> {
    /// Holds the mapping that is looked at.
    pub text: &'c str,
    /// Where the text stands.
    pub start: Position,
    pub code: &'static str,
    pub findings: &'c mut Vec<Diagnostic>,
}

impl Check<'_> {
    /// Names what is nearly a key, and values that keys cannot have.
    pub(crate) fn mapping(&mut self, values: &Map<String, Value>, known: &[KnownKey]) {
        self.inside(values, known, &[]);
    }

    fn inside(&mut self, values: &Map<String, Value>, known: &[KnownKey], within: &[&str]) {
        self.names(values, known, within);
        self.values(values, known, within);
    }

    /// Names what is nearly a key; at the top, where other tools have theirs beside ours, only in place of it.
    pub(crate) fn names(&mut self, values: &Map<String, Value>, known: &[KnownKey], within: &[&str]) {
        for (name, value) in values.iter().filter(|(name, _)| known.iter().all(|key| key.name != **name)) {
            let is_free = |key: &KnownKey| !values.contains_key(key.name) || !within.is_empty();
            let near = known.iter().find(|key| is_free(key) && key.is_meant_by(name, value));
            let meant = near.map(|key| format!("did you mean `{}`?", key.name)).or_else(|| {
                let (key, rest) = unspaced(name, value)?;
                known.iter().any(|known| known.name == key).then(|| space(key, rest))
            });
            if meant.is_some() {
                let path = [within, &[name.as_str()]].concat();
                self.warn(&path, format!("`{}` means nothing to pmx", path.join(".")), meant);
            }
        }
    }

    /// Names values that keys cannot have.
    pub(crate) fn values(&mut self, values: &Map<String, Value>, known: &[KnownKey], within: &[&str]) {
        for key in known {
            let Some(value) = values.get(key.name).filter(|value| !value.is_null()) else { continue };
            let path = [within, &[key.name]].concat();
            let code = self.code;
            self.code = key.code.unwrap_or(code);
            self.value(key, value, &path);
            self.code = code;
        }
    }

    fn value(&mut self, key: &KnownKey, value: &Value, path: &[&str]) {
        let name = path.join(".");
        if let Some(Shape { fits, what }) = key.shape.filter(|shape| !(shape.fits)(value)) {
            // `yes` and `off` are no words to YAML.
            let is_quotable = value.is_boolean() && fits(&Value::String(name.clone()));
            let hint = is_quotable.then(|| "to YAML, it is true or false: put it into quotes".to_owned());
            if !what.is_empty() {
                self.warn(path, format!("`{name}` is {what}"), hint);
            }
            return;
        }
        match key.words {
            Words::Any => {}
            Words::Known(words) => {
                let written = value.as_str().unwrap_or_default();
                let one = written.strip_suffix(['s', 'S']).unwrap_or(written);
                let near =
                    |word: &&&str| written != **word && (is_near(written, word) || is_near(one, word) || one == **word);
                if let Some(word) = words.iter().find(near) {
                    let hint = format!("did you mean `{word}`?");
                    self.warn(path, format!("`{name}: {written}` means nothing to pmx"), Some(hint));
                }
            }
            Words::OneOf(words) if !key.fits(value) => {
                let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let choices: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
                let near = words.iter().copied().find(|word| is_near(&written, word));
                let near = near.or_else(|| nearest::likest(&written, words.iter().map(|word| (*word, *word))));
                let hint = near.map(|word| format!("did you mean `{word}`?"));
                self.warn(path, format!("`{name}` is not `{written}` but one of {}", choices.join(", ")), hint);
            }
            Words::OneOf(_) => {}
        }
        match &key.keys {
            Keys::Any => {}
            Keys::Known(keys) => mappings(value).for_each(|inner| self.inside(inner, keys, path)),
            Keys::Only(keys) => match value.as_object() {
                Some(inner) => {
                    self.others(inner, keys, path);
                    self.values(inner, keys, path);
                }
                None => self.warn(path, format!("`{name}` is a mapping"), None),
            },
            Keys::OfEach(keys) => {
                let named = value.as_object().into_iter().flatten().map(|(name, value)| (Some(name), value));
                let listed = value.as_array().into_iter().flatten().map(|value| (None, value));
                for (name, value) in named.chain(listed) {
                    let path: Vec<&str> = path.iter().copied().chain(name.map(String::as_str)).collect();
                    mappings(value).for_each(|inner| self.inside(inner, keys, &path));
                }
            }
        }
    }

    /// Names the keys that a mapping cannot have.
    fn others(&mut self, values: &Map<String, Value>, known: &[KnownKey], path: &[&str]) {
        for name in values.keys().filter(|name| known.iter().all(|key| key.name != **name)) {
            let near = nearest::likest(name, known.iter().map(|key| (key.name, key.name)));
            let near = known.iter().map(|key| key.name).find(|key| is_near(name, key)).or(near);
            let hint = near.map(|key| format!("did you mean `{key}`?"));
            self.warn(&[path, &[name.as_str()]].concat(), format!("`{}` knows no `{name}`", path.join(".")), hint);
        }
    }

    /// Names a `lang` that is the code of no language.
    pub(crate) fn language(&mut self, values: &Map<String, Value>) {
        let Some(lang) = values.get("lang").filter(|lang| !lang.is_null()) else { return };
        let written = lang.as_str().map_or_else(|| lang.to_string(), str::to_owned);
        if !language::is_tag(written.trim()) {
            let hint = match written.trim().replace('_', "-") {
                dashed if dashed != written && language::is_tag(&dashed) => format!("write `lang: {dashed}`"),
                _ => "it is a code such as `en`, `pt-BR` or `zh-Hant`".to_owned(),
            };
            self.warn(&["lang"], format!("`lang: {written}` is the code of no language"), Some(hint));
        }
    }

    /// Names a key without a value.
    pub(crate) fn says_nothing(&mut self, key: &str) {
        let hint = "write its value behind the colon, or leave the line out";
        self.warn(&[key], format!("`{key}` has no value, so it says nothing"), Some(hint.to_owned()));
    }

    pub(crate) fn warn(&mut self, path: &[&str], message: String, hint: Option<String>) {
        self.tell(place(self.text, path), message, hint);
    }

    /// The same at a byte of the text.
    pub(crate) fn tell(&mut self, at: usize, message: String, hint: Option<String>) {
        let finding = Diagnostic::warning(self.code, Position::of(self.text, at).within(self.start), message);
        self.findings.push(match hint {
            Some(hint) => finding.hint(hint),
            None => finding,
        });
    }
}

/// A mapping, or those of a list.
fn mappings(value: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    value.as_object().into_iter().chain(value.as_array().into_iter().flatten().filter_map(Value::as_object))
}

/// The byte at which the last key of a path of keys stands, or as much of it as is found.
pub(crate) fn place(text: &str, path: &[&str]) -> usize {
    let mut at = 0;
    let mut found = 0;
    for key in path {
        let key_at = text[at..].match_indices(key).map(|(offset, _)| at + offset).find(|start| {
            let before = text[..*start].chars().next_back();
            let after = text[start + key.len()..].trim_start_matches(['"', '\'', ' ']);
            before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_' | '.')) && after.starts_with(':')
        });
        let Some(key_at) = key_at else { break };
        found = key_at;
        at = key_at + key.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    static KNOWN: [KnownKey; 6] = [
        key("description").is(Value::is_string, "a line of text"),
        key("route").like(Value::is_string),
        key("kind").knows(&["question"]),
        key("look").one_of(&["slides", "grid"]),
        key("play").with(&[key("steps").only(&[key("lists").one_of(&["items", "flat"])])]).code("b"),
        key("fonts").of_each(&[key("href"), key("src")]),
    ];

    fn found(text: &str) -> Vec<(usize, &'static str, String, Option<String>)> {
        let mut findings = Vec::new();
        let mut check = Check { text, start: Position::START, code: "a", findings: &mut findings };
        check.mapping(&yaml::mapping(text).unwrap(), &KNOWN);
        findings.into_iter().map(|found| (found.column, found.code, found.message, found.hint)).collect()
    }

    #[test]
    fn what_is_nearly_a_key_or_a_word_is_named_with_what_was_meant() {
        for (text, column, code, message, meant) in [
            ("Description: x", 1, "a", "`Description` means nothing to pmx", "description"),
            ("desc: x", 1, "a", "`desc` means nothing to pmx", "description"),
            ("descriptions: x", 1, "a", "`descriptions` means nothing to pmx", "description"),
            ("routes: /x", 1, "a", "`routes` means nothing to pmx", "route"),
            ("font: {}", 1, "a", "`font` means nothing to pmx", "fonts"),
            ("kind: questoin", 1, "a", "`kind: questoin` means nothing to pmx", "question"),
            ("kind: Questions", 1, "a", "`kind: Questions` means nothing to pmx", "question"),
            ("look: Slides", 1, "a", "`look` is not `Slides` but one of `slides`, `grid`", "slides"),
            ("{play: {step: {}}}", 9, "b", "`play.step` means nothing to pmx", "steps"),
            ("play: {steps: {list: flat}}", 16, "b", "`play.steps` knows no `list`", "lists"),
            (
                "play: {steps: {lists: Flat}}",
                16,
                "b",
                "`play.steps.lists` is not `Flat` but one of `items`, `flat`",
                "flat",
            ),
            ("fonts: {x: {herf: y}}", 13, "a", "`fonts.x.herf` means nothing to pmx", "href"),
            ("fonts: [{herf: y}]", 10, "a", "`fonts.herf` means nothing to pmx", "href"),
        ] {
            let hint = Some(format!("did you mean `{meant}`?"));
            assert_eq!(found(text), [(column, code, message.to_owned(), hint)], "{text}");
        }
    }

    #[test]
    fn words_of_their_own_and_values_of_the_right_shape_pass() {
        for text in [
            "routes: [/x]\ndescriptions: [x]\nkinds: x\ndes: x\nlooks: x",
            "kind: quiz\nlook: grid\nplay: {steps: {}, own: 1}\nfonts: {own: {src: x, weight: 1}}",
            "kind:\nlook:\nplay:\ndescription:",
            "route: /x\nroutes: /y",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(
            (&*found("description: [x]")[0].2, &found("description: [x]")[0].3),
            ("`description` is a line of text", &None)
        );
        assert!(found("description: yes")[0].3.as_ref().is_some_and(|hint| hint.ends_with("put it into quotes")));
        assert_eq!(found("play: {steps:x}")[0].3.as_deref(), Some("a space comes behind the colon: `steps: x`"));
        assert_eq!(found("play: {steps: x}")[0].2, "`play.steps` is a mapping");
    }
}
