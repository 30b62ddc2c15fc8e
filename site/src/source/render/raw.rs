//! Raw HTML as it was written, but for the addresses in its attributes.

use super::{Renderer, escape};
use crate::{
    source::{
        Place,
        lines::Walked,
        markup::{self, Tag},
    },
    text::{
        address::{self, Address},
        css,
        dom::is_void,
        html::{self, Form, Part, Scanned},
    },
};
use comrak::nodes::Sourcepos;
use std::ops::Range;

impl Renderer<'_, '_> {
    pub(super) fn inline_html(&mut self, literal: &str, at: Sourcepos) {
        let found = html::scan(literal);
        for tag in &found.tags {
            match tag.form {
                Form::Start if !is_void(&tag.name.to_ascii_lowercase()) => self.open_tags += 1,
                Form::End => self.open_tags = self.open_tags.saturating_sub(1),
                Form::Start | Form::Whole => {}
            }
        }
        if !self.response_field(literal, at) {
            self.raw_html(literal, found, at);
        }
    }

    pub(super) fn html_block(&mut self, literal: &str, at: Sourcepos) {
        self.fresh_line();
        let start = self.out.len();
        if self.response_field(literal.trim(), at) {
            self.out.insert_str(start, "<p>");
            self.out.push_str("</p>\n");
        } else {
            self.raw_html(literal, html::scan(literal), at);
            self.fresh_line();
        }
    }

    fn raw_html(&mut self, text: &str, Scanned { tags, parts }: Scanned<'_>, at: Sourcepos) {
        let start = self.out.len();
        self.rewritten(text, parts, at);
        if tags.iter().any(|tag| markup::is_watched(tag, self.knows_components)) {
            let mut place = Walked::from(at.start);
            // The tags of what was written are those of what was read, but for addresses in them.
            let written = html::scan(&self.out[start..]).tags;
            for (tag, shown) in
                tags.iter().zip(written).filter(|(tag, _)| markup::is_watched(tag, self.knows_components))
            {
                let (line, column) = place.to(self.lines, text, tag.at);
                if let Ok(at) = u32::try_from(start + shown.at) {
                    self.tags.push(Tag { at, position: self.lines.position(line, column) });
                }
            }
        }
    }

    fn rewritten(&mut self, text: &str, parts: Vec<Part<'_>>, at: Sourcepos) {
        let mut from = 0;
        let mut place = Walked::from(at.start);
        for part in parts {
            let attribute = match part {
                Part::Attribute(attribute) => attribute,
                Part::Sheet(sheet) => {
                    self.out.push_str(text.get(from..sheet.start).unwrap_or_default());
                    from = sheet.end;
                    self.sheet(text, sheet, &mut place);
                    continue;
                }
            };
            let Some(kind) = markup::place_of(attribute.tag, attribute.name) else { continue };
            let name = attribute.name.to_ascii_lowercase();
            let (start, end) = (attribute.value.start, attribute.value.end);
            let value = html::unescape(&text[attribute.value]);
            let is_ours = match name.as_str() {
                "style" => css::references(&value).iter().any(is_file),
                _ => !matches!(address::classify(&value), Address::Elsewhere),
            };
            if !is_ours {
                continue;
            }
            let written_at = place.to(self.lines, text, start);
            self.out.push_str(text.get(from..start).unwrap_or_default());
            // An address is escaped for either quote, but marks stand in double ones.
            if attribute.quoted {
                self.out.pop();
            }
            self.out.push('"');
            match name.as_str() {
                "srcset" => self.srcset(&value, &kind, written_at),
                "style" => self.style(&value, written_at),
                _ => self.raw_address(value.trim(), kind, written_at),
            }
            let is_closed = attribute.quoted && text[end..].starts_with(['"', '\'']);
            self.out.push_str(if is_closed || !attribute.quoted { "\"" } else { "" });
            from = end + usize::from(is_closed);
        }
        self.out.push_str(&text[from..]);
    }

    /// What stands in a `<style>` element, with the addresses of files as marks in double quotes.
    fn sheet(&mut self, text: &str, sheet: Range<usize>, place: &mut Walked) {
        let css = &text[sheet.clone()];
        let mut from = 0;
        for reference in css::references(css).into_iter().filter(is_file) {
            let written_at = place.to(self.lines, text, sheet.start + reference.range.start);
            self.out.push_str(css.get(from..reference.range.start).unwrap_or_default());
            self.out.push('"');
            self.mark(reference.target, Place::Sheet, written_at, true);
            self.out.push('"');
            from = reference.range.end;
        }
        self.out.push_str(&css[from..]);
    }

    fn style(&mut self, value: &str, at: (usize, usize)) {
        let mut from = 0;
        for reference in css::references(value).into_iter().filter(is_file) {
            escape(&value[from..reference.range.start], &mut self.out);
            self.out.push_str("&quot;");
            self.raw_address(&reference.target, Place::Resource, at);
            self.out.push_str("&quot;");
            from = reference.range.end;
        }
        escape(&value[from..], &mut self.out);
    }

    /// An address of HTML. What is of another site or the page itself stays.
    fn raw_address(&mut self, url: &str, place: Place, at: (usize, usize)) {
        match address::classify(url) {
            Address::Elsewhere => escape(url, &mut self.out),
            _ => self.mark(url.to_owned(), place, at, true),
        }
    }

    fn srcset(&mut self, value: &str, place: &Place, at: (usize, usize)) {
        for (index, candidate) in value.split(',').map(str::trim).enumerate() {
            let (url, descriptor) = candidate.split_at(candidate.find(char::is_whitespace).unwrap_or(candidate.len()));
            self.out.push_str(if index > 0 { ", " } else { "" });
            self.raw_address(url, place.clone(), at);
            escape(descriptor, &mut self.out);
        }
    }
}

fn is_file(reference: &css::Reference) -> bool {
    matches!(address::classify(&reference.target), Address::File(_))
}
