//! The tree of a Source as HTML, marked where addresses go that depend on other Sources.

use super::{Link, Place, lines::Lines};
use crate::site::{
    address::{self, Address},
    html,
};
use comrak::{
    html::{ChildRendering, Context, format_document_with_formatter, format_node_default},
    nodes::{AstNode, NodeHeading, NodeValue, TableAlignment},
    options::Plugins,
};
use std::{
    collections::{HashSet, VecDeque},
    fmt::{self, Write as _},
};

/// Before and after the number of a link, where its address goes. Markdown turns NUL into U+FFFD, so no text has one.
const MARK: char = '\0';
const BOUNDARY: &str = "-";

/// Writes marked HTML out; `address` gives the address of a link. Marks stand in quoted attribute values.
pub(in crate::site) fn fill<'a>(marked: &str, out: &mut String, address: impl Fn(usize) -> &'a str) {
    for (index, part) in marked.split(MARK).enumerate() {
        match part.parse() {
            Ok(link) if index % 2 == 1 => out.push_str(&html::escape(address(link))),
            _ => out.push_str(part),
        }
    }
}

/// What rendering needs and collects.
struct State<'s> {
    lines: &'s Lines<'s>,
    /// Lines of the dividers between Blocks.
    dividers: &'s HashSet<usize>,
    /// Ids of the headings to come.
    heading_ids: VecDeque<String>,
    links: Vec<Link>,
    /// Cells written of the current table row.
    column: usize,
}

/// Renders all Blocks of a document: one text more than there are dividers, and the links in order.
pub(super) fn render<'a>(
    root: &'a AstNode<'a>,
    lines: &Lines<'_>,
    dividers: &HashSet<usize>,
    heading_ids: VecDeque<String>,
) -> (Vec<String>, Vec<Link>) {
    let state = State { lines, dividers, heading_ids, links: Vec::new(), column: 0 };
    let mut out = String::new();
    let options = super::options();
    // Writing into a `String` does not fail.
    let links = format_document_with_formatter(root, &options, &mut out, &Plugins::default(), node, state)
        .map_or_else(|fmt::Error| Vec::new(), |state| state.links);
    let blocks = out.split(&format!("{MARK}{BOUNDARY}{MARK}\n")).map(str::to_owned).collect();
    (blocks, links)
}

fn node<'a>(
    context: &mut Context<'_, '_, State<'_>>,
    node: &'a AstNode<'a>,
    entering: bool,
) -> Result<ChildRendering, fmt::Error> {
    let data = node.data();
    let at = data.sourcepos.start;
    match &data.value {
        NodeValue::ThematicBreak if context.user.dividers.contains(&at.line) => {
            if entering {
                context.cr()?;
                writeln!(context, "{MARK}{BOUNDARY}{MARK}")?;
            }
        }
        NodeValue::Heading(NodeHeading { level, .. }) => {
            if entering {
                context.cr()?;
                let id = context.user.heading_ids.pop_front().unwrap_or_default();
                write!(context, "<h{level} id=\"{}\">", html::escape(&id))?;
            } else {
                writeln!(context, "</h{level}>")?;
            }
        }
        NodeValue::CodeBlock(code) => {
            if entering {
                context.cr()?;
                context.write_str("<div class=\"pmx-code-block\"><pre><code")?;
                if let Some(language) = code.info.split_whitespace().next() {
                    write!(context, " class=\"language-{}\"", html::escape(language))?;
                }
                context.write_str(">")?;
                context.escape(&code.literal)?;
                context.write_str("</code></pre></div>\n")?;
            }
            return Ok(ChildRendering::Skip);
        }
        NodeValue::Table(_) => {
            if entering {
                context.cr()?;
                context.write_str("<div class=\"pmx-table-scroll\">")?;
                return format_node_default(context, node, entering);
            }
            format_node_default(context, node, entering)?;
            context.write_str("</div>\n")?;
        }
        NodeValue::TableRow(_) => {
            context.user.column = 0;
            return format_node_default(context, node, entering);
        }
        NodeValue::TableCell => table_cell(context, node, entering)?,
        NodeValue::TaskItem(task) => {
            if entering {
                context.cr()?;
                let name = label(node);
                let checked = if task.symbol.is_some() { " checked" } else { "" };
                let name = html::escape(&name);
                write!(
                    context,
                    "<li class=\"task-list-item\"><input type=\"checkbox\" disabled{checked} aria-label=\"{name}\"> "
                )?;
            } else {
                context.write_str("</li>\n")?;
            }
        }
        NodeValue::Link(link) if is_include(node, context.user.lines) => {
            if entering {
                let lone = lone_in_paragraph(node);
                if !lone {
                    context.write_str("</p>\n")?;
                }
                let (name, number) = (include_label(node), context.user.links.len());
                context.write_str("<pmx-include data-link=\"")?;
                place(context, &link.url, Place::Include, (at.line, at.column))?;
                let name = html::escape(&name);
                write!(context, "\" data-n=\"{number}\" data-label=\"{name}\"></pmx-include>")?;
                context.write_str(if lone { "" } else { "\n<p>" })?;
            }
            return Ok(ChildRendering::Skip);
        }
        NodeValue::Paragraph
            if node
                .first_child()
                .is_some_and(|child| is_include(child, context.user.lines) && lone_in_paragraph(child)) =>
        {
            context.cr()?;
        }
        NodeValue::Link(link) => {
            if entering {
                context.write_str("<a href=\"")?;
                place(context, &link.url, Place::Anchor, (at.line, at.column))?;
                title(context, &link.title)?;
                context.write_str("\">")?;
            } else {
                context.write_str("</a>")?;
            }
        }
        NodeValue::Image(image) => {
            if entering {
                context.write_str("<img src=\"")?;
                place(context, &image.url, Place::Resource, (at.line, at.column))?;
                context.write_str("\" alt=\"")?;
                return Ok(ChildRendering::Plain);
            }
            title(context, &image.title)?;
            context.write_str("\">")?;
        }
        NodeValue::LineBreak => {
            if entering {
                context.write_str("<br>\n")?;
            }
        }
        NodeValue::ThematicBreak => {
            if entering {
                context.cr()?;
                context.write_str("<hr>\n")?;
            }
        }
        NodeValue::HtmlBlock(block) => {
            if entering {
                context.cr()?;
                raw_html(context, &block.literal, (at.line, at.column))?;
                context.cr()?;
            }
        }
        NodeValue::HtmlInline(literal) => {
            if entering {
                raw_html(context, literal, (at.line, at.column))?;
            }
        }
        _ => return format_node_default(context, node, entering),
    }
    Ok(ChildRendering::HTML)
}

/// Whether a link is `[@include: Label](./x.md)` or `[Label][@include.name]`, where content of its own may stand.
fn is_include<'a>(node: &'a AstNode<'a>, lines: &Lines<'_>) -> bool {
    let data = node.data();
    let NodeValue::Link(link) = &data.value else { return false };
    let beside = node.parent().is_some_and(|parent| matches!(parent.data().value, NodeValue::Paragraph));
    if !beside || !matches!(address::classify(&link.url), Address::File(_)) {
        return false;
    }
    let direct = node.first_child().is_some_and(
        |first| matches!(&first.data().value, NodeValue::Text(text) if text.trim() == "@include" || text.starts_with("@include:")),
    );
    let end = data.sourcepos.end;
    let named = || {
        let before = lines.get(end.line).get(..end.column)?.strip_suffix(']')?;
        before.rsplit_once("][").map(|(_, label)| label == "@include" || label.starts_with("@include."))
    };
    direct || named() == Some(true)
}

fn include_label<'a>(node: &'a AstNode<'a>) -> String {
    let text = node.collect_text();
    let text = text.strip_prefix("@include").map_or(&*text, |rest| rest.strip_prefix(':').unwrap_or(rest));
    text.trim().to_owned()
}

fn lone_in_paragraph<'a>(node: &'a AstNode<'a>) -> bool {
    node.next_sibling().is_none() && node.previous_sibling().is_none()
}

/// The name of a task: the text of its first paragraph.
fn label<'a>(node: &'a AstNode<'a>) -> String {
    let first = node.first_child().filter(|child| matches!(child.data().value, NodeValue::Paragraph));
    let text = first.map(AstNode::collect_text).unwrap_or_default();
    if text.trim().is_empty() { "Task".to_owned() } else { text.trim().to_owned() }
}

fn title(context: &mut Context<'_, '_, State<'_>>, title: &str) -> fmt::Result {
    if title.is_empty() {
        return Ok(());
    }
    context.write_str("\" title=\"")?;
    context.escape(title)
}

fn table_cell<'a>(context: &mut Context<'_, '_, State<'_>>, node: &'a AstNode<'a>, entering: bool) -> fmt::Result {
    let row = node.parent();
    let header = row.is_some_and(|row| matches!(row.data().value, NodeValue::TableRow(true)));
    let name = if header { "th" } else { "td" };
    if !entering {
        return write!(context, "</{name}>");
    }
    let column = context.user.column;
    context.user.column += 1;
    let alignment = row.and_then(AstNode::parent).and_then(|table| match &table.data().value {
        NodeValue::Table(table) => table.alignments.get(column).copied(),
        _ => None,
    });
    let align = match alignment {
        Some(TableAlignment::Left) => " style=\"text-align:left\"",
        Some(TableAlignment::Center) => " style=\"text-align:center\"",
        Some(TableAlignment::Right) => " style=\"text-align:right\"",
        _ => "",
    };
    context.cr()?;
    write!(context, "<{name}{align}>")
}

/// Writes an address: a hole for what depends on the site, else as it is. `at`: line and byte column, from 1.
fn place(context: &mut Context<'_, '_, State<'_>>, url: &str, place: Place, at: (usize, usize)) -> fmt::Result {
    if matches!(address::classify(url), Address::Elsewhere) {
        return context.escape_href(url);
    }
    let position = context.user.lines.position(at.0, at.1);
    write!(context, "{MARK}{}{MARK}", context.user.links.len())?;
    context.user.links.push(Link { target: url.to_owned(), place, position });
    Ok(())
}

/// Raw HTML as it was written, but for the addresses in its attributes.
fn raw_html(context: &mut Context<'_, '_, State<'_>>, text: &str, start: (usize, usize)) -> fmt::Result {
    let mut from = 0;
    for attribute in html::attributes(text) {
        let name = attribute.name.to_ascii_lowercase();
        let kind = match name.as_str() {
            "href" | "xlink:href" if !attribute.tag.eq_ignore_ascii_case("base") => Place::Anchor,
            "src" | "poster" | "srcset" => Place::Resource,
            "data" if attribute.tag.eq_ignore_ascii_case("object") => Place::Resource,
            _ => continue,
        };
        let raw = &text[attribute.value.clone()];
        let value = html::unescape(raw);
        let before = &text[..attribute.value.start];
        let line = start.0 + before.matches('\n').count();
        let column = before.rfind('\n').map_or(start.1 + before.len(), |newline| before.len() - newline);
        if matches!(address::classify(&value), Address::Elsewhere) {
            continue;
        }
        context.write_str(before.get(from..).unwrap_or_default())?;
        let quote = if attribute.quoted { "" } else { "\"" };
        context.write_str(quote)?;
        if name == "srcset" {
            for (index, candidate) in value.split(',').map(str::trim).enumerate() {
                let (url, descriptor) =
                    candidate.split_at(candidate.find(char::is_whitespace).unwrap_or(candidate.len()));
                context.write_str(if index > 0 { ", " } else { "" })?;
                place(context, url, kind.clone(), (line, column))?;
                context.escape(descriptor)?;
            }
        } else {
            place(context, value.trim(), kind, (line, column))?;
        }
        context.write_str(quote)?;
        from = attribute.value.end;
    }
    context.write_str(&text[from..])
}
