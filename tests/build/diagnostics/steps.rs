//! Questions and steps.

use super::*;

#[test]
fn focus_steps_that_point_nowhere_are_left_out() {
    assert_eq!(
        said_of("# A\n\n```js [1|4]\nx\n```\n\n```js [a]\nx\n```\n\n```js [2-1]\nx\n```\n"),
        lines(&[
            "paths/index.path.md:3:7: warning: the steps `[1|4]` are left out: there is no line 4, the code has 1 [choreographer/code-steps-invalid]",
            "paths/index.path.md:7:7: warning: the steps `[a]` are left out: `a` is no line and no range of lines, like `3` or `2-4` [choreographer/code-steps-invalid]",
            "paths/index.path.md:11:7: warning: the steps `[2-1]` are left out: the range `2-1` runs backwards [choreographer/code-steps-invalid]"
        ])
    );
}

#[test]
fn response_fields_have_ids_of_their_own() {
    let field = "**___**<!-- @response.field label=\"M\" -->";
    let question = "<!--\nid: q\nactions: { submit: questions.submitFields }\n-->";
    let named = "**___**<!-- @response.field id=a -->";
    assert_eq!(
        said_of(&format!("{question}\n\n# A\n\nx {field} y {named}\n\n{named}\n")),
        lines(&[
            "paths/index.path.md:1:1: warning: the response field `a` occurs twice in this question [question/duplicate-field]",
            "paths/index.path.md:8:10: warning: a response field needs an `id` of letters, digits, `-` and `_` [question/field-id]"
        ])
    );
}

#[test]
fn a_question_that_cannot_be_asked_says_why() {
    let question = |action: &str, more: &str| {
        format!("<!--\ntype: question\nid: q\nactions: {{ submit: questions.{action} }}\n{more}-->")
    };
    let choice = question("submitSingleChoice", "");
    assert_eq!(
        said_of(&format!("# A\n\n---\n\n{choice}\n\n## Q\n\n- one\n")),
        lines(&[
            "paths/index.path.md:5:1: warning: a question with a single choice needs a list of two options or more [question/no-choices]"
        ])
    );
    assert_eq!(
        said_of(&format!("# A\n\n---\n\n{choice}\n\n- one\n- two\n- one\n")),
        lines(&[
            "paths/index.path.md:5:1: warning: two options of this question read `one` [question/duplicate-option]",
            "paths/index.path.md:5:1: warning: a question needs a heading that asks it [question/no-heading]"
        ])
    );
    let answered = question("submitSingleChoice", "response: { choice: three }\n");
    assert_eq!(
        said_of(&format!("{answered}\n\n# Q\n\n- one\n- two\n")),
        lines(&[
            "paths/index.path.md:1:1: warning: the recorded choice `three` is none of the options [question/response]"
        ])
    );
    assert_eq!(
        said_of(&format!("{}\n\n# Q\n", question("submitSinglChoice", ""))),
        lines(&[
            "paths/index.path.md:1:1: warning: no question has the Action `questions.submitSinglChoice` [question/unknown-action]",
            "  hint: did you mean `questions.submitSingleChoice`?"
        ])
    );
    assert_eq!(
        said_of(&format!("{}\n\n# Q\n", question("submitFields", ""))),
        lines(&[
            r#"paths/index.path.md:1:1: warning: a question with fields needs a field: `**___**<!-- @response.field id=… label="…" -->` [question/no-fields]"#
        ])
    );
    assert_eq!(
        said_of(&format!("{}\n\n# Q\n", question("submitText", "question: { type: fields }\n"))),
        lines(&[
            "paths/index.path.md:1:1: warning: a question with `question.type: fields` is submitted by `questions.submitFields` [question/type]"
        ])
    );
}

#[test]
fn an_answer_key_that_does_not_fit_its_question_says_where() {
    let question = |action: &str, more: &str, options: &str| {
        format!("<!--\ntype: question\nid: q\nactions: {{ submit: questions.{action} }}\n{more}-->\n\n# Q\n\n{options}")
    };
    let two = "- one <!-- correct: true -->\n- two <!-- correct: true -->\n";
    assert_eq!(
        said_of(&question("submitSingleChoice", "", two)),
        lines(&[
            "paths/index.path.md:1:1: warning: 2 options of this question are right, and one can be chosen [question/several-correct]",
            "  hint: `submit: questions.submitMultipleChoice` lets several be chosen"
        ])
    );
    assert_eq!(said_of(&question("submitMultipleChoice", "", two)), lines(&[]));
    assert_eq!(
        said_of(&question(
            "submitSingleChoice",
            "question: { correct: twoo }\n",
            "- one <!-- corect: true -->\n- two\n"
        )),
        lines(&[
            "paths/index.path.md:1:1: warning: `twoo` is none of the options [question/correct]",
            "  hint: did you mean `two`?",
            "paths/index.path.md:1:1: warning: `corect` says nothing of an option [question/option]",
            "  hint: did you mean `correct`?"
        ])
    );
    assert_eq!(
        said_of(&question("submitMultipleChoice", "response: { choice: [two] }\n", two)),
        lines(&[
            "paths/index.path.md:5:1: warning: the answer that was recorded here is published with the page, as `response` of the topmatter [question/recorded-answer]",
            "  hint: take `response` and `submission` out if the answer is not for readers"
        ])
    );
}

#[test]
fn table_steps_that_name_no_part_of_the_table_say_which() {
    let page = |steps: &str, tables: &str| {
        format!("# A\n\n---\n\n<!--\nid: t\nplay: {{ table: {{ steps: {steps} }} }}\n-->\n\n## T\n\n{tables}")
    };
    let table = "| a | b |\n| - | - |\n| 1 | 2 |\n\n";
    assert_eq!(
        said_of(&page("[{ rows: 1 }, { columns: 3 }]", table)),
        lines(&[
            "paths/index.path.md:5:1: warning: step 2 of `play.table.steps` names column 3 of a table that has 2 [choreographer/table-steps-invalid]",
            "  hint: the rows of the table are the steps until this is mended"
        ])
    );
    assert_eq!(
        said_of(&page("[{ rows: 1 }]", &table.repeat(2))),
        lines(&[
            "paths/index.path.md:5:1: warning: `play.table.steps` needs exactly one table, this Block has 2 [choreographer/table-steps-invalid]",
            "  hint: the rows of the table are the steps until this is mended"
        ])
    );
}

#[test]
fn focus_steps_beyond_all_measure_are_left_out() {
    let steps = vec!["1-2000"; 50].join("|");
    assert_eq!(
        said_of(&format!("# A\n\n```text [{steps}]\n{}```\n", "x\n".repeat(2_000))),
        lines(&[
            "paths/index.path.md:1:1: warning: the focus steps of this Block name more than 50000 lines or cells [choreographer/too-many-members]"
        ])
    );
}
