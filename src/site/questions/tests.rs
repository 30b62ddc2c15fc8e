use super::*;
use crate::site::dom;
use serde_json::json;

fn made(html: &str, values: &Value) -> (String, Vec<(&'static str, String)>) {
    let values = values.as_object().unwrap().clone();
    let source_values = Map::new();
    let position = Position { line: 5, column: 1 };
    let block =
        QuestionBlock { id: "q", source_id: "a.quiz", values: &values, source_values: &source_values, position };
    let (mut nodes, mut findings, mut out) = (dom::parse(html), Vec::new(), String::new());
    form(&block, &mut nodes, &mut findings);
    dom::write(&nodes, &mut out);
    (out, findings.into_iter().map(|finding| (finding.code, finding.message)).collect())
}

fn submit(action: &str) -> Value {
    json!({"type": "question", "actions": {"submit": action}})
}

fn choice(html: &str) -> (String, Vec<(&'static str, String)>) {
    made(html, &submit("questions.submitSingleChoice"))
}

#[test]
fn a_single_choice_is_a_group_of_options_under_its_heading() {
    let (html, findings) = choice(
        "<p>Before.</p><h2 id=\"w\">Where?</h2><p>Think.</p><ul><li>Only in <b>chat</b></li>\n<li><p>On disk</p><ul><li>x</li></ul></li></ul><p>After.</p>",
    );
    assert!(findings.is_empty(), "{findings:?}");
    for part in [
        "<form class=\"pmx-question\" method=\"post\" data-pathmx-form=\"\" data-pathmx-action=\"questions.submitSingleChoice\" \
         data-pathmx-action-scope=\"block\" data-pathmx-action-target=\"a.quiz#q\"",
        "name=\"action\" value=\"submit\"",
        "name=\"__pathmx_action_scope\" value=\"block\"",
        "name=\"__pathmx_action_target\" value=\"a.quiz#q\"",
        "<p>Before.</p><fieldset class=\"pmx-question-set\" disabled=\"\"><legend class=\"pmx-question-legend\"><h2 id=\"w\">Where?</h2></legend><p>Think.</p><ul",
        "name=\"question.q\" value=\"only-in-chat\" required=\"\"><span class=\"pmx-question-option\">Only in <b>chat</b></span></label>",
        "value=\"on-disk\" required=\"\"><span class=\"pmx-question-option\">On disk</span></label><ul><li>x</li></ul></li>",
        "</ul><p>After.</p></fieldset><div class=\"pmx-question-controls\" data-pathmx-question-controls=\"\" hidden=\"\"><button type=\"submit\"",
        "role=\"status\"",
    ] {
        assert!(html.contains(part), "{part}\nin {html}");
    }
    assert!(!html.contains("checked") && !html.contains("question-status=\""), "{html}");
}

#[test]
fn a_recorded_answer_is_filled_in() {
    let list = "<h2>Q</h2><ol><li>One</li><li>Two</li></ol>";
    for answer in ["two", "Two"] {
        let mut values = submit("questions.submitSingleChoice");
        values["response"] = json!({ "choice": answer });
        values["submission"] = json!({"status": "submitted", "run": "r"});
        let (html, findings) = made(list, &values);
        assert!(html.contains("value=\"two\" required=\"\" checked=\"\"") && findings.is_empty(), "{html}");
        assert!(
            html.contains("data-pathmx-question-status=\"submitted\"") && html.contains("Answer recorded."),
            "{html}"
        );
    }
    let mut values = submit("questions.submitSingleChoice");
    values["response"] = json!({"choice": "three"});
    assert_eq!(made(list, &values).1[0].0, "question/response");
    let mut values = submit("questions.submitText");
    values["question"] = json!({"type": "long"});
    values["response"] = json!({"text": "\n</textarea> & \"more\""});
    let (html, _) = made("<h2>Q</h2>", &values);
    assert!(html.contains(">\n\n&lt;/textarea&gt; &amp; &quot;more&quot;</textarea>"), "{html}");
    assert!(html.contains("maxlength=\"2000\""), "{html}");
}

#[test]
fn options_have_values_of_their_own() {
    let (html, findings) =
        choice("<h2>Q</h2><ul><li>C</li><li>C++</li><li>&lt;</li><li>≥</li><li>C</li><li>C 2</li></ul>");
    let values: Vec<&str> = html.split("value=\"").skip(4).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(values, ["c", "c-2", "option-1", "option-2", "c-3", "c-2-2"]);
    assert_eq!(findings, [("question/duplicate-option", "two options of this question read `C`".to_owned())]);
}

#[test]
fn a_text_question_has_one_control_with_a_name_that_is_seen() {
    let (html, findings) = made("<h2>Why?</h2><p>Say.</p>", &submit("questions.submitText"));
    assert!(findings.is_empty());
    assert!(
        html.contains(
            "<p>Say.</p><label class=\"pmx-question-answer\" data-pathmx-question-answer=\"\"><span class=\"pmx-question-label\">\
             Your answer</span><input class=\"pmx-question-text\" type=\"text\" name=\"question.q\" maxlength=\"300\""
        ),
        "{html}"
    );
}

#[test]
fn fields_are_named_after_their_question() {
    let mut values = submit("questions.submitFields");
    values["response"] = json!({"minutes": 20});
    let page = "<h2>Plan</h2><p>For <input class=\"pmx-response-field\" name=\"question.x.y\" data-pathmx-response-field=\"minutes\"></p>";
    let (html, findings) = made(page, &values);
    assert!(findings.is_empty() && html.contains(" name=\"question.q.minutes\""), "{html}");
    assert!(html.contains(" maxlength=\"300\" autocomplete=\"off\" value=\"20\""), "{html}");
    assert_eq!(made(&page.repeat(2), &values).1[0].0, "question/duplicate-field");
    assert_eq!(made("<h2>Plan</h2>", &values).1[0].0, "question/no-fields");
}

#[test]
fn what_cannot_be_asked_stays_as_it_was() {
    let none = "<h2>Q</h2><ul><li>One</li></ul>";
    assert_eq!(choice(none).0, none);
    assert_eq!(choice(none).1[0].0, "question/no-choices");
    let (html, findings) = made(none, &submit("questions.submitSingelChoice"));
    assert_eq!((html.as_str(), findings[0].0), (none, "question/unknown-action"));
    for values in [json!({"type": "question"}), json!({"actions": {"submit": "tasks.toggle"}}), json!({"actions": 1})] {
        assert_eq!(made(none, &values), (none.to_owned(), Vec::new()));
    }
    let (html, findings) = choice("<ul><li>One</li><li>Two</li></ul>");
    assert_eq!(findings[0].0, "question/no-heading");
    assert!(html.contains("<fieldset class=\"pmx-question-set\" disabled=\"\" aria-label=\"Question\">"));
}
