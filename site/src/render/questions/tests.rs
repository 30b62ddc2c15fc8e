use super::*;
use crate::text::dom;
use serde_json::json;

fn made(html: &str, values: &Value) -> (String, Vec<(&'static str, String)>) {
    let values = values.as_object().unwrap().clone();
    let source_values = Map::new();
    let position = Position { line: 5, column: 1 };
    let block = QuestionBlock {
        id: "q",
        source_id: "a.quiz",
        values: &values,
        source_values: &source_values,
        position,
        recorded: Position { line: 9, column: 1 },
    };
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
        assert!(html.contains("value=\"two\" required=\"\" checked=\"\""), "{html}");
        assert_eq!(findings.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [RECORDED_ANSWER]);
        assert!(
            html.contains("data-pathmx-question-status=\"submitted\"") && html.contains("Answer recorded."),
            "{html}"
        );
    }
    let mut values = submit("questions.submitSingleChoice");
    values["response"] = json!({"choice": "three"});
    assert_eq!(made(list, &values).1[0].0, "question/response");
    values["response"] = json!({});
    assert_eq!(made(list, &values).1, [], "nothing was answered");
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
fn an_option_that_is_a_block_is_its_own_label() {
    let html = "<h2>Q</h2><ul><li><div class=\"pmx-math\">a</div></li>\
        <li><input type=\"checkbox\" disabled> <pre><code>b</code></pre><p>more</p></li><li><blockquote><p>c</p></blockquote></li></ul>";
    let (html, found) = choice(html);
    assert_eq!(found, []);
    for (value, label) in [
        ("a", r#"<span class="pmx-math">a</span>"#),
        ("b", "<pre><code>b</code></pre>"),
        ("c", "<blockquote><p>c</p></blockquote>"),
    ] {
        let option = format!(r#"value="{value}" required=""><span class="pmx-question-option">{label}</span></label>"#);
        assert!(html.contains(&option), "{option}\n{html}");
    }
    assert!(html.contains("</label><p>more</p></li>"), "{html}");
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
    assert!(html.contains(" name=\"question.q.minutes\""), "{html}");
    assert_eq!(findings.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [RECORDED_ANSWER]);
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

/// The labels of the options that are marked as right.
fn right(html: &str) -> Vec<&str> {
    let items = html.split("<li").filter(|item| item.split('>').next().is_some_and(|tag| tag.contains("-correct")));
    items.filter_map(|item| item.split("pmx-question-option\">").nth(1)?.split("</span>").next()).collect()
}

#[test]
fn right_options_are_marked_wherever_the_author_says_which_they_are() {
    let list = "<h2>Q</h2><ul><li>Berlin</li><li>Paris</li><li>Rome</li></ul>";
    let beside = list.replace("Paris", "Paris <!-- correct: true -->");
    let keys = [
        (beside.as_str(), json!(null)),
        (list, json!({ "correct": "Paris" })),
        (list, json!({ "correct": ["paris"] })),
        (list, json!({ "options": [{ "label": "Paris", "correct": true }] })),
        (list, json!({ "options": [{}, { "correct": true }] })),
        ("<h2>Q</h2>", json!({ "options": ["Berlin", { "label": "Paris", "correct": true }] })),
    ];
    for (html, key) in keys {
        let mut values = submit("questions.submitSingleChoice");
        values["question"] = key.clone();
        let (html, findings) = made(html, &values);
        assert_eq!(right(&html), ["Paris"], "{key}: {html}");
        assert!(findings.is_empty() && !html.contains("<!--"), "{findings:?} {html}");
        for part in [
            "data-pathmx-question-graded=\"\"",
            "</p><details class=\"pmx-question-solution\" data-pathmx-question-solution=\"\" data-pathmx-search=\"ignore\"><summary>Answer",
            "<ul class=\"pmx-question-right\" role=\"list\" aria-label=\"Right answer\"><li>Paris</li></ul>",
        ] {
            assert!(html.contains(part), "{part}\nin {html}");
        }
    }
    let (html, findings) = choice(list);
    assert!(!html.contains("graded") && !html.contains("<details") && findings.is_empty(), "{html}");
}

#[test]
fn several_options_can_be_chosen_and_right() {
    let list = "<h2>Q</h2><ul><li>2 <!-- correct: true --></li><li>3 <!-- correct: true --></li><li>4</li></ul>";
    let mut values = submit("questions.submitMultipleChoice");
    values["response"] = json!({ "choice": ["3", "4"] });
    let (html, findings) = made(list, &values);
    assert_eq!(findings.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [RECORDED_ANSWER]);
    assert_eq!(right(&html), ["2", "3"], "{html}");
    assert!(
        html.contains("data-pathmx-question=\"choices\"") && html.contains("aria-label=\"Right answers\""),
        "{html}"
    );
    assert!(html.contains("type=\"checkbox\"") && !html.contains("required"), "none of them must be chosen: {html}");
    assert_eq!(html.matches("checked").count(), 2);
    let (_, findings) = choice(list);
    assert_eq!(
        findings[0],
        ("question/several-correct", "2 options of this question are right, and one can be chosen".to_owned())
    );
}

#[test]
fn feedback_and_explanation_are_folded_until_there_is_an_answer() {
    let list = "<h2>Q</h2><ul><li>A<!-- feedback: \"Not <this>: no\" --></li><li>B <!-- correct: true, feedback: Yes --></li></ul>\
                <p>Think.</p><!-- @question.explanation --><p>Because of <b>it</b>.</p><ul><li>1</li><li>2</li></ul>";
    let mut values = submit("questions.submitSingleChoice");
    values["question"] = json!({ "explanation": "First.\n\nSecond & last.", "feedback": { "correct": "Well done", "incorrect": "Look again" } });
    let (html, findings) = made(list, &values);
    assert!(findings.is_empty(), "{findings:?}");
    for part in [
        "A</span></label><p class=\"pmx-question-feedback\" hidden=\"\" data-pathmx-search=\"ignore\">Not &lt;this&gt;: no</p></li>",
        "B</span></label><p class=\"pmx-question-feedback\" hidden=\"\" data-pathmx-search=\"ignore\">Yes</p></li>",
        "<summary>Answer</summary><p class=\"pmx-question-feedback\" data-pathmx-question-when=\"right\" hidden=\"\">Well done</p>",
        "<p>First.</p><p>Second &amp; last.</p><p>Because of <b>it</b>.</p><ul><li>1</li><li>2</li></ul></details></form>",
        "<p>Think.</p></fieldset>",
    ] {
        assert!(html.contains(part), "{part}\nin {html}");
    }
    let (html, _) = made("<h2>Q</h2><!-- @question.explanation --><p>Only this.</p>", &submit("questions.submitText"));
    assert!(
        html.contains("<summary>Answer</summary><p>Only this.</p></details>") && !html.contains("graded"),
        "{html}"
    );
}

#[test]
fn texts_numbers_and_fields_have_right_answers() {
    let mut values = submit("questions.submitText");
    values["question"] = json!({ "type": "short", "correct": ["Paris", 7], "tolerance": 0.5 });
    let (html, findings) = made("<h2>Q</h2>", &values);
    assert!(findings.is_empty(), "{findings:?}");
    assert!(
        html.contains("data-pathmx-question-accept=\"[&quot;Paris&quot;,7]\" data-pathmx-question-tolerance=\"0.5\""),
        "{html}"
    );
    assert!(html.contains("<li>Paris</li><li>7</li></ul>"), "{html}");
    let page = "<h2>Plan</h2><p>For <input class=\"pmx-response-field\" data-pathmx-response-field=\"minutes\" aria-label=\"Minutes &amp; more\"></p>";
    let mut values = submit("questions.submitFields");
    values["question"] = json!({ "correct": { "minutes": 20, "hours": 1 } });
    let (html, findings) = made(page, &values);
    assert!(
        html.contains("-accept=\"[20]\"") && html.contains("<li>Minutes &amp; more: <strong>20</strong></li>"),
        "{html}"
    );
    assert_eq!(findings[0].0, "question/correct", "there is no field `hours`");
}

#[test]
fn what_is_wrong_with_an_answer_key_is_said() {
    let list = |comment: &str| format!("<h2>Q</h2><ul><li>Rome {comment}</li><li>Paris</li></ul>");
    let of = |comment: &str| choice(&list(comment));
    for (comment, message) in [
        ("<!-- corect: true -->", "`corect` says nothing of an option"),
        ("<!-- correct: yes please -->", "`correct` of an option is `true` or `false`"),
        ("<!-- feedback: [ -->", "this comment of an option is no YAML: `feedback: [`"),
    ] {
        let (html, findings) = of(comment);
        assert!(
            findings.iter().any(|(code, said)| *code == "question/option" && said.starts_with(message)),
            "{findings:?}"
        );
        assert!(right(&html).is_empty());
    }
    for note in ["<!-- note to self -->", "<!-- TODO: ask Ann -->", "<!---->", "<!-- [ -->"] {
        let (html, findings) = of(note);
        assert!(findings.is_empty() && html.contains(note), "{note}: {findings:?} {html}");
    }
    let mut values = submit("questions.submitSingleChoice");
    values["question"] = json!({ "correct": "Pariss" });
    assert_eq!(made(&list(""), &values).1, [("question/correct", "`Pariss` is none of the options".to_owned())]);
}

#[test]
fn options_that_yaml_takes_for_truth_values_are_names_like_others() {
    let list = "<h2>Q</h2><ul><li>Yes</li><li>No</li></ul>";
    let yaml = |text: &str| Value::Object(crate::text::yaml::mapping(text).unwrap());
    for key in ["correct: No", "options: [{}, {correct: true}]", "options: [{label: No, correct: yes}]"] {
        let mut values = submit("questions.submitSingleChoice");
        (values["question"], values["response"]) = (yaml(key), yaml("choice: Yes"));
        let (html, findings) = made(list, &values);
        assert_eq!(right(&html), ["No"], "{key}: {html}");
        assert!(html.contains("value=\"yes\" required=\"\" checked=\"\""), "{html}");
        assert_eq!(findings.len(), 1, "{findings:?}");
    }
}

#[test]
fn all_right_words_are_named() {
    let mut values = submit("questions.submitText");
    values["question"] = json!({"type": "short", "correct": ["Paris", "paris", "City of Light", 75]});
    let (html, _) = made("<h2>Q</h2>", &values);
    assert!(html.contains("Right answers</p>"), "{html}");
    assert!(html.contains("<li>Paris</li><li>City of Light</li><li>75</li></ul>"), "{html}");
    let mut values = submit("questions.submitFields");
    values["question"] = json!({"correct": {"n": [20, "twenty"], "m": "one"}});
    let field =
        |id: &str| format!("<input class=\"pmx-response-field\" name=\"{id}\" aria-label=\"{}\">", id.to_uppercase());
    let (html, _) = made(&format!("<h2>Q</h2><p>{}{}</p>", field("n"), field("m")), &values);
    assert!(
        html.contains("<li>N: <strong>20</strong> or <strong>twenty</strong></li><li>M: <strong>one</strong></li>"),
        "{html}"
    );
}

#[test]
fn an_explanation_is_folded_wherever_its_mark_stands() {
    let mark = "<!-- @question.explanation -->";
    let solution = "<details class=\"pmx-question-solution\" data-pathmx-question-solution=\"\" data-pathmx-search=\"ignore\"><summary>Answer</summary>";
    let list = "<ul><li>A</li><li>B</li></ul>";
    let (html, _) = choice(&format!("<h2>Q</h2>{list}<blockquote><p>Think. {mark} Why</p></blockquote><p>Because</p>"));
    assert!(html.contains(&format!("{solution} Why<p>Because</p></details></form>")), "{html}");
    // A question that cannot be asked, and a Block that is none, give nothing away either.
    let (html, findings) = choice(&format!("<h2>Q</h2>{mark}<p>Why</p>"));
    assert_eq!((html, findings.len()), (format!("<h2>Q</h2>{solution}<p>Why</p></details>"), 1));
    let (html, _) = made(&format!("<p>x</p>{mark}<p>Why</p>"), &json!({"id": "q"}));
    assert_eq!(html, format!("<p>x</p>{solution}<p>Why</p></details>"));
    assert_eq!(made("<p>x</p>", &json!({"id": "q"})).0, "<p>x</p>");
}
