//! What a Block defines, what it is called, and the script that comes of it.

use super::*;

#[test]
fn a_block_is_read_as_a_definition() {
    let at = |line| Position { line, column: 1 };
    let (definition, links, findings) = block(
        &json!({"componentName": "HStack", "gap": 2, "id": "x"}),
        &[
            ("html", "<div></div>"),
            ("css", "a { b: url(./x.png) }"),
            ("js", "one()"),
            ("javascript", "three()"),
            ("text", "no"),
        ],
        &[
            ("@script.two", "./two.js", at(35)),
            ("@asset.A", "./a.glb", at(60)),
            ("@data.d", "./d.json", at(61)),
            ("@styles", "./s.css", at(5)),
            ("@other", "./o.md", at(62)),
            ("@asset.far", "https://x.y/z", at(63)),
        ],
    );
    let definition = definition.unwrap();
    assert_eq!((definition.name.as_str(), definition.position), ("hstack", at(3)));
    let (css, two, asset, data, style) = (0, 1, 2, 3, 4);
    assert_eq!(definition.css, [Chunk::File(style), Chunk::Text(format!("a {{ b: url(\"\u{0}{css}\u{0}\") }}"))]);
    assert_eq!(
        definition.script,
        [Chunk::Text("one()".to_owned()), Chunk::File(two), Chunk::Text("three()".to_owned())]
    );
    assert_eq!(
        definition.resources,
        [
            Resource { kind: ResourceKind::Asset, name: "A".to_owned(), link: asset },
            Resource { kind: ResourceKind::Data, name: "d".to_owned(), link: data }
        ]
    );
    assert_eq!(Value::from(definition.values), json!({"gap": 2}));
    assert_eq!(links.len(), 5);
    assert_eq!(
        findings.iter().map(|finding| (finding.code, finding.line)).collect::<Vec<_>>(),
        [("literate/resource", 63)]
    );
}

#[test]
fn names_come_from_where_they_are_given_first() {
    let name = |values: Value, source: Value, heading: Option<&str>, file: &str, only: bool| {
        let fences = [Fence { language: "html", text: "<b></b>", line: 1 }];
        let (values, source) = (values.as_object().unwrap(), source.as_object().unwrap());
        let block = DefinitionBlock {
            values,
            source_values: source,
            heading,
            file_name: file,
            only,
            fences: &fences,
            resources: &[],
            line: 1,
        };
        let mut findings = Vec::new();
        define(&block, &mut Vec::new(), &mut findings).map(|definition| definition.name).ok_or(findings)
    };
    let none = || json!({});
    let ok = |name: &str| Ok(name.to_owned());
    assert_eq!(
        name(json!({"componentName": "a-b"}), json!({"componentName": "c"}), Some("H"), "f.component.md", true),
        ok("a-b")
    );
    assert_eq!(name(none(), json!({"componentName": "c"}), Some("H"), "f.component.md", true), ok("c"));
    assert_eq!(name(json!({"title": "T"}), none(), Some("H"), "flip-note.components.md", true), ok("flip-note"));
    assert_eq!(
        name(json!({"title": "Flip Note"}), json!({"componentName": "c"}), Some("H"), "f.components", false),
        ok("flip-note")
    );
    assert_eq!(name(none(), none(), Some("What’s New? (v2)"), "f.components", false), ok("whats-new-v2"));
    assert_eq!(name(none(), none(), None, "notes.md", true), ok("notes"));
    assert_eq!(
        name(none(), none(), Some("1st"), "f.components", false).unwrap_err()[0].code,
        "literate/component-name"
    );
    assert_eq!(name(none(), none(), Some("Slot"), "f.components", false).unwrap_err().len(), 1);
}

#[test]
fn the_first_html_fence_is_the_template_and_later_ones_are_examples() {
    let (definition, _, findings) = block(&json!({}), &[("css", "a{}"), ("js", "x")], &[]);
    assert!(definition.is_none() && findings.is_empty());
    let fences = [("html", "<b></b>"), ("css", "a{}"), ("HTML", "<x-y src=\"./gone.png\"></x-y>"), ("html", "c")];
    let (definition, links, findings) = block(&json!({}), &fences, &[]);
    assert_eq!(definition.unwrap().template, "<b></b>");
    assert!(links.is_empty() && findings.is_empty(), "{links:?} {findings:?}");
}

#[test]
fn a_name_given_twice_is_an_error() {
    let at = |line| Position { line, column: 1 };
    let own = [template("a", ""), template("b", ""), template("a", "")];
    assert_eq!(
        duplicates(&own).iter().map(|finding| finding.code).collect::<Vec<_>>(),
        ["literate/duplicate-component"]
    );
    let found = clashes(&own[..1], [(at(4), "./x.md", &own[..]), (at(5), "./y.md", &own[1..2])]);
    let messages: Vec<_> = found.iter().map(|finding| (finding.line, &*finding.message)).collect();
    assert_eq!(
        messages,
        [
            (4, "the component `a` comes from this Source itself and from `./x.md`"),
            (5, "the component `b` comes from `./x.md` and from `./y.md`")
        ]
    );
}

#[test]
fn a_script_is_a_file_of_its_own() {
    struct Here;
    impl DefinitionFiles for Here {
        fn address(&self, link: usize) -> Option<Cow<'_, str>> {
            (link < 9).then(|| Cow::Owned(format!("./f{link}.bin")))
        }
        fn text(&self, _: usize) -> Option<Cow<'_, str>> {
            Some("fromFile()".into())
        }
    }
    let resource = |kind, name: &str, link| Resource { kind, name: name.to_owned(), link };
    let mut definition = template("card", "<b></b>");
    assert_eq!(script("x y", &definition, &Here), None);
    definition.script = vec![Chunk::Text("on(el) // end".to_owned()), Chunk::File(3)];
    definition.resources = vec![
        resource(ResourceKind::Asset, "a", 1),
        resource(ResourceKind::Data, "d", 2),
        resource(ResourceKind::Data, "gone", 9),
    ];
    definition.values = json!({"n": 1}).as_object().unwrap().clone();
    assert_eq!(
        script("x y", &definition, &Here).unwrap(),
        "pmxRuntime.define(\"card\", {\"source\":\"x%20y\",\"assets\":{\"a\":\"./f1.bin\"},\"data\":{\"d\":\"./f2.bin\"},\"props\":{\"n\":1}}, \
         function (el, $, $$, on, state, ctx) {\non(el) // end\nfromFile()\n});\n"
    );
    definition.script.push(Chunk::Text("await x".to_owned()));
    assert!(script("x", &definition, &Here).unwrap().contains(" async function (el"));
}
