//! One grammar: formulas and names are what the tree leaves to be one, whatever stands around them.

use super::*;

/// How many formulas a text has, in paragraphs and on lines of their own.
fn formulas(text: &str) -> (usize, usize) {
    let html = shown(text);
    let display = html.matches("data-pathmx-math=\"display\"").count();
    (html.matches("class=\"pmx-math\"").count() - display, display)
}

#[test]
fn a_formula_may_stand_in_every_container() {
    for (container, text) in [
        ("a list", "- one\n\n  $$\n  x\n\n  - y\n  $$\n- two\n"),
        ("an item from its first line on", "- $$\n  x\n  - y\n  $$\n\nend\n"),
        ("a numbered item", "1. one\n\n   $$\n   a\n\n   + b\n   $$\n2. two\n"),
        ("a deep item", "- a\n  - b\n\n    $$\n    x\n    # y\n\n    z\n    $$\n"),
        ("a quote", "> $$\n> x\n>\n> - y\n> $$\n\nend\n"),
        ("a quote in a list", "- > $$\n  > x\n  >\n  > 1. y\n  > $$\n"),
        ("a callout", "> [!note]\n> $$\n> x\n>\n> - y\n> $$\n"),
        ("a footnote", "See[^1].\n\n[^1]: As\n\n    $$\n    x\n\n    - y\n    $$\n"),
        ("a setext heading's place", "$$\na\n=\nb\n$$\n"),
        ("after a fence on a numbered marker", "1. ```\n   $$\n   ```\n\n$$\nx\n\n- y\n$$\n"),
        ("one paragraph", "$$\nx\n$$\n"),
        ("one line", "$$x$$\n"),
        ("after text", "so\n$$\nx\n\n- y\n$$\nthen\n"),
    ] {
        let html = shown(text);
        let found = html.matches("data-pathmx-math=\"display\"").count();
        // A heading in a formula is none of it.
        assert_eq!(found, usize::from(container != "a deep item"), "{container}: {html}");
        assert!(!html.contains("``"), "{html}");
    }
}

#[test]
fn dollars_in_code_and_html_are_what_they_are() {
    for text in [
        "    $$\n    x\n    $$\n",
        "- a\n\n      $$\n      x\n      $$\n",
        "1. ```\n   $$\n   x\n   $$\n   ```\n",
        "1) ~~~\n   $$\n   ~~~\n\n$$ alone\n",
        "<pre>\n$$\nx\n\n$$\n</pre>\n",
        "<div>\n$$\nx\n$$\n</div>\n",
        "<!--\n$$\n\nx\n$$\n-->\n",
        "<script>\n$$\n\nx\n$$\n</script>\n",
        "> ```\n> $$\n> x\n> $$\n> ```\n",
        "`$$` and `$$`\n",
        "`` `$x$` ``\n",
    ] {
        assert_eq!(formulas(text), (0, 0), "{text}\n{}", shown(text));
        assert!(shown(text).contains("$$") || shown(text).contains("$x$"), "{}", shown(text));
    }
}

#[test]
fn what_is_never_closed_swallows_nothing() {
    for text in [
        "$$\n\n# Part\n\n[a](https://x.y)\n",
        "$$\nx\n\n---\n\n$$ a\n\n[a](https://x.y)\n",
        "- $$\n  x\n\n$$\n\n[a](https://x.y)\n",
        "> $$\n> x\n\n$$\n\n[a](https://x.y)\n",
        "a $$\n\n```\n$$\n```\n\n[a](https://x.y)\n",
        "$$\n\n$$\nx\n$$\n\n[a](https://x.y)\n",
        "$$\n\n<div>\n\n$$\n\n</div>\n\n[a](https://x.y)\n",
    ] {
        assert!(shown(text).contains("<a href=\"https://x.y\">a</a>"), "{text}\n{}", shown(text));
    }
    assert_eq!(formulas("$$\n\n$$\nx\n$$\n"), (0, 1), "the whole one stays whole");
}

#[test]
fn a_dollar_opens_and_closes_as_on_github() {
    for (text, expected) in [
        ("$x$, ($y$) and $z$.", 3),
        ("$`a^2`$ and $`b`$", 2),
        ("*$x$* and _$y$_ and **$z$**", 3),
        ("| a |\n| - |\n| $x$ |", 1),
        ("设$x$为正", 1),
        ("$PATH:$HOME", 0),
        ("$A:$B:$C:$D:$E:$F:$G", 0),
        ("_$folder$", 0),
        ("a_$folder$ and b_$folder$", 0),
        ("US$5 and US$6, $5 and $6", 0),
        ("$5/$10 a$b$ $c$d", 0),
        ("export PATH=$HOME/bin:$PATH", 0),
        (r"\$x$ and $y\$", 0),
        ("`$x$`", 0),
        ("${HOME}/${USER} and ${a}-${b}", 0),
        ("\"$a\" and \"${b}\"", 0),
        ("\"Price ($)\" and \"Cost ($)\", [$] and [$], '$' or \"$\"", 0),
        ("($x$) and [$y$] and ($a)(b$)", 3),
        ("Use $scope and `items$` in Angular.", 0),
        ("It costs $5, see `cost$`.", 0),
        ("Type `$` or $x `$` y", 0),
        ("$? and `$!`, $# and `$#`", 0),
        ("Pay $5 <span title=\"10$\">x</span>.", 0),
        ("Pay $5 <https://x.org/a$> now, or $5 https://x.org/a$", 0),
        ("Pay $5 [x](./d1.md \"a$\") end.", 0),
        ("[$x](./m1.md) and [y$](./m1.md)", 0),
        ("[$x$](./m1.md) and $f[x](t)$ and $a<b$, $c>d$", 4),
        ("$a: b$ and $x.y$ and $a@b$", 3),
        ("# Price $5 or `a$`", 0),
        ("line $one\nand `two$` $x$", 1),
        ("$$a `b$$`", 0),
    ] {
        assert_eq!(formulas(text).0, expected, "{text}\n{}", shown(text));
    }
    let html = shown("$PATH:[a](https://x.y):$HOME and **b** and $x$\n");
    assert!(html.contains("$PATH:<a href=\"https://x.y\">a</a>:$HOME and <strong>b</strong>"), "{html}");
    assert_eq!(html.matches("<math").count(), 1, "{html}");
}

#[test]
fn a_formula_of_its_own_tears_no_element_of_a_paragraph_apart() {
    let span = "<span class=\"pmx-math\" data-pathmx-math=\"display\">";
    for (text, before, behind) in [
        ("<span style=\"color:red\">a $$x$$ b</span> c", "<span style=\"color:red\">a ", " b</span> c</p>"),
        ("<b>a</b> <kbd>$$x$$</kbd>", "<kbd>", "</kbd></p>"),
        ("<a href=\"https://x.y\">q $$x$$ r</a>", "q ", " r</a></p>"),
    ] {
        let html = shown(text);
        assert!(html.contains(&format!("{before}{span}")) && html.contains(behind), "{html}");
    }
    for text in ["a<br>$$x$$ b", "<b>a</b> $$x$$ b", "<i>a\n\nb</i> <!-- c --> $$x$$ b"] {
        assert!(shown(text).contains("<div class=\"pmx-math\""), "{}", shown(text));
    }
}

#[test]
fn a_formula_with_nothing_in_it_is_words() {
    for text in ["- $$ $$\n", "$$\n\n$$\n", "a $$  $$ b\n", "> $$\n>\n> $$\n"] {
        assert_eq!(formulas(text), (0, 0), "{text}\n{}", shown(text));
        assert_eq!(shown(text).matches("$$").count(), 2, "{text}\n{}", shown(text));
    }
}

/// What a text links to by name, and by address.
fn links(text: &str) -> (Vec<String>, Vec<String>) {
    let (named, others): (Vec<Link>, Vec<Link>) =
        parse(text.as_bytes()).links.into_iter().partition(|link| link.place.is_name());
    let others = others.into_iter().filter(|link| !matches!(link.place, Place::Definition { .. }));
    (named.into_iter().map(|link| link.target).collect(), others.map(|link| link.target).collect())
}

#[test]
fn each_name_in_brackets_is_decided_for_itself() {
    for (text, named, others) in [
        ("[[X]] and [[Y]]\n\n[X]: ./x.md\n", vec!["Y"], vec!["./x.md"]),
        ("[[1]](./x.md) and [[Y]]", vec!["Y"], vec!["./x.md"]),
        ("[[1]][r] and [[Y]]\n\n[r]: ./x.md\n", vec!["Y"], vec!["./x.md"]),
        ("[[X]](no link and [[Y]] (aside)", vec!["X", "Y"], vec![]),
        ("`a[[0]](x)` ``[[b]][c]`` and [[Y]]", vec!["Y"], vec![]),
        ("```\nm[[1]](2)\n[[a]][b]\n```\n\n[[Y]]", vec!["Y"], vec![]),
        ("    a[[1]](2)\n\n[[Y]]", vec!["Y"], vec![]),
        ("<p title=\"[[a]](b)\">[[c]]</p>\n\n[[Y]]", vec!["Y"], vec![]),
        ("an open [ bracket and [[Y]]", vec!["Y"], vec![]),
        ("[see [[X]] here](./y.md)", vec![], vec!["./y.md"]),
        ("[[a_b_c]] and _[[d]]_ **[[e*f|g]]**", vec!["a_b_c", "d", "e*f"], vec![]),
        ("- [ ] [[task]]\n- [x] [[done]]", vec!["task", "done"], vec![]),
        ("| a |\n| - |\n| [[x\\|y]] |", vec!["x"], vec![]),
        ("[[https://x.y]] [[A & B]] [[^1]]\n\n[^1]: note", vec!["https://x.y", "A & B"], vec![]),
        ("# [[Heading]]\n\n> [[Quote]]\n", vec!["Heading", "Quote"], vec![]),
        ("$[[x]]$ and [[Y]]", vec!["Y"], vec![]),
        (r"\[[x]] and !\[[y]] and \![[z]]", vec!["z"], vec![]),
        ("![[a.png]] ![[b c.JPG|200]] ![[Note]]", vec!["a.png", "b c.JPG", "Note"], vec![]),
    ] {
        let (found, rest) = links(text);
        assert_eq!(
            (found, rest),
            (named.iter().map(|s| (*s).to_owned()).collect(), others.iter().map(|s| (*s).to_owned()).collect()),
            "{text}\n{}",
            shown(text)
        );
    }
    let html = shown("`[[0]](x)` [[see]] <b title='[[t]]'>b</b> **[[e*f|g*]]**");
    assert!(
        html.starts_with("<p><code>[[0]](x)</code> <a class=\"pmx-wikilink\" href=\"see\">see</a> <b title='[[t]]'>"),
        "{html}"
    );
    assert!(html.contains("<strong><a class=\"pmx-wikilink\" href=\"e*f\">g*</a></strong>"), "{html}");
}

#[test]
fn a_name_in_brackets_stands_where_it_was_written() {
    let source = parse(b"a\n\n- one \\* [[X]] and `[[no]]` [[Y|\xc3\xbc]]\n  [[Z]]\n");
    let places: Vec<(usize, usize)> =
        source.links.iter().map(|link| (link.position.line, link.position.column)).collect();
    assert_eq!(places, [(3, 10), (3, 29), (4, 3)]);
}

#[test]
fn a_picture_by_name_is_an_image() {
    let html = shown("![[a.png]] ![[b.jpg|A view]] ![[c.webp|300]] ![[d.svg|40x20]]");
    for part in [
        "<img src=\"a.png\" alt=\"\">",
        "<img src=\"b.jpg\" alt=\"A view\">",
        "<img src=\"c.webp\" width=\"300\" alt=\"\">",
        "<img src=\"d.svg\" width=\"40\" height=\"20\" alt=\"\">",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
}

#[test]
fn an_id_in_html_reserves_its_own_spelling_alone() {
    let html = shown(
        "<a id=\"Setup\"></a><a name=\"Usage-1\"></a><i id=\"taken\"></i>\n\n# Setup\n\n## Usage\n\n## Usage\n\n## Taken\n\n## Setup\n",
    );
    for id in ["setup", "usage", "usage-1", "taken-1", "setup-1"] {
        assert!(html.contains(&format!(" id=\"{id}\">")), "{id} in {html}");
    }
}

#[test]
fn addresses_in_a_style_and_in_a_style_element_are_marked() {
    let source = parse(b"<p style=\"background: url(a.png), image-set('b.png' 1x); color: red\">x</p>\n\n<b style='background:url(\"c&amp;d.png\")'>y</b>\n\n<i style=\"fill: url(#g); background: url(https://x.y/z.png)\">z</i>\n");
    let found: Vec<&str> = source.links.iter().map(|link| link.target.as_str()).collect();
    assert_eq!(found, ["a.png", "b.png", "c&d.png"]);
    let html = html(&source).concat();
    assert!(
        html.contains("style=\"background: url(&quot;a.png&quot;), image-set(&quot;b.png&quot; 1x); color: red\""),
        "{html}"
    );
    assert!(html.contains("style=\"background:url(&quot;c&amp;d.png&quot;)\""), "{html}");
    assert!(html.contains("style=\"fill: url(#g); background: url(https://x.y/z.png)\""), "{html}");
    let source = parse(b"<style title=\"x\">\np { background: url(./a.png) }\nq { fill: url(#x); background: image-set('b&c.png' 1x, url(https://x.y/z.png) 2x) }\n</style><img src=d.png>\n<STYLE>@import 'e.css';</STYLE>\n\nx\n\n<!-- <style>a{b:url(f.png)}</style> -->\n");
    assert_eq!(codes(&source), [""; 0]);
    let found: Vec<(&str, usize)> =
        source.links.iter().map(|link| (link.target.as_str(), link.position.line)).collect();
    assert_eq!(found, [("./a.png", 2), ("b&c.png", 3), ("d.png", 4), ("e.css", 5)]);
    let out = super::html(&source).concat();
    assert!(out.contains("p { background: url(\"./a.png\") }"), "{out}");
    assert!(out.contains("@import \"e.css\";") && out.contains("url(https://x.y/z.png) 2x"), "{out}");
}

#[test]
fn an_open_tag_over_several_lines_begins_html_as_one_in_a_line_does() {
    let inside = "\n\n**b**\n\n</x-y>\n\nafter";
    for (tag, expected) in [
        ("<x-y\n  a=\"1\"\n  b='2'\n>", "<x-y\n  a=\"1\"\n  b='2'\n>"),
        ("<x-y\na=1>", "<x-y\na=1>"),
        ("<x-y a=\"1\"\n>", "<x-y a=\"1\"\n>"),
        ("<X-y\n  a=\"$x$ [[n]] > y\"\n  >  ", "<X-y\n  a=\"$x$ [[n]] > y\"\n  >  "),
        ("<button\n  type=\"button\"\n>", "<button\n  type=\"button\"\n>"),
        ("<x-y\n>", "<x-y\n>"),
    ] {
        let html = shown(&format!("{tag}{inside}"));
        assert_eq!(html.trim(), format!("{expected}\n<p><strong>b</strong></p>\n</x-y>\n<p>after</p>"), "{tag}");
    }
    assert_eq!(shown("<book\n  a=\"1\"\n/>\n\nx").trim(), "<book\n  a=\"1\"\n/>\n<p>x</p>");
    let nested = shown("<o-o\n  a=\"1\"\n>\n\n<i-i\n  b=\"2\"\n>\n\n**b**\n\n</i-i>\n\n</o-o>");
    assert_eq!(nested.trim(), "<o-o\n  a=\"1\"\n>\n<i-i\n  b=\"2\"\n>\n<p><strong>b</strong></p>\n</i-i>\n</o-o>");
    let item = shown("- <x-y\n    a=\"1\"\n  >\n\n  **b**\n\n  </x-y>");
    assert!(item.contains("<x-y\n  a=\"1\"\n>\n<p><strong>b</strong></p>\n</x-y>"), "{item}");
    let quote = shown("> <x-y\n> a=\"1\"\n> >\n>\n> **b**");
    assert!(quote.contains("<x-y\na=\"1\"\n>\n<p><strong>b</strong></p>"), "{quote}");
}

#[test]
fn what_is_no_open_tag_over_several_lines_stays_what_it_was() {
    for (text, expected) in [
        ("<a foo=\"bar\"\n_boolean zoop:33=zoop />", "<p><a foo=\"bar\"\n_boolean zoop:33=zoop /></p>"),
        ("<a\nhref=\"https://x.y\">*t*</a> z", "<p><a\nhref=\"https://x.y\"><em>t</em></a> z</p>"),
        ("<x-y\na>*t*</x-y>", "<p><x-y\na><em>t</em></x-y></p>"),
        ("`<x-y`\n> b", "<p><code>&lt;x-y</code></p>\n<blockquote>\n<p>b</p>\n</blockquote>"),
        ("<x-y\n\na>", "<p>&lt;x-y</p>\n<p>a&gt;</p>"),
        ("a <x-y\nb>", "<p>a <x-y\nb></p>"),
    ] {
        assert_eq!(shown(text).trim(), expected, "{text}");
    }
    let broken = shown("<x-y @a\n>\nb");
    assert!(broken.contains("&lt;x-y @a") && broken.contains("<blockquote>"), "{broken}");
}
