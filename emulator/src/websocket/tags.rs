//! The tags of a hibernatable socket.

/// Distinct tags of a socket.
const MAX_TAGS: usize = 10;
/// Bytes of a tag; the platform says characters, and counts bytes.
const MAX_TAG_BYTES: usize = 256;

/// The tags of a socket: at most ten, each once, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tags(Box<[Box<str>]>);

/// Why a socket cannot be accepted under these tags; the platform's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TagError {
    #[error("a Hibernatable WebSocket cannot have more than {MAX_TAGS} tags")]
    TooMany,
    #[error("\"{0}\" is longer than the max tag length ({MAX_TAG_BYTES} characters).")]
    TooLong(String),
}

impl Tags {
    /// # Errors
    /// If there are too many, or one is too long.
    pub(crate) fn new<'a>(tags: impl IntoIterator<Item = &'a str>) -> Result<Self, TagError> {
        let mut distinct: Vec<Box<str>> = Vec::new();
        for tag in tags {
            // After ten, the platform refuses one more even if it has come before.
            if distinct.len() == MAX_TAGS {
                return Err(TagError::TooMany);
            }
            if tag.len() > MAX_TAG_BYTES {
                return Err(TagError::TooLong(tag.to_owned()));
            }
            if !distinct.iter().any(|other| **other == *tag) {
                distinct.push(tag.into());
            }
        }
        Ok(Self(distinct.into()))
    }

    pub(crate) fn contains(&self, tag: &str) -> bool {
        self.iter().any(|other| other == tag)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|tag| &**tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_distinct_tags_of_256_bytes_are_the_most() {
        let ten: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        let doubled = ten.iter().flat_map(|tag| [tag.as_str(); 2]).take(19);
        assert_eq!(Tags::new(doubled).unwrap().iter().count(), 10);
        let again = ten.iter().chain(&ten[..1]).map(String::as_str);
        assert_eq!(Tags::new(again), Err(TagError::TooMany), "one more, though it is not distinct");
        let eleven = ten.iter().map(String::as_str).chain(["ten"]);
        assert_eq!(
            Tags::new(eleven).unwrap_err().to_string(),
            "a Hibernatable WebSocket cannot have more than 10 tags"
        );
        let long = "é".repeat(129);
        assert_eq!(
            Tags::new([long.as_str()]).unwrap_err().to_string(),
            format!("\"{long}\" is longer than the max tag length (256 characters).")
        );
        assert!(Tags::new(["", &"é".repeat(128)]).unwrap().contains(""));
    }
}
