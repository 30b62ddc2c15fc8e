//! Raw HTML as it was written, but for the addresses in its attributes.

use super::{Renderer, escape};
use crate::site::{
    address::{self, Address},
    css,
    diagnostic::Diagnostic,
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
        self.unread_sheets(text, at);
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
                "src" | "poster" | "srcset" | "style" => Place::Resource,
                "data" if attribute.tag.eq_ignore_ascii_case("object") => Place::Resource,
                _ => continue,
            };
            let (start, end) = (attribute.value.start, attribute.value.end);
            let value = html::unescape(&text[attribute.value]);
            let is_ours = match name.as_str() {
                "style" => css::references(&value).iter().any(is_file),
                _ => !matches!(address::classify(&value), Address::Elsewhere),
            };
            if !is_ours {
                continue;
            }
            let between = &text[seen..start];
            line += between.matches('\n').count();
            line_start = between.rfind('\n').map(|newline| seen + newline + 1).or(line_start);
            seen = start;
            let column = line_start.map_or(at.start.column + start, |line_start| start - line_start + 1);
            self.out.push_str(text.get(from..start).unwrap_or_default());
            // An address is escaped for either quote, but marks stand in double ones.
            if attribute.quoted {
                self.out.pop();
            }
            self.out.push('"');
            match name.as_str() {
                "srcset" => self.srcset(&value, &place, (line, column)),
                "style" => self.style(&value, (line, column)),
                _ => self.raw_address(value.trim(), place, (line, column)),
            }
            let is_closed = attribute.quoted && text[end..].starts_with(['"', '\'']);
            self.out.push_str(if is_closed || !attribute.quoted { "\"" } else { "" });
            from = end + usize::from(is_closed);
        }
        self.out.push_str(&text[from..]);
    }

    /// Says which files the stylesheets in a text name: what stands in `<style>` is not read.
    fn unread_sheets(&mut self, text: &str, at: Sourcepos) {
        let mut rest = text;
        while let Some(open) = rest.find("<style").or_else(|| rest.find("<STYLE")) {
            let inside = &rest[open..];
            let end = inside.find("</").unwrap_or(inside.len());
            for reference in css::references(&inside[..end]).iter().filter(|reference| is_file(reference)) {
                let message = format!(
                    "`{}` stays as it is written: files that `<style>` names are not followed",
                    reference.target
                );
                let position = self.position(at);
                let finding = Diagnostic::warning("asset/not-followed", position, message);
                self.findings.push(
                    finding.hint("put the rules into a file, and that into the page with `[@styles]: ./name.css`"),
                );
            }
            rest = &inside[end..];
        }
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
