use super::*;
use proptest::prelude::*;

fn addresses(path: &str, text: &str) -> Vec<String> {
    let document = read(path, text, &Settings::default());
    assert_eq!(document.doubts, [], "{text}");
    let mut references = document.references;
    references.sort_by_key(|reference| reference.written.start);
    for reference in &references {
        assert_eq!(reference.syntax.unescape(&text[reference.written.clone()]), reference.address, "{text}");
    }
    references.into_iter().map(|reference| reference.address).collect()
}

#[test]
fn every_form_of_a_link_is_found_at_its_place() {
    for (text, expected) in [
        ("See [a](./a.md), ![i](i.png \"t\") and [b](<./b c.md>).\n", vec!["./a.md", "i.png", "./b c.md"]),
        ("---\nrelated: [x.md]\n---\n\n# [a](a.md)\n\nT\n=\n", vec!["x.md", "a.md"]),
        (
            "- [a](a.md)\n  more [b](b.md)\n\n  > [c](c.md)\n  > and [d\n  > d](d.md)\n",
            vec!["a.md", "b.md", "c.md", "d.md"],
        ),
        ("> [!NOTE]\n> [a](a.md)\n", vec!["a.md"]),
        ("> [!NOTE]- T [a](a.md)\n> [b](b.md)\n> > [c](c.md)\n", vec!["a.md", "b.md", "c.md"]),
        (
            "[[a b|x]] and [[c#d]] {==[b](b.md)==}[^c1] $[n](n.md)$ ==[e](e.md)==\n\n[^c1]: **@a**: [f](f.md)\n",
            vec!["a b", "c#d", "b.md", "e.md", "f.md"],
        ),
        ("[[1]](a.md) [[n]]\n", vec!["a.md", "n"]),
        ("| h | i |\n| - | - |\n| [a](a.md) | `[n](n.md)` |\n| x \\| y | [b](b.md) |\n", vec!["a.md", "b.md"]),
        (
            "[@x]: ./x.components.md\n[y]: <./y z.md> \"t\"\ntext [y] and [b](b.md)\n",
            vec!["./x.components.md", "./y z.md", "b.md"],
        ),
        ("text\n[no]: ./no.md\n", vec![]),
        ("> [q]: ./q.md\n\n- [l]: ./l.md\n- [m]:\n    ./m.md\n\n[q] [l] [m]\n", vec!["./q.md", "./l.md", "./m.md"]),
        ("```md\n[n](n.md)\n```\n\n    [n](n.md)\n\n`[n](n.md)` <!-- [n](n.md) --> [a](a.md)\n", vec!["a.md"]),
        ("<!-- [n](n.md)\n\n[n]: n.md -->\n\n<div>\n<a href=\"a.md\">\n\n[b](b.md)\n\n</div>\n", vec!["a.md", "b.md"]),
        ("x <x-card\n  href='a.md'> [b](b.md) <img src=c.png>\n", vec!["a.md", "b.md", "c.png"]),
        ("[^1]: note [a](a.md)\n\nx[^1] [b](b.md)\n", vec!["a.md", "b.md"]),
        ("a\r\n[b](b.md)\r\n\r\n> [c](c.md)\r\n> [d](d.md)\r\n", vec!["b.md", "c.md", "d.md"]),
        ("[![a](a.png)](b.md)\n", vec!["a.png", "b.md"]),
        ("~~[a](a.md)~~ **[b](b.md)** www.x.y <https://x.y/z.md>\n", vec!["a.md", "b.md"]),
        ("1. one\n\n   [a](a.md)\n\n   ```\n   [n](n.md)\n   ```\n2. [b](b.md)\n", vec!["a.md", "b.md"]),
    ] {
        assert_eq!(addresses("t.md", text), expected, "{text}");
    }
}

#[test]
fn the_fences_of_a_component_are_markup_and_those_of_other_sources_are_examples() {
    let text = "# Card\n\n```html\n<img src=\"./a.png\">\n```\n\n```css\n:self { background: url(./b.png) }\n```\n";
    assert_eq!(addresses("card.component.md", text), ["./a.png", "./b.png"]);
    assert_eq!(addresses("card.guide.md", text), [""; 0]);
}

#[test]
fn an_address_that_the_scan_does_not_find_is_a_doubt() {
    // The parser sees a link; a construct that the scan does not know may not hide it.
    let document = read("t.md", "| a |\n| - |\n| [x](a\\|b.md) |\n", &Settings::default());
    assert_eq!(document.references.len() + document.doubts.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn what_is_found_stands_where_it_is_said_to_stand(
        parts in proptest::collection::vec("\\[a\\]\\(b\\.md\\)|!\\[\\]\\(c\\.png\\)|\\[r\\]|\\[r\\]: d\\.md\n|<a href='e\\.md'>|`|```\n|> |- |\\| |\n|\n\n| text |\\\\|ü|<!--|-->|\\*|\r\n|---\n|<div>\n|    ", 0..24),
    ) {
        let text = parts.concat();
        let document = read("t.md", &text, &Settings::default());
        for reference in document.references {
            let written = text.get(reference.written.clone());
            prop_assert_eq!(written.map(|written| reference.syntax.unescape(written)), Some(reference.address));
            if let Removal::Cut(cuts) = reference.removal {
                for cut in cuts {
                    prop_assert!(text.get(cut).is_some());
                }
            }
        }
    }
}
