//! Addresses that open a file in an editor.

use super::url::encode;
use std::path::Path;

/// The cookie that remembers the choice.
pub(super) const COOKIE: &str = "pmx-editor";

/// An editor that registers a scheme with the system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Editor {
    #[default]
    VsCode,
    Cursor,
    Zed,
    JetBrains,
    Sublime,
    /// No links.
    None,
}

impl Editor {
    pub(super) const ALL: [Self; 6] =
        [Self::VsCode, Self::Cursor, Self::Zed, Self::JetBrains, Self::Sublime, Self::None];

    /// Its name in the cookie and in forms.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::VsCode => "vscode",
            Self::Cursor => "cursor",
            Self::Zed => "zed",
            Self::JetBrains => "idea",
            Self::Sublime => "subl",
            Self::None => "none",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::VsCode => "VS Code",
            Self::Cursor => "Cursor",
            Self::Zed => "Zed",
            Self::JetBrains => "JetBrains",
            Self::Sublime => "Sublime Text",
            Self::None => "no links",
        }
    }

    /// The editor with this name; the default for any other.
    pub(super) fn of(id: &str) -> Self {
        Self::ALL.into_iter().find(|editor| editor.id() == id).unwrap_or_default()
    }

    /// Opens a file at a place.
    pub(super) fn link(self, file: &Path, line: usize, column: usize) -> Option<String> {
        let text = file.to_str()?;
        // Windows paths become `/C:/…`, as in a file URL.
        let text = if text.starts_with('/') { text.to_owned() } else { format!("/{}", text.replace('\\', "/")) };
        let path: Vec<String> = text.split('/').map(encode).collect();
        let path = path.join("/");
        match self {
            Self::VsCode | Self::Cursor | Self::Zed => Some(format!("{}://file{path}:{line}:{column}", self.id())),
            Self::JetBrains => Some(format!("idea://open?file={path}&line={line}&column={column}")),
            Self::Sublime => Some(format!("subl://open?url=file://{path}&line={line}&column={column}")),
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_as_each_editor_reads_it() {
        let file = Path::new("/my site/ä.md");
        let links: Vec<Option<String>> = Editor::ALL.map(|editor| editor.link(file, 3, 7)).to_vec();
        let path = "/my%20site/%C3%A4.md";
        assert_eq!(links[0], Some(format!("vscode://file{path}:3:7")));
        assert_eq!(links[3], Some(format!("idea://open?file={path}&line=3&column=7")));
        assert_eq!(links[4], Some(format!("subl://open?url=file://{path}&line=3&column=7")));
        assert_eq!(links[5], None);
        assert_eq!(Editor::of("zed"), Editor::Zed);
        assert_eq!(Editor::of("javascript:"), Editor::VsCode);
    }
}
