use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

fn drawing(text: &str) -> Drawing {
    draw(text, "pmx-drawing-1", &mut |link| link.starts_with("./").then(|| "/at".to_owned()))
}

fn drawn(text: &str) -> String {
    match drawing(text) {
        Drawing::Drawn { svg, .. } => svg,
        other => panic!("{other:?}\n{text}"),
    }
}

fn is_whole(svg: &str) {
    assert!(svg.starts_with("<svg class=\"pmx-mermaid-svg\" id=\"pmx-drawing-1\""), "{svg}");
    assert!(svg.contains("<title id=\"pmx-drawing-1-title\"") && svg.ends_with("</svg>"), "{svg}");
    assert!(!svg.contains("NaN") && !svg.contains('\0'), "{svg}");
    for token in ["<script", "foreignObject", "<image", "javascript:", " onerror", "@import"] {
        assert!(!svg.contains(token), "{token}: {svg}");
    }
    let ids: Vec<&str> = svg.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<HashSet<_>>().len(), "{svg}");
    assert!(ids.iter().all(|id| id.starts_with("pmx-drawing-1")), "{ids:?}");
    for reference in svg.split("url(#").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(ids.contains(&reference), "{reference}: {svg}");
    }
}

#[test]
fn colours_are_tokens_of_the_theme() {
    let svg = drawn("flowchart LR\nA[One] -->|two| B{Three}\nsubgraph g\nB\nend");
    is_whole(&svg);
    for token in
        ["--pmx-diagram-node", "--pmx-diagram-border", "--pmx-diagram-line", "--pmx-color-fg", "--pmx-diagram-group"]
    {
        assert!(svg.contains(&format!("var({token})")), "{token}: {svg}");
    }
    for (token, _) in colours::TOKENS {
        assert!(!svg.contains(&colours::stand_in(token)), "{token}");
    }
}

#[test]
fn text_on_a_ground_that_an_author_chose_is_readable() {
    let svg = drawn(
        "flowchart LR\nA:::dark --> B:::light --> C:::own\nclassDef dark fill:#300\nclassDef light fill:#fee\nclassDef own fill:#fff,color:#234567",
    );
    is_whole(&svg);
    for style in ["fill:#300", "fill:#fff\"", "fill:#fee", "fill:#111\"", "fill:#234567"] {
        assert!(svg.contains(style), "{style}: {svg}");
    }
}

#[test]
fn words_on_a_line_hide_it_and_names_of_actors_have_no_outline() {
    let svg = drawn("flowchart LR\nA -->|two words| B");
    let ground = svg.find("fill:var(--pmx-color-bg);stroke:none").unwrap();
    assert!(ground < svg.find("two words</text>").unwrap(), "{svg}");
    let svg = drawn("sequenceDiagram\nAnn->>Bob: Hello");
    assert!(svg.contains("text.actor>tspan{") && svg.contains("stroke:none"), "{svg}");
}

#[test]
fn a_label_is_text_that_looks_as_its_author_said_and_breaks_where_its_shape_has_room() {
    let svg = drawn(
        "flowchart TD\nA[One]:::x --> B(Two):::y\nclassDef x fill:#300,color:#fff,font-weight:bold\nclassDef y font-size:22px,font-style:italic",
    );
    is_whole(&svg);
    assert!(svg.contains("style=\"font-weight:bold;fill:#fff\">One</text>"), "{svg}");
    assert!(svg.contains("style=\"font-style:italic;font-size:22px;fill:var(--pmx-color-fg)\">Two</text>"), "{svg}");

    let svg = drawn("flowchart TD\nA[A label of many words that is longer than its shape is wide]");
    let lines: Vec<&str> =
        svg.split("</text>").filter_map(|line| line.rsplit_once('>')).map(|(_, line)| line).collect();
    assert!(lines.len() > 3, "{svg}");
    assert_eq!(lines[..lines.len() - 1].concat(), "A label of many words that is longer than its shape is wide");

    let svg = drawn("flowchart TD\nA[\"one<br/>&lt;two&gt; #35;3 \\n four\"]");
    for line in [">one</text>", ">&lt;two&gt; #3 </text>", "> four</text>"] {
        assert!(svg.contains(line), "{line}: {svg}");
    }
}

#[test]
fn words_that_were_taken_for_markup_are_no_drawing() {
    let of = Settled { id: "d", kind: "Flowchart", inline: &LabelCharacters::default() };
    let settled = |label: &str| {
        let svg = format!(
            "<svg id=\"x\" viewBox=\"0 0 9 9\"><foreignObject width=\"99\" height=\"9\"><div><p>{label}</p></div></foreignObject></svg>"
        );
        settle::settle(&svg, &of, &mut |_| None)
    };
    assert!(settled("a<br/>b &lt;c").is_some_and(|svg| svg.contains(">a</text>") && svg.contains(">b &lt;c</text>")));
    assert_eq!(settled("a<b and more"), None);
    assert_eq!(settled("a<b> and more"), None);
}

#[test]
fn what_stands_nowhere_is_not_drawn() {
    let of = Settled { id: "d", kind: "Flowchart", inline: &LabelCharacters::default() };
    let shapes = "<line x1=\"NaN\" x2=\"3\"/><g transform=\"translate(NaN, 0)\"><text x=\"NaN\" class=\"NaN\">NaN words</text></g><path d=\"M1 1L2 2\" style=\"fill:hsl(1, NaN%, 2%);stroke:red\"/>";
    let svg = settle::settle(&format!("<svg id=\"x\" viewBox=\"0 0 9 9\">{shapes}</svg>"), &of, &mut |_| None).unwrap();
    let drawn = "<g><text class=\"NaN\">NaN words</text></g><path d=\"M1 1L2 2\" style=\"stroke:red\"></path></svg>";
    assert!(svg.ends_with(drawn), "{svg}");
    assert!(!svg.contains("<line"), "{svg}");
}

#[test]
fn a_journey_shows_all_it_says() {
    let svg = drawn("journey\ntitle Day\nsection Morning walk\nMake tea: 5: Me");
    for words in ["Day", "Morning walk", "Make tea", "Me"] {
        assert_eq!(svg.split("</desc>").nth(1).unwrap().matches(&format!(">{words}<")).count(), 1, "{words}: {svg}");
    }
}

#[test]
fn what_an_author_says_of_a_shape_is_no_outline_of_its_words() {
    for text in [
        "flowchart LR\nA:::hot\nclassDef hot stroke:#900,stroke-width:4px",
        "flowchart LR\nA --> B\nclassDef default stroke:#900",
        "flowchart LR\nsubgraph g[Group]\nA\nend\nclass g hot\nclassDef hot stroke:#900",
        "stateDiagram-v2\ns1:::hot --> s2\nclassDef hot stroke:#900",
        "block-beta\na[\"One\"]\nclassDef hot stroke:#900\nclass a hot",
    ] {
        let svg = drawn(text);
        assert!(svg.contains(">*{") && svg.contains("#pmx-drawing-1 text{stroke:none}"), "{text}: {svg}");
    }
    assert!(!drawn("flowchart LR\nA --> B").contains("text{stroke:none}"));
}

#[test]
fn a_long_task_of_a_journey_breaks_in_its_box() {
    for words in [
        "Make tea with milk and sugar and more",
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "这是一个非常长的中文标签它没有空格但是应该在某个地方换行",
        "A much longer task of many words that goes on & on",
    ] {
        let svg = drawn(&format!("journey\nsection Day\n{words}: 5: Me"));
        let drawing = svg.split("</desc>").nth(1).unwrap();
        let lines: Vec<&str> = drawing
            .split("</tspan>")
            .filter_map(|line| line.rsplit_once('>'))
            .map(|(_, line)| line)
            .filter(|line| !line.is_empty() && *line != "Day" && *line != "Me")
            .collect();
        assert!(lines.len() > 1, "{words}: {svg}");
        assert!(lines.iter().all(|line| measure::width(line, 10.0, "") <= 150.0), "{lines:?}");
        let bare = |text: &str| text.replace(' ', "").replace("&amp;", "&");
        assert_eq!(bare(&lines.concat()), bare(words));
    }
}

#[test]
fn a_formula_in_a_string_of_yaml_has_doubled_backslashes() {
    let svg = drawn("flowchart LR\nA@{ shape: rect, label: \"x $$\\\\frac{a}{b}$$\" } --> B[\"$$\\frac{c}{d}$$\"]");
    assert_eq!(svg.matches("<mfrac").count(), 2, "{svg}");
}

#[test]
fn a_page_decides_its_theme_and_what_is_safe() {
    let plain = drawn("flowchart LR\nA --> B");
    let directed = drawn(
        "%%{init: {'theme': 'dark', 'securityLevel': 'loose', 'themeCSS': '* { display: none }', 'fontFamily': 'x'}}%%\nflowchart LR\nA --> B",
    );
    assert_eq!(plain, directed);
}

#[test]
fn a_diagram_is_named_by_its_author_or_by_what_is_in_it() {
    let named = drawn("flowchart LR\naccTitle: The <way>\naccDescr: From \"a\" to b\nA --> B");
    assert!(named.contains("-title\">The &lt;way&gt;</title>") || named.contains("-title\">The"), "{named}");
    assert!(named.contains("-desc\">From &quot;a&quot; to b</desc>"), "{named}");
    let derived = drawn("sequenceDiagram\nAnn->>Bob: Hello");
    assert!(derived.contains(">Sequence diagram</title>") && derived.contains("Hello"), "{derived}");
    assert!(
        derived
            .contains("role=\"img\" aria-labelledby=\"pmx-drawing-1-title\" aria-describedby=\"pmx-drawing-1-desc\"")
    );
}

#[test]
fn links_go_where_the_site_says_and_nowhere_else() {
    let svg = drawn(
        "flowchart LR\nA --> B --> C\nclick A \"./a.md\"\nclick B \"javascript:alert(1)\"\nclick C href \"data:text/html,x\"",
    );
    is_whole(&svg);
    assert_eq!(svg.matches("<a ").count(), 1, "{svg}");
    assert!(svg.contains("href=\"/at\"") && svg.contains("role=\"group\""), "{svg}");
}

#[test]
fn what_an_author_writes_is_text_and_never_markup() {
    for text in [
        "flowchart LR\nA[\"<script>alert(1)</script>\"] --> B[\"<img src=x onerror=alert(1)>\"]",
        "flowchart LR\nA[\"</svg><p>out</p>\"] --> B[\"</style><b>x</b>\"]",
        "sequenceDiagram\nA->>B: </text></svg><script>x</script>",
        "pie\ntitle </title><script>x</script>\n\"</svg>\" : 1",
        "flowchart LR\naccTitle: </title></svg><p>x</p>\nA",
        "classDiagram\nclass A[\"<b onclick=x>y</b>\"]",
        "flowchart LR\nA:::z\nclassDef z fill:red;}*{display:none",
        "flowchart LR\nA@{ img: \"https://example.invalid/p.png\", label: \"x\" }",
    ] {
        if let Drawing::Drawn { svg, .. } = drawing(text) {
            is_whole(&svg);
            for out in ["<p>", "<b>", "<img", "example.invalid", "*{display"] {
                assert!(!svg.contains(out), "{out} {text}: {svg}");
            }
        }
    }
}

#[test]
fn what_only_mermaid_itself_draws_is_left_to_the_browser() {
    for text in [
        "venn-beta\nset A",
        "---\nconfig:\n  layout: elk\n---\nflowchart LR\nA",
        "---\nconfig:\n  look: handDrawn\n---\nflowchart LR\nA",
        "flowchart LR\nA@{ shape: no-such-shape }",
        "flowchart LR\nA -->",
    ] {
        assert!(matches!(drawing(text), Drawing::Left(_)), "{text}");
    }
}

/// The same label in many kinds of diagrams, where `@` stands.
const LABELLED: [&str; 19] = [
    "flowchart LR\nA[\"@\"] --> B",
    "flowchart LR\nA -->|\"@\"| B",
    "flowchart LR\nsubgraph g[\"@\"]\nA\nend",
    "sequenceDiagram\nA->>B: @",
    "sequenceDiagram\nparticipant A as @\nNote over A: @",
    "sequenceDiagram\nloop @\nA->>B: x\nend",
    "classDiagram\nclass A[\"@\"]\nA --> B : x",
    "classDiagram\nA --> B : @\nnote for A \"@\"",
    "stateDiagram-v2\ns1 : @\ns1 --> s2 : @",
    "stateDiagram-v2\ns1\nnote right of s1\n@\nend note",
    "erDiagram\nA ||--o{ B : \"@\"",
    "mindmap\n  root[\"@\"]\n    a",
    "pie title @\n\"@\": 3\n\"c\": 4",
    "gantt\ntitle @\ndateFormat YYYY-MM-DD\nsection @\nA: 2024-01-01, 9d",
    "journey\ntitle @\nsection @\nTea: 5: Me",
    "timeline\ntitle @\n2002 : @",
    "quadrantChart\ntitle @\nquadrant-1 \"@\"\n\"a\": [0.3, 0.6]",
    "block-beta\na[\"@\"]",
    "kanban\n  Todo[\"@\"]\n    t1[\"x\"]",
];

#[test]
fn a_formula_in_a_label_is_the_formula_in_every_kind() {
    for kind in LABELLED {
        for label in ["$$x^2$$", "area $$\\frac{a}{b}$$ of it", "$$a$$ and $$b$$"] {
            let svg = drawn(&kind.replace('@', label));
            assert!(svg.contains("<math"), "{kind}: {svg}");
            assert!(!svg.contains("$$") && !svg.contains(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)), "{kind}: {svg}");
            let places = svg.matches("<foreignObject").count();
            assert!(places > 0 && svg.matches("class=\"pmx-diagram-line").count() == places, "{kind}: {svg}");
        }
        let svg = drawn(&kind.replace('@', "$$\\nothing{$$ here"));
        assert!(svg.contains("\\nothing{") && svg.contains("here"), "{kind}: {svg}");
    }
    let svg = drawn("flowchart LR\nA[\"is $$x^2$$\"]");
    assert!(svg.contains("\">is x^2</desc>"), "{svg}");
    assert!(matches!(drawing("flowchart LR\nA[\"$$\\frac{$$\"]"), Drawing::Drawn { lacks: Some(_), .. }));
}

#[test]
fn emphasis_and_named_characters_look_alike_in_every_kind() {
    for kind in LABELLED {
        let text = kind.replace('@', "<b>bold</b> R&amp;D <i>it</i> &lt;x&gt;");
        let Drawing::Drawn { svg, lacks } = drawing(&text) else { panic!("{text}") };
        assert_eq!(lacks, None, "{kind}");
        assert!(svg.contains("font-weight:bold\">bold</tspan>"), "{kind}: {svg}");
        assert!(svg.contains("font-style:italic\">it</tspan>"), "{kind}: {svg}");
        assert!(!svg.contains("&lt;b&gt;") && !svg.contains("&lt;b>") && !svg.contains("&amp;amp;"), "{kind}: {svg}");
        assert!(!svg.contains(|c| ('\u{e000}'..='\u{f8ff}').contains(&c)), "{kind}: {svg}");
        let said = crate::text::dom::text(&crate::text::dom::parse(&svg));
        assert!(said.contains("&D") && said.contains("<x>"), "{kind}: {said}");
    }
    let svg = drawn("flowchart LR\nA[\"`**strong** snake_case_name *it* 2 * 3`\"]");
    assert!(svg.contains("font-weight:bold\">strong<") && svg.contains("font-style:italic\">it<"), "{svg}");
    assert!(svg.contains("snake_case_name") && svg.contains("2 * 3"), "{svg}");
    assert!(matches!(
        drawing("flowchart LR\nA[\"<span style='color:red'>x</span>\"]"),
        Drawing::Drawn { lacks: Some(_), .. }
    ));
}

#[test]
fn what_a_drawing_says_of_itself_is_not_found_twice() {
    let svg = drawn("flowchart LR\nA[uncommonword]");
    assert!(svg.contains("-desc\" data-pathmx-search=\"ignore\">uncommonword</desc>"), "{svg}");
    let own = drawn("flowchart LR\naccTitle: Way\naccDescr: From one\nA");
    assert!(!own.contains("data-pathmx-search"), "{own}");
}

#[test]
fn what_cannot_be_read_says_where() {
    let Drawing::Left(why) = drawing("pie\n  \"a\" : 1\n  \"b\" : x\n") else { panic!() };
    assert!(why.message.starts_with("it cannot be read: "), "{why:?}");
    let Drawing::Refused(why) = drawing("flowchrt LR\nA") else { panic!() };
    assert_eq!(why.message, "Mermaid knows no diagrams of the kind `flowchrt`");
    assert_eq!(why.hint.as_deref(), Some("did you mean `flowchart`?"));
    assert!(matches!(drawing("flowchart LR\nA[fa:fa-car Drive]"), Drawing::Drawn { lacks: Some(_), .. }));
    assert!(matches!(drawing("flowchart LR\nA@{ img: \"https://x.invalid/p.png\" }"), Drawing::Refused(_)));
    assert_eq!(drawing(" \n"), Drawing::Refused(Why::new("the diagram is empty")));
}

#[test]
fn a_diagram_without_measure_is_no_hang() {
    let chain: String = (0..4_000).map(|at| format!("n{at}-->")).collect();
    assert!(!matches!(drawing(&format!("flowchart TD\n{chain}x")), Drawing::Drawn { .. }));
    let all: String = (0..60).flat_map(|a| (0..60).map(move |b| format!("a{a}-->b{b}\n"))).collect();
    assert!(!matches!(drawing(&format!("flowchart LR\n{all}")), Drawing::Drawn { .. }));
    let all: String = (0..500).map(|at| format!("requirement a{at} {{\nid: 1\n}}\n")).collect();
    assert!(matches!(drawing(&format!("requirementDiagram\n{all}")), Drawing::Left(why) if why.message == TOO_LARGE));
    assert!(matches!(drawing(&format!("flowchart TD\n{}", "A\n".repeat(MAX_LENGTH))), Drawing::Refused(_)));
}

#[test]
fn the_same_text_gives_the_same_drawing() {
    for text in [
        "flowchart LR\nsubgraph g\na-->b\nend\nb-->c\nc-->a",
        "mindmap\n  r\n    a\n    b",
        "gantt\ndateFormat YYYY-MM-DD\nA: 2024-01-01, 3d",
    ] {
        assert_eq!(drawn(text), drawn(text));
    }
}

#[test]
fn a_drawing_takes_another_name_with_all_that_is_in_it() {
    let svg = drawn("flowchart LR\nA --> B");
    let mut nodes = crate::text::dom::parse(&svg);
    let root = nodes.iter_mut().find_map(crate::text::dom::Node::element_mut).unwrap();
    assert!(is_drawing(root));
    rename(root, "pmx-drawing-i7");
    let mut out = String::new();
    crate::text::dom::write(&nodes, &mut out);
    assert!(
        !out.contains("pmx-drawing-1") && out.contains("url(#pmx-drawing-i7-") && out.contains("#pmx-drawing-i7 "),
        "{out}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_is_answered(
        kind in prop::sample::select(vec!["flowchart TD", "sequenceDiagram", "stateDiagram-v2", "classDiagram", "erDiagram", "pie", "gantt", "mindmap", "block-beta", "gitGraph", "architecture-beta"]),
        body in "(A|B|-->|--|\\[|\\]|\\(|\\)|\\{|\\}|:|\"|'|;|\n|end|subgraph |note |é|\\||<|>|=|\\.|~|@|&|x|o| |%|1d|2024-01-01|,|\\+|\\*|loop |state |class |as |section |#35;){0,40}",
    ) {
        if let Drawing::Drawn { svg, .. } = drawing(&format!("{kind}\n{body}")) {
            is_whole(&svg);
        }
    }
}
