//! What the file of a Source is called.

use super::EXTENSION;

/// Endings of Markdown files elsewhere, in lower case. A Source ends in `.md`.
const OTHER_ENDINGS: [&str; 5] = [".md", ".markdown", ".mdown", ".mkd", ".mkdn"];

/// What a Markdown file is to be called to be a Source, if its name ends in another way.
#[must_use]
pub fn source_name(path: &str) -> Option<String> {
    let lower = path.to_ascii_lowercase();
    let ending = OTHER_ENDINGS.iter().find(|ending| lower.ends_with(**ending) && !path.ends_with(EXTENSION))?;
    Some(format!("{}{EXTENSION}", path.get(..path.len() - ending.len())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_markdown_file_of_another_ending_has_a_name_as_a_source() {
        for (path, name) in [("a.MD", "a.md"), ("x/b.markdown", "x/b.md"), ("c.lesson.Mkd", "c.lesson.md")] {
            assert_eq!(source_name(path).as_deref(), Some(name));
        }
        for path in ["a.md", "a.mdx", "a.txt", "markdown"] {
            assert_eq!(source_name(path), None, "{path}");
        }
    }
}
