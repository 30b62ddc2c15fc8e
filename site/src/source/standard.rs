//! The elements that PathMX brings by itself, besides those of HTML and the components of a site.

use serde::{Deserialize, Serialize};

/// In a layout: where the content of the page comes.
pub(crate) const OUTLET: &str = "x-source-content";
/// In a layout: where the lists of related pages come.
pub(crate) const REFERENCES: &str = "x-source-references";
/// What a Source asks of its reader, to be ticked off.
pub(crate) const OUTLINE: &str = "x-completion-outline";
/// How much of it is done.
pub(crate) const PROGRESS: &str = "x-completion-progress";
/// Places for what pmx puts into every page by itself, or does without: nothing is shown for them.
pub(crate) const EMPTY: [&str; 2] = ["x-player-app", "x-source-overlay"];

/// Whether an element in lower case is one of these.
pub(crate) fn is_standard(name: &str) -> bool {
    matches!(name, OUTLET | REFERENCES | OUTLINE | PROGRESS) || EMPTY.contains(&name)
}

/// Which of them the text of a Source names, in whatever place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standard {
    /// It can be a layout.
    pub outlet: bool,
    /// It shows what is done.
    pub completion: bool,
}

impl Standard {
    pub(crate) fn of(text: &str) -> Self {
        let names = |name: &str| {
            text.match_indices('<').any(|(at, _)| {
                let rest = text.as_bytes().get(at + 1..at + 1 + name.len());
                rest.is_some_and(|rest| rest.eq_ignore_ascii_case(name.as_bytes()))
            })
        };
        // Nearly every Source has none.
        if !text.contains("<x-") && !text.contains("<X-") {
            return Self::default();
        }
        Self { outlet: names(OUTLET), completion: names(OUTLINE) || names(PROGRESS) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_says_which_it_names() {
        let of = |text: &str| {
            let Standard { outlet, completion } = Standard::of(text);
            (outlet, completion)
        };
        assert_eq!(of("<p>x-source-content</p>"), (false, false));
        assert_eq!(of("<main><X-Source-Content /></main>"), (true, false));
        assert_eq!(of("<x-other>\n\n<x-completion-progress/>"), (false, true));
        assert_eq!(of("<x-completion"), (false, false));
    }
}
