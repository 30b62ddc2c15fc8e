//! Files that steer tools: Dockerfile, Makefile, patches.

use super::{
    cursor::{Cursor, begins_name, in_name},
    paint::{Class, Paint},
    shell,
};

/// Colours a Dockerfile: an instruction, and a command after it.
pub(super) fn dockerfile(text: &str, paint: &mut Paint) {
    let mut cursor = Cursor::new(text);
    let mut continued = false;
    while !cursor.done() {
        let blank = cursor.take_while(|b| b.is_ascii_whitespace());
        paint.put(Class::Plain, blank);
        if cursor.peek() == Some(b'#') {
            let comment = cursor.take_whole_line();
            paint.put(Class::Comment, comment);
            continue;
        }
        if !continued {
            let word = cursor.take_while(|b| b.is_ascii_alphabetic());
            paint.put(Class::Keyword, word);
        }
        let line = cursor.take_whole_line();
        continued = line.trim_end().ends_with('\\');
        let mut rest = line;
        while let Some(at) = rest.find(" AS ").or_else(|| rest.find(" as ")) {
            arguments(&rest[..=at], paint);
            paint.put(Class::Keyword, &rest[at + 1..at + 3]);
            rest = &rest[at + 3..];
        }
        arguments(rest, paint);
    }
}

/// The words after an instruction.
fn arguments(text: &str, paint: &mut Paint) {
    let mut cursor = Cursor::new(text);
    while let Some(byte) = cursor.peek() {
        let next = cursor.ahead(1).unwrap_or(b' ');
        let from = cursor.rest();
        match byte {
            b'"' | b'\'' => {
                let length = cursor.take(1).len() + cursor.take_while(|b| b != byte && b != b'\n').len();
                let length = length + if cursor.peek() == Some(byte) { cursor.take(1).len() } else { 0 };
                paint.put(Class::String, &from[..length]);
            }
            b'$' if next == b'{' || next == b'(' => {
                let word = cursor.take_while(|b| !matches!(b, b'}' | b')' | b'\n' | b' '));
                paint.put(Class::Variable, word);
                if cursor.peek().is_some_and(|b| matches!(b, b'}' | b')')) {
                    let close = cursor.take(1);
                    paint.put(Class::Variable, close);
                }
            }
            b'$' if begins_name(next) || matches!(next, b'@' | b'<' | b'^' | b'*') => {
                let length = cursor.take(2).len() + cursor.take_while(in_name).len();
                paint.put(Class::Variable, &from[..length]);
            }
            b'-' if next == b'-' => {
                let option = cursor.take_while(|b| in_name(b) || b == b'-');
                paint.put(Class::Attribute, option);
            }
            b'&' | b'|' | b'\\' => {
                let sign = cursor.take(1);
                paint.put(Class::Operator, sign);
            }
            b'0'..=b'9' => {
                let number = cursor.take_while(|b| in_name(b) || b == b'.');
                paint.put(Class::Number, number);
            }
            _ if in_name(byte) => {
                let word = cursor.take_while(|b| in_name(b) || matches!(b, b'-' | b'.' | b'/'));
                paint.put(Class::Plain, word);
            }
            _ => {
                let other = cursor.take_char();
                paint.put(Class::Plain, other);
            }
        }
    }
}

/// Colours a Makefile: targets, variables, and recipes as the shell's.
pub(super) fn makefile(text: &str, paint: &mut Paint) {
    const WORDS: [&str; 12] = [
        "include", "-include", "ifeq", "ifneq", "ifdef", "ifndef", "else", "endif", "define", "endef", "export",
        "override",
    ];
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end();
        let word = bare.split(' ').next().unwrap_or_default();
        if let Some(recipe) = line.strip_prefix('\t') {
            paint.put(Class::Plain, "\t");
            let mark = recipe.len() - recipe.trim_start_matches(['@', '-']).len();
            paint.put(Class::Operator, &recipe[..mark]);
            shell::lex(&recipe[mark..], paint);
        } else if bare.trim_start().starts_with('#') {
            paint.put(Class::Comment, line);
        } else if WORDS.contains(&word) {
            paint.put(Class::Keyword, word);
            arguments(&line[word.len()..], paint);
        } else if let Some(at) = line.find('=').filter(|at| !line[..*at].contains(": ")) {
            let name = line[..at].trim_end_matches([' ', ':', '?', '+', '!']);
            paint.put(Class::Variable, name);
            arguments(&line[name.len()..], paint);
        } else if let Some(at) = line.find(':').filter(|at| *at > 0) {
            paint.put(Class::Function, &line[..at]);
            arguments(&line[at..], paint);
        } else {
            arguments(line, paint);
        }
    }
}

/// Colours a patch by the first character of each line.
pub(super) fn diff(text: &str, paint: &mut Paint) {
    for line in text.split_inclusive('\n') {
        let class = match line.as_bytes() {
            [b'@', b'@', ..] => Class::Heading,
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Class::Meta,
            [b'+', ..] => Class::Inserted,
            [b'-', ..] => Class::Deleted,
            [b' ' | b'\n' | b'\\', ..] | [] => Class::Plain,
            _ if ["diff ", "index ", "new ", "deleted ", "rename ", "similarity ", "Index: "]
                .iter()
                .any(|head| line.starts_with(head)) =>
            {
                Class::Meta
            }
            _ => Class::Plain,
        };
        paint.put(class, line);
    }
}
