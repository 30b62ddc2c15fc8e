//! `llms.txt` (llmstxt.org): what the site is, and where each Source is to be had as Markdown.

use crate::text::address;
use std::collections::BTreeMap;

/// A Source in the list.
pub(crate) struct Listed<'a> {
    pub id: &'a str,
    pub title: String,
    pub description: Option<&'a str>,
    /// Address of its Markdown, ready for a URL.
    pub markdown: String,
}

/// The document. `entry`: the id of the Path's entry; `url`: the site's origin, if it is known, to make addresses absolute.
///
/// Sources stand under their top folder, by id; the entry comes first, component definitions last.
pub(crate) fn llms(listed: &[Listed<'_>], entry: &str, url: Option<&str>) -> Vec<u8> {
    let mut out = String::new();
    let home = listed.iter().find(|source| source.id == entry);
    out.push_str(&format!("# {}\n\n", home.map_or_else(|| "Sources".to_owned(), |home| line(&home.title))));
    if let Some(description) = home.and_then(|home| home.description) {
        out.push_str(&format!("> {}\n\n", line(description)));
    }
    out.push_str("Every page is also Markdown; these are the addresses.\n");
    let mut folders: BTreeMap<&str, Vec<&Listed<'_>>> = BTreeMap::new();
    let mut definitions = Vec::new();
    for source in listed {
        if crate::source::is_definition(source.id) {
            definitions.push(source);
        } else {
            folders.entry(top_folder(source.id)).or_default().push(source);
        }
    }
    for (folder, mut sources) in folders {
        let index = sources.iter().position(|source| source.id == entry || is_index(source.id, folder));
        let name = match (folder, index.and_then(|at| sources.get(at))) {
            ("", _) => "Pages".to_owned(),
            (_, Some(index)) => line(&index.title),
            (folder, None) => capitalised(&folder.replace(['-', '_'], " ")),
        };
        if let Some(at) = index {
            sources[..=at].rotate_right(1);
        }
        section(&mut out, &name, &sources, url);
    }
    if !definitions.is_empty() {
        section(&mut out, "Optional", &definitions, url);
    }
    out.into_bytes()
}

fn section(out: &mut String, name: &str, sources: &[&Listed<'_>], url: Option<&str>) {
    out.push_str(&format!("\n## {name}\n\n"));
    for source in sources {
        let title = line(&source.title).replace('[', "(").replace(']', ")");
        out.push_str(&format!("- [{title}]({}{})", url.unwrap_or(""), source.markdown));
        if let Some(description) = source.description.map(line).filter(|text| !text.is_empty()) {
            out.push_str(": ");
            out.push_str(&description);
        }
        out.push('\n');
    }
}

/// In one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn capitalised(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn top_folder(id: &str) -> &str {
    id.split_once('/').map_or("", |(top, _)| top)
}

/// Whether this Source stands for the folder.
fn is_index(id: &str, folder: &str) -> bool {
    address::folder(id) == folder && address::name(id).split('.').next() == Some("index")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed<'a>(id: &'a str, title: &str, description: Option<&'a str>) -> Listed<'a> {
        Listed { id, title: title.to_owned(), description, markdown: format!("/{id}.md") }
    }

    #[test]
    fn sources_stand_under_their_folders() {
        let sources = [
            listed("about", "About [us]", None),
            listed("index.path", "The course", Some("Learn\nthings.")),
            listed("labs/a.demo", "A", Some("First.")),
            listed("labs/card.components", "Card", None),
            listed("labs/index.path", "All labs", None),
            listed("week-one/a", "B", None),
        ];
        let text = String::from_utf8(llms(&sources, "index.path", None)).unwrap();
        let expected = "# The course\n\n> Learn things.\n\nEvery page is also Markdown; these are the addresses.\n\n\
                        ## Pages\n\n- [The course](/index.path.md): Learn things.\n- [About (us)](/about.md)\n\n\
                        ## All labs\n\n- [All labs](/labs/index.path.md)\n- [A](/labs/a.demo.md): First.\n\n\
                        ## Week one\n\n- [B](/week-one/a.md)\n\n## Optional\n\n- [Card](/labs/card.components.md)\n";
        assert_eq!(text, expected);
        let text = String::from_utf8(llms(&sources[..1], "index.path", Some("https://x.y"))).unwrap();
        assert!(text.starts_with("# Sources\n") && text.contains("(https://x.y/about.md)"), "{text}");
    }
}
