use super::{PageHead, Shell, push};
use crate::site::html;

/// The page for an address where nothing is. `theme`: as for every page of the Path.
pub(in crate::site) fn not_found(shell: &Shell, artifact: &str, theme: &str) -> String {
    let mut out = String::new();
    shell.open(&mut out, &PageHead { artifact, title: "Page not found", theme, ..PageHead::default() });
    out.push_str("<article class=\"pmx-document pmx-not-found\">\n<section class=\"pmx-block pmx-prose\">\n");
    out.push_str("<h1>There is no page here</h1>\n<p>The address may be misspelt, or the page may have moved. ");
    let home = shell.home();
    push(&mut out, &["Start again at <a href=\"", &html::escape(&home.address), "\">", &html::escape(&home.title)]);
    out.push_str("</a>.</p>\n</section>\n</article>\n");
    shell.close(&mut out, None, "");
    out
}
