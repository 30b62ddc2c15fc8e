//! What is right is a question's own, and in no other text that is made of a Source.

use super::*;

/// Questions of all kinds; what nobody may read of them elsewhere has `secret` in it.
const QUIZ: &str = r#"<!--
type: question
id: city
actions: {submit: questions.submitSingleChoice}
question:
  correct: secret-one
  explanation: secret-two
  feedback: {correct: secret-three}
  options: [{label: Lyon, feedback: secret-four}, {label: Paris, correct: true}]
-->

<!-- @question.explanation -->

secret-five is the first paragraph, with {==secret-six==}[^c1] in it.

# secret-seven

[the lesson](./lesson.md)

[^c1]: **@ann** (2026-01-02): Is it so?

---

<!--
type: question
id: word
actions: {submit: questions.submitText}
question: {type: short, correct: [secret-eight, 12], tolerance: 3}
-->

## Which word?

> Think. <!-- @question.explanation --> secret-nine

secret-ten

---

<!--
type: question
id: broken
actions: {submit: questions.submitSingleChoice}
-->

## Where is the list?

<!-- @question.explanation -->

secret-eleven

---

## No question at all

- Option <!-- correct: true, feedback: secret-twelve -->

<!-- @question.explanation -->

secret-thirteen
"#;

/// A page without what is folded away, and without what is in its tags and comments.
fn read(page: &str) -> String {
    let article = &page[page.find("<article").unwrap()..page.find("</article>").unwrap()];
    let shown: String = article
        .split("<details class=\"pmx-question-solution\"")
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once("</details>").unwrap().1 })
        .collect();
    let hidden = without_feedback(&shown);
    let mut out = String::new();
    let mut rest = hidden.as_str();
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let end = if rest[start..].starts_with("<!--") { "-->" } else { ">" };
        rest = &rest[start + rest[start..].find(end).unwrap() + end.len()..];
    }
    out + rest
}

/// Without the feedback of options, which is hidden until they were chosen.
fn without_feedback(html: &str) -> String {
    const START: &str = "<p class=\"pmx-question-feedback\" hidden";
    html.split(START)
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once("</p>").unwrap().1 })
        .collect()
}

#[test]
fn a_solution_is_in_no_text_but_its_questions() {
    let site = site_of(&[
        (
            "index.path.md",
            "# Course\n\n- [Quiz](./quiz.md)\n\n[@include: One](./quiz.md#city)\n\n[@include: Two](./quiz.md#word)\n",
        ),
        ("lesson.md", "# Lesson\n"),
        ("quiz.md", QUIZ),
        ("all.md", "# All\n\n[@include: Quiz](./quiz.md)\n"),
        (
            "nested.path.md",
            "# Nested\n\n[All](./all.md)\n\n---\n\n<!--\ntype: question\nid: n\nactions: {submit: questions.submitText}\n-->\n\n## Q\n\n[@include: One](./quiz.md#city)\n",
        ),
        (
            "pathmx.config.md",
            "---\nurl: https://course.example/\n---\n\n## Paths\n\n- [A](./index.path.md)\n- [B](./nested.path.md)\n",
        ),
    ]);
    let build = built(site.path());
    let mut pages = 0;
    for (path, file) in build.outputs.iter() {
        let bytes = build.blobs.get(&file.hash).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        if path.ends_with(".html") && text.contains("<article") {
            pages += usize::from(text.contains("secret"));
            let (head, _) = text.split_once("<article").unwrap();
            assert!(!head.contains("secret"), "{path}:\n{head}");
            let shown = read(&text);
            assert!(!shown.contains("secret"), "{path}:\n{shown}");
        } else {
            assert!(!text.contains("secret"), "{path}:\n{text}");
        }
    }
    assert!(pages >= 4, "the pages themselves have it");
    let all = text(&build, "nested.path/all.html");
    assert_eq!(all.matches("<form class=\"pmx-question\"").count(), 2, "what is included asks, too");
    assert!(all.contains("data-pathmx-action-target=\"quiz#city\""), "{all}");
    let nested = text(&build, "nested.path/nested.path.html");
    assert_eq!(nested.matches("<form class=\"pmx-question\"").count(), 1, "no form stands in another");
}

#[test]
fn a_title_and_a_description_have_their_values() {
    let site = site_of(&[
        (
            "index.path.md",
            "---\ncourse: Algebra & co\ndescription: \"All of {{ source.course }}, by {{ source.nobody }}\"\n---\n\n# {{ source.course }} I\n\n## In {{ source.course }}\n\n- [a](./a.md)\n",
        ),
        (
            "a.md",
            "---\nn: 3\n---\n\n# A\n\n<!-- tone: low -->\n\nLesson {{ source.n }} of `{{ source.n }}` in {{ source.title }}: {{ source.gone }}{{ source.other: four }}.\n",
        ),
    ]);
    let build = built(site.path());
    let (home, a) = (text(&build, "index.path/index.path.html"), text(&build, "index.path/a.html"));
    for part in [
        "<title>Algebra &amp; co I</title>",
        "<meta name=\"description\" content=\"All of Algebra &amp; co, by\">",
        "<span class=\"pmx-site-section\">In Algebra &amp; co</span>",
    ] {
        assert!(home.contains(part), "{part} in {home}");
    }
    for name in ["name=\"description\"", "property=\"og:description\""] {
        let meta = format!("<meta {name} content=\"Lesson 3 of {{{{ source.n }}}} in A: four.\">");
        assert!(a.contains(&meta), "{meta} in {a}");
    }
    let list = text(&build, "index.path/llms.txt");
    assert!(list.starts_with("# Algebra & co I\n\n> All of Algebra & co, by\n"), "{list}");
    assert!(list.contains("[A](/a.md): Lesson 3 of {{ source.n }} in A: four.\n"), "{list}");
}

#[test]
fn what_a_page_includes_is_in_its_markdown() {
    let site = site_of(&[
        (
            "index.path.md",
            "# Home\n\nBefore.\n\n[@include: A note](./note.md#two)\n\n- [[Note]]\n\n![[pic.png|Alt]]\n\n[@layout]: ./wide.layout.md\n",
        ),
        (
            "note.md",
            "---\ntitle: Note\nk: 1\n---\n\nOne.\n\n---\n\n<!-- id: two -->\n\nTwo [pic](./pic.png) {{ source.k }}.\n",
        ),
        ("wide.layout.md", "<main><x-source-content/></main>\n"),
        ("pic.png", "x"),
    ]);
    let mut cache = Cache::default();
    let mut again = || {
        let project = located(site.path());
        text(
            &pmx_site::build(&project, &pmx_site::scan(&project, None).unwrap(), &mut cache),
            "index.path/index.path.md",
        )
    };
    let first = again();
    let picture = first.split("![Alt](").nth(1).unwrap().split_once(')').unwrap().0;
    assert!(picture.starts_with("/assets/pic."), "{first}");
    let expected = format!(
        "# Home\n\n> Source URL: /\n\nBefore.\n\n<a id=\"two\"></a>\n\nTwo [pic]({picture}) 1.\n\n- [Note](/note)\n\n![Alt]({picture})\n"
    );
    assert_eq!(first.replace("URL: /index.path\n", "URL: /\n"), expected);
    put(site.path(), "note.md", "---\ntitle: Note\n---\n\nOne.\n\n---\n\n<!-- id: two -->\n\nThree.\n");
    assert!(again().contains("</a>\n\nThree.\n\n- [Note]"), "an edit of what is included");
}
