//! `![[name]]`: what is shown of a file by its name, and what the words behind the bar say.

use crate::diagnostic::{Diagnostic, Position};

/// The most digits of a width, so that it is a number to every browser.
const MAX_DIGITS: usize = 5;
/// Endings of files that a page can show as pictures.
const PICTURES: [&str; 10] = ["apng", "avif", "bmp", "gif", "ico", "jpeg", "jpg", "png", "svg", "webp"];
/// Endings of files that browsers play.
const SOUND: [&str; 9] = ["3gp", "aac", "flac", "m4a", "mp3", "oga", "ogg", "opus", "wav"];
const FILMS: [&str; 6] = ["m4v", "mkv", "mov", "mp4", "ogv", "webm"];

/// What is part of a page by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    Picture,
    Sound,
    Film,
}

impl Medium {
    /// What a file with this name is, which may have a `#fragment`.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let name = name.split('#').next().unwrap_or_default();
        let ending = name.rsplit_once('.')?.1.trim().to_ascii_lowercase();
        let kinds = [(&PICTURES[..], Self::Picture), (&SOUND[..], Self::Sound), (&FILMS[..], Self::Film)];
        kinds.into_iter().find_map(|(endings, kind)| endings.contains(&&*ending).then_some(kind))
    }
}

/// What stands behind the bar of `![[name|words]]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caption<'l> {
    /// Empty, if there are none: the name itself says nothing to those who do not see the picture.
    pub words: &'l str,
    pub width: Option<&'l str>,
    pub height: Option<&'l str>,
}

impl<'l> Caption<'l> {
    /// `words`, `words|100`, `100` or `100x50`; `label` is `target` where there is no bar.
    pub(crate) fn of(label: &'l str, target: &str) -> Self {
        let (before, last) = label.rsplit_once('|').map_or(("", label), |(before, last)| (before.trim(), last.trim()));
        let (width, height) = last.split_once('x').map_or((last, None), |(width, height)| (width, Some(height)));
        let is_size = |text: &str| (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if is_size(width) && height.is_none_or(is_size) {
            return Self { words: if before == target { "" } else { before }, width: Some(width), height };
        }
        Self { words: if label == target { "" } else { label }, width: None, height: None }
    }
}

/// Says that `![[target]]` shows no more than a link.
pub(crate) fn no_embed(target: &str, position: Position) -> Diagnostic {
    let message = format!("`![[{target}]]` is a link: by name, pictures, sound and films are shown, and no Sources");
    Diagnostic::warning("link/embed", position, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_medium_is_known_by_its_ending() {
        assert_eq!(Medium::of("a/b.PNG"), Some(Medium::Picture));
        assert_eq!(Medium::of("song.mp3#t=30"), Some(Medium::Sound));
        assert_eq!(Medium::of("film.webm "), Some(Medium::Film));
        assert_eq!((Medium::of("doc.pdf"), Medium::of("png"), Medium::of("Note#a.png")), (None, None, None));
    }

    #[test]
    fn a_caption_is_words_a_size_or_both() {
        let of = |label| {
            let Caption { words, width, height } = Caption::of(label, "pic.png");
            (words, width, height)
        };
        assert_eq!(of("pic.png"), ("", None, None));
        assert_eq!(of("100"), ("", Some("100"), None));
        assert_eq!(of("100x50"), ("", Some("100"), Some("50")));
        assert_eq!(of("A cat|100"), ("A cat", Some("100"), None));
        assert_eq!(of("A | cat | 100x50"), ("A | cat", Some("100"), Some("50")));
        assert_eq!(of("A cat|wide"), ("A cat|wide", None, None));
        assert_eq!(of("1234567"), ("1234567", None, None));
    }
}
