use super::*;
use proptest::prelude::*;

fn drawn(text: &str) -> String {
    render(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The rectangles of nodes and where they are: `x y width height`.
fn boxes(svg: &str) -> Vec<[f64; 4]> {
    let value = |tag: &str, name: &str| -> Option<f64> {
        let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
        rest.split('"').next()?.parse().ok()
    };
    let rects = svg.split('<').filter(|tag| tag.starts_with("rect class=\"node\""));
    rects
        .filter_map(|tag| Some([value(tag, "x")?, value(tag, "y")?, value(tag, "width")?, value(tag, "height")?]))
        .collect()
}

fn is_whole(svg: &str) {
    assert!(svg.starts_with("<svg class=\"pmx-mermaid-svg\" role=\"img\" aria-label=\""), "{svg}");
    assert!(svg.ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf") && !svg.contains(" id="), "{svg}");
    assert!(svg.bytes().all(|byte| byte != 0));
    let open = svg.matches('<').count();
    assert_eq!(open, svg.matches("</").count() + svg.matches("/>").count() + svg.matches("</").count(), "{svg}");
}

#[test]
fn a_flowchart_runs_where_it_says() {
    let down = boxes(&drawn("flowchart TD\nA --> B"));
    assert!(down[0][1] + down[0][3] < down[1][1]);
    let right = boxes(&drawn("graph LR; A-->B"));
    assert!(right[0][0] + right[0][2] < right[1][0]);
    let up = boxes(&drawn("flowchart BT\nA --> B"));
    assert!(up[1][1] + up[1][3] < up[0][1]);
    let left = boxes(&drawn("flowchart RL\nA --> B"));
    assert!(left[1][0] + left[1][2] < left[0][0]);
}

#[test]
fn nodes_do_not_lie_on_each_other() {
    let svg = drawn(
        "flowchart TD\nA-->B & C & D\nB-->E\nC-->E\nD-->F\nE-->A\nF-->A\nsubgraph s [Group]\nE-->G\nend\nA-->H\nH-->s\nB-->B",
    );
    is_whole(&svg);
    let boxes = boxes(&svg);
    assert_eq!(boxes.len(), 8);
    for (at, a) in boxes.iter().enumerate() {
        for b in &boxes[at + 1..] {
            let apart = a[0] + a[2] <= b[0] || b[0] + b[2] <= a[0] || a[1] + a[3] <= b[1] || b[1] + b[3] <= a[1];
            assert!(apart, "{a:?} {b:?}");
        }
    }
}

#[test]
fn links_and_shapes_are_read_as_mermaid_writes_them() {
    let svg = drawn(
        "flowchart LR\nA[\"a (b) #quot;c#quot;<br/>d\"] -- text one --> B(r)\nB -->|text two| C{x}\nC -.->|no| D[(db)]\nD ==> E((o))\n\
         E --o F[[s]]\nF --x G{{h}}\nG <--> H[/p/]\nH --- I[\\t/]\nI -. dots .-> J>f]\nJ == thick ==> K(((d)))\nK ~~~ L([st])\na-b-->c.d:::k\nclassDef k fill:#fff,stroke:url(x)",
    );
    is_whole(&svg);
    for text in ["a (b) &quot;c&quot;", ">d<", "text one", "text two", "dots", "thick", ">a-b<", ">c.d<"] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(svg.contains("style=\"fill:#fff\"") && svg.contains("style=\"fill:#111\"") && !svg.contains("url("));
    assert!(svg.contains("line dashed") && svg.contains("line thick"));
}

#[test]
fn every_supported_kind_is_drawn_and_named() {
    for (text, name, parts) in [
        (
            "sequenceDiagram\nA->>+B: hi\nB-->>-A: ho\nloop x\nA-xB: <no>\nend\nNote over A,B: n",
            "Sequence diagram: A, B",
            "&lt;no&gt;",
        ),
        (
            "stateDiagram-v2\n[*] --> A\nA --> B : go\nstate B {\n[*] --> C\n}\nnote right of A : hm",
            "State diagram: B",
            ">go<",
        ),
        (
            "classDiagram\nA <|-- B\nA : +int a\nclass B {\n+m() List~int~\n}\nB \"1\" *-- \"n\" C : has",
            "Class diagram: A, B, C",
            "List&lt;int&gt;",
        ),
        ("erDiagram\nA ||--o{ B : has\nA {\nint id PK\n}", "Entity diagram: A, B", "int id PK"),
        ("pie showData\ntitle T\n\"a\" : 3\n\"b\" : 1", "Pie chart: T, a 75%, b 25%", "75%"),
        (
            "gantt\ntitle T\ndateFormat YYYY-MM-DD\nsection S\nOne :done, a, 2024-02-28, 2d\nTwo :after a, 3d",
            "Gantt chart: T, One 2024-02-28 to 2024-03-01, Two 2024-03-01 to 2024-03-04",
            ">S<",
        ),
    ] {
        let svg = drawn(text);
        is_whole(&svg);
        assert!(svg.contains(&format!("aria-label=\"{name}")), "{svg}");
        assert!(svg.contains(parts), "{svg}");
    }
}

#[test]
fn what_ends_a_relation_is_no_part_of_a_name() {
    let svg = drawn("classDiagram\nCanvas o-- \"0..*\" Shape : holds\nTo --o Fro");
    for name in ["Canvas", "Shape", "To", "Fro", "0..*"] {
        assert!(svg.contains(&format!(">{name}<")), "{svg}");
    }
    assert_eq!(boxes(&svg).len(), 4);
}

#[test]
fn words_before_a_statement_are_not_followed_without_end() {
    assert!(render(&format!("sequenceDiagram\n{}participant A\nA->>A: x", "create ".repeat(9_000))).is_err());
    is_whole(&drawn("sequenceDiagram\ncreate participant A\nA->>A: x"));
}

#[test]
fn a_title_names_the_diagram() {
    let svg = drawn(
        "---\ntitle: How it works\n---\n%%{init: {'theme': 'dark'}}%%\nflowchart TD\n%% nothing\naccDescr: In short\nA",
    );
    assert!(svg.contains("aria-label=\"Flowchart: How it works. In short\""), "{svg}");
}

#[test]
fn what_is_not_supported_or_wrong_says_so() {
    assert_eq!(render("mindmap\n  root").unwrap_err(), "diagrams of the kind `mindmap` are not supported");
    assert_eq!(render("").unwrap_err(), "the diagram is empty");
    assert_eq!(render("flowchart TD\nA -->").unwrap_err(), "`A -->` cannot be read as a part of a flowchart");
    assert_eq!(render("pie\n\"a\" : x").unwrap_err(), "`\"a\" : x` cannot be read as a slice of a pie");
    let chain: String = (0..MAX_LENGTH / 8).map(|at| format!("n{at}-->")).collect();
    assert!(render(&format!("flowchart TD\n{chain}x")).unwrap_err().contains("too large"));
}

#[test]
fn the_same_text_gives_the_same_drawing() {
    let text = "flowchart LR\nsubgraph a\nx-->y\nend\nsubgraph b\ny-->z\nend\nz-->x\na-->b\nx-->w & v & u";
    assert_eq!(drawn(text), drawn(text));
}

#[test]
fn groups_in_groups_hold_what_is_theirs() {
    let svg = drawn(
        "flowchart TB\nsubgraph o [Outer]\nsubgraph i [Inner]\ndirection LR\na-->b\nend\nc-->d\nend\ne-->a\nd-->e\nb-->c",
    );
    is_whole(&svg);
    assert_eq!(svg.matches("class=\"group\"").count(), 2);
    assert_eq!(boxes(&svg).len(), 5);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_graph_is_drawn(edges in prop::collection::vec((0..14_u8, 0..14_u8, 0..4_u8), 1..40), groups in prop::collection::vec(0..14_u8, 0..8)) {
        let mut text = "flowchart LR\n".to_owned();
        for (at, node) in groups.iter().enumerate() {
            text += &format!("subgraph g{at}\nn{node}\n{}\n", if at % 3 == 2 { "end\nend\nend" } else { "" });
        }
        text += &"end\n".repeat(groups.len() % 3);
        for (from, to, kind) in edges {
            text += &format!("n{from} {} n{to}\n", ["-->", "-- words -->", "-.->|x|", "===="][usize::from(kind)]);
        }
        is_whole(&drawn(&text));
    }

    #[test]
    fn any_text_is_answered(
        kind in prop::sample::select(vec!["flowchart TD", "sequenceDiagram", "stateDiagram-v2", "classDiagram", "erDiagram", "pie", "gantt"]),
        body in "(A|B|-->|--|\\[|\\]|\\(|\\)|\\{|\\}|:|\"|'|;|\n|end|subgraph |note |é|\\||<|>|=|\\.|~|@|&|x|o| |%|1d|2024-01-01|,|\\+|\\*|loop |state |class |as |section |#35;){0,40}",
    ) {
        if let Ok(svg) = render(&format!("{kind}\n{body}")) {
            is_whole(&svg);
        }
    }
}
