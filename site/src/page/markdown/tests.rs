use super::*;
use crate::{graph::Node, source};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Sources by their ids, the first one the page's own.
struct Site(Vec<(Node, Vec<String>)>);

impl Site {
    fn of(sources: &[(&str, &str)]) -> Self {
        let node = |(id, text): &(&str, &str)| {
            let mut node = Node::unlinked(id, text.as_bytes());
            let address = |target: &str| match target {
                "./i (1).png" => "/assets/i.png".to_owned(),
                "pic.png" => "/assets/pic.png".to_owned(),
                "Nothing" => "#".to_owned(),
                other => other.trim_start_matches('.').replacen(".md", "", 1),
            };
            let links = &node.source.links;
            let addresses: Vec<String> = links
                .iter()
                .map(|link| {
                    if link.place.is_link_by_name() { format!("/named/{}", link.target) } else { address(&link.target) }
                })
                .map(|address| if address == "/named/Nothing" { "#".to_owned() } else { address })
                .collect();
            let to = |target: &str| {
                let id = target.strip_prefix("./")?.split_once(".md")?.0;
                Some(Target::Page { id: id.to_owned(), suffix: String::new() })
            };
            node.targets = links.iter().map(|link| to(&link.target).unwrap_or(Target::AsWritten)).collect();
            (node, addresses)
        };
        Self(sources.iter().map(node).collect())
    }

    fn markdown(&self) -> String {
        let text = |(node, addresses): &'_ (Node, Vec<String>)| (node.id.clone(), addresses.len());
        let known: BTreeMap<String, usize> = self.0.iter().enumerate().map(|(at, of)| (text(of).0, at)).collect();
        let others = |id: &str| {
            let (node, addresses) = self.0.get(*known.get(id)?)?;
            Some(SourceText { node, addresses })
        };
        let (node, addresses) = &self.0[0];
        let settings = Settings::default();
        let text = SourceText { node, addresses };
        let page = AgentPage { text, address: "/x", backlinks: &[], settings: &settings, others: &others };
        let text = agent_markdown(&page);
        assert!(text.ends_with('\n'));
        text
    }
}

fn markdown(text: &str) -> String {
    Site::of(&[("t", text)]).markdown()
}

/// What follows the title and the address.
fn body(text: &str) -> String {
    let whole = markdown(&format!("# T\n\n{text}"));
    whole.strip_prefix("# T\n\n> Source URL: /x\n\n").unwrap_or_else(|| panic!("{whole}")).to_owned()
}

#[test]
fn the_title_comes_first_and_then_the_address() {
    assert_eq!(markdown("<!-- note -->\n\n# My *title*\n\nText.\n"), "# My *title*\n\n> Source URL: /x\n\nText.\n");
    assert_eq!(markdown("<!-- id: a -->\n\n# A\n\nText.\n"), "# A\n\n> Source URL: /x\n\n<a id=\"a\"></a>\n\nText.\n");
    assert_eq!(markdown("Text.\n\n## Late\n"), "# Late\n\n> Source URL: /x\n\nText.\n\n## Late\n");
    assert_eq!(markdown("Mine\n====\n\nText"), "# Mine\n\n> Source URL: /x\n\nText\n");
    assert_eq!(markdown("[@styles]: ./x.css\n\n# A\nText"), "# A\n\n> Source URL: /x\n\nText\n");
    assert_eq!(
        markdown("---\nk: A_b\ntitle: T\n---\n\n# {{ source.k }} [a](./a.md)\n"),
        "# A\\_b [a](/a)\n\n> Source URL: /x\n"
    );
    assert_eq!(markdown(""), "# T\n\n> Source URL: /x\n");
}

#[test]
fn links_lead_to_addresses() {
    for (text, expected) in [
        (
            "x [a](./a.md) [b](./a.md#b \"t\") ![i](<./i (1).png>) [w](https://x.y/a.md)\n",
            "x [a](/a) [b](/a#b \"t\") ![i](/assets/i.png) [w](https://x.y/a.md)\n",
        ),
        (
            "x[^n]\n\n[r]: ./a.md \"t\"\n[@root.styles.x]: ./x.css\n[@layout]: ./l.layout.md\n[^n]: [n](./a.md)\n",
            "x[^n]\n\n[r]: /a \"t\"\n[^n]: [n](/a)\n",
        ),
        ("x <a class=\"y\" href='./a.md'>z</a>\n", "x <a class=\"y\" href='/a'>z</a>\n"),
        ("[>button: Begin](./a.md) ![@image.wide: alt](<./i (1).png>)\n", "[Begin](/a) ![alt](/assets/i.png)\n"),
    ] {
        assert_eq!(body(text), expected);
    }
}

#[test]
fn names_in_brackets_lead_to_addresses_where_the_parser_sees_them() {
    for (text, expected) in [
        ("[[Loops]] and [[Loops#Two|more_]]!\n", "[Loops](/named/Loops) and [more\\_](/named/Loops#Two)!\n"),
        (
            "![[pic.png]] ![[pic.png|300x20]] ![[pic.png|A *cat*]]\n",
            "![](/assets/pic.png) ![](/assets/pic.png) ![A \\*cat\\*](/assets/pic.png)\n",
        ),
        ("| a |\n| - |\n| [[Loops\\|l]] |\n", "| a |\n| - |\n| [l](/named/Loops) |\n"),
        ("[[#Two words]] [[Nothing|so]]\n", "[Two words](#two-words) so\n"),
        (
            "`[[Loops]]`\n\n    [[Loops]]\n\n```\n[[Loops]]\n```\n",
            "`[[Loops]]`\n\n    [[Loops]]\n\n```\n[[Loops]]\n```\n",
        ),
        ("[[r]]\n\n[r]: ./a.md\n", "[[r]]\n\n[r]: /a\n"),
        (
            "See[^n] [[One]]\n\n[^n]: [[Two]]\n\n[[Three]]\n",
            "See[^n] [One](/named/One)\n\n[^n]: [Two](/named/Two)\n\n[Three](/named/Three)\n",
        ),
    ] {
        assert_eq!(body(text), expected, "{text}");
    }
}

#[test]
fn values_and_icons_are_what_a_reader_sees() {
    let text = "---\ntitle: C*\n---\n\n<!-- tone: \"[low]\" -->\n\n# T\n\n{{ source.title }} {{ block.tone }} {{ none: *else* }} {{ block.no }} \
                `{{ source.title }}` ${{ x }} :lucide-x: icon :lucide-y[Named]:\n\n    {{ source.title }}\n";
    assert_eq!(
        markdown(text),
        "# T\n\n> Source URL: /x\n\nC\\* \\[low\\] *else* {{ block.no }} `{{ source.title }}` ${{ x }} icon Named\n\n    {{ source.title }}\n"
    );
}

#[test]
fn includes_are_taken_in_or_linked_by_their_title() {
    let site = |text: &str| {
        let note = "---\nk: v\n---\n\n# A note\n\nOne [m](./a.md) {{ source.k }}.\n\n---\n\n<!-- id: two -->\n\nTwo.\n\n[@include: back](./t.md)\n";
        Site::of(&[("t", text), ("note", note)]).markdown()
    };
    assert_eq!(
        site("# T\n\nBefore.\n\n[@include: Label](./note.md#two)\n\nAfter.\n"),
        "# T\n\n> Source URL: /x\n\nBefore.\n\n<a id=\"two\"></a>\n\nTwo.\n\n[back](/t)\n\nAfter.\n"
    );
    assert_eq!(
        site("# T\n\n[>embed: Label](./note.md)\n"),
        "# T\n\n> Source URL: /x\n\n# A note\n\nOne [m](/a) v.\n\n<a id=\"two\"></a>\n\nTwo.\n\n[back](/t)\n"
    );
    assert_eq!(
        site("# T\n\n[Named][@include.n]\n\n- a [@include](./note.md) b\n\n[@include.n]: ./note.md#gone\n"),
        "# T\n\n> Source URL: /x\n\n[Named](/note#gone)\n\n- a [A note](/note) b\n"
    );
    assert_eq!(site("# T\n\nSee [@include](./note.md).\n"), "# T\n\n> Source URL: /x\n\nSee [A note](/note).\n");
}

#[test]
fn comments_and_solutions_are_left_out() {
    let quiz = "<!--\ntype: question\nid: q\nquestion: {correct: Paris, explanation: secret}\n-->\n\n## Which?\n\n- Lyon <!-- feedback: secret -->\n\
                - Paris <!-- correct: true,\n  feedback: secret --> (city)\n- `<!-- not one -->`\n<!-- secret -->\n\n\
                <!-- @question.explanation -->\n\nsecret\n\n```\nsecret\n```\n\n[^s]: secret\n\n---\n\n## After\n\n<div>\n<!-- secret -->\n</div>\n";
    assert_eq!(
        body(&format!("---\n\n{quiz}")),
        "---\n\n<a id=\"q\"></a>\n\n## Which?\n\n- Lyon\n- Paris (city)\n- `<!-- not one -->`\n\n---\n\n## After\n\n<div>\n</div>\n"
    );
    assert_eq!(body("type: question\nid: q\nresponse: x\n\nText\n"), "type: question\nid: q\nresponse: x\n\nText\n");
    assert_eq!(
        body("A\n\n---\n\ntype: question\nid: q\nresponse: x\n\nText\n"),
        "A\n\n---\n\n<a id=\"q\"></a>\n\nText\n"
    );
    assert_eq!(body("a <!-- b\n\nc\n"), "a <!-- b\n\nc\n", "what is never closed is text");
    assert_eq!(body("> Q <!-- @question.explanation --> secret\n>\n> secret\n"), "> Q\n");
}

#[test]
fn code_stays_as_it_is() {
    for same in [
        "x `[a](./a.md)` y\n",
        "x ``[a](./a.md) ` `` y\n",
        "```md\n[a](./a.md)\n[r]: ./a.md\n<!-- c -->\n```\n",
        "- ~~~\n  [a](./a.md)\n  ~~~\n",
        "$$\n[a](./a.md)\n$$\n",
        "x\n\n    <!-- c -->\n",
        "x \\`[\n",
    ] {
        assert_eq!(body(same), same);
    }
    assert_eq!(body("x ` [a](./a.md)\n"), "x ` [a](/a)\n");
    assert_eq!(body("~~~~\nopen"), "~~~~\nopen\n~~~~\n");
    assert_eq!(body("~~~~\nopen\n\n---\n\nmore"), "~~~~\nopen\n\n---\n\nmore\n~~~~\n");
}

#[test]
fn marks_of_tasks_and_elements_of_pathmx() {
    assert_eq!(body("- [ ] a\n- [x] b\n- [~] c\n"), "- [ ] a\n- [x] b\n- [~] c\n");
    assert_eq!(body("<x-completion-progress></x-completion-progress>\n\nText\n"), "Text\n");
}

#[test]
fn who_links_here_is_listed_at_the_end() {
    let link = NavItem { id: "a".into(), title: "A [1]".into(), address: "/a".into() };
    let node = Node::unlinked("t", b"# T\n\nText\n\n\n");
    let text = SourceText { node: &node, addresses: &[] };
    let settings = Settings::default();
    let page = AgentPage { text, address: "https://x.y/x", backlinks: &[link], settings: &settings, others: &|_| None };
    let text = agent_markdown(&page);
    assert_eq!(text, "# T\n\n> Source URL: https://x.y/x\n\nText\n\n## Backlinks\n\n- [A \\[1\\]](/a)\n");
}

#[test]
fn blocks_have_the_lines_between_their_dividers() {
    let text = "---\nx: 1\n---\n\na\n\n---\n\n---\n\n[r]: ./a.md\n\nb\n\n---\n\nc\n";
    let source = source::parse("t.md", text.as_bytes(), &Settings::default());
    let texts: Vec<&str> = block_texts(&source, text).into_iter().map(|(_, text)| text.trim()).collect();
    assert_eq!(texts, ["a\n\n---", "[r]: ./a.md\n\nb", "c"]);
}

#[test]
fn what_is_never_closed_costs_no_more_than_its_length() {
    for part in ["word ", "`", "` `` ", "](<", "](", "=\"", "='", "[", "[[a", "{{ a", "![[", "x <!--", "\\"] {
        let text = part.repeat(200_000 / part.len());
        assert!(markdown(&text).len() >= 150_000, "{part}");
    }
}

proptest! {
    #[test]
    fn any_text_is_rewritten_without_fear(text in "[\\[\\]()<>!`~=\"'#@:{}|./a-c \n\\\\é-]{0,60}") {
        prop_assert!(markdown(&text).ends_with('\n'));
        let quiz = markdown(&format!("x\n\n<!-- @question.explanation -->\n\nsecret {text}"));
        prop_assert!(!quiz.contains("secret"), "{}", quiz);
    }
}
