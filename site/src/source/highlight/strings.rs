//! Inside a string: text, escapes, and where code begins.

use super::{
    code::{CodeLexer, CodeMode, Preceding},
    cursor::begins_name,
    family::{Inside, Quote},
    paint::Class,
};

/// What interrupts the text of a string.
enum Stop {
    /// Nothing; this byte is text.
    No,
    Close,
    Escape,
    /// Code: how long its opening is, and what closes it.
    Code(usize, u8),
    /// `$name`
    Name,
    /// A line end that the string cannot cross.
    Line,
}

impl CodeLexer<'_, '_> {
    /// From here to the end of the string or to what interrupts it.
    pub(super) fn string(&mut self, quote: Quote) {
        let bytes = self.cursor.bytes();
        let mut length = 0;
        let stop = loop {
            let Some(byte) = bytes.get(length) else { break Stop::Close };
            match stop(&bytes[length..], *byte, quote) {
                Stop::No => length += 1,
                // Two braces are one.
                Stop::Code(0, _) => length += 2,
                stop => break stop,
            }
        };
        let text = self.cursor.take(length);
        self.paint.put(quote.class, text);
        match stop {
            Stop::No | Stop::Line => {
                self.modes.pop();
            }
            Stop::Close => {
                let close = self.cursor.take(quote.close.len());
                self.modes.pop();
                self.value(quote.class, close);
            }
            Stop::Escape => {
                let slash = self.cursor.take(1);
                self.paint.put(Class::Escape, slash);
                if self.cursor.peek() != Some(b'\n') {
                    let escaped = self.cursor.take_char();
                    self.paint.put(Class::Escape, escaped);
                } else if quote.lines || quote.escapes {
                    let line = self.cursor.take(1);
                    self.paint.put(quote.class, line);
                }
            }
            Stop::Name => {
                let name = self.cursor.take(1);
                self.paint.put(Class::Variable, name);
                let name = self.cursor.take_while(super::cursor::in_name);
                self.paint.put(Class::Variable, name);
            }
            Stop::Code(length, end) => {
                let open = self.cursor.take(length);
                self.paint.put(Class::Escape, open);
                let format = quote.inside == Inside::Braces;
                self.modes.push(CodeMode::Code { end, depth: 0, one_line: !quote.lines, format });
                self.before = Preceding::Operator;
            }
        }
    }
}

fn stop(bytes: &[u8], byte: u8, quote: Quote) -> Stop {
    let next = bytes.get(1).copied().unwrap_or(b'\n');
    match byte {
        b'\n' if !quote.lines => Stop::Line,
        b'\\' if quote.inside == Inside::BackslashParens && next == b'(' => Stop::Code(2, b')'),
        b'\\' if quote.escapes => Stop::Escape,
        b'$' if next == b'{' && matches!(quote.inside, Inside::DollarBraces | Inside::Dollars) => Stop::Code(2, b'}'),
        b'$' if quote.inside == Inside::Dollars && begins_name(next) => Stop::Name,
        b'#' if quote.inside == Inside::HashBraces && next == b'{' => Stop::Code(2, b'}'),
        b'{' if quote.inside == Inside::Dollars && next == b'$' => Stop::Code(1, b'}'),
        b'{' if quote.inside == Inside::Braces => Stop::Code(usize::from(next != b'{'), b'}'),
        _ if quote.close.as_bytes().first() == Some(&byte) && bytes.starts_with(quote.close.as_bytes()) => Stop::Close,
        _ => Stop::No,
    }
}
