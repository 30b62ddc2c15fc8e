//! The keys that mean something to PathMX, in frontmatter and in topmatter, and what they hold. Other keys are the author's own.

use super::{is_class, topmatter::KNOWN, values::is_completion};
use crate::{
    diagnostic::{Diagnostic, Position},
    text::{
        commas,
        keys::{Check, KnownKey, key, place},
        quotes,
    },
};
use serde_json::{Map, Value};

/// The choices of `play.reveal`: the items of a slide's lists come one by one, or all at once.
const REVEALS: [&str; 2] = ["items", ALL_AT_ONCE];
/// The choice of [`REVEALS`] that is not the default.
const ALL_AT_ONCE: &str = "all";
/// How a Source can ask to be played: `presentation` of its frontmatter.
pub(crate) const PRESENTATIONS: [&str; 2] = ["slides", "grid"];
/// Keys that nobody leaves empty: templates have a `description` or `tags` to be filled in, which take nothing away.
const NEVER_EMPTY: [&str; 4] = ["completion", "image", "lang", "title"];

const ACTIONS: KnownKey = key("actions").is(Value::is_object, "a mapping of names to actions").with(&[key("submit")]);
const COMPLETION: KnownKey = key("completion")
    .is(is_completion, "what a reader ticks off: a text, a mapping with a `label`, or true")
    .with(&[key("label")]);
const COMPONENT_NAME: KnownKey = key("componentName").is(Value::is_string, "a name");
const PLAY: KnownKey = key("play")
    .is(Value::is_object, "a mapping")
    .with(&[
        key("reveal").one_of(&REVEALS),
        key("steps").only(&[
            key("tables").one_of(&["rows", "single"]),
            key("lists").one_of(&["items", "flat"]),
            key("code").one_of(&["single", "none"]),
        ]),
        key("table"),
    ])
    .code("choreographer/steps-invalid");
const STYLES: KnownKey = key("styles").like(Value::is_object).with(&[key("classes")]);
const TAGS: KnownKey = key("tags").is(is_list, "a list of words");
const TITLE: KnownKey = key("title").is(is_words, "a line of text");

/// The keys of a frontmatter.
static OF_SOURCES: [KnownKey; 23] = [
    ACTIONS,
    COMPLETION,
    COMPONENT_NAME,
    key("description").is(is_words, "a line of text"),
    key("fonts").like(Value::is_object).of_each(&[
        key("display"),
        key("family"),
        key("href"),
        key("media"),
        key("stretch"),
        key("style"),
        key("unicodeRange"),
        key("weight"),
    ]),
    key("forceColorScheme").like(Value::is_string),
    key("handle").like(Value::is_string),
    key("image").is(Value::is_string, "the address of a picture"),
    key("lang").like(Value::is_string),
    key("parseComponents").is(Value::is_boolean, "true or false"),
    PLAY,
    key("presentation").one_of(&[PRESENTATIONS[0], PRESENTATIONS[1], "flow"]),
    key("question").like(Value::is_object),
    key("related").is(is_list, "a list of paths"),
    key("response").like(Value::is_object),
    key("route").like(Value::is_string),
    key("status").is(is_words, "a line of text"),
    STYLES,
    key("submission").like(Value::is_object),
    TAGS,
    key("theme").like(Value::is_object),
    TITLE,
    key("type").is(is_words, "a word"),
];

/// The keys of a topmatter.
static OF_BLOCKS: [KnownKey; KNOWN.len() + 1] = [
    ACTIONS,
    COMPLETION,
    COMPONENT_NAME,
    key("date"),
    key("id"),
    PLAY,
    key("question").is(Value::is_object, "a mapping with a `type`").with(&[
        key("correct"),
        key("explanation"),
        key("feedback").with(&[key("correct"), key("incorrect")]),
        key("options").with(&[key("correct"), key("feedback"), key("label")]),
        key("tolerance"),
        key("type").one_of(&["short", "long", "fields"]),
    ]),
    key("response").like(Value::is_object),
    STYLES,
    key("submission").like(Value::is_object).with(&[key("status")]),
    TAGS,
    TITLE,
    key("type").knows(&["question"]),
];

/// Whether a Block's slide shows all items of its lists at once: what its topmatter says, else the frontmatter.
pub(crate) fn is_revealed_at_once(frontmatter: &Map<String, Value>, topmatter: &Map<String, Value>) -> bool {
    let said = |values: &Map<String, Value>| {
        let reveal = values.get("play")?.get("reveal")?.as_str()?;
        REVEALS.contains(&reveal).then_some(reveal == ALL_AT_ONCE)
    };
    said(topmatter).or_else(|| said(frontmatter)).unwrap_or(false)
}

/// Whether a key of a frontmatter means something.
pub(super) fn is_of_sources(key: &str) -> bool {
    OF_SOURCES.iter().any(|known| known.name == key)
}

/// Checks a frontmatter; `text` holds it, its position is the first of the Source.
pub(super) fn source(values: &Map<String, Value>, text: &str, findings: &mut Vec<Diagnostic>) {
    let mut check = Check { text, start: Position::START, code: "source/frontmatter-key", findings };
    check.mapping(values, &OF_SOURCES);
    styles(&mut check, values);
    check.language(values);
    lost(&mut check, values);
}

/// Checks the topmatter of a Block; `text` holds it and stands at `start`.
pub(super) fn block(values: &Map<String, Value>, text: &str, start: Position, findings: &mut Vec<Diagnostic>) {
    let mut check = Check { text, start, code: "block/topmatter-key", findings };
    check.values(values, &OF_BLOCKS, &[]);
    styles(&mut check, values);
    lost(&mut check, values);
}

/// Checks the names of the keys of a Block's topmatter. Those of a component's definition are its own: they give its attributes.
pub(super) fn block_keys(values: &Map<String, Value>, text: &str, start: Position, findings: &mut Vec<Diagnostic>) {
    let mut check = Check { text, start, code: "block/topmatter-key", findings };
    // A comment of prose has a capital in front: `<!-- Title: … -->` is data only beside other data.
    let capital = |key: &String| key.starts_with(char::is_uppercase) && key.chars().skip(1).all(char::is_lowercase);
    if values.keys().any(|key| KNOWN.contains(&key.as_str())) || !values.keys().all(capital) {
        check.names(values, &OF_BLOCKS, &[]);
    }
}

/// Values that lose a part for want of quotes, or end at a comma, and keys of ours that have none at all.
fn lost(check: &mut Check<'_>, values: &Map<String, Value>) {
    for found in quotes::eaten(check.text) {
        let hint = format!("put the value into quotes: `{}`", found.cure.trim_start());
        check.tell(found.at, found.message, Some(hint));
    }
    // Those of a theme are told with the theme.
    let apart = commas::taken_apart(values, check.text);
    for found in apart.iter().filter(|found| found.path.first().is_none_or(|key| key != "theme")) {
        check.tell(found.at, found.message(), Some(found.hint()));
    }
    for key in NEVER_EMPTY.iter().filter(|key| values.get(**key).is_some_and(Value::is_null)) {
        // `null` and `~` are said on purpose.
        let at = place(check.text, &[key]);
        let is_empty = check.text[at..]
            .split_once(':')
            .is_some_and(|(_, rest)| rest.lines().next().is_none_or(|rest| rest.trim().is_empty()));
        if is_empty {
            check.says_nothing(key);
        }
    }
}

fn styles(check: &mut Check<'_>, values: &Map<String, Value>) {
    let Some(styles) = values.get("styles").filter(|styles| !styles.is_null()) else { return };
    let classes = styles.get("classes");
    let Some(listed) = classes.and_then(Value::as_array) else {
        if !styles.is_object() || classes.is_some_and(|classes| !classes.is_null()) {
            check.warn(&["styles"], "`styles.classes` is a list of class names".to_owned(), None);
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
        check.warn(&["styles", "classes"], message, None);
    }
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
        let mut places = places;
        places.sort_unstable();
        assert_eq!(places, [(1, 1), (3, 3), (3, 3), (3, 3), (6, 5), (7, 5), (8, 1)]);
        assert!(found.iter().any(|(line, _, said)| *line == 7 && said.contains("`rows`, `single`")), "{found:?}");
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
