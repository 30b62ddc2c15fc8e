use super::{
    head::PageHead,
    nav::{Nav, NavItem, current},
    push,
};
use crate::{
    browser,
    text::{html, language::is_from_the_right},
};
use pmx_model::Hash;

/// Asks search engines not to list a page. It stands in the page, since that works on every server.
const NOINDEX: &str = "<meta name=\"robots\" content=\"noindex\">\n";

/// What all pages of a Path share. All addresses are ready for a URL.
#[derive(Debug)]
pub(crate) struct PageFrame {
    pub nav: Nav,
    /// Empty, or `/<handle>`.
    pub mount: String,
    /// The language of Sources that do not say theirs.
    pub lang: String,
    /// The site's origin, if it is known.
    pub url: Option<String>,
    /// Whether search engines are asked not to list the pages.
    pub unlisted: bool,
    pub favicon: String,
    pub base_css: String,
    /// The styles of every page, after the theme.
    pub styles: Vec<Stylesheet>,
    /// The script that keeps the page current, where somebody tells it of changes.
    pub live: Option<String>,
    /// The Player's script, unless it is switched off.
    pub player: Option<String>,
}

/// The frame of all pages of a Path, ready to be written around each.
#[derive(Debug)]
pub(crate) struct Shell {
    frame: PageFrame,
    site_title: String,
    /// The tags of the icon and of the base style sheet.
    base: String,
    /// The tags of the shared styles.
    styles: String,
    /// The tags of the shared scripts.
    scripts: String,
    digest: Hash,
}

/// A stylesheet of a page.
#[derive(Clone, Debug)]
pub(crate) struct Stylesheet {
    pub address: String,
    /// `root`: of every page of the Path; `source`: of one Source.
    pub scope: &'static str,
    /// The file, below the source root.
    pub source: String,
    /// What follows `@styles.`, if it is no medium.
    pub name: Option<String>,
    pub media: Option<&'static str>,
}

impl Stylesheet {
    pub(crate) fn tag(&self) -> String {
        let mut tag = String::from("<link rel=\"stylesheet\"");
        // Scripts of existing sites look for these attributes in this order.
        push(&mut tag, &[" href=\"", &html::escape(&self.address), "\" data-pathmx-style=\"", self.scope]);
        push(&mut tag, &["\" data-pathmx-style-source=\"", &html::escape(&self.source), "\""]);
        if let Some(name) = &self.name {
            push(&mut tag, &[" data-pathmx-style-name=\"", &html::escape(name), "\""]);
        }
        if let Some(media) = self.media {
            push(&mut tag, &[" media=\"", media, "\""]);
        }
        tag.push_str(">\n");
        tag
    }
}

/// The tag of a script that runs when the page is there, in order.
pub(super) fn script_tag(address: &str) -> String {
    format!("<script src=\"{}\" defer></script>\n", html::escape(address))
}

impl Shell {
    pub(crate) fn new(frame: PageFrame) -> Self {
        let site_title = frame.nav.home().title.clone();
        let mut base = String::new();
        push(&mut base, &["<link rel=\"icon\" type=\"image/svg+xml\" href=\"", &html::escape(&frame.favicon), "\">\n"]);
        let base_css = Stylesheet {
            address: frame.base_css.clone(),
            scope: "root",
            source: browser::BASE_CSS.name.to_owned(),
            name: None,
            media: None,
        };
        base.push_str(&base_css.tag());
        let styles: String = frame.styles.iter().map(Stylesheet::tag).collect();
        let scripts: String = frame.live.iter().chain(&frame.player).map(|address| script_tag(address)).collect();
        // All that is not hashed here is a part of every page's own head, of the navigation, or of this file.
        let mut all = String::new();
        for part in [&base, &styles, &scripts, &site_title, &frame.mount, &frame.lang, browser::EARLY_JS] {
            push(&mut all, &[part, "\0"]);
        }
        all.extend(frame.url.as_deref());
        all.extend(frame.unlisted.then_some(NOINDEX));
        Self { digest: Hash::of(all.as_bytes()), frame, site_title, base, styles, scripts }
    }

    /// The hash of everything in the frame of this page.
    pub(crate) fn digest(&self, here: Option<&str>) -> Hash {
        Hash::of(format!("{}{}", self.digest, self.frame.nav.digest(here)).as_bytes())
    }

    /// Everything before the document.
    pub(crate) fn open(&self, out: &mut String, page: &PageHead<'_>) {
        let PageFrame { nav, mount, lang, url, .. } = &self.frame;
        let lang = page.lang.unwrap_or(lang);
        let direction = if is_from_the_right(lang) { "\" dir=\"rtl" } else { "" };
        push(out, &["<!doctype html>\n<html lang=\"", &html::escape(lang), direction, "\" data-pmx-artifact=\""]);
        push(out, &[&html::escape(page.artifact), "\" data-pmx-mount=\"", &html::escape(mount), "\""]);
        if let Some(scheme) = page.scheme {
            // The reader has nothing to choose here.
            push(out, &[" data-pathmx-color-scheme=\"", scheme.name(), "\" data-pmx-one-scheme"]);
        }
        out.push_str(">\n<head>\n<meta charset=\"utf-8\">\n");
        out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        if !browser::EARLY_JS.trim().is_empty() {
            push(out, &["<script>", browser::EARLY_JS.trim(), "</script>\n"]);
        }
        // A page that is no Source's says it anyway.
        if self.frame.unlisted && page.here.is_some() {
            out.push_str(NOINDEX);
        }
        page.about(out, &self.site_title, page.here == Some(&*nav.home().id), url.as_deref());
        push(out, &[&self.base, page.theme, &self.styles]);
        for style in page.styles {
            out.push_str(&style.tag());
        }
        push(out, &[page.head, &self.scripts]);
        for script in page.scripts {
            out.push_str(&script_tag(script));
        }
        out.push_str("</head>\n<body>\n<a class=\"pmx-skip\" href=\"#pmx-main\">Skip to the text</a>\n");
        if page.is_laid_out {
            return;
        }
        let home = nav.home();
        push(out, &["<header class=\"pmx-site-header\"><a class=\"pmx-site-title\" dir=\"auto\" href=\""]);
        push(out, &[&html::escape(&home.address), "\"", current(page.here == Some(&*home.id)), ">"]);
        push(out, &[&html::escape(&self.site_title), "</a>"]);
        nav.menu(out, page.here);
        out.push_str("</header>\n<main id=\"pmx-main\">\n");
    }

    /// Everything after the document. `links`: see [`super::links()`].
    pub(crate) fn close(&self, out: &mut String, here: Option<&str>, links: &str) {
        out.push_str(links);
        self.frame.nav.pager(out, here);
        out.push_str("</main>\n<footer class=\"pmx-site-footer\"><p>Built with pmx</p></footer>\n</body>\n</html>\n");
    }

    /// Everything after the document of a page with a layout.
    pub(crate) fn close_laid_out(&self, out: &mut String) {
        out.push_str("</body>\n</html>\n");
    }

    /// The entry.
    pub(crate) fn home(&self) -> &NavItem {
        self.frame.nav.home()
    }
}
