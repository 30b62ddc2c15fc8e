//! Callouts: block quotes that start with `[!kind]`, as GitHub and Obsidian write them.

use super::{Renderer, escape};
use comrak::nodes::{AstNode, CalloutFold, NodeCallout, NodeValue};

impl<'a> Renderer<'a, '_> {
    pub(super) fn open_callout(&mut self, node: &'a AstNode<'a>, callout: &NodeCallout) {
        self.fresh_line();
        let (element, start) = match callout.fold {
            CalloutFold::None => ("aside", "<aside class=\"pmx-callout\" role=\"note\""),
            CalloutFold::Expanded => ("details", "<details class=\"pmx-callout\" open"),
            CalloutFold::Collapsed => ("details", "<details class=\"pmx-callout\""),
        };
        self.out.push_str(start);
        self.out.push_str(" data-pathmx-callout=\"");
        escape(&callout.callout_type, &mut self.out);
        self.out.push_str("\">\n");
        self.callouts.push(element);
        if !node.first_child().is_some_and(|child| matches!(child.data().value, NodeValue::CalloutTitle)) {
            self.title("p", |this| escape(&callout.default_title(), &mut this.out));
        }
    }

    /// A title is one line: of what Markdown makes of it, paragraphs keep their markup.
    pub(super) fn callout_title(&mut self, node: &'a AstNode<'a>) {
        let has_html = node.descendants().any(|inner| matches!(inner.data().value, NodeValue::HtmlInline(_)));
        // What HTML has in it may be more than a paragraph can hold.
        self.title(if has_html { "div" } else { "p" }, |this| {
            for child in node.children() {
                let data = child.data();
                match &data.value {
                    NodeValue::Paragraph | NodeValue::Heading(_) => {
                        for inline in child.children() {
                            this.tree(inline);
                        }
                    }
                    _ => escape(&super::super::text::of(child), &mut this.out),
                }
            }
        });
    }

    pub(super) fn close_callout(&mut self) {
        self.fresh_line();
        self.out.push_str(if self.callouts.pop() == Some("details") { "</details>\n" } else { "</aside>\n" });
    }

    fn title(&mut self, element: &str, write: impl FnOnce(&mut Self)) {
        let name = if self.callouts.last() == Some(&"details") { "summary" } else { element };
        self.fresh_line();
        self.out.push('<');
        self.out.push_str(name);
        self.out.push_str(" class=\"pmx-callout-title\">");
        write(self);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push_str(">\n");
    }
}
