use super::*;
use proptest::prelude::*;

fn again(html: &str) -> String {
    let mut out = String::new();
    write(&parse(html), &mut out);
    out
}

fn depth(nodes: &[Node<'_>]) -> usize {
    nodes.iter().filter_map(Node::element).map(|element| 1 + depth(&element.children)).max().unwrap_or(0)
}

#[test]
fn well_formed_html_comes_back_as_it_was_written() {
    for html in [
        "",
        "text &amp; &lt;more",
        "<p>One <em>two</em><br>three<br />four</p>\n<hr />\n<ul>\n<li>a</li>\n</ul>",
        "<a href=\"\u{0}3\u{0}\" title=\"it's\" hidden>x</a>",
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td><p>x</p></td></tr></tbody></table>",
        "<svg viewBox=\"0 0 1 1\"><linearGradient id=\"g\" /><path d=\"M0 0\" /><foreignObject><p>x</p></foreignObject></svg>",
        "<math display=\"block\"><mi>x</mi><annotation encoding=\"tex\">a &lt; b</annotation></math>",
        "<script>if (a < b && c > \"</p>\") {}</script><style>a > b {}</style><textarea><b></textarea>",
        "<!DOCTYPE html><!-- <p> --><!--><b>x</b>",
        "<grid columns=\"2\"><book title=\"A\"></book><slot name=\"x\"><div>y</div></slot></grid>",
        "<p>Text <card>with <div>a block</div></card></p>",
        "<dl><dt>a</dt><dd>b<dl><dt>c</dt></dl></dd></dl>",
        "<select><optgroup><option>a</option><option>b</option></optgroup></select>",
    ] {
        assert_eq!(again(html), html);
    }
}

#[test]
fn what_browsers_forgive_is_forgiven() {
    for (html, expected) in [
        ("<P CLASS=a>x</P>", "<p CLASS=\"a\">x</p>"),
        ("<a title='say \"x\"' b = c/>", "<a title=\"say &quot;x&quot;\" b=\"c/\"></a>"),
        ("<p>a<p>b<div>c</div>", "<p>a</p><p>b</p><div>c</div>"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"),
        ("a</div>b</p>", "ab"),
        ("<div><b>x</div>y", "<div><b>x</b></div>y"),
        ("<div>x", "<div>x</div>"),
        ("1 < 2 <3", "1 &lt; 2 &lt;3"),
        ("x<!-- never", "x<!-- never-->"),
        ("x<div class", "x"),
        ("<book /><br/><div/>x", "<book></book><br /><div></div>x"),
        ("<script>x", "<script>x</script>"),
        ("<table><td><div></table>x</div>", "<table><td><div></div></td></table>x"),
        ("<card>\n<p>text</card></p>x", "<card>\n<p>text</p></card>x"),
    ] {
        assert_eq!(again(html), expected, "{html}");
    }
}

#[test]
fn attributes_can_be_read_and_changed() {
    let mut nodes = parse("<div class=' a b ' ID=x hidden a-b=\"1 &amp; 2\"></div>");
    let element = nodes[0].element_mut().unwrap();
    assert_eq!(element.attr("id"), Some("x"));
    assert_eq!(element.attr("hidden"), Some(""));
    assert_eq!(element.attr("a-b"), Some("1 &amp; 2"));
    assert_eq!(element.attr("none"), None);
    element.add_class("b");
    element.add_class("c");
    element.set("id", "y");
    assert!(element.remove("hidden").is_some() && element.remove("hidden").is_none());
    let mut out = String::new();
    write(&nodes, &mut out);
    assert_eq!(out, "<div class=\"a b c\" ID=\"y\" a-b=\"1 &amp; 2\"></div>");
}

#[test]
fn text_is_what_readers_see() {
    assert_eq!(text(&parse("<p>a &amp; <b>b</b><script>no</script><!-- no --> c</p>")), "a & b c");
}

#[test]
fn depth_is_bounded_and_nothing_is_lost() {
    let deep = format!("{}x{}y", "<div>".repeat(5000), "</div>".repeat(5000));
    let nodes = parse(&deep);
    assert!(depth(&nodes) <= MAX_DEPTH + 1);
    assert_eq!(text(&nodes), "xy");
    assert_eq!(nodes.len(), 2, "all end tags found what they end");
    assert_eq!(again(&again(&deep)), again(&deep));
}

#[test]
fn hostile_texts_take_no_longer_than_others() {
    for unit in [
        "<",
        "<!--",
        "</",
        "<a ",
        "<a",
        "<p>",
        "<li><b>",
        "<script>",
        "</script",
        "<b></i>",
        "<a =",
        "<![CDATA[",
        "<x>",
        "--",
        "<svg><p>",
    ] {
        let text = unit.repeat(40_000);
        assert!(parse(&text).len() <= 40_000);
    }
}

fn soup() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "<",
        ">",
        "</",
        "/>",
        "<!--",
        "-->",
        "--!>",
        "<!",
        "<?",
        "<![CDATA[",
        "]]>",
        "p",
        "div",
        "li",
        "td",
        "tr",
        "table",
        "svg",
        "math",
        "foreignObject",
        "title",
        "script",
        "textarea",
        "card",
        "x-y",
        "option",
        " ",
        "=",
        "\"",
        "'",
        "a",
        "é",
        "&lt;",
        "\u{0}1\u{0}",
        "<p>",
        "<div>",
        "</p>",
        "</div>",
        "<li>",
        "<ul>",
        "<table>",
        "<td>",
        "<tr>",
        "</table>",
        "<svg>",
        "</svg>",
        "<card>",
        "</card>",
        "<script>",
        "</script>",
        "<b>",
        "</b>",
        "<br>",
        "<template>",
        "<option>",
        "<dd>",
        "<button>",
    ]);
    prop::collection::vec(parts, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_text_gives_a_tree_that_is_written_and_read_the_same(text in soup()) {
        let once = again(&text);
        prop_assert_eq!(again(&once), once);
    }

    #[test]
    fn the_same_at_the_greatest_depth(text in soup(), levels in 195usize..206) {
        let deep = format!("{}{text}", "<i>".repeat(levels));
        let once = again(&deep);
        prop_assert!(depth(&parse(&deep)) <= MAX_DEPTH + 1);
        prop_assert_eq!(again(&once), once);
    }

    #[test]
    fn words_are_never_lost_between_well_formed_tags(words in prop::collection::vec("[a-z]{1,5}", 1..8)) {
        let html: String = words.iter().map(|word| format!("<div><card>{word}</card></div>")).collect();
        prop_assert_eq!(text(&parse(&html)), words.concat());
        prop_assert_eq!(again(&html), html);
    }
}
