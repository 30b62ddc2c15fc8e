//! Tags whose names nothing defines: words to their author, which readers get as they were written.

use super::*;

/// The content of the page of one Source beside others, and its findings: line, column and code.
fn page(source: &str, others: &[(&str, &str)]) -> (String, Vec<(usize, usize, &'static str)>) {
    let mut files = vec![("index.md", source)];
    files.extend_from_slice(others);
    let folder = site_of(&files);
    let build = built(folder.path());
    let found = build.diagnostics.iter().filter(|finding| finding.path == "index.md");
    let found = found.map(|finding| (finding.line, finding.column, finding.code)).collect();
    let page = text(&build, "index/index.html");
    let content = page.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    (content.to_owned(), found)
}

const CARD: (&str, &str) = (
    "parts.components.md",
    "# Parts\n\n---\n\n## Card\n\n```html\n<b title=\"{{ title: t }}\"><yield /></b>\n```\n\n---\n\n## Tick\n\n```html\n<i>tick</i>\n```\n",
);
const IMPORT: &str = "\n[@p]: ./parts.components.md\n";
const UNRESOLVED: &str = "literate/unresolved-component";

#[test]
fn placeholders_of_prose_are_shown_as_they_were_written_and_nothing_is_said() {
    let source = "# A\n\nHello <name>, write to <Email>.\n\n- git clone <repository-url> <dir>, cp <source> <target>\n\n| a | b |\n| --- | --- |\n| <val> | Vec<String> |\n\n\
                  Promise<void> and List<int>, press <Enter>\n\n<UUID>\n\nIn the <head> of it; `<kbd>` and <kbd>K</kbd>.\n\n\
                  <div><code>cd <path></code></div>\n\nEncrypt the <plaintext> with <key>.\n\n## After\n\n**bold <x> on** and off\n";
    let (html, found) = page(source, &[]);
    assert_eq!(found, []);
    for part in [
        "Hello &lt;name&gt;, write to &lt;Email&gt;.</p>",
        "git clone &lt;repository-url&gt; &lt;dir&gt;, cp &lt;source&gt; &lt;target&gt;</li>",
        "&lt;val&gt;</td>",
        "Vec&lt;String&gt;</td>",
        "Promise&lt;void&gt; and List&lt;int&gt;, press &lt;Enter&gt;</p>",
        "&lt;UUID&gt;",
        "In the &lt;head&gt; of it; <code>&lt;kbd&gt;</code> and <kbd>K</kbd>.</p>",
        "<code>cd &lt;path&gt;</code>",
        "Encrypt the &lt;plaintext&gt; with &lt;key&gt;.</p>",
        "<h2 id=\"after\"",
        "bold &lt;x&gt; on</strong> and off</p>",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
}

#[test]
fn a_pair_in_a_line_is_words_and_one_that_holds_markdown_was_meant_to_be_more() {
    let (html, found) = page("# A\n\nWrite <Key>the key</Key> here.\n", &[]);
    assert!(html.contains("Write &lt;Key&gt;the key&lt;/Key&gt; here."), "{html}");
    assert_eq!(found, []);
    let (html, found) = page("# A\n\n<note>\n\n**Body**\n\n</note>\n\n> <tip kind=\"x\">y</tip>\n", &[]);
    assert!(html.contains("<strong>Body</strong>") && html.contains("<note>"), "{html}");
    assert_eq!(found, [(3, 1, UNRESOLVED), (9, 3, UNRESOLVED)]);
}

#[test]
fn what_a_script_a_style_sheet_or_a_browser_gives_a_meaning_stays() {
    for source in [
        "# A\n\n<my-clock></my-clock>\n\n<script>customElements.define('my-clock', class {})</script>\n",
        "# A\n\nSome <note>text</note>.\n\n<style>note { color: red }</style>\n",
        "# A\n\n<svg viewBox=\"0 0 1 1\"><path d=\"M0 0\"/><text>x</text></svg>\n\n<ruby>a<rb>b<rt>c</ruby>\n",
        "# A\n\n<image src=\"https://example.org/a.png\">\n\n<lite-youtube videoid=\"x\"></lite-youtube>\n",
        "# A\n\n<p align=\"center\"><samp>x</samp><picture><source srcset=\"https://example.org/a.png\"><img alt=\"\"></picture><center>y</center></p>\n",
    ] {
        let (html, found) = page(source, &[]);
        assert_eq!(found, [], "{source}");
        assert!(!html.contains("&lt;"), "{html}");
    }
}

#[test]
fn a_component_that_a_source_does_not_import_is_said() {
    let (_, found) = page("# A\n\n[p](./parts.components.md)\n\n<card title=\"x\">y</card>\n\na <tick/>\n", &[CARD]);
    assert_eq!(found, [(5, 1, UNRESOLVED), (7, 3, UNRESOLVED)]);
    let (_, found) = page(&format!("# A\n\na <later/> <T> b\n{IMPORT}"), &[CARD]);
    assert_eq!(found, [(3, 3, UNRESOLVED)]);
}

#[test]
fn each_tag_is_said_where_it_stands() {
    let source = format!(
        "# A\n\n<card>ok</card> `<card>`\n\n    <card>\n\n<nope-comp/> <card @click=\"x\">\n\n<svg><card/></svg>\n\n> <math>\n> <card/></math>\n\n\
         <card title=\"x\"\n\n>\n\n\\<card @x> <code><card @x></code>\n\n<card @x>\n{IMPORT}"
    );
    let (_, mut found) = page(&source, &[CARD]);
    found.sort_unstable();
    let places: Vec<(usize, usize)> = found.iter().map(|(line, column, _)| (*line, *column)).collect();
    assert_eq!(places, [(7, 1), (7, 14), (9, 6), (12, 3), (14, 1), (20, 1)], "{found:?}");
    assert!(found.iter().all(|(.., code)| *code == UNRESOLVED), "{found:?}");
}

#[test]
fn what_a_component_is_given_is_shown_or_said() {
    let (html, found) = page(&format!("# A\n\n<tick n=\"1\">lost</tick>\n{IMPORT}"), &[CARD]);
    assert_eq!(found, [(3, 1, "literate/lost-content")]);
    assert!(!html.contains("lost"), "{html}");
    // What has no place for content takes none.
    let (html, found) = page(&format!("# A\n\n<tick n=\"3\">\n\n## Next\n\na <tick> *b*\n{IMPORT}"), &[CARD]);
    assert_eq!(found, []);
    assert!(html.contains("<h2 id=\"next\"") && html.contains("tick</i> <em>b</em>"), "{html}");
    let (_, found) = page(&format!("# A\n\n<card title=\"x\">\n\n## Next\n{IMPORT}"), &[CARD]);
    assert_eq!(found, [(3, 1, "literate/unclosed-component")]);
    let (html, _) = page(&format!("# A\n\n<card title=\"a\" title=\"b\">c</card>\n{IMPORT}"), &[CARD]);
    assert!(html.contains("title=\"a\"") && !html.contains("title=\"b\""), "{html}");
}

#[test]
fn an_open_tag_over_several_lines_may_follow_text() {
    let (html, found) =
        page(&format!("# A\n\npara\n<card\n title=\"mid\"\n>\nbody\n</card>\n\n> quoted\n{IMPORT}"), &[CARD]);
    assert_eq!(found, []);
    assert!(html.contains(">para</p>") && html.contains("title=\"mid\""), "{html}");
    assert_eq!(html.matches("<blockquote").count(), 1, "{html}");
}

#[test]
fn the_title_of_a_callout_may_begin_with_html() {
    let source = format!(
        "# A\n\n> [!NOTE] <card title=\"c\">in *it*</card>\n\n> [!TIP] <!-- c --> The **title**\n\n> [!TIP]- <div>Div title</div> more\n> Body\n\n\
         > [!TIP] Press <Enter>\n{IMPORT}"
    );
    let (html, found) = page(&source, &[CARD]);
    assert_eq!(found, []);
    for part in [
        "in <em>it</em></b>",
        "The <strong>title</strong>",
        "<div>Div title</div> more</summary>",
        "Press &lt;Enter&gt;</",
    ] {
        assert!(html.contains(part), "{part} in\n{html}");
    }
}

#[test]
fn footnotes_of_what_is_included_lead_to_their_own_notes() {
    let note = "note[^1], again[^1]\n\n[^1]: Included.\n\n---\n\nand[^1] <label for=\"f\">l</label><input id=\"f\"> <a href=\"#top\" id=\"top\">t</a>\n";
    let (html, found) = page(
        "# A\n\nhost[^1] <input id=\"f\"><b id=\"top\"></b>\n\n[@include: I](./inc.md)\n\n[^1]: Host.\n",
        &[("inc.md", note)],
    );
    assert_eq!(found, []);
    for attribute in ["id=\"", "href=\"#", "for=\""] {
        let all: Vec<&str> = html.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        for name in &all {
            let ids = html.matches(&format!("id=\"{name}\"")).count();
            assert_eq!(ids, 1, "{attribute}{name} in\n{html}");
        }
    }
    assert_eq!(html.matches("href=\"#fn:1-2\"").count(), 3, "{html}");
    assert!(html.contains("for=\"f-2\"") && html.contains("href=\"#top-2\""), "{html}");
}

#[test]
fn a_style_element_of_a_template_finds_the_files_of_its_own_source() {
    let part = "# Part\n\n```html\n<div><style>p { background: url(./p.svg) }</style><yield /></div>\n```\n";
    let files = [("lib/part.component.md", part), ("lib/p.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>")];
    let (html, found) = page("# A\n\n<part>x</part>\n\n[@p]: ./lib/part.component.md\n", &files);
    assert_eq!(found, []);
    assert!(!html.contains("./p.svg)") && html.contains("assets/p."), "{html}");
}

#[test]
fn a_layout_around_a_line_of_its_own_is_no_paragraph() {
    let layout = "# Frame\n\n<i><x-source-content/></i>\n";
    let folder = site_of(&[("index.md", "# A\n\nText\n\n[@layout]: ./a.layout.md\n"), ("a.layout.md", layout)]);
    let page = text(&built(folder.path()), "index/index.html");
    assert!(page.contains("<i>") && !page.contains("<p><i>"), "{page}");
}
