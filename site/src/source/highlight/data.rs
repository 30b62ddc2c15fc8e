//! JSON, and configuration in lines: TOML, INI, `.env`.

use super::{
    cursor::{Cursor, begins_name, in_name},
    paint::{Class, Paint},
};

/// Colours JSON, with the comments and bare keys that its relatives allow.
pub(super) fn json(text: &str, paint: &mut Paint) {
    let mut cursor = Cursor::new(text);
    while let Some(byte) = cursor.peek() {
        let next = cursor.ahead(1).unwrap_or(b' ');
        match byte {
            b'"' | b'\'' => {
                let text = string(&mut cursor, byte);
                let class = if cursor.after_blanks() == Some(b':') { Class::Attribute } else { Class::String };
                paint.put(class, text);
            }
            b'/' if next == b'/' => {
                let comment = cursor.take_line();
                paint.put(Class::Comment, comment);
            }
            b'/' if next == b'*' => {
                let comment = cursor.take_past("*/");
                paint.put(Class::Comment, comment);
            }
            _ if byte.is_ascii_digit() || (matches!(byte, b'-' | b'.' | b'+') && next.is_ascii_digit()) => {
                number(&mut cursor, paint)
            }
            _ if begins_name(byte) => {
                let word = cursor.take_while(in_name);
                let class = match word {
                    _ if cursor.after_blanks() == Some(b':') => Class::Attribute,
                    "true" | "false" | "null" | "NaN" | "Infinity" => Class::Builtin,
                    _ => Class::Plain,
                };
                paint.put(class, word);
            }
            _ => {
                let other = cursor.take_char();
                paint.put(Class::Plain, other);
            }
        }
    }
}

/// A string on one line, as far as it goes.
fn string<'a>(cursor: &mut Cursor<'a>, quote: u8) -> &'a str {
    let bytes = cursor.bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\n' => return cursor.take(at),
            b'\\' if bytes.get(at + 1) != Some(&b'\n') => at += 1,
            byte if *byte == quote => return cursor.take(at + 1),
            _ => {}
        }
        at += 1;
    }
    cursor.take(bytes.len())
}

fn number(cursor: &mut Cursor<'_>, paint: &mut Paint) {
    let from = cursor.rest();
    let sign = if cursor.peek().is_some_and(|b| b.is_ascii_digit()) { 0 } else { cursor.take(1).len() };
    let length = sign + cursor.take_number().len();
    paint.put(Class::Number, &from[..length]);
}

/// Colours `[section]`, `key = value` and comments.
pub(super) fn settings(text: &str, paint: &mut Paint) {
    let mut cursor = Cursor::new(text);
    while !cursor.done() {
        let blank = cursor.take_while(|b| b.is_ascii_whitespace());
        paint.put(Class::Plain, blank);
        match cursor.peek() {
            None => return,
            Some(b'#' | b';') => {
                let comment = cursor.take_line();
                paint.put(Class::Comment, comment);
            }
            Some(b'[') => {
                let section = cursor.take_while(|b| !matches!(b, b'\n' | b'#'));
                paint.put(Class::Type, section);
            }
            Some(_) => {
                let key = cursor.take_while(|b| !matches!(b, b'=' | b'\n' | b':'));
                let (export, key) = key.strip_prefix("export ").map_or(("", key), |rest| ("export ", rest));
                paint.put(Class::Keyword, export);
                paint.put(Class::Attribute, key);
                if cursor.peek() == Some(b'\n') {
                    continue;
                }
                let sign = cursor.take(1);
                paint.put(Class::Plain, sign);
                value(&mut cursor, paint);
            }
        }
    }
}

/// To the end of a value: brackets may hold line ends.
fn value(cursor: &mut Cursor<'_>, paint: &mut Paint) {
    let mut depth = 0_u32;
    while let Some(byte) = cursor.peek() {
        let next = cursor.ahead(1).unwrap_or(b' ');
        match byte {
            b'\n' if depth == 0 => return,
            b'"' | b'\'' if cursor.looks_at("\"\"\"") || cursor.looks_at("'''") => {
                let close = if byte == b'"' { "\"\"\"" } else { "'''" };
                let open = cursor.take(3);
                paint.put(Class::String, open);
                let rest = cursor.take_past(close);
                paint.put(Class::String, rest);
            }
            b'"' | b'\'' => {
                let text = string(cursor, byte);
                paint.put(Class::String, text);
            }
            b'#' => {
                let comment = cursor.take_line();
                paint.put(Class::Comment, comment);
            }
            b'$' if next == b'{' || begins_name(next) => {
                let from = cursor.rest();
                let mut length = cursor.take(2).len() + cursor.take_while(in_name).len();
                if cursor.peek() == Some(b'}') {
                    length += cursor.take(1).len();
                }
                paint.put(Class::Variable, &from[..length]);
            }
            _ if byte.is_ascii_digit() || (matches!(byte, b'-' | b'+') && next.is_ascii_digit()) => {
                let digits =
                    cursor.take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.' | b':' | b'_'));
                paint.put(Class::Number, digits);
            }
            _ if begins_name(byte) => {
                let word = cursor.take_while(|b| in_name(b) || matches!(b, b'-' | b'.' | b'/' | b':' | b'@'));
                let class = match word {
                    _ if depth > 0 && cursor.after_blanks() == Some(b'=') => Class::Attribute,
                    "true" | "false" | "on" | "off" | "yes" | "no" | "inf" | "nan" => Class::Builtin,
                    _ => Class::String,
                };
                paint.put(class, word);
            }
            _ => {
                match byte {
                    b'[' | b'{' => depth += 1,
                    b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                let other = cursor.take_char();
                paint.put(Class::Plain, other);
            }
        }
    }
}
