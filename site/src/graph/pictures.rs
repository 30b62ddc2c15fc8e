//! How large pictures are, so that a page keeps their room free before they are loaded.

use crate::{files::folder::open_regular, scan::Content, text::html};
use std::io::{self, Cursor, Read as _};

/// How much of a file is looked at first, in bytes: the size nearly always stands in the first hundred.
const HEAD: u64 = 16 * 1024;
/// How much is looked at if that was too little: a photograph may have a preview and a colour profile before its size.
const LONG_HEAD: u64 = 512 * 1024;
/// The longest side that is believed, in pixels: what browsers still draw, and far more than any screen.
const MAX_SIDE: f64 = 65_535.0;
/// Orientations from here on lie on their side.
const SIDEWAYS: std::ops::RangeInclusive<u16> = 5..=8;

/// Width and height of a picture as it is shown, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub width: u32,
    pub height: u32,
}

/// The size of the picture in a file with this name; none if it is no picture, broken, or has no size of its own.
pub(crate) fn size(name: &str, content: &Content) -> Option<Size> {
    let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
    let read: fn(&[u8]) -> Option<Size> = match ending.as_str() {
        "svg" => drawing,
        "avif" | "bmp" | "gif" | "ico" | "jpeg" | "jpg" | "png" | "apng" | "webp" => raster,
        _ => return None,
    };
    match content {
        Content::Bytes(bytes, _) => read(bytes.get(..LONG_HEAD as usize).unwrap_or(bytes)),
        Content::OnDisk { path, .. } => {
            let head = |most| -> io::Result<Vec<u8>> {
                let mut head = Vec::new();
                open_regular(path)?.take(most).read_to_end(&mut head)?;
                Ok(head)
            };
            read(&head(HEAD).ok()?).or_else(|| read(&head(LONG_HEAD).ok()?))
        }
        Content::TooLarge(_) | Content::Unreadable(_) => None,
    }
}

fn checked(width: f64, height: f64) -> Option<Size> {
    let side = |length: f64| {
        let rounded = length.round();
        // In this range the conversion is exact.
        (1.0..=MAX_SIDE).contains(&rounded).then_some(rounded as u32)
    };
    Some(Size { width: side(width)?, height: side(height)? })
}

/// What is made of pixels.
fn raster(head: &[u8]) -> Option<Size> {
    let found = imagesize::reader_size(Cursor::new(head)).ok()?;
    let size = checked(found.width as f64, found.height as f64)?;
    let sideways = orientation(head).is_some_and(|orientation| SIDEWAYS.contains(&orientation));
    Some(if sideways { Size { width: size.height, height: size.width } } else { size })
}

/// The orientation that a camera noted in a JPEG, which browsers follow.
fn orientation(head: &[u8]) -> Option<u16> {
    let mut rest = head.strip_prefix(b"\xff\xd8")?;
    loop {
        let [0xff, marker, high, low, ..] = *rest else { return None };
        let length = usize::from(u16::from_be_bytes([high, low])).max(2);
        let segment = rest.get(4..2 + length)?;
        match marker {
            0xe1 => {
                if let Some(exif) = segment.strip_prefix(b"Exif\0\0") {
                    return noted(exif);
                }
            }
            // Pixels begin.
            0xda => return None,
            _ => {}
        }
        rest = rest.get(2 + length..)?;
    }
}

/// The orientation in EXIF data, which is laid out as a TIFF file.
fn noted(tiff: &[u8]) -> Option<u16> {
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = [*tiff.get(at)?, *tiff.get(at + 1)?];
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let (first, second) = (usize::from(short(4)?), usize::from(short(6)?));
    let directory = if little { first | second << 16 } else { first << 16 | second };
    let entries = usize::from(short(directory)?);
    (0..entries).map(|entry| directory + 2 + 12 * entry).find_map(|at| match short(at)? {
        0x0112 => short(at + 8),
        _ => None,
    })
}

/// What is drawn: the size that it names, else that of its view box.
fn drawing(head: &[u8]) -> Option<Size> {
    let head = String::from_utf8_lossy(head.get(..HEAD as usize).unwrap_or(head));
    let (mut width, mut height, mut view) = (None, None, None);
    let attributes: Vec<_> = html::scan(&head).attributes().collect();
    let root = attributes.first()?.tag;
    // It may have a prefix.
    if root.rsplit(':').next() != Some("svg") {
        return None;
    }
    for attribute in attributes.iter().take_while(|attribute| std::ptr::eq(attribute.tag, root)) {
        let value = &head[attribute.value.clone()];
        match attribute.name {
            "width" => width = length(value),
            "height" => height = length(value),
            "viewBox" => view = view_box(value),
            _ => {}
        }
    }
    match (width, height, view) {
        (Some(width), Some(height), _) => checked(width, height),
        (Some(width), None, Some((w, h))) => checked(width, width * h / w),
        (None, Some(height), Some((w, h))) => checked(height * w / h, height),
        (None, None, Some((w, h))) => checked(w, h),
        _ => None,
    }
}

/// A length in CSS pixels; none if it depends on where the drawing stands.
fn length(text: &str) -> Option<f64> {
    let text = text.trim();
    let end = text.find(|c: char| !matches!(c, '0'..='9' | '.' | '+' | '-')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let pixels = match unit.trim() {
        "" | "px" => 1.0,
        "pt" => 4.0 / 3.0,
        "pc" => 16.0,
        "in" => 96.0,
        "cm" => 96.0 / 2.54,
        "mm" => 96.0 / 25.4,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * pixels).filter(|length| *length > 0.0)
}

fn view_box(text: &str) -> Option<(f64, f64)> {
    let numbers = text.split(|c: char| c.is_whitespace() || c == ',').filter(|number| !number.is_empty());
    let numbers: Vec<f64> = numbers.map(str::parse).collect::<Result<_, _>>().ok()?;
    match numbers[..] {
        [_, _, width, height] if width > 0.0 && height > 0.0 => Some((width, height)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn of(name: &str, bytes: &[u8]) -> Option<(u32, u32)> {
        let bytes: Arc<[u8]> = bytes.into();
        let hash = pmx_model::Hash::of(&bytes);
        size(name, &Content::Bytes(bytes, hash)).map(|size| (size.width, size.height))
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes(), b"\x08\x06\0\0\0"]
            .concat()
    }

    fn jpeg(orientation: Option<u16>) -> Vec<u8> {
        let mut out = b"\xff\xd8".to_vec();
        if let Some(orientation) = orientation {
            out.extend(b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01");
            out.extend(orientation.to_be_bytes());
            out.extend(b"\0\0\0\0\0\0");
        }
        out.extend(b"\xff\xc0\0\x11\x08\0\x64\0\xc8\x03\x01\x22\0\x02\x11\x01\x03\x11\x01");
        out
    }

    #[test]
    fn the_size_of_each_format_is_read() {
        assert_eq!(of("a.PNG", &png(640, 480)), Some((640, 480)));
        assert_eq!(of("a.gif", b"GIF89a\x40\x01\xc8\0\0\0\0"), Some((320, 200)));
        assert_eq!(of("a.jpg", &jpeg(None)), Some((200, 100)));
        let webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x2b\x01\0\xc7\0\0";
        assert_eq!(of("a.webp", webp), Some((300, 200)));
        let avif = b"\0\0\0\x14ftypavif\0\0\0\0mif1\0\0\0\x34meta\0\0\0\0\0\0\0\x28iprp\0\0\0\x20ipco\0\0\0\x14ispe\0\0\0\0\0\0\x01\x90\0\0\0\xf0";
        assert_eq!(of("a.avif", avif), Some((400, 240)));
    }

    #[test]
    fn a_photograph_that_lies_on_its_side_is_as_browsers_show_it() {
        for (orientation, size) in [(1, (200, 100)), (3, (200, 100)), (6, (100, 200)), (8, (100, 200)), (9, (200, 100))]
        {
            assert_eq!(of("a.jpg", &jpeg(Some(orientation))), Some(size), "{orientation}");
        }
    }

    #[test]
    fn a_drawing_has_the_size_that_it_names_or_that_of_its_view_box() {
        for (svg, size) in [
            ("<svg width='120' height=\"60px\" viewBox='0 0 10 10'/>", Some((120, 60))),
            (
                "<?xml version='1.0'?><!-- <svg width='1' height='1'> --><svg xmlns='x>y' viewBox='0,0 24.4 48'><rect width='9'/>",
                Some((24, 48)),
            ),
            ("<svg width='100%' height='100%' viewBox='0 0 30 20'>", Some((30, 20))),
            ("<svg width='60' viewBox='0 0 30 20'>", Some((60, 40))),
            ("<s:svg width='1in' height='72pt'>", Some((96, 96))),
            ("<svg><rect width='9' height='9'/>", None),
            ("<svg width='-4' height='0'>", None),
            ("<html width='4' height='3'>", None),
            ("<svg width='1e9' height='1'>", None),
        ] {
            assert_eq!(of("a.svg", svg.as_bytes()), size, "{svg}");
        }
    }

    #[test]
    fn what_is_broken_or_absurd_has_no_size() {
        assert_eq!(of("a.png", &png(0, 5)), None);
        assert_eq!(of("a.png", &png(u32::MAX, u32::MAX)), None);
        assert_eq!(of("a.png", b"\x89PNG"), None);
        assert_eq!(of("a.png", b""), None);
        assert_eq!(of("a.txt", &png(1, 1)), None);
        assert_eq!(of("a", &png(1, 1)), None);
        assert_eq!(of("a.jpg", &b"\xff\xd8\xff\xe0\0\0".repeat(10_000)), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_fear(
            start in prop::sample::select(vec![&b"\xff\xd8\xff\xe1"[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 ", b"\0\0\0\x14ftypavif", b"<svg ", b"BM", b"\xff\xd8\xff\xe1\0\x22Exif\0\0II"]),
            rest in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let bytes = [start, &rest].concat();
            for name in ["a.jpg", "a.svg"] {
                if let Some((width, height)) = of(name, &bytes) {
                    prop_assert!((1..=65_535).contains(&width) && (1..=65_535).contains(&height));
                }
            }
        }
    }
}
