//! Raw HTML as it was written, but for the addresses in its attributes.

use super::Renderer;
use crate::{
    source::{
        addresses::{self, Here},
        lines::Walked,
        markup::{self, TagPlace},
    },
    text::{
        dom::is_void,
        html::{self, Form, Part, Scanned},
    },
};
use comrak::nodes::Sourcepos;
use std::mem;

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
        self.rewritten(text, &parts, at);
        if tags.iter().any(|tag| markup::is_watched(tag, self.knows_components)) {
            let mut place = Walked::from(at.start);
            // The tags of what was written are those of what was read, but for addresses in them.
            let written = html::scan(&self.out[start..]).tags;
            for (tag, shown) in
                tags.iter().zip(written).filter(|(tag, _)| markup::is_watched(tag, self.knows_components))
            {
                let (line, column) = place.to(self.lines, text, tag.at);
                if let Ok(at) = u32::try_from(start + shown.at) {
                    self.tags.push(TagPlace { at, position: self.lines.position(line, column) });
                }
            }
        }
    }

    fn rewritten(&mut self, text: &str, parts: &[Part<'_>], at: Sourcepos) {
        let mut place = Walked::from(at.start);
        let mut out = mem::take(&mut self.out);
        addresses::marked(text, parts, Here::Marked, &mut out, &mut |found| {
            let at = place.to(self.lines, text, found.at);
            self.link(found.target, found.place, at, true)
        });
        self.out = out;
    }
}
