//! HTML as it counts: what pmx adds to every page is left out, and spelling that means the same is made one.

/// A piece of HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    /// Name, attributes in order of their names, whether it ends an element.
    Tag(String, Vec<(String, String)>, bool),
    /// A comment, a declaration, an instruction.
    Other(&'a str),
}

/// Elements around whose tags white space means nothing.
const BLOCKS: [&str; 34] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "del",
    "details",
    "div",
    "dl",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "iframe",
    "ins",
    "li",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "thead",
    "tr",
    "ul",
];
const CELLS: [&str; 3] = ["td", "th", "br"];

/// The HTML in its normal form.
pub(crate) fn normal(html: &str) -> String {
    let mut out = String::new();
    // Elements that are left out, and those whose text keeps its white space.
    let (mut dropped, mut open): (Vec<bool>, Vec<String>) = (Vec::new(), Vec::new());
    for piece in pieces(html) {
        let is_pre = open.iter().any(|name| name == "pre" || name == "textarea");
        match piece {
            Piece::Text(text) if is_pre => out.push_str(&decoded(text)),
            Piece::Text(text) => {
                for c in decoded(text).chars() {
                    if !c.is_ascii_whitespace() {
                        out.push(c);
                    } else if !out.ends_with(' ') && !out.ends_with('\n') {
                        out.push(' ');
                    }
                }
            }
            Piece::Other(text) => out.push_str(text),
            Piece::Tag(name, attributes, ends) => {
                let is_block = BLOCKS.contains(&&*name) || CELLS.contains(&&*name);
                if is_block && !is_pre || name == "pre" && ends {
                    out.truncate(out.trim_end().len());
                }
                if ends {
                    if let Some(at) = open.iter().rposition(|known| *known == name) {
                        open.truncate(at);
                        let rest = dropped.split_off(at);
                        if rest[0] {
                            continue;
                        }
                    }
                    if name == "code" && is_pre {
                        out.truncate(out.trim_end_matches('\n').len());
                    }
                    out.push_str(&format!("</{name}>"));
                } else {
                    let leave_out = is_ours(&name, &attributes, is_pre);
                    if !is_void(&name) {
                        open.push(name.clone());
                        dropped.push(leave_out);
                    }
                    if leave_out {
                        continue;
                    }
                    out.push('<');
                    out.push_str(&name);
                    for (key, value) in kept(&name, attributes) {
                        out.push_str(&format!(" {key}=\"{value}\""));
                    }
                    out.push('>');
                }
                if is_block && !is_pre {
                    out.push('\n');
                }
            }
        }
    }
    out.trim().to_owned()
}

/// Elements that pmx puts around others.
fn is_ours(name: &str, attributes: &[(String, String)], in_pre: bool) -> bool {
    let class = attributes.iter().find(|(key, _)| key == "class").map_or("", |(_, value)| value.as_str());
    match name {
        "div" => class.starts_with("pmx-code-block") || class.starts_with("pmx-table"),
        "span" => in_pre,
        _ => false,
    }
}

/// Attributes that count.
fn kept(name: &str, mut attributes: Vec<(String, String)>) -> Vec<(String, String)> {
    let is_heading = name.len() == 2 && name.starts_with('h') && name != "hr";
    attributes.retain(|(key, value)| {
        !(key.starts_with("data-pathmx")
            || is_heading && key == "id"
            || key == "class" && (value.starts_with("shiki") || value.contains("task-list"))
            || name == "input" && key == "aria-label")
    });
    for (key, value) in &mut attributes {
        if key == "align" {
            (*key, *value) = ("style".to_owned(), format!("text-align:{value}"));
        }
    }
    attributes.sort();
    attributes
}

fn is_void(name: &str) -> bool {
    ["br", "hr", "img", "input", "meta", "link", "wbr", "source"].contains(&name)
}

fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let Some(start) = rest.find('<') else {
            found.push(Piece::Text(rest));
            break;
        };
        let (text, tag) = rest.split_at(start);
        if !text.is_empty() {
            found.push(Piece::Text(text));
        }
        let special = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")];
        if let Some((_, end)) = special.iter().find(|(open, _)| tag.starts_with(open)) {
            let end = tag.find(end).map_or(tag.len(), |at| at + end.len());
            found.push(Piece::Other(&tag[..end]));
            rest = &tag[end..];
            continue;
        }
        let (piece, length) = element(tag).unwrap_or((Piece::Text("<"), 1));
        found.push(piece);
        rest = &tag[length..];
    }
    found
}

/// A tag at the start of a text, and its length.
fn element(text: &str) -> Option<(Piece<'_>, usize)> {
    let ends = text.starts_with("</");
    let mut at = 1 + usize::from(ends);
    let name_end = text[at..].find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'))? + at;
    let name = text[at..name_end].to_ascii_lowercase();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    at = name_end;
    let mut attributes = Vec::new();
    loop {
        at += text[at..].find(|c: char| !(c.is_ascii_whitespace() || c == '/'))?;
        if text[at..].starts_with('>') {
            return Some((Piece::Tag(name, attributes, ends), at + 1));
        }
        let end = at + 1 + text[at + 1..].find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/'))?;
        let key = text[at..end].to_ascii_lowercase();
        at = end;
        let after = text[at..].trim_start();
        let Some(value) = after.strip_prefix('=') else {
            attributes.push((key, String::new()));
            continue;
        };
        let value = value.trim_start();
        at = text.len() - value.len();
        let (value, length) = match value.chars().next()? {
            quote @ ('"' | '\'') => {
                let end = value[1..].find(quote)?;
                (&value[1..=end], end + 2)
            }
            _ => {
                let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>')?;
                (&value[..end], end)
            }
        };
        attributes.push((key, decoded(value)));
        at += length;
    }
}

/// References that both sides may write.
fn decoded(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    text.replace("&#x27;", "'").replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}
