//! HTML, XML, SVG, and templates that look like them.

use super::{
    code, css,
    cursor::{Cursor, in_name},
    data,
    paint::{Class, Paint},
    tables::{JAVASCRIPT, PHP, TYPESCRIPT},
};

/// Colours markup, with the scripts and styles in it.
pub(super) fn lex(text: &str, paint: &mut Paint) {
    let mut cursor = Cursor::new(text);
    while !cursor.done() {
        let plain = cursor.take_while(|b| !matches!(b, b'<' | b'&' | b'{'));
        paint.put(Class::Plain, plain);
        step(&mut cursor, paint);
    }
}

/// One tag, comment, reference or placeholder; or one character, if none begins here.
pub(super) fn step(cursor: &mut Cursor<'_>, paint: &mut Paint) {
    let bytes = cursor.bytes();
    let next = bytes.get(1).copied().unwrap_or(b' ');
    match bytes.first() {
        Some(b'<') if cursor.looks_at("<!--") => {
            let comment = cursor.take_past("-->");
            paint.put(Class::Comment, comment);
        }
        Some(b'<') if cursor.looks_at("<![CDATA[") => {
            let data = cursor.take_past("]]>");
            paint.put(Class::String, data);
        }
        Some(b'<') if cursor.looks_at("<?php") || cursor.looks_at("<?=") => php(cursor, paint),
        Some(b'<') if matches!(next, b'!' | b'?') => {
            let declaration = cursor.take_past(">");
            paint.put(Class::Meta, declaration);
        }
        Some(b'<') if next.is_ascii_alphabetic() => start_tag(cursor, paint),
        Some(b'<') if next == b'/' => {
            let open = cursor.take(2);
            paint.put(Class::Plain, open);
            tag_rest(cursor, paint);
        }
        Some(b'{') if next == b'{' => braces(cursor, paint),
        Some(b'&') => reference(cursor, paint),
        _ => {
            let other = cursor.take_char();
            paint.put(Class::Plain, other);
        }
    }
}

fn php(cursor: &mut Cursor<'_>, paint: &mut Paint) {
    let open = cursor.take(if cursor.looks_at("<?=") { 3 } else { 5 });
    paint.put(Class::Meta, open);
    let length = cursor.rest().find("?>").unwrap_or(usize::MAX / 2);
    let script = cursor.take(length);
    code::lex(&PHP, script, paint);
    let close = cursor.take(2);
    paint.put(Class::Meta, close);
}

fn start_tag(cursor: &mut Cursor<'_>, paint: &mut Paint) {
    let open = cursor.take(1);
    paint.put(Class::Plain, open);
    let (name, hint) = tag_rest(cursor, paint);
    let Some(end) = ["script", "style"].into_iter().find(|raw| name.eq_ignore_ascii_case(raw)) else { return };
    let inside = cursor.take(raw_length(cursor.bytes(), end));
    match hint {
        _ if end == "style" => css::lex(inside, hint == Hint::Sassy, paint),
        Hint::Data => data::json(inside, paint),
        Hint::Typed => code::lex(&TYPESCRIPT, inside, paint),
        Hint::None | Hint::Sassy => code::lex(&JAVASCRIPT, inside, paint),
    }
}

/// What an attribute says about what the element holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hint {
    None,
    Data,
    Typed,
    Sassy,
}

/// From the name of a tag to its `>`.
fn tag_rest<'a>(cursor: &mut Cursor<'a>, paint: &mut Paint) -> (&'a str, Hint) {
    let name = cursor.take_while(in_markup_name);
    paint.put(Class::Type, name);
    let mut hint = Hint::None;
    let mut styled = false;
    while let Some(byte) = cursor.peek() {
        match byte {
            b'>' => {
                let close = cursor.take(1);
                paint.put(Class::Plain, close);
                break;
            }
            b'<' => break,
            b'{' if cursor.looks_at("{{") => braces(cursor, paint),
            b'=' => {
                let equals = cursor.take(1);
                paint.put(Class::Plain, equals);
                let value = value(cursor, paint, styled);
                hint = match value {
                    value if value.contains("json") || value.contains("importmap") => Hint::Data,
                    "ts" | "typescript" | "tsx" => Hint::Typed,
                    "scss" | "less" => Hint::Sassy,
                    _ => hint,
                };
            }
            _ if in_markup_name(byte) || matches!(byte, b'@' | b'#' | b'*' | b'[' | b'(') => {
                let name = cursor.take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'=' | b'>' | b'/' | b'<'));
                styled = name == "style";
                paint.put(Class::Attribute, name);
            }
            _ => {
                let other = cursor.take_char();
                paint.put(Class::Plain, other);
            }
        }
    }
    (name, hint)
}

/// The value of an attribute.
fn value<'a>(cursor: &mut Cursor<'a>, paint: &mut Paint, styled: bool) -> &'a str {
    let blank = cursor.take_while(|b| b.is_ascii_whitespace());
    paint.put(Class::Plain, blank);
    let Some(quote) = cursor.peek().filter(|b| matches!(b, b'"' | b'\'')) else {
        if cursor.looks_at("{{") {
            braces(cursor, paint);
            return "";
        }
        let value = cursor.take_while(|b| !b.is_ascii_whitespace() && b != b'>');
        paint.put(Class::String, value);
        return value;
    };
    let open = cursor.take(1);
    paint.put(Class::String, open);
    let value = cursor.take_while(|b| b != quote);
    if styled && !value.contains("{{") {
        css::declarations(value, paint);
    } else {
        let mut inside = Cursor::new(value);
        while !inside.done() {
            let text = inside.take_while(|b| !matches!(b, b'{' | b'&'));
            paint.put(Class::String, text);
            match inside.peek() {
                Some(b'{') if inside.looks_at("{{") => braces(&mut inside, paint),
                Some(b'&') => reference(&mut inside, paint),
                _ => {
                    let other = inside.take(1);
                    paint.put(Class::String, other);
                }
            }
        }
    }
    let close = cursor.take(1);
    paint.put(Class::String, close);
    value
}

pub(super) fn braces(cursor: &mut Cursor<'_>, paint: &mut Paint) {
    let text = cursor.take_past("}}");
    paint.put(Class::Variable, text);
}

fn reference(cursor: &mut Cursor<'_>, paint: &mut Paint) {
    let length = cursor.bytes()[1..].iter().take(32).take_while(|b| b.is_ascii_alphanumeric() || **b == b'#').count();
    let whole = length > 0 && cursor.ahead(length + 1) == Some(b';');
    let text = cursor.take(if whole { length + 2 } else { 1 });
    paint.put(if whole { Class::Builtin } else { Class::Plain }, text);
}

/// Up to the end tag of an element whose content is no markup.
fn raw_length(bytes: &[u8], name: &str) -> usize {
    let mut at = 0;
    while let Some(open) = bytes[at..].windows(2).position(|pair| pair == b"</") {
        at += open;
        let found = bytes.get(at + 2..at + 2 + name.len());
        if found.is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes())) {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

const fn in_markup_name(byte: u8) -> bool {
    in_name(byte) || matches!(byte, b'-' | b':' | b'.')
}
