use super::*;
use crate::text::dom;
use proptest::prelude::*;
use serde_json::json;

struct Marked {
    html: String,
    beats: Vec<Beat>,
    findings: Vec<String>,
}

fn marked_with(html: &str, values: &Value) -> Marked {
    let values = values.as_object().unwrap().clone();
    let none = Map::new();
    let position = Position { line: 3, column: 1 };
    let block = BeatBlock { id: "b", values: &values, source_values: &none, position };
    let (mut nodes, mut findings) = (dom::parse(html), Vec::new());
    let beats = annotate(&block, &mut nodes, &mut findings);
    let mut html = String::new();
    dom::write(&nodes, &mut html);
    Marked { html, beats, findings: findings.into_iter().map(|finding| finding.message).collect() }
}

fn marked(html: &str) -> Marked {
    marked_with(html, &json!({}))
}

/// Each Beat in a word or two: kind, id without the Block's, label.
fn listed(marked: &Marked) -> Vec<String> {
    let short = |beat: &Beat| format!("{} {} {}", beat.kind.name(), beat.id.replacen("b:", "", 1), beat.label);
    marked.beats.iter().map(|beat| short(beat).trim_end().to_owned()).collect()
}

fn beats(html: &str) -> Vec<String> {
    listed(&marked(html))
}

#[test]
fn prose_is_numbered_through_the_block_and_headings_on_their_own() {
    assert_eq!(
        beats(
            "<h1>One</h1><p>Two</p><h2>Three</h2><div><p>Four</p></div><p> </p><p></p><blockquote><p>Five</p></blockquote>"
        ),
        ["heading heading-0 One", "step step-0 Two", "heading heading-1 Three", "step step-1 Four", "step step-2 Five"]
    );
    assert_eq!(
        marked("<h1 id=\"x\">One</h1><p>Two</p>").html,
        "<h1 id=\"x\" data-pathmx-beat=\"b:heading-0\" data-pathmx-beat-kind=\"heading\">One</h1>\
         <p data-pathmx-beat=\"b:step-0\" data-pathmx-beat-kind=\"step\">Two</p>"
    );
}

#[test]
fn an_item_is_one_step_and_holds_the_items_of_a_list_in_it() {
    let list = "<ul><li>a</li><li><p>b</p><p>b too</p><ol><li>c<ul><li>d</li></ul></li></ol></li><li></li></ul>";
    let found = marked(list);
    assert_eq!(
        listed(&found),
        ["item step-0 a", "item step-1 b b too", "item step-1:step-1 c", "item step-1:step-1:step-1 d"]
    );
    assert_eq!(found.html.matches("data-pathmx-beat-container").count(), 2);
    assert_eq!(found.beats[2].parent.as_deref(), Some("b:step-1"));
    let flat = marked_with(list, &json!({"play": {"steps": {"lists": "flat"}}}));
    assert_eq!(listed(&flat), ["item step-0 a", "item step-1 b b too"]);
}

#[test]
fn a_table_holds_the_rows_of_its_body() {
    let table = "<div class=\"pmx-table-scroll\"><table><thead><tr><th>H</th></tr></thead><tbody><tr><td>a</td></tr>\
                 <tr><td>b</td></tr></tbody><tfoot><tr><td>f</td></tr></tfoot></table></div>";
    assert_eq!(beats(table), ["table step-0 H a b f", "table-row step-0:step-1 a", "table-row step-0:step-2 b"]);
    let single = marked_with(table, &json!({"play": {"steps": {"tables": "single"}}}));
    assert_eq!(listed(&single), ["table step-0 H a b f"]);
    assert!(!single.html.contains("container"));
}

#[test]
fn pictures_formulas_and_code_are_one_each() {
    assert_eq!(
        beats(
            "<figure><img alt=\"A map\"><p>caption</p></figure><p><img src=x alt=y></p><video></video>\
             <div class=\"pmx-math\" data-pathmx-math=\"display\"><math display=\"block\"><mi>x</mi></math></div>\
             <p><span class=\"pmx-math\"><math><mi>y</mi></math></span></p>\
             <div class=\"pmx-code-block\"><pre><code>let x;</code></pre></div><p>end</p><pre>raw</pre>"
        ),
        [
            "figure step-0 caption",
            "figure step-1 y",
            "figure step-2",
            "math step-3 x",
            "step step-4 y",
            "code code-0 let x;",
            "step step-5 end",
            "code code-1 raw"
        ]
    );
    assert_eq!(listed(&marked_with("<pre>raw</pre>", &json!({"play": {"steps": {"code": "none"}}}))), [""; 0]);
}

#[test]
fn focus_steps_name_their_lines() {
    let found = marked(
        "<div class=\"pmx-code-block\" data-pathmx-code-steps=\"1,3|2-9\"><pre><code><span class=\"line\">a</span>\n\
         <span class=\"line\"><span class=\"x\">b</span></span>\n<span class=\"line\">c</span></code></pre></div>",
    );
    assert_eq!(
        listed(&found),
        ["code code-0 a b c", "code-step code-0:step-1 Lines 1,3", "code-step code-0:step-2 Lines 2-9"]
    );
    assert!(found.html.contains("data-pathmx-beat-children=\"b:code-0:step-1 b:code-0:step-2\""), "{}", found.html);
    let members: Vec<&str> = found.html.split("member=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(members, ["b:code-0:step-1", "b:code-0:step-2", "b:code-0:step-1 b:code-0:step-2"]);
}

#[test]
fn a_component_is_one_beat_with_its_states_and_the_components_in_it() {
    let found = marked(
        "<article data-pathmx-component=\"card\" data-pathmx-states=\"front | back | edge\"><h3>Title</h3><p>x</p>\
         <i data-pathmx-component=\"dot\">•</i></article><p><b data-pathmx-component=\"dot\">•</b></p>\
         <p>See <b data-pathmx-component=\"dot\">•</b></p>",
    );
    assert_eq!(
        listed(&found),
        [
            "component step-0 Title x •",
            "state step-0:step-1 back",
            "state step-0:step-2 edge",
            "component step-0:step-3 •",
            "component step-1 •",
            "step step-2 See •",
            "component step-2:step-1 •"
        ]
    );
    assert_eq!(beats("<p data-pathmx-component=x data-pathmx-states=\"a, b\">t</p>"), ["component step-0 t"]);
}

#[test]
fn a_component_that_only_arranges_others_is_none() {
    let card = "<article data-pathmx-component=\"card\">x</article>";
    assert_eq!(
        beats(&format!("<div data-pathmx-component=\"grid\"><div>{card}</div> {card}</div>")),
        ["component step-0 x", "component step-1 x"]
    );
    assert_eq!(beats("<div data-pathmx-component=\"globe\"></div>"), ["component step-0 globe"]);
    assert_eq!(
        beats("<div data-pathmx-component=\"center\" data-pathmx-component-layout><p>Words</p></div>"),
        ["step step-0 Words"]
    );
}

#[test]
fn what_nobody_sees_is_none() {
    assert_eq!(
        beats(
            "<p hidden>a</p><div aria-hidden=\"true\"><p>b</p></div><template><p>c</p></template>\
             <details><summary>More</summary><p>folded</p></details><dialog><p>d</p></dialog>\
             <section class=\"footnotes\"><ol><li>f</li></ol></section><aside class=\"pmx-annotations\"><p>n</p></aside>"
        ),
        ["step step-0 More"]
    );
    assert_eq!(
        beats("<details open><summary>More</summary><p>unfolded</p></details>"),
        ["step step-0 More", "step step-0:step-1 unfolded"]
    );
}

#[test]
fn a_form_is_its_text_and_its_answer() {
    assert_eq!(
        beats(
            "<form><fieldset><legend><h2>Which?</h2></legend><p>Think.</p><ul data-pathmx-question-answer=\"\"><li><label>\
             <input type=radio>One</label></li></ul></fieldset><div data-pathmx-question-controls><p>Sent</p></div></form>"
        ),
        ["heading heading-0 Which?", "step step-0 Think.", "step step-1 One"]
    );
}

#[test]
fn what_a_question_says_after_an_answer_is_no_stop() {
    assert_eq!(
        beats(
            "<form><fieldset><legend><h2>Which?</h2></legend></fieldset><p role=status data-pathmx-question-status-text>Answer recorded.</p>\
             <details data-pathmx-question-solution><summary>Answer</summary><p>Because.</p><table><tr><td>1</td></tr></table></details></form>"
        ),
        ["heading heading-0 Which?"]
    );
}

#[test]
fn a_beat_that_the_author_marked_keeps_its_id_and_the_others_go_around_it() {
    let found = marked(
        "<p>a</p><div data-pathmx-beat=\"b:step-0\" data-pathmx-beat-kind=\"mine\"><p>b</p><p>c</p></div>\
         <p data-pathmx-beat=\"b:step-0\">d</p><p data-pathmx-beat>e</p>",
    );
    assert_eq!(listed(&found), ["step step-1 a", "step step-0 b c", "step step-0-2 d", "step step-2 e"]);
    assert!(found.html.contains("data-pathmx-beat-kind=\"mine\""));
}

#[test]
fn table_steps_take_the_place_of_rows() {
    let table = "<table><tbody><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></tbody></table>";
    let steps = |steps: Value| marked_with(table, &json!({"play": {"table": {"steps": steps}}}));
    let found = steps(json!([{"label": "Left", "columns": 1}, {"rows": "1-2", "columns": [2, 1]}]));
    assert_eq!(listed(&found), ["table step-0 1 2 3 4", "table-step step-0:step-1 Left", "table-step step-0:step-2"]);
    assert_eq!(found.html.matches("member=\"b:step-0:step-1 b:step-0:step-2\"").count(), 2);
    assert_eq!(found.html.matches("member=\"b:step-0:step-2\"").count(), 2);
    for (wrong, message) in [
        (json!([{"label": "x"}]), "step 1 of `play.table.steps` has neither `rows` nor `columns`"),
        (json!([{"rows": 1}, {"rows": 3}]), "step 2 of `play.table.steps` names row 3 of a table that has 2"),
        (json!([{"rows": 0}]), "step 1 of `play.table.steps` counts its rows from 0; they count from 1"),
        (json!([{"rows": "2-1"}]), "step 1 of `play.table.steps` has `rows` that end before they start"),
        (json!([{"columns": "a"}]), "step 1 of `play.table.steps` has `columns: a`, which is no number and no range"),
        (json!([{"row": 1}]), "step 1 of `play.table.steps` has an unknown key `row`"),
        (json!({}), "`play.table.steps` is a list of steps with `rows`, `columns` or both"),
    ] {
        let found = steps(wrong);
        assert_eq!(found.findings, [message]);
        assert_eq!(found.beats.len(), 3);
    }
    let two = marked_with(&table.repeat(2), &json!({"play": {"table": {"steps": [{"rows": 1}]}}}));
    assert_eq!(two.findings, ["`play.table.steps` needs exactly one table, this Block has 2"]);
}

#[test]
fn topmatter_counts_before_frontmatter_and_nonsense_not_at_all() {
    let of = |frontmatter: Value, topmatter: Value| {
        let density = Density::of(frontmatter.as_object().unwrap(), topmatter.as_object().unwrap());
        (density.rows, density.nested_items, density.code)
    };
    let steps = |steps: Value| json!({"play": {"steps": steps}});
    assert_eq!(of(json!({}), json!({"play": {"steps": 1}})), (true, true, true));
    let coarse = steps(json!({"tables": "single", "lists": "flat", "code": "none"}));
    assert_eq!(of(coarse.clone(), json!({})), (false, false, false));
    assert_eq!(of(coarse, steps(json!({"tables": "rows", "code": "all"}))), (true, false, false));
}

#[test]
fn a_block_with_far_too_many_focus_steps_stays_small() {
    let lines = "<span class=\"line\">x</span>".repeat(2_000);
    let steps = vec!["1-2000"; 1_000].join("|");
    let found =
        marked(&format!("<div class=\"pmx-code-block\" data-pathmx-code-steps=\"{steps}\"><pre>{lines}</pre></div>"));
    assert_eq!(found.beats.len(), 1);
    assert_eq!(found.findings.len(), 1);
    let long = format!("<h1>x</h1>{}", "<p>y</p>".repeat(10));
    let id = "é".repeat(10_000);
    let block = Map::new();
    let block = BeatBlock { id: &id, values: &block, source_values: &block, position: Position::START };
    assert!(annotate(&block, &mut dom::parse(&long), &mut Vec::new()).iter().all(|beat| beat.id.len() < 300));
}

proptest! {
    #[test]
    fn any_tree_gets_ids_that_are_its_own(
        parts in prop::collection::vec(prop::sample::select(vec![
            "<p>", "</p>", "<li>", "<ul>", "</ul>", "x", "<table>", "<tr>", "<td>", "</table>", "<details open>",
            "</details>", "<b data-pathmx-component=c data-pathmx-states='a|b'>", "</b>", "<h2>", "</h2>", "<img>",
            "<i data-pathmx-beat='b:step-1'>", "</i>", "<div class=pmx-code-block data-pathmx-code-steps='1|0-2,|x'>",
            "<span class=line>", "</span>", "</div>", "<div>",
        ]), 0..40)
    ) {
        let found = marked(&parts.concat());
        let ids: std::collections::HashSet<&str> = found.beats.iter().map(|beat| beat.id.as_str()).collect();
        prop_assert_eq!(ids.len(), found.beats.len(), "{:?}", found.beats);
        for beat in &found.beats {
            prop_assert!(beat.label.chars().count() <= label::MAX_LABEL);
            prop_assert!(beat.parent.as_deref().is_none_or(|parent| ids.contains(parent)));
        }
    }
}
