use super::{PageHead, Shell, push};
use crate::{source::tokens::Theme, text::html};

/// The page for an address where nothing is. `look`: the one of the entry, whose id is `entry`.
pub(crate) fn not_found(shell: &Shell, artifact: &str, look: &Theme, entry: &str) -> String {
    let mut out = String::new();
    let (theme, scheme) = (&*look.head(entry), look.scheme());
    shell.open(&mut out, &PageHead { artifact, title: "Page not found", theme, scheme, ..PageHead::default() });
    out.push_str("<article class=\"pmx-document pmx-not-found\">\n<section class=\"pmx-block pmx-prose\">\n");
    out.push_str("<h1>There is no page here</h1>\n<p>The address may be misspelt, or the page may have moved. ");
    let home = shell.home();
    push(&mut out, &["Start again at <a href=\"", &html::escape(&home.address), "\">", &html::escape(&home.title)]);
    out.push_str("</a>.</p>\n</section>\n</article>\n");
    shell.close(&mut out, None, "");
    out
}
