//! Elements in JavaScript.

use super::{
    code::{CodeLexer, CodeMode, Preceding},
    cursor::{begins_name, in_name},
    paint::Class,
};

/// One step inside a tag or between tags.
pub(super) fn step(lexer: &mut CodeLexer<'_, '_>) {
    match lexer.modes.last().copied() {
        Some(CodeMode::Tag { closing, named }) => tag(lexer, closing, named),
        _ => children(lexer),
    }
}

fn tag(lexer: &mut CodeLexer<'_, '_>, closing: bool, named: bool) {
    let Some(byte) = lexer.cursor.peek() else { return };
    if begins_name(byte) {
        let name = lexer.cursor.take_while(|b| in_name(b) || matches!(b, b'-' | b'.' | b':'));
        lexer.paint.put(if named { Class::Attribute } else { Class::Type }, name);
        if let Some(CodeMode::Tag { named, .. }) = lexer.modes.last_mut() {
            *named = true;
        }
        return;
    }
    match byte {
        b'"' | b'\'' => {
            let open = lexer.cursor.take(1);
            let value = lexer.cursor.take_while(|b| b != byte);
            lexer.paint.put(Class::String, open);
            lexer.paint.put(Class::String, value);
            let close = lexer.cursor.take(1);
            lexer.paint.put(Class::String, close);
        }
        b'{' => braces(lexer),
        b'/' if lexer.cursor.ahead(1) == Some(b'>') => {
            let end = lexer.cursor.take(2);
            lexer.modes.pop();
            lexer.value(Class::Plain, end);
        }
        b'>' => {
            let end = lexer.cursor.take(1);
            lexer.value(Class::Plain, end);
            lexer.modes.pop();
            if closing {
                lexer.modes.pop();
            } else {
                lexer.modes.push(CodeMode::Children);
            }
        }
        _ => {
            let other = lexer.cursor.take_char();
            lexer.paint.put(Class::Plain, other);
        }
    }
}

fn children(lexer: &mut CodeLexer<'_, '_>) {
    let text = lexer.cursor.take_while(|b| !matches!(b, b'<' | b'{'));
    lexer.paint.put(Class::Plain, text);
    match lexer.cursor.peek() {
        Some(b'{') => braces(lexer),
        Some(_) => {
            let closing = lexer.cursor.ahead(1) == Some(b'/');
            let open = lexer.cursor.take(1 + usize::from(closing));
            lexer.paint.put(Class::Plain, open);
            lexer.modes.push(CodeMode::Tag { closing, named: false });
        }
        None => {}
    }
}

fn braces(lexer: &mut CodeLexer<'_, '_>) {
    let open = lexer.cursor.take(1);
    lexer.paint.put(Class::Escape, open);
    lexer.modes.push(CodeMode::Code { end: b'}', depth: 0, one_line: false, format: false });
    lexer.before = Preceding::Operator;
}
