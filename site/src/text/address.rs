//! What authors write into links, and what goes into pages.

use std::borrow::Cow;

/// Where a link points, before anyone has looked whether that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address<'a> {
    /// To another site, another scheme, or something that is filled in later (`{{ … }}`): none of our business.
    Elsewhere,
    /// Into the same page; the fragment, decoded, if there is one.
    Here(Option<Cow<'a, str>>),
    /// To a file of the site.
    File(FileAddress<'a>),
}

/// A link to a file of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileAddress<'a> {
    /// Decoded path, as written.
    pub path: Cow<'a, str>,
    /// Whether it starts at the top of the site rather than beside its Source.
    pub rooted: bool,
    /// Query and fragment, with `?` and `#`, as written.
    pub suffix: &'a str,
}

impl FileAddress<'_> {
    /// The decoded fragment, if there is one.
    pub(crate) fn fragment(&self) -> Option<Cow<'_, str>> {
        self.suffix.split_once('#').map(|(_, fragment)| decode(fragment))
    }
}

/// Sorts out a link as it stands in a Source.
pub(crate) fn classify(link: &str) -> Address<'_> {
    let link = link.trim();
    if link.starts_with("//") || link.contains("{{") || has_scheme(link) {
        return Address::Elsewhere;
    }
    let (path, suffix) = link.split_at(link.find(['?', '#']).unwrap_or(link.len()));
    if path.is_empty() {
        return Address::Here(suffix.split_once('#').map(|(_, fragment)| decode(fragment)));
    }
    let rooted = path.starts_with('/');
    Address::File(FileAddress { path: decode(path.trim_start_matches('/')), rooted, suffix })
}

fn has_scheme(link: &str) -> bool {
    let end = link.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))).unwrap_or(link.len());
    end > 0 && link[end..].starts_with(':') && link.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// A path from the source root to what `path` means in a file of `folder` (empty for the top); `None` when it leads out.
pub(crate) fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut segments: Vec<&str> = folder.split('/').filter(|s| !s.is_empty()).collect();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            name => segments.push(name),
        }
    }
    Some(segments.join("/"))
}

/// What a path in `related` of the Source `from` may mean: beside it, or from the top, as a bare id does.
pub(crate) fn related(from: &str, file: &FileAddress<'_>) -> Vec<String> {
    let beside = resolve(if file.rooted { "" } else { folder(from) }, &file.path);
    let top = resolve("", &file.path).filter(|_| !file.path.starts_with('.'));
    [beside, top].into_iter().flatten().collect()
}

/// Whether an address says that it counts from where it stands: it begins with `./` or `../`.
pub(crate) fn is_dotted(address: &str) -> bool {
    address.starts_with("./") || address.starts_with("../")
}

/// The path of a name in a folder.
pub(crate) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The folder of a path; empty for the top.
pub(crate) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last segment of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// What the name of a Source says of its type: `lesson` of `sub/one.lesson`.
pub(crate) fn kind(id: &str) -> Option<&str> {
    name(id).trim_start_matches('.').rsplit_once('.').map(|(_, kind)| kind)
}

/// Percent-decodes; what would not be UTF-8 stays as it is.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    String::from_utf8(percent_decode(text.as_bytes())).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Percent-decodes; what is no escape stays as it is.
#[must_use]
pub fn percent_decode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |i: usize| bytes.get(i).and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// Percent-encodes a decoded path for a URL: ASCII only, `/` kept.
pub(crate) fn encode_path(path: &str) -> Cow<'_, str> {
    encode(path, |b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&b))
}

fn encode(text: &str, plain: impl Fn(u8) -> bool) -> Cow<'_, str> {
    if text.bytes().all(&plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    Cow::Owned(out)
}

/// Percent-encodes what an address that was written cannot have in a URL, as CommonMark's reference does. What is encoded already stays.
pub(crate) fn encode_written(address: &str) -> Cow<'_, str> {
    encode(address, |b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?#%".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(link: &str) -> (String, bool, String) {
        match classify(link) {
            Address::File(file) => (file.path.into_owned(), file.rooted, file.suffix.to_owned()),
            other => panic!("{link}: {other:?}"),
        }
    }

    #[test]
    fn links_are_sorted_by_where_they_lead() {
        for elsewhere in
            ["https://x.y/a.md", "mailto:a@b.c", "//host/x.md", "data:text/plain,x", "{{ url }}", "web+x:y"]
        {
            assert_eq!(classify(elsewhere), Address::Elsewhere, "{elsewhere}");
        }
        assert_eq!(classify("#a%20b"), Address::Here(Some("a b".into())));
        assert_eq!(classify("?play=1"), Address::Here(None));
        assert_eq!(file("./a%20b.md?q=1#f"), ("./a b.md".into(), false, "?q=1#f".into()));
        assert_eq!(file("/top.md"), ("top.md".into(), true, String::new()));
        assert_eq!(file("a:b.md".replace(':', "/").as_str()), ("a/b.md".into(), false, String::new()));
        assert_eq!(file("100%.md").0, "100%.md");
    }

    #[test]
    fn a_relative_path_never_leads_out() {
        assert_eq!(resolve("a/b", "../c.md").as_deref(), Some("a/c.md"));
        assert_eq!(resolve("", "./x//y.md").as_deref(), Some("x/y.md"));
        assert_eq!(resolve("a", "../../x.md"), None);
    }

    #[test]
    fn encoding_is_ascii_and_decodes_to_the_same() {
        for path in ["/a b/ü%.md", "/plain/x.lesson", "/q?#\"<>"] {
            let encoded = encode_path(path);
            assert!(encoded.bytes().all(|b| (0x21..0x7f).contains(&b) && !b"\"<>?#".contains(&b)), "{encoded}");
            assert_eq!(decode(&encoded), path);
        }
    }
}
