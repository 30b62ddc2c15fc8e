use super::*;
use crate::{
    diagnostic::Diagnostic,
    source::{
        Link, Place, TagPlace,
        values::{BlockText, Values},
    },
    text::{dom, html},
};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

mod definitions;

/// A few Sources: id, what it defines, and which others it imports.
struct World(Vec<(&'static str, Vec<Definition>, Vec<usize>)>);

impl<'d> Lookup<'d> for &'d World {
    fn definition(&self, origin: usize, name: &str) -> Option<(usize, &'d Definition)> {
        let (_, _, imports) = self.0.get(origin)?;
        std::iter::once(&origin).chain(imports).find_map(|origin| {
            let definitions = &self.0.get(*origin)?.1;
            Some((*origin, definitions.iter().find(|definition| definition.name == name)?))
        })
    }

    fn names(&self, origin: usize) -> Vec<&'d str> {
        let imports = self.0.get(origin).map_or(&[][..], |(_, _, imports)| imports);
        let all = std::iter::once(&origin).chain(imports).filter_map(|origin| self.0.get(*origin));
        all.flat_map(|(_, definitions, _)| definitions).map(|definition| &*definition.name).collect()
    }

    fn source(&self, origin: usize) -> &'d str {
        self.0.get(origin).map_or("", |(id, _, _)| id)
    }

    fn elsewhere(&self, name: &str) -> Option<String> {
        (name == "far-away").then(|| "./far.components.md".to_owned())
    }
}

/// Numbers from 100, so that they cannot be mistaken for a Source's own.
#[derive(Default)]
struct Links(Vec<(usize, usize)>);

impl PageLinks for Links {
    fn adopt(&mut self, origin: usize, link: usize) -> usize {
        self.0.push((origin, link));
        99 + self.0.len()
    }
}

fn template(name: &str, html: &str) -> Definition {
    let mut definition = block(&json!({"componentName": name}), &[("html", html)], &[]).0.unwrap();
    definition.values = Map::new();
    definition
}

fn block(
    values: &Value,
    fences: &[(&str, &str)],
    resources: &[(&str, &str, Position)],
) -> (Option<Definition>, Vec<Link>, Vec<Diagnostic>) {
    let fences: Vec<_> =
        (1..).zip(fences).map(|(number, (language, text))| Fence { language, text, line: 10 * number }).collect();
    let (mut links, mut findings) = (Vec::new(), Vec::new());
    let block = DefinitionBlock {
        values: values.as_object().unwrap(),
        source_values: &Map::new(),
        heading: Some("Disclosure Card"),
        file_name: "cards.components.md",
        only: false,
        fences: &fences,
        resources,
        line: 3,
    };
    let definition = define(&block, &mut links, &mut findings);
    (definition, links, findings)
}

struct Page {
    html: String,
    findings: Vec<Diagnostic>,
    used: Vec<(usize, String)>,
    links: Vec<(usize, usize)>,
    /// How many instances only arrange what they are given.
    layouts: usize,
}

impl Page {
    fn codes(&self) -> Vec<&str> {
        self.findings.iter().map(|finding| finding.code).collect()
    }
}

fn page_of(definitions: Vec<Definition>, html: &str) -> Page {
    page_in(&World(vec![("page", Vec::new(), vec![1]), ("lib/x", definitions, Vec::new())]), html)
}

fn page_in(world: &World, html: &str) -> Page {
    let (block, source) = (json!({"tone": "calm"}), json!({"title": "Page", "tone": "loud"}));
    let (mut links, mut used, mut findings) = (Links::default(), BTreeSet::new(), Vec::new());
    let mut nodes = dom::parse(html);
    let place = |tag: html::Tag<'_>| TagPlace { at: tag.at.try_into().unwrap(), position: Position::of(html, tag.at) };
    let tags: Vec<TagPlace> =
        html::scan(html).tags.into_iter().filter(|tag| tag.form != html::Form::End).map(place).collect();
    let values = Values { block: block.as_object().unwrap(), source: source.as_object().unwrap(), facts: &[] };
    expand(
        &mut nodes,
        Expansion {
            lookup: &world,
            links: &mut links,
            origin: 0,
            values,
            written: BlockText { text: html, line: 1, html, tags: &tags },
            used: &mut used,
            findings: &mut findings,
        },
    );
    let mut out = String::new();
    dom::write(&nodes, &mut out);
    // Instances of lib/x are what most tests are about.
    let layouts = out.matches(LAYOUT).count();
    let html = out.replace(" data-pathmx-component-source=\"lib/x\"", "").replace(LAYOUT, "");
    let html = html.replace("data-pathmx-component=", "c=");
    let used = used.into_iter().map(|(origin, name)| (origin, name.to_owned())).collect();
    Page { html, findings, used, links: links.0, layouts }
}

const LAYOUT: &str = " data-pathmx-component-layout=\"\"";

#[test]
fn a_component_that_only_arranges_what_it_is_given_says_so() {
    let layouts = |html: &str, usage: &str| {
        page_of(vec![template("grid", html), template("card", "<b>x</b>"), template("box", "<i><yield/></i>")], usage)
            .layouts
    };
    for arranges in
        ["<div><yield/></div>", "<div> <p><slot name=\"a\">none</slot></p> </div>", "<yield/>", "<div><card/></div>"]
    {
        assert_eq!(layouts(arranges, "<grid>x</grid>"), 1, "{arranges}");
    }
    assert_eq!(layouts("<box><yield/></box>", "<grid>x</grid>"), 1);
    for shows in
        ["<div>a <yield/></div>", "<div>{{ a: b }}<yield/></div>", "<div><img><yield/></div>", "<div></div>", "<card/>"]
    {
        assert_eq!(layouts(shows, "<grid>x</grid>"), 0, "{shows}");
    }
    assert_eq!(layouts("<div states=\"a | b\"><yield/></div>", "<grid>x</grid>"), 0);
}

#[track_caller]
fn shows(definitions: &[(&str, &str)], html: &str, expected: &str) {
    let definitions = definitions.iter().map(|(name, html)| template(name, html)).collect();
    let page = page_of(definitions, html);
    assert_eq!(page.html, expected, "{html}");
    assert_eq!(page.codes(), [""; 0], "{html}");
}

#[test]
fn a_usage_becomes_its_template_with_attributes_and_children() {
    let card = &[(
        "card",
        "<article class=\"a\" style=\"x: y;\" aria-label=\"{{ label: Details }}\"><b>{{ label }}</b><yield /></article>\n",
    )];
    shows(
        card,
        "<card label='1 < \"2\" &amp; 3' class=\"b a\" style=\"z: 0\" slot=\"s\" hidden>Body</card>",
        "<article class=\"a b\" style=\"x: y; z: 0\" aria-label=\"1 < &quot;2&quot; &amp; 3\" label=\"1 < &quot;2&quot; &amp; 3\" hidden c=\"card\"><b>1 &lt; &quot;2&quot; &amp; 3</b>Body</article>",
    );
    shows(
        &[("book", "<i title=\"{{ title }}\" />")],
        "<BOOK\n title=\"T\" /> x <book/>",
        "<i title=\"T\" c=\"book\"></i> x <i title=\"Page\" c=\"book\"></i>",
    );
}

#[test]
fn values_have_an_order() {
    let mut definition = template(
        "card",
        "<b a=\"{{ tone }}\" c=\"{{ block.tone }}{{ source.tone }}\">{{ iconName }} {{ tone: own, (x | y) }}</b>",
    );
    definition.values = json!({"icon-name": "<star>"}).as_object().unwrap().clone();
    let page = page_of(vec![definition], "<card/><card tone=\"x\" iconname=\"{{ block.tone }}\"/>");
    assert_eq!(
        page.html,
        "<b a=\"calm\" c=\"card\">&lt;star&gt; own, (x | y)</b>".replace("c=\"card\"", "c=\"calmloud\" c=\"card\"")
            + "<b a=\"x\" c=\"calmloud\" tone=\"x\" iconname=\"calm\" c=\"card\">calm x</b>"
    );
}

#[test]
fn what_has_no_value_is_left_out_and_named() {
    let page = page_of(
        vec![template("card", "<b title=\"{{ note }}\" class=\"a {{ note }}\">{{ note }}</b>")],
        "\n<card/><card/>",
    );
    assert_eq!(page.html, "\n<b class=\"a \" c=\"card\"></b><b class=\"a \" c=\"card\"></b>");
    assert_eq!((page.codes(), page.findings[0].line), (vec!["literate/unresolved-value"], 2));
}

#[test]
fn slots_receive_what_is_meant_for_them() {
    let flip = &[("flip", "<div><header><slot name=\"front\">No front</slot></header><slot>Nothing</slot></div>")];
    shows(flip, "<flip/>", "<div c=\"flip\"><header>No front</header>Nothing</div>");
    shows(
        flip,
        "<flip> <slot name=\"front\"><b>F</b></slot> Rest</flip>",
        "<div c=\"flip\"><header><b>F</b></header>  Rest</div>",
    );
    shows(
        flip,
        "<flip>\n<p><slot name=\"front\">A</slot>\n<slot>B</slot></p>\n</flip>",
        "<div c=\"flip\"><header>A</header>\n\nB\n</div>",
    );
    let page = page_of(vec![template("flip", flip[0].1)], "<flip><slot name=\"back\">B</slot></flip>");
    assert_eq!((page.codes(), page.html.contains('B')), (vec!["literate/unknown-slot"], false));
}

#[test]
fn components_stand_in_children_and_in_templates() {
    let all = &[
        ("box", "<div><yield/></div>"),
        ("shelf", "<section><box class=\"inner\"><slot name=\"title\"/>: <yield/></box></section>"),
        ("outer", "<box><slot name=\"x\">none</slot></box>"),
        ("pass", "<flip><slot name=\"a\"/><slot name=\"b\">{{ b: B }}</slot></flip>"),
        ("flip", "<i><slot name=\"a\">-</slot><slot name=\"b\">-</slot></i>"),
    ];
    shows(all, "<box><box>x</box></box>", "<div c=\"box\"><div c=\"box\">x</div></div>");
    shows(
        all,
        "<shelf><slot name=\"title\"><box>T</box></slot><box>c</box></shelf>",
        "<section c=\"shelf\"><div class=\"inner\" c=\"box\"><div c=\"box\">T</div>: <div c=\"box\">c</div></div></section>",
    );
    let both = " data-pathmx-component-source=\"lib/x lib/x\"";
    shows(
        all,
        "<outer id=\"o\"><slot name=\"x\">X</slot></outer>",
        &format!("<div id=\"o\" c=\"outer box\"{both}>X</div>"),
    );
    shows(all, "<pass><slot name=\"a\">A</slot></pass>", &format!("<i c=\"pass flip\"{both}>AB</i>"));
}

#[test]
fn a_template_sees_its_own_source_first() {
    let world = World(vec![
        ("page", vec![template("icon", "<b>page</b>")], vec![1]),
        ("a b", vec![template("card", "<p><icon/><only-page/></p>")], vec![2]),
        ("icons", vec![template("icon", "<i>lib</i>")], Vec::new()),
    ]);
    let page = page_in(&world, "<icon/><card/>");
    assert_eq!(
        page.html,
        "<b c=\"icon\" data-pathmx-component-source=\"page\">page</b>\
         <p c=\"card\" data-pathmx-component-source=\"a%20b\"><i c=\"icon\" data-pathmx-component-source=\"icons\">lib</i><only-page></only-page></p>"
    );
    assert_eq!(page.used, [(0, "icon".to_owned()), (1, "card".to_owned()), (2, "icon".to_owned())]);
}

#[test]
fn a_paragraph_makes_room_for_what_cannot_stand_in_it() {
    let all = &[("card", "<article><yield/></article>"), ("tag", "<span><yield/></span>")];
    shows(all, "<p><card>x</card></p>", "<article c=\"card\">x</article>");
    shows(
        all,
        "<p class=\"k\">a <card>x</card> b<br></p>",
        "<p class=\"k\">a </p><article c=\"card\">x</article><p class=\"k\"> b<br></p>",
    );
    shows(all, "<p>a <tag>x</tag></p>", "<p>a <span c=\"tag\">x</span></p>");
    shows(all, "<p><a href=\"/\"><card>x</card></a></p>", "<a href=\"/\"><article c=\"card\">x</article></a>");
}

#[test]
fn templates_without_a_root_get_one_and_names_of_html_mean_html_in_their_own() {
    shows(&[("plain", "just <yield/>")], "<plain>x</plain>", "<div c=\"plain\">just x</div>");
    shows(&[("all", "<yield/>")], "<all id=\"i\">x</all>", "<div id=\"i\" c=\"all\">x</div>");
    shows(
        &[("center", "<center><yield/></center>")],
        "<center><center>x</center></center>",
        "<center c=\"center\"><center c=\"center\">x</center></center>",
    );
    shows(&[("text", "<b>t</b>")], "<svg><text>x</text></svg><text/>", "<svg><text>x</text></svg><b c=\"text\">t</b>");
}

#[test]
fn links_of_a_template_join_those_of_the_page() {
    let html = "<a href=\"./x.md\"><img src='{{ src: ./c.png }}' srcset=\"./a.png 1x, ./b.png 2x\"></a><a href=\"#top\" title=\"./no\">{{ src }}</a>";
    let (definition, links, _) = block(&json!({"componentName": "card"}), &[("html", html)], &[]);
    let targets: Vec<_> = links.iter().map(|link| (&*link.target, &link.place)).collect();
    assert_eq!(
        targets,
        [
            ("./x.md", &Place::Anchor),
            ("./c.png", &Place::Resource),
            ("./a.png", &Place::Resource),
            ("./b.png", &Place::Resource)
        ]
    );
    assert_eq!(links[1].position, Position { line: 10, column: 28 });
    let page = page_of(vec![definition.unwrap()], "<card/><card src=\"\u{0}7\u{0}\"/>");
    assert!(
        page.html.contains("<img src=\"\u{0}101\u{0}\" srcset=\"\u{0}102\u{0} 1x, \u{0}103\u{0} 2x\">"),
        "{:?}",
        page.html
    );
    assert!(page.html.contains("<img src=\"\u{0}7\u{0}\""));
    assert_eq!(page.links[..4], [(1, 0), (1, 1), (1, 2), (1, 3)]);
}

#[test]
fn states_are_checked_and_written_for_the_player() {
    let states = |attributes: &str| {
        page_of(vec![template("card", "<div states=\"{{ states: a|b }}\"></div>")], &format!("<card {attributes}/>"))
    };
    let found = |attributes: &str| {
        let page = states(attributes);
        let at = page
            .html
            .find("data-pathmx-states")
            .map(|at| page.html[at..].split('>').next().unwrap_or_default().to_owned());
        (at.unwrap_or_default(), page.codes().join(" "))
    };
    let is = |states: &str, state: &str, codes: &str| {
        (format!("data-pathmx-states=\"{states}\" data-state=\"{state}\""), codes.to_owned())
    };
    assert_eq!(found(""), is("a | b", "a", ""));
    assert_eq!(found("states=\"x, y ,z\" initial-state=\"y\""), is("x, y, z", "y", ""));
    assert_eq!(found("initial-state"), ("data-pathmx-states=\"a | b\"".to_owned(), String::new()));
    assert_eq!(found("states=\"'' | open\""), ("data-pathmx-states=\" | open\"".to_owned(), String::new()));
    assert_eq!(found("initial-state=\"c\""), is("a | b", "a", "literate/state-initial-out-of-domain"));
    assert_eq!(found("states=\"a | b | a\""), is("a | b", "a", "literate/states-duplicate"));
    assert_eq!(found("states=\"1 | b\""), is("1 | b", "1", "literate/states-numeric"));
    assert_eq!(found("states=\"a\""), is("a", "a", "literate/states-single"));
    assert_eq!(found("states=\"a | b, c\""), (String::new(), "literate/states-mixed".to_owned()));
    assert!(!states("states=\"a | b, c\"").html.contains(" states="));
}

#[test]
fn a_component_in_itself_is_an_error_and_ends() {
    let page = page_of(
        vec![template("a", "<div><b-x/></div>"), template("b-x", "<i><a2/></i>"), template("a2", "<u><b-x/></u>")],
        "x\n<b-x></b-x>",
    );
    assert_eq!(page.html, "x\n<i c=\"b-x\"><u c=\"a2\"></u></i>");
    assert_eq!((page.codes(), page.findings[0].line), (vec!["literate/component-cycle"], 2));
    assert_eq!(page.findings[0].message, "the component `b-x` contains itself: b-x → a2 → b-x");
}

#[test]
fn what_multiplies_is_stopped() {
    let chain =
        |body: &dyn Fn(usize) -> String| (0..60).map(|n| template(&format!("c{n}"), &body(n + 1))).collect::<Vec<_>>();
    for bomb in [
        chain(&|n| format!("<div><c{n}/><c{n}/></div>")),
        chain(&|n| format!("<c{n}><yield/><yield/></c{n}>")),
        chain(&|n| format!("<c{n} x=\"{{{{ x }}}}{{{{ x }}}}\"/>")),
    ] {
        let page = page_of(bomb, "<c0 x=\"some text\">some text</c0>");
        assert!(page.html.len() < 16 << 20);
        // Too large, too deep, or too many templates in one another.
        let bounds = ["literate/component-size", "literate/component-depth", "literate/component-cycle"];
        assert!(page.codes().iter().any(|code| bounds.contains(code)), "{:?}", page.codes());
    }
    let deep = format!("{}<yield/>{}", "<i>".repeat(150), "</i>".repeat(150));
    let page = page_of(vec![template("deep", &deep)], &format!("{}x{}", "<deep>".repeat(60), "</deep>".repeat(60)));
    assert_eq!(page.codes(), ["literate/component-depth"]);
    let page = page_of(chain(&|n| format!("<c{n}/>")), "<c0/>");
    assert_eq!(page.codes(), ["literate/component-cycle"]);
}

#[test]
fn unknown_names_are_named_when_they_are_likely_mistakes() {
    let hints = |html: &str| {
        let page = page_of(vec![template("flip-note", "<b></b>")], html);
        page.findings.into_iter().map(|finding| (finding.code, finding.line, finding.hint)).collect::<Vec<_>>()
    };
    let code = "literate/unresolved-component";
    assert_eq!(hints("\n<flip-notes></flip-notes>"), [(code, 2, Some("there is `flip-note`".to_owned()))]);
    let import = "import the Source that defines it, or write `&lt;x-y>` for the words";
    assert_eq!(hints("<x-y></x-y>"), [(code, 1, Some(import.to_owned()))]);
    assert_eq!(
        hints("<x-y></x-y><script>customElements.define('x-y')</script><pmx-include></pmx-include><blink></blink>"),
        []
    );
    let page = page_in(&World(vec![("page", Vec::new(), Vec::new())]), "<x-y></x-y><far-away></far-away>");
    assert_eq!(page.codes(), [code, code]);
    assert!(page.findings[1].hint.as_deref().unwrap().contains("`[@components]: ./far.components.md`"));
}

#[test]
fn every_tag_that_is_left_is_named_where_it_stands() {
    let found = |html: &str| {
        let page = page_of(vec![template("card", "<b><yield/></b>")], html);
        page.findings.iter().map(|finding| (finding.line, finding.column, finding.code)).collect::<Vec<_>>()
    };
    let code = "literate/unresolved-component";
    assert_eq!(found("<crad></crad>\n<b></b> <crad></crad>\n<far-away/>"), [(1, 1, code), (2, 9, code), (3, 1, code)]);
    assert_eq!(found("\n<svg><card/><rect/></svg>"), [(2, 6, code)]);
    assert_eq!(found("<svg><foreignObject><card/></foreignObject></svg><card/>"), []);
}

#[test]
fn a_prop_that_is_no_role_is_not_the_role_of_the_root() {
    let person = &[("person", "<article>{{ role }}</article>"), ("lead", "<person role=\"{{ role }}\"/>")];
    for (usage, expected) in [
        (
            "<person role=\"Lead developer\"/>",
            "<article c=\"person\" data-pathmx-prop-role=\"Lead developer\">Lead developer</article>",
        ),
        ("<person role=\"listitem\"/>", "<article role=\"listitem\" c=\"person\">listitem</article>"),
        (
            "<lead role=\"Boss\"/>",
            "<article c=\"lead person\" data-pathmx-component-source=\"lib/x lib/x\" data-pathmx-prop-role=\"Boss\">Boss</article>",
        ),
    ] {
        let definitions = person.iter().map(|(name, html)| template(name, html)).collect();
        let html = page_of(definitions, usage).html;
        assert_eq!(html, expected, "{usage}");
    }
}

fn has_usage(nodes: &[dom::Node<'_>]) -> bool {
    nodes
        .iter()
        .filter_map(dom::Node::element)
        .any(|element| matches!(&*element.name, "b-b" | "c") || (!element.is("svg") && has_usage(&element.children)))
}

proptest! {
    #[test]
    fn any_mixture_ends_and_leaves_no_usage(
        templates in prop::collection::vec("(<a>|</a>|<b-b x=\"\\{\\{ x \\}\\}\">|</b-b>|<c/>|<yield/>|<slot name=\"s\">|</slot>|<p>|</p>|\\{\\{ x: y \\}\\}|t){0,8}", 3),
        html in "(<a>|</a>|<b-b x=y>|</b-b>|<c states=\"q|r\"/>|<slot name=s>|</slot>|<p>|</p>|<li>|<svg>|</svg>|t){0,14}",
    ) {
        let definitions = ["a", "b-b", "c"].iter().zip(&templates).map(|(name, html)| template(name, html)).collect();
        let page = page_of(definitions, &html);
        prop_assert!(!has_usage(&dom::parse(&page.html)), "{}", page.html);
    }
}
