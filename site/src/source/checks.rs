//! The shapes of the keys that mean something to PathMX, in frontmatter and in topmatter. Other keys are the author's own.

use super::{is_class, topmatter::KNOWN, values::is_completion};
use crate::{
    diagnostic::{Diagnostic, Position},
    text::{commas, nearest, quotes},
};
use serde_json::{Map, Value};

/// What can be chosen for each kind under `play.steps`.
const STEPS: [(&str, [&str; 2]); 3] =
    [("tables", ["rows", "single"]), ("lists", ["items", "flat"]), ("code", ["single", "none"])];
/// How the items of lists come on slides: one by one, or all at once. `play.reveal` of a frontmatter or a topmatter.
const REVEALS: [&str; 2] = ["items", ALL_AT_ONCE];
/// The choice of [`REVEALS`] that is not the default.
const ALL_AT_ONCE: &str = "all";
/// What `play` can hold.
const PLAY: [&str; 3] = ["reveal", "steps", "table"];
/// How a Source can ask to be played: `presentation` of its frontmatter.
pub(crate) const PRESENTATIONS: [&str; 2] = ["slides", "grid"];
/// Keys of a frontmatter that mean something.
const KEYS: [&str; 21] = [
    "actions",
    "completion",
    "componentName",
    "description",
    "fonts",
    "handle",
    "image",
    "lang",
    "parseComponents",
    "play",
    "presentation",
    "question",
    "related",
    "response",
    "route",
    "status",
    "styles",
    "submission",
    "tags",
    "theme",
    "title",
];
/// Keys that nobody leaves empty: templates have a `description` or `tags` to be filled in, which take nothing away.
const NEVER_EMPTY: [&str; 4] = ["completion", "image", "lang", "title"];
/// What a Source without `presentation` is played as.
const FLOW: &str = "flow";
/// Keys of `question` that mean something.
const OF_QUESTIONS: [&str; 6] = ["correct", "explanation", "feedback", "options", "tolerance", "type"];
/// What `question.type` can be.
const QUESTIONS: [&str; 3] = ["short", "long", "fields"];

/// Whether a Block's slide shows all items of its lists at once: what its topmatter says, else the frontmatter.
pub(crate) fn is_revealed_at_once(frontmatter: &Map<String, Value>, topmatter: &Map<String, Value>) -> bool {
    let said = |values: &Map<String, Value>| {
        let reveal = values.get("play")?.get("reveal")?.as_str()?;
        REVEALS.contains(&reveal).then_some(reveal == ALL_AT_ONCE)
    };
    said(topmatter).or_else(|| said(frontmatter)).unwrap_or(false)
}

/// Checks a frontmatter; `text` holds it, its position is the first of the Source.
pub(super) fn source(values: &Map<String, Value>, text: &str, findings: &mut Vec<Diagnostic>) {
    let mut check = Check { text, start: Position::START, code: "source/frontmatter-key", findings };
    check.shared(values);
    check.taken_apart(values);
    check.shape(values, "description", is_words, "a line of text");
    check.shape(values, "status", is_words, "a line of text");
    check.shape(values, "type", is_words, "a word");
    check.shape(values, "componentName", Value::is_string, "a name");
    check.shape(values, "parseComponents", Value::is_boolean, "true or false");
    check.shape(values, "related", is_list, "a list of paths");
    check.shape(values, "theme", |value| value.is_object() || value.is_boolean(), "a mapping");
    check.near_misses(values, &KEYS, &[]);
    check.lost(values);
    check.presentation(values.get("presentation"));
    check.shape(values, "fonts", |value| value.is_object() || value.is_array(), "a mapping or a list");
}

/// Checks the topmatter of a Block; `text` holds it and stands at `start`.
pub(super) fn block(values: &Map<String, Value>, text: &str, start: Position, findings: &mut Vec<Diagnostic>) {
    let mut check = Check { text, start, code: "block/topmatter-key", findings };
    check.shared(values);
    check.taken_apart(values);
    check.lost(values);
    check.shape(values, "componentName", Value::is_string, "a name");
    check.shape(values, "question", Value::is_object, "a mapping with a `type`");
    if let Some(question) = values.get("question").and_then(Value::as_object) {
        check.choice(&["question", "type"], question.get("type"), &QUESTIONS);
        check.near_misses(question, &OF_QUESTIONS, &["question"]);
    }
}

/// Checks the names of the keys of a Block's topmatter. Those of a component's definition are its own: they give its attributes.
pub(super) fn block_keys(values: &Map<String, Value>, text: &str, start: Position, findings: &mut Vec<Diagnostic>) {
    let mut check = Check { text, start, code: "block/topmatter-key", findings };
    // A comment of prose has a capital in front: `<!-- Title: … -->` is data only beside other data.
    let capital = |key: &String| key.starts_with(char::is_uppercase) && key.chars().skip(1).all(char::is_lowercase);
    if values.keys().any(|key| KNOWN.contains(&key.as_str())) || !values.keys().all(capital) {
        check.near_misses(values, &KNOWN, &[]);
    }
}

struct Check<'c> {
    text: &'c str,
    start: Position,
    code: &'static str,
    findings: &'c mut Vec<Diagnostic>,
}

impl Check<'_> {
    /// What Sources and Blocks have in common.
    fn shared(&mut self, values: &Map<String, Value>) {
        self.shape(values, "title", is_words, "a line of text");
        self.shape(values, "tags", is_list, "a list of words");
        self.shape(values, "actions", Value::is_object, "a mapping of names to actions");
        self.shape(
            values,
            "completion",
            is_completion,
            "what a reader ticks off: a text, a mapping with a `label`, or true",
        );
        for (key, known) in [("completion", ["label"]), ("styles", ["classes"])] {
            if let Some(inner) = values.get(key).and_then(Value::as_object) {
                self.near_misses(inner, &known, &[key]);
            }
        }
        self.styles(values.get("styles"));
        self.play(values.get("play"));
    }

    fn shape(&mut self, values: &Map<String, Value>, key: &str, fits: impl Fn(&Value) -> bool, what: &str) {
        if values.get(key).is_some_and(|value| !value.is_null() && !fits(value)) {
            self.warn(&[key], format!("`{key}` is {what}"), None);
        }
    }

    /// Keys that are nearly one of ours: one letter less, more, or another, or two that changed places.
    fn near_misses(&mut self, values: &Map<String, Value>, known: &[&str], within: &[&str]) {
        for key in values.keys().filter(|key| !known.contains(&key.as_str())) {
            let is_near = |known: &&&str| {
                // `images` and the like are words of their own, for other tools.
                let plural = key.strip_suffix('s') == Some(known);
                let singular = ["s", "es"].iter().any(|end| known.strip_suffix(end) == Some(key));
                singular || nearest::is_other_spelling(key, known) || nearest::is_slip(key, known) && !plural
            };
            if let Some(known) = known.iter().find(is_near).filter(|known| !values.contains_key(**known)) {
                let message = format!("`{key}` means nothing to pmx");
                let place: Vec<&str> = within.iter().copied().chain([key.as_str()]).collect();
                self.warn(&place, message, Some(format!("did you mean `{known}`?")));
            }
        }
    }

    /// Values that lose a part for want of quotes, and keys of ours that have none at all.
    fn lost(&mut self, values: &Map<String, Value>) {
        let eaten = quotes::eaten(self.text);
        for found in &eaten {
            let place = Position::of(self.text, found.at).within(self.start);
            let hint = format!("put the value into quotes: `{}`", found.cure.trim_start());
            self.findings.push(Diagnostic::warning(self.code, place, found.message.clone()).hint(hint));
        }
        for key in values.iter().filter(|(_, value)| value.is_null()).map(|(key, _)| key.as_str()) {
            // `null` and `~` are said on purpose.
            let at = place(self.text, &[key]);
            let is_empty = self.text[at..]
                .split_once(':')
                .is_some_and(|(_, rest)| rest.lines().next().is_none_or(|rest| rest.trim().is_empty()));
            if is_empty && NEVER_EMPTY.contains(&key) {
                let hint = "write its value behind the colon, or leave the line out";
                self.warn(&[key], format!("`{key}` has no value, so it says nothing"), Some(hint.to_owned()));
            }
        }
    }

    /// Values that end at a comma. Those of a theme are told with the theme.
    fn taken_apart(&mut self, values: &Map<String, Value>) {
        for found in commas::taken_apart(values, self.text) {
            if found.path.first().is_none_or(|key| key != "theme") {
                let place = Position::of(self.text, found.at).within(self.start);
                let finding = Diagnostic::warning(self.code, place, found.message());
                self.findings.push(finding.hint(found.hint()));
            }
        }
    }

    fn presentation(&mut self, value: Option<&Value>) {
        let Some(value) = value.filter(|value| !value.is_null()) else { return };
        if value.as_str().is_none_or(|value| value != FLOW && !PRESENTATIONS.contains(&value)) {
            let choices: Vec<String> =
                PRESENTATIONS.iter().chain([&FLOW]).map(|choice| format!("`{choice}`")).collect();
            let nearest = value.as_str().and_then(|value| {
                nearest::likest(value, PRESENTATIONS.iter().chain([&FLOW]).map(|known| (*known, *known)))
            });
            let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let message = format!("`presentation` is not `{written}` but one of {}", choices.join(", "));
            self.warn(&["presentation"], message, nearest.map(|nearest| format!("did you mean `{nearest}`?")));
        }
    }

    fn styles(&mut self, styles: Option<&Value>) {
        let Some(styles) = styles.filter(|styles| !styles.is_null()) else { return };
        let classes = styles.get("classes");
        let Some(listed) = classes.and_then(Value::as_array) else {
            if !styles.is_object() || classes.is_some_and(|classes| !classes.is_null()) {
                self.warn(&["styles"], "`styles.classes` is a list of class names".to_owned(), None);
            }
            return;
        };
        for class in listed {
            let message = match class {
                Value::String(class) if is_class(class) => continue,
                Value::String(class) if class.starts_with("pmx-") => {
                    format!("the class `{class}` is left out: `pmx-` is the prefix of PathMX's own classes")
                }
                Value::String(class) => format!("`{class}` is not one class name, so it is left out"),
                other => format!("`{other}` is no class name, so it is left out"),
            };
            self.warn(&["styles", "classes"], message, None);
        }
    }

    fn play(&mut self, play: Option<&Value>) {
        let Some(play) = play.filter(|play| !play.is_null()) else { return };
        let code = std::mem::replace(&mut self.code, "choreographer/steps-invalid");
        self.steps(play);
        for key in play.as_object().into_iter().flat_map(Map::keys).filter(|key| !PLAY.contains(&key.as_str())) {
            if let Some(known) = nearest::likest(key, PLAY.iter().map(|known| (*known, *known))) {
                let hint = format!("did you mean `{known}`?");
                self.warn(&["play", key], format!("`play.{key}` means nothing to pmx"), Some(hint));
            }
        }
        self.choice(&["play", "reveal"], play.get("reveal"), &REVEALS);
        self.code = code;
    }

    fn steps(&mut self, play: &Value) {
        let steps = play.get("steps");
        if !play.is_object() || steps.is_some_and(|steps| !steps.is_object() && !steps.is_null()) {
            return self.warn(&["play"], "`play.steps` is a mapping".to_owned(), None);
        }
        for (kind, value) in steps.and_then(Value::as_object).into_iter().flatten() {
            match STEPS.iter().find(|(known, _)| known == kind) {
                Some((kind, choices)) => self.choice(&["play", "steps", kind], Some(value), choices),
                None => {
                    let known = STEPS.iter().map(|(known, _)| (*known, *known));
                    let nearest = nearest::likest(kind, known).map(|known| format!("did you mean `{known}`?"));
                    self.warn(&["play", "steps", kind], format!("`play.steps` knows no `{kind}`"), nearest);
                }
            }
        }
    }

    fn choice(&mut self, path: &[&str], value: Option<&Value>, choices: &[&str]) {
        let Some(value) = value.filter(|value| !value.is_null()) else { return };
        if value.as_str().is_none_or(|value| !choices.contains(&value)) {
            let choices: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
            let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let name = path.join(".");
            self.warn(path, format!("`{name}` is not `{written}` but one of {}", choices.join(", ")), None);
        }
    }

    fn warn(&mut self, path: &[&str], message: String, hint: Option<String>) {
        let place = Position::of(self.text, place(self.text, path)).within(self.start);
        let finding = Diagnostic::warning(self.code, place, message);
        self.findings.push(match hint {
            Some(hint) => finding.hint(hint),
            None => finding,
        });
    }
}

/// The byte at which the last key of a path of keys stands, or as much of it as is found.
fn place(text: &str, path: &[&str]) -> usize {
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

fn is_words(value: &Value) -> bool {
    value.is_string() || value.is_number()
}

fn is_list(value: &Value) -> bool {
    value.is_string() || value.as_array().is_some_and(|list| list.iter().all(is_words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::yaml;

    fn found(text: &str) -> Vec<(usize, usize, String)> {
        let mut findings = Vec::new();
        source(&yaml::mapping(text).unwrap(), text, &mut findings);
        findings.into_iter().map(|f| (f.line, f.column, f.message)).collect()
    }

    #[test]
    fn keys_of_the_right_shape_pass() {
        let text = "title: 2024\ntags: [a, b]\nstyles: {classes: [wide]}\nplay: {steps: {tables: single, lists: flat, code: none}}\n\
                    related: ['./x.md']\nowner: [any, {thing: 1}]\ndescription:\n";
        assert_eq!(found(text), []);
    }

    #[test]
    fn a_key_of_the_wrong_shape_is_named_where_it_stands() {
        let found = found(
            "title: [a]\nstyles:\n  classes: [pmx-x, a b, 3]\nplay:\n  steps:\n    list: flat\n    tables: each\nparseComponents: yes please\n",
        );
        let places: Vec<(usize, usize)> = found.iter().map(|(line, column, _)| (*line, *column)).collect();
        assert_eq!(places, [(1, 1), (3, 3), (3, 3), (3, 3), (6, 5), (7, 5), (8, 1)]);
        assert!(found[5].2.contains("`rows`, `single`"), "{found:?}");
    }

    #[test]
    fn how_points_come_is_one_of_two_and_the_block_has_the_last_word() {
        assert_eq!(found("play: { reveal: all }\n"), []);
        assert_eq!(found("play: { reveal: items, mine: 1 }\n"), []);
        let wrong = found("play:\n  reveal: al\n  steps: {}\n  reveals: all\n");
        assert_eq!(wrong.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [4, 2]);
        assert!(wrong[1].2.contains("`items`, `all`"), "{wrong:?}");
        let at_once = |source: &str, block: &str| {
            is_revealed_at_once(&yaml::mapping(source).unwrap(), &yaml::mapping(block).unwrap())
        };
        assert!(!at_once("title: x", "id: x"));
        assert!(at_once("play: { reveal: all }", "id: x"));
        assert!(at_once("title: x", "play: { reveal: all }"));
        assert!(!at_once("play: { reveal: all }", "play: { reveal: items }"));
        assert!(at_once("play: { reveal: all }", "play: { reveal: nothing }"));
    }

    #[test]
    fn topmatter_has_near_misses_and_comments_of_prose_have_none() {
        let found = |text: &str| {
            let mut findings = Vec::new();
            block_keys(&yaml::mapping(text).unwrap(), text, Position::START, &mut findings);
            findings.into_iter().filter_map(|finding| finding.hint).collect::<Vec<_>>()
        };
        for (text, known) in [
            ("ID: foo", "id"),
            ("titel: A", "title"),
            ("plya: {}", "play"),
            ("style: x", "styles"),
            ("action: {}", "actions"),
            ("id: x\nTitle: A", "title"),
        ] {
            assert_eq!(found(text), [format!("did you mean `{known}`?")], "{text}");
        }
        for text in ["Title: A", "Type: page", "Note: x", "TODO: x", "images: 1\ndate: 2", "id: x\nauthor: b"] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn topmatter_is_checked_in_its_place() {
        let text = "<!--\nid: x\nquestion: {type: quiz}\n-->";
        let mut findings = Vec::new();
        let values = yaml::mapping("id: x\nquestion: {type: quiz}").unwrap();
        block(&values, text, Position { line: 10, column: 1 }, &mut findings);
        assert_eq!((findings[0].line, findings[0].column, findings[0].code), (12, 12, "block/topmatter-key"));
    }
}
