//! `<!-- @response.field id=… label="…" -->`: an input in the text of a question.

use super::{Renderer, escape};
use crate::text::{dom, html};
use comrak::nodes::Sourcepos;

/// The longest answer in a field, in UTF-16 units: that of a short answer.
const MAX_ANSWER: &str = "300";

impl Renderer<'_, '_> {
    /// Writes the input before its comment, in place of the `**___**`. `false`: the comment is another one.
    pub(super) fn response_field(&mut self, comment: &str, at: Sourcepos) -> bool {
        let settings = dom::comment(comment).and_then(|inside| inside.strip_prefix("@response.field"));
        let Some(settings) = settings else { return false };
        if settings.starts_with(|c: char| !c.is_whitespace()) {
            return false;
        }
        // The settings look like attributes, so they are read as such.
        let tag = format!("<field {settings}>");
        let value = |name: &str| {
            let found = html::scan(&tag).attributes().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
            found.map(|attribute| html::unescape(&tag[attribute.value]).trim().to_owned())
        };
        let id = value("id").unwrap_or_default();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
            let message = "a response field needs an `id` of letters, digits, `-` and `_`".to_owned();
            self.warn("question/field-id", at, message);
            return false;
        }
        self.drop_blank();
        self.out.push_str("<input class=\"pmx-response-field\" type=\"text\" name=\"question.");
        escape(&self.block, &mut self.out);
        self.out.push('.');
        self.out.push_str(&id);
        self.out.push_str("\" data-pathmx-response-field=\"");
        self.out.push_str(&id);
        self.out.push_str("\" aria-label=\"");
        escape(&value("label").filter(|label| !label.is_empty()).unwrap_or_else(|| id.clone()), &mut self.out);
        self.out.push_str("\" maxlength=\"");
        self.out.push_str(MAX_ANSWER);
        self.out.push('"');
        if let Some(placeholder) = value("placeholder") {
            self.out.push_str(" placeholder=\"");
            escape(&placeholder, &mut self.out);
            self.out.push('"');
        }
        if value("required").as_deref() != Some("false") {
            self.out.push_str(" required");
        }
        self.out.push('>');
        // Scripts of existing sites look for it.
        self.out.push_str(comment);
        true
    }

    /// Takes back `**___**`, the blank that stands for the field where Markdown is read as text.
    fn drop_blank(&mut self) {
        let end = self.out.trim_end();
        let Some(blank) = end.strip_suffix("</strong>") else { return };
        let Some(before) = blank.trim_end_matches('_').strip_suffix("<strong>") else { return };
        if blank.len() > before.len() + "<strong>".len() {
            self.out.truncate(before.len());
        }
    }
}
