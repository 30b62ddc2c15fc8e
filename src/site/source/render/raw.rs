//! Raw HTML as it was written, but for the addresses in its attributes.

use super::{Renderer, escape};
use crate::site::{
    address::{self, Address},
    html,
    source::Place,
};
use comrak::nodes::Sourcepos;

impl Renderer<'_, '_> {
    pub(super) fn inline_html(&mut self, literal: &str, at: Sourcepos) {
        if !self.response_field(literal, at) {
            self.raw_html(literal, at);
        }
    }

    pub(super) fn html_block(&mut self, literal: &str, at: Sourcepos) {
        self.fresh_line();
        let start = self.out.len();
        if self.response_field(literal.trim(), at) {
            self.out.insert_str(start, "<p>");
            self.out.push_str("</p>\n");
        } else {
            self.raw_html(literal, at);
            self.fresh_line();
        }
    }

    fn raw_html(&mut self, text: &str, at: Sourcepos) {
        // Most raw HTML has no address, and the scan is not free.
        if !text.contains('=') {
            return self.out.push_str(text);
        }
        let mut from = 0;
        // Line and start of the line of what was looked at last.
        let (mut seen, mut line, mut line_start) = (0, at.start.line, None);
        for attribute in html::attributes(text) {
            let name = attribute.name.to_ascii_lowercase();
            let place = match name.as_str() {
                "href" | "xlink:href" if !attribute.tag.eq_ignore_ascii_case("base") => Place::Anchor,
                "src" | "poster" | "srcset" => Place::Resource,
                "data" if attribute.tag.eq_ignore_ascii_case("object") => Place::Resource,
                _ => continue,
            };
            let raw = &text[attribute.value.clone()];
            let value = html::unescape(raw);
            if matches!(address::classify(&value), Address::Elsewhere) {
                continue;
            }
            let start = attribute.value.start;
            let between = &text[seen..start];
            line += between.matches('\n').count();
            line_start = between.rfind('\n').map(|newline| seen + newline + 1).or(line_start);
            seen = start;
            let column = line_start.map_or(at.start.column + start, |line_start| start - line_start + 1);
            self.out.push_str(text.get(from..start).unwrap_or_default());
            let quote = if attribute.quoted { "" } else { "\"" };
            // An address is escaped for either quote, but marks stand in double ones.
            let single = text[..start].ends_with('\'') && attribute.quoted;
            if single {
                self.out.pop();
                self.out.push('"');
            }
            self.out.push_str(quote);
            if name == "srcset" {
                self.srcset(&value, &place, (line, column));
            } else {
                self.address(value.trim(), place, (line, column));
            }
            self.out.push_str(if single { "\"" } else { quote });
            from = attribute.value.end + usize::from(single && text[attribute.value.end..].starts_with('\''));
        }
        self.out.push_str(&text[from..]);
    }

    fn srcset(&mut self, value: &str, place: &Place, at: (usize, usize)) {
        for (index, candidate) in value.split(',').map(str::trim).enumerate() {
            let (url, descriptor) = candidate.split_at(candidate.find(char::is_whitespace).unwrap_or(candidate.len()));
            self.out.push_str(if index > 0 { ", " } else { "" });
            self.address(url, place.clone(), at);
            escape(descriptor, &mut self.out);
        }
    }
}
