//! Writing into the topmatter of one Block. Every byte but those of `response` and `submission` stays.

use super::Given;
use crate::{
    source::{self, Settings},
    text::{self, yaml},
};
use serde_json::{Map, Value, json};
use std::ops::Range;

/// Why an answer is not recorded. The Source is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// There is no such Block, or it is no question.
    #[error("the Source has no such question any more")]
    NoQuestion,
    /// Its topmatter is written in a way that cannot be added to.
    #[error("the topmatter of the question cannot be edited: write it as a comment with one key on each line")]
    Topmatter,
    /// The Source is not UTF-8.
    #[error("the Source is not UTF-8")]
    NotText,
}

/// The Source at `path` with an answer in the topmatter of a Block: `response` and `submission` are replaced or added.
///
/// # Errors
/// See [`RecordError`].
pub fn record(
    path: &str,
    bytes: &[u8],
    block: &str,
    answers: &[(String, Given)],
    run: &str,
    settings: &Settings,
) -> Result<Vec<u8>, RecordError> {
    let file = std::str::from_utf8(bytes).map_err(|_| RecordError::NotText)?;
    let text = text::normal(file);
    let before = source::parse(path, bytes, settings);
    let at = before.blocks.iter().position(|known| known.id == block).ok_or(RecordError::NoQuestion)?;
    let known = &before.blocks[at];
    if !is_question(&known.values, &before.values) {
        return Err(RecordError::NoQuestion);
    }
    let (range, new) = edit(&text, known.line, answers, run).ok_or(RecordError::Topmatter)?;
    let mut after = text.into_owned();
    after.replace_range(range, &new);
    let after = text::write_back(file, &after);

    // Read again, only this Block may say something else, and it must say what was meant.
    let mut expected = known.values.clone();
    let response: Map<String, Value> = answers.iter().map(|(key, given)| (key.clone(), value(given))).collect();
    expected.insert("response".to_owned(), Value::Object(response));
    expected.insert("submission".to_owned(), json!({ "status": "submitted", "run": run }));
    let again = source::parse(path, after.as_bytes(), settings);
    let same = again.blocks.len() == before.blocks.len()
        && again.blocks.iter().zip(&before.blocks).enumerate().all(|(index, (new, old))| {
            new.id == old.id && new.html == old.html && new.values == *if index == at { &expected } else { &old.values }
        });
    if same { Ok(after.into_bytes()) } else { Err(RecordError::Topmatter) }
}

fn value(given: &Given) -> Value {
    match given {
        Given::One(answer) => json!(answer),
        Given::Several(answers) => json!(answers),
    }
}

fn is_question(values: &Map<String, Value>, source: &Map<String, Value>) -> bool {
    let submits = |values: &Map<String, Value>| {
        let action = values.get("actions").and_then(|actions| actions.get("submit")).and_then(Value::as_str);
        action.is_some_and(|action| action.trim().starts_with("questions."))
    };
    let is_typed = values.get("type").and_then(Value::as_str) == Some("question");
    submits(values) || is_typed && submits(source)
}

/// The bytes of the topmatter that starts at a line, and what stands there instead.
fn edit(text: &str, line: usize, answers: &[(String, Given)], run: &str) -> Option<(Range<usize>, String)> {
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let rest = &text[start..];
    let indent = rest.len() - rest.trim_start_matches(' ').len();
    let Some(comment) = rest[indent..].strip_prefix("<!--") else {
        // Bare lines, up to the first empty one.
        let length: usize = rest.split_inclusive('\n').take_while(|line| !line.trim().is_empty()).map(str::len).sum();
        yaml::mapping(&rest[..length]).ok().filter(|values| !values.is_empty())?;
        let body = mapping(&rest[..length], answers, run);
        return Some((start..start + length, body));
    };
    let body = start + indent + "<!--".len();
    let length = comment.find("-->")?;
    let written = &comment[..length];
    let new = if written.contains('\n') {
        // The end of the comment may stand on a line of its own, indented or not.
        let closing = written.rfind('\n').map_or(0, |at| at + 1);
        let (keys, closing) =
            if written[closing..].trim().is_empty() { written.split_at(closing) } else { (written, "") };
        let first = keys.find('\n').map_or(0, |at| at + 1);
        let keys_after = mapping(&keys[first..], answers, run);
        format!("{}{keys_after}{closing}", &keys[..first])
    } else {
        format!("\n{}", mapping(&format!("{}\n", written.trim()), answers, run))
    };
    Some((body..body + length, new))
}

/// The lines of a mapping with other values for `response` and `submission`.
fn mapping(lines: &str, answers: &[(String, Given)], run: &str) -> String {
    let is_blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let indent = lines
        .split_inclusive('\n')
        .find(|line| !is_blank(line))
        .map_or("", |line| &line[..line.len() - line.trim_start_matches(' ').len()]);
    let mut kept = String::new();
    let mut place = None;
    let mut skipping = false;
    for line in lines.split_inclusive('\n') {
        let inner = line.strip_prefix(indent).unwrap_or(line);
        let is_key = !is_blank(line) && !inner.starts_with([' ', '\t', '-']);
        if is_key {
            let key = inner.split(':').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
            skipping = matches!(key, "response" | "submission");
            if skipping {
                place.get_or_insert(kept.len());
            }
        }
        // A comment between keys belongs to nobody, and stays.
        if !skipping || line.trim_start().starts_with('#') && line.starts_with(indent) && !inner.starts_with(' ') {
            kept.push_str(line);
        }
    }
    let mut new = format!("{indent}response:\n");
    for (key, answer) in answers {
        let written = match answer {
            Given::One(answer) => quoted(answer),
            Given::Several(answers) => {
                let list: Vec<String> = answers.iter().map(|answer| quoted(answer)).collect();
                format!("[{}]", list.join(", "))
            }
        };
        new.push_str(&format!("{indent}  {}: {written}\n", name(key)));
    }
    new.push_str(&format!("{indent}submission:\n{indent}  status: submitted\n"));
    new.push_str(&format!("{indent}  run: {}\n", quoted(run)));
    let place = place.unwrap_or_else(|| {
        if !kept.is_empty() && !kept.ends_with('\n') {
            kept.push('\n');
        }
        kept.trim_end().len() + kept[kept.trim_end().len()..].find('\n').map_or(0, |at| at + 1)
    });
    kept.insert_str(place, &new);
    kept
}

/// A key as YAML takes it for text.
fn name(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        && !matches!(
            key.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain { key.to_owned() } else { quoted(key) }
}

/// Text in double quotes, on one line, without anything that could end a comment or mean something to YAML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '>' => out.push_str("\\u003e"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn recorded(text: &str, answers: &[(&str, &str)]) -> Result<String, RecordError> {
        let answers: Vec<_> =
            answers.iter().map(|(key, answer)| ((*key).to_owned(), Given::One((*answer).to_owned()))).collect();
        record("t.md", text.as_bytes(), "q", &answers, "r1", &Settings::default())
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    const QUESTION: &str = "# T\n\n---\n\n<!--\ntype: question # what it is\nid: q\n\nactions:\n  submit: questions.submitText\n-->\n\n## Why?\n\n---\n\nEnd  \n";

    #[test]
    fn an_answer_is_added_and_then_replaced_and_all_else_stays() {
        let first = recorded(QUESTION, &[("text", "because")]).unwrap();
        let added = "  submit: questions.submitText\nresponse:\n  text: \"because\"\nsubmission:\n  status: submitted\n  run: \"r1\"\n-->";
        assert_eq!(first, QUESTION.replace("  submit: questions.submitText\n-->", added));
        let second = recorded(&first, &[("a b", "x"), ("text", "--> \"é\"\n# no: 'yes'")]).unwrap();
        let replaced = "response:\n  \"a b\": \"x\"\n  text: \"--\\u003e \\\"é\\\"\\n# no: 'yes'\"\n";
        assert_eq!(second, first.replace("response:\n  text: \"because\"\n", replaced));
        let windows = QUESTION.replace('\n', "\r\n");
        assert_eq!(recorded(&windows, &[("text", "because")]).unwrap(), first.replace('\n', "\r\n"));
        let marked = format!("\u{feff}{QUESTION}");
        assert_eq!(recorded(&marked, &[("text", "because")]).unwrap(), format!("\u{feff}{first}"));
    }

    #[test]
    fn every_form_of_topmatter_is_written_into() {
        let head = "---\nactions:\n  submit: questions.submitText\n---\n\n";
        let answer = "response:\n  text: \"x\"\nsubmission:\n  status: submitted\n  run: \"r1\"\n";
        for (before, after) in [
            ("<!-- {type: question, id: q} -->", None),
            ("<!--\n{type: question,\nid: q}\n-->", None),
            (
                "<!--\n  type: question\n  id: q\n  -->",
                Some(format!(
                    "<!--\n  type: question\n  id: q\n  {}  -->",
                    answer.trim_end().replace('\n', "\n  ") + "\n"
                )),
            ),
            ("<!--\nid: q\nresponse: {text: old}\n# mine\ntype: question-->", None),
            (
                "<!--\nid: q\nresponse: {text: old}\n# mine\ntype: question\n-->",
                Some(format!("<!--\nid: q\n{answer}# mine\ntype: question\n-->")),
            ),
            ("type: question\nid: q", Some(format!("type: question\nid: q\n{}", answer.trim_end()))),
        ] {
            let text = format!("{head}{before}\n\n## Why?\n");
            let expected = after.map(|after| format!("{head}{after}\n\n## Why?\n")).ok_or(RecordError::Topmatter);
            let found = recorded(&text, &[("text", "x")]);
            if expected.is_ok() || found.is_err() {
                assert_eq!(found, expected, "{before}");
            }
        }
        let one_line = format!("{head}<!-- {{}} -->\n\n## Why?\n").replace("{}", "type: question");
        assert_eq!(
            record(
                "t.md",
                one_line.as_bytes(),
                "block:why",
                &[("text".to_owned(), Given::One("x".to_owned()))],
                "r1",
                &Settings::default()
            )
            .map(|b| String::from_utf8(b).unwrap()),
            Ok(one_line.replace("<!-- type: question -->", &format!("<!--\ntype: question\n{answer}-->")))
        );
    }

    #[test]
    fn several_answers_are_a_list() {
        let given = Given::Several(vec!["A, \"b\"".to_owned(), "[c] --> d".to_owned()]);
        let answers = [("choice".to_owned(), given)];
        let text = record("t.md", QUESTION.as_bytes(), "q", &answers, "r1", &Settings::default()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("  choice: [\"A, \\\"b\\\"\", \"[c] --\\u003e d\"]\n"), "{text}");
        let again = recorded(&text, &[("choice", "A")]).unwrap();
        assert!(again.contains("response:\n  choice: \"A\"\nsubmission:"), "{again}");
    }

    #[test]
    fn what_is_no_question_is_left_alone() {
        assert_eq!(recorded("<!-- id: q -->\n\n# T\n", &[("text", "x")]), Err(RecordError::NoQuestion));
        assert_eq!(recorded("# T\n", &[("text", "x")]), Err(RecordError::NoQuestion));
        assert_eq!(record("t.md", b"\xff", "q", &[], "r", &Settings::default()), Err(RecordError::NotText));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn any_answer_is_read_back_as_it_was_given(answer in "(\\PC|[\n\t\"'>#:{}\\[\\]|&*!%@`\u{85}\u{2028}-]){0,40}", key in "[a-z:#-]([a-z:# -]{0,6}[a-z:#-])?") {
            let answer = answer.replace('\r', "");
            let text = recorded(QUESTION, &[(&key, &answer)]).unwrap();
            let source = source::parse("t.md", text.as_bytes(), &Settings::default());
            let block = source.blocks.iter().find(|block| block.id == "q").unwrap();
            prop_assert_eq!(block.values["response"][key].as_str(), Some(answer.as_str()));
        }
    }
}
