//! What is a page's own in its head.

use super::{Stylesheet, push};
use crate::{
    source::tokens::ColorScheme,
    text::{html, shorten::shorten},
};

/// The longest description in the head, in characters; previews cut it sooner.
const MAX_DESCRIPTION: usize = 300;

/// What a page brings into its head. Start from the default and set what there is; all of it must be in the page's inputs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PageHead<'a> {
    /// `/`-led path of the page's file below the site's origin.
    pub artifact: &'a str,
    pub title: &'a str,
    pub description: Option<&'a str>,
    /// Id of the Source; none for a page that is no Source's.
    pub here: Option<&'a str>,
    /// The page's own address, ready for a URL, with the mount.
    pub address: Option<&'a str>,
    /// The address of its Markdown.
    pub markdown: Option<&'a str>,
    /// The address of its picture: on this site, or absolute.
    pub image: Option<&'a str>,
    /// `lang` of the frontmatter.
    pub lang: Option<&'a str>,
    /// The only scheme that the page is made for.
    pub scheme: Option<ColorScheme>,
    /// See [`crate::source::tokens::Theme::head`].
    pub theme: &'a str,
    /// The Source's own styles.
    pub styles: &'a [Stylesheet],
    /// The tags that components bring.
    pub head: &'a str,
    /// Addresses of scripts that run after the Player's, in this order.
    pub scripts: &'a [String],
    /// Whether a layout takes the place of the header, the navigation and the footer.
    pub is_laid_out: bool,
}

impl PageHead<'_> {
    /// All that names and describes the page, for readers, previews and agents.
    pub(super) fn about(&self, out: &mut String, site_title: &str, is_home: bool, url: Option<&str>) {
        let full = if is_home { self.title.to_owned() } else { format!("{} · {site_title}", self.title) };
        push(out, &["<title>", &html::escape(&full), "</title>\n"]);
        let description = self.description.map(|text| shorten(text, MAX_DESCRIPTION));
        if let Some(description) = &description {
            push(out, &["<meta name=\"description\" content=\"", &html::escape(description), "\">\n"]);
        }
        let mut meta = |name: &str, value: &str| {
            let attribute = if name.starts_with("og:") { "property" } else { "name" };
            push(out, &["<meta ", attribute, "=\"", name, "\" content=\"", &html::escape(value), "\">\n"]);
        };
        if self.here.is_none() {
            return meta("robots", "noindex");
        }
        meta("og:title", self.title);
        meta("og:type", if is_home { "website" } else { "article" });
        if !is_home {
            meta("og:site_name", site_title);
        }
        if let Some(description) = &description {
            meta("og:description", description);
        }
        let own = url.zip(self.address).map(|(url, address)| format!("{url}{address}"));
        if let Some(own) = &own {
            meta("og:url", own);
        }
        let image = self.image.and_then(|image| match image.starts_with('/') {
            // Previews take absolute addresses only.
            true => url.map(|url| format!("{url}{image}")),
            false => image.starts_with("https://").then(|| image.to_owned()),
        });
        if let Some(image) = &image {
            meta("og:image", image);
        }
        meta("twitter:card", if image.is_some() { "summary_large_image" } else { "summary" });
        if let Some(own) = &own {
            push(out, &["<link rel=\"canonical\" href=\"", &html::escape(own), "\">\n"]);
        }
        if let Some(markdown) = self.markdown {
            let address = html::escape(markdown);
            push(out, &["<link rel=\"alternate\" type=\"text/markdown\" href=\"", &address, "\">\n"]);
        }
    }
}
