//! Pictures in the names of hosts: `https://☃.net/`. The parser ends a bare address at them, GitHub does not. So they are letters of a private
//! area, of the same length, until the tree is there.

/// What may stand in a host: symbols and dingbats, pictographs.
const PICTURES: [(u32, u32); 2] = [(0x2600, 0x27bf), (0x1f300, 0x1faff)];
/// How far from each range its private area lies.
const AWAY: [u32; 2] = [0xc000, 0xe_0000];
/// What a host follows in a bare address.
const STARTS: [&str; 2] = ["://", "www."];

/// The text with other letters for the pictures in hosts; none, if there are no such hosts, or the letters stand in the text already.
pub(super) fn hidden(text: &str) -> Option<String> {
    if text.is_ascii() || !STARTS.iter().any(|start| text.contains(start)) || text.chars().any(is_letter) {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let mut in_host = false;
    for (at, c) in text.char_indices() {
        in_host = in_host && (!c.is_ascii() || c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
            || STARTS
                .iter()
                .any(|start| c == '/' && text[..=at].ends_with(start) || c == '.' && text[..=at].ends_with(start));
        let letter = if in_host { moved(c, 0, u32::checked_add) } else { None };
        out.push(letter.unwrap_or(c));
    }
    (out != text).then_some(out)
}

/// Whether a character may stand for a picture.
pub(super) fn is_letter(c: char) -> bool {
    moved(c, 1, u32::checked_sub).is_some()
}

/// The picture that a character stands for, or itself.
pub(super) fn shown(c: char) -> char {
    moved(c, 1, u32::checked_sub).unwrap_or(c)
}

/// A character of a range, or with `away` of its private area, moved.
fn moved(c: char, away: u32, by: fn(u32, u32) -> Option<u32>) -> Option<char> {
    let code = u32::from(c);
    let range = PICTURES
        .iter()
        .zip(AWAY)
        .find(|((first, last), distance)| (first + away * distance..=last + away * distance).contains(&code));
    range.and_then(|(_, distance)| char::from_u32(by(code, distance)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_in_hosts_are_letters_and_come_back() {
        let text = "🍄 http://🍄.ga/🍄 www.☃.net x ☃ https://x🍄y";
        let new = hidden(text).unwrap();
        assert_eq!(new.len(), text.len());
        assert!(new.starts_with("🍄 http://") && new.contains(".ga/🍄 www.") && new.contains(" x ☃ "), "{new}");
        assert_eq!(new.chars().filter(|c| is_letter(*c)).count(), 3);
        assert_eq!(new.chars().map(shown).collect::<String>(), text);
        for none in ["http://a.b", "🍄 and ☃", "http://ü.de 🍄", "\u{e600} http://☃.net"] {
            assert_eq!(hidden(none), None, "{none}");
        }
    }
}
