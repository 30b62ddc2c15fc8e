//! A condition of `pmx query`.

use std::str::FromStr;

/// One of the conditions that a Source must meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// `key=value`, or `key!=value`.
    Has {
        /// In the frontmatter, with dots; or one of the names that every Source has.
        key: String,
        /// With `*` for anything; alike in whatever case.
        value: String,
        /// Whether it is what a Source must not have.
        not: bool,
    },
    /// A word of the title, the description, the path or a tag.
    Word(String),
}

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a condition is `key=value`, `key!=value` or a word")]
pub struct TermError;

impl FromStr for Term {
    type Err = TermError;

    fn from_str(text: &str) -> std::result::Result<Self, TermError> {
        let Some((key, value)) = text.split_once('=') else {
            return if text.trim().is_empty() { Err(TermError) } else { Ok(Self::Word(text.to_lowercase())) };
        };
        let (key, not) = key.strip_suffix('!').map_or((key, false), |key| (key, true));
        if key.trim().is_empty() {
            return Err(TermError);
        }
        Ok(Self::Has { key: key.trim().to_owned(), value: value.trim().to_lowercase(), not })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_read_as_it_is_written() {
        let has = |key: &str, value: &str, not| Term::Has { key: key.to_owned(), value: value.to_owned(), not };
        assert_eq!("type=Lesson".parse(), Ok(has("type", "lesson", false)));
        assert_eq!("status != draft".parse(), Ok(has("status", "draft", true)));
        assert_eq!("Loops".parse(), Ok(Term::Word("loops".to_owned())));
        assert_eq!("route=/a?b=c".parse(), Ok(has("route", "/a?b=c", false)));
        for bad in ["", " ", "=x", "!=x"] {
            assert_eq!(bad.parse::<Term>(), Err(TermError), "{bad}");
        }
    }
}
