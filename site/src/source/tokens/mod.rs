//! `theme` and `fonts` of the frontmatter: what a site or a Source looks like, as custom properties.
//!
//! Every token has up to three values: one for any scheme, one for light, one for dark. Colours with several become one
//! `light-dark()`, so they follow `color-scheme` wherever it is set: by the system, by the reader's choice, on a part of a page.

mod color;
mod css;
mod fonts;
mod names;
mod read;

pub(crate) use fonts::local_files;
pub(crate) use read::theme;

use fonts::{FontFace, FontSheet};
use std::collections::BTreeMap;

/// What a Source's frontmatter says about its look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Theme {
    tokens: BTreeMap<TokenIndex, Sides>,
    /// `forceColorScheme`
    force: Option<ColorScheme>,
    sheets: Vec<FontSheet>,
    faces: Vec<FontFace>,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColorScheme {
    Light,
    Dark,
}

/// Index into [`names::TOKENS`].
type TokenIndex = usize;

/// The values of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sides {
    any: Option<String>,
    light: Option<String>,
    dark: Option<String>,
}

impl ColorScheme {
    /// As CSS and attributes have it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Sides {
    fn of(&self, scheme: ColorScheme) -> Option<&str> {
        let own = match scheme {
            ColorScheme::Light => &self.light,
            ColorScheme::Dark => &self.dark,
        };
        own.as_ref().or(self.any.as_ref()).map(String::as_str)
    }
}

impl Theme {
    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.force.is_none() && self.sheets.is_empty() && self.faces.is_empty()
    }

    /// Says where the local files of fonts are served, by their names as they were written. Before themes are put over each other:
    /// the names are relative to their Source.
    pub(crate) fn serve_fonts(&mut self, address: impl Fn(&str) -> Option<String>) {
        for face in &mut self.faces {
            face.serve(&address);
        }
    }

    /// This theme over the one of the Path's entry: token by token, the own value wins.
    #[must_use]
    pub(crate) fn over(&self, root: &Self) -> Self {
        let mut both = root.clone();
        for (token, own) in &self.tokens {
            let sides = both.tokens.entry(*token).or_default();
            if own.any.is_some() {
                *sides = own.clone();
            } else {
                sides.light = own.light.clone().or_else(|| sides.light.take());
                sides.dark = own.dark.clone().or_else(|| sides.dark.take());
            }
        }
        both.force = self.force.or_else(|| if self.has_ground() { None } else { root.force });
        let sheets = self.sheets.iter().filter(|sheet| !root.sheets.contains(sheet));
        both.sheets.extend(sheets.cloned());
        let faces = self.faces.iter().filter(|face| !root.faces.contains(face));
        both.faces.extend(faces.cloned());
        both
    }

    /// The one scheme that this theme is made for, if it is one: the author says so, or gives one background for both.
    pub(crate) fn scheme(&self) -> Option<ColorScheme> {
        self.force.or_else(|| {
            let ground = self.tokens.get(&names::BG)?;
            if ground.light.is_some() || ground.dark.is_some() {
                return None;
            }
            // Below this, white text has the better contrast.
            color::luminance(ground.any.as_deref()?)
                .map(|y| if y < color::MIDDLE { ColorScheme::Dark } else { ColorScheme::Light })
        })
    }

    fn has_ground(&self) -> bool {
        self.tokens.contains_key(&names::BG)
    }
}

#[cfg(test)]
mod tests;
