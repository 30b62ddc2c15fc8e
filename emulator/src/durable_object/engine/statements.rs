//! Where the statements of one `exec` begin and end.

/// A word, a quoted name or string, or one other character; comments and white space are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Token<'a> {
    text: &'a str,
    end: usize,
}

/// The statements of a text, and what follows them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statements<'a> {
    /// Each with what stands before it, up to and with its semicolon.
    pub(super) statements: Vec<&'a str>,
    /// Whether more than white space follows the last one, if only a NUL, which ends a text for SQLite: the platform then expects another statement, and finds none.
    pub(super) trailing: bool,
}

/// Cuts a text where SQLite's parser would end one statement and begin the next. A trigger's body has semicolons of its
/// own; it ends, as in the SQLite shell, at `; END ;`.
pub(super) fn split(sql: &str) -> Statements<'_> {
    let (sql, has_nul) = sql.split_once('\0').map_or((sql, false), |(sql, _)| (sql, true));
    let mut statements = Vec::new();
    let mut begin = 0;
    // The statement's first words in lower case, as far as they tell whether it makes a trigger.
    let mut first: Vec<&str> = Vec::new();
    let mut last_two = ["", ""];
    for token in tokens(sql) {
        if token.text == ";" {
            if first.is_empty() || (makes_trigger(&first) && !ends_trigger(last_two)) {
                last_two = [last_two[1], ";"];
                continue;
            }
            statements.push(&sql[begin..token.end]);
            begin = token.end;
            first.clear();
            last_two = ["", ""];
        } else {
            if first.len() < 5 {
                first.push(token.text);
            }
            last_two = [last_two[1], token.text];
        }
    }
    let rest = &sql[begin..];
    if first.is_empty() {
        Statements { statements, trailing: has_nul || !rest.trim_ascii().is_empty() }
    } else {
        statements.push(rest);
        Statements { statements, trailing: has_nul }
    }
}

/// Whether a statement renames something to a name that begins with `prefix`, which SQLite's authorizer is not told.
pub(super) fn renames_to(sql: &str, prefix: &str) -> bool {
    let mut last_two = ["", ""];
    tokens(sql).any(|token| {
        let found = last_two[0].eq_ignore_ascii_case("rename")
            && last_two[1].eq_ignore_ascii_case("to")
            && starts_with(token.text.trim_start_matches(['"', '\'', '`', '[']), prefix);
        last_two = [last_two[1], token.text];
        found
    })
}

/// The first word of a statement.
pub(super) fn first_word(sql: &str) -> &str {
    tokens(sql).next().map_or("", |token| token.text)
}

/// Whether a name begins with a prefix, in any case.
pub(super) fn starts_with(name: &str, prefix: &str) -> bool {
    name.as_bytes().get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

fn makes_trigger(first: &[&str]) -> bool {
    let mut words = first
        .iter()
        .map(|word| word.to_ascii_lowercase())
        .skip_while(|word| matches!(word.as_str(), "explain" | "query" | "plan"));
    words.next().as_deref() == Some("create")
        && match words.next().as_deref() {
            Some("temp" | "temporary") => words.next().as_deref() == Some("trigger"),
            word => word == Some("trigger"),
        }
}

fn ends_trigger([before, last]: [&str; 2]) -> bool {
    before == ";" && last.eq_ignore_ascii_case("end")
}

fn tokens(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += blank(&sql[at..]);
        let rest = &sql[at..];
        let first = rest.chars().next()?;
        let length = match first {
            '\'' | '"' | '`' => quoted(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        at += length;
        Some(Token { text: &rest[..length], end: at })
    })
}

/// How much white space and comments a text begins with.
fn blank(text: &str) -> usize {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
        let comment = if rest.starts_with("--") {
            rest.find('\n').map_or(rest.len(), |end| end + 1)
        } else if let Some(inner) = rest.strip_prefix("/*") {
            inner.find("*/").map_or(rest.len(), |end| end + 4)
        } else {
            return text.len() - rest.len();
        };
        rest = &rest[comment..];
    }
}

/// The length of a quoted text. A doubled quote stands for itself; read as the end of one text and the start of the next
/// it does no harm here.
fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sql: &str) -> (Vec<&str>, bool) {
        let Statements { statements, trailing } = split(sql);
        (statements, trailing)
    }

    #[test]
    fn nothing_is_no_statement() {
        for sql in ["", " \n", "\u{c}"] {
            assert_eq!(of(sql), (vec![], false), "{sql:?}");
        }
        for sql in [";", "-- c", "/* c */", "/* open", " ; ; -- c"] {
            assert_eq!(of(sql), (vec![], true), "{sql:?}");
        }
    }

    #[test]
    fn statements_end_at_semicolons_outside_of_quotes_and_comments() {
        assert_eq!(of("SELECT 1"), (vec!["SELECT 1"], false));
        assert_eq!(of("SELECT 1; \n"), (vec!["SELECT 1;"], false));
        assert_eq!(of("SELECT 1 -- ;"), (vec!["SELECT 1 -- ;"], false));
        assert_eq!(of("A; B"), (vec!["A;", " B"], false));
        assert_eq!(of("A;; B;"), (vec!["A;", "; B;"], false));
        assert_eq!(of("A; -- c\nB"), (vec!["A;", " -- c\nB"], false));
        for one in ["SELECT ';', \"a;b\", `;`, [;] /* ; */;", "SELECT 'it''s;'", "SELECT 'open;"] {
            assert_eq!(of(one), (vec![one], false));
        }
    }

    #[test]
    fn what_follows_the_last_statement_is_noticed() {
        for sql in ["SELECT 1;;", "SELECT 1; -- c", "SELECT 1; /* c */"] {
            assert_eq!(of(sql), (vec!["SELECT 1;"], true), "{sql:?}");
        }
        assert_eq!(of("SELECT 1\0"), (vec!["SELECT 1"], true));
        assert_eq!(of("SELECT 1;\0 SELECT 2"), (vec!["SELECT 1;"], true));
        assert_eq!(of("\0SELECT 1"), (vec![], true));
    }

    #[test]
    fn a_trigger_ends_at_its_end() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 3; END;";
        assert_eq!(of(&format!("{trigger}SELECT 4")), (vec![trigger, "SELECT 4"], false));
        let temporary = "create temp trigger t after insert on u begin select 1; end;";
        assert_eq!(of(temporary), (vec![temporary], false));
        assert_eq!(of("CREATE TABLE trigger(a); END;"), (vec!["CREATE TABLE trigger(a);", " END;"], false));
        let open = "CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; SELECT 2;";
        assert_eq!(of(open), (vec![open], false));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_lost_or_invented(sql in "[aé;'\"`\\[\\]*/ \n-]{0,40}") {
            let Statements { statements, trailing } = split(&sql);
            let rest = sql.strip_prefix(statements.concat().as_str()).unwrap();
            proptest::prop_assert!(tokens(rest).all(|token| token.text == ";"));
            proptest::prop_assert_eq!(trailing, !rest.trim_ascii().is_empty());
        }
    }

    #[test]
    fn a_rename_is_seen_however_it_is_written() {
        for sql in ["ALTER TABLE a RENAME TO _cf_x", "alter table a rename/**/to\n\"_CF_x\"", "x RENAME TO [_cf_x]"] {
            assert!(renames_to(sql, "_cf_"), "{sql}");
        }
        for sql in ["ALTER TABLE a RENAME TO b", "SELECT 'RENAME TO _cf_x'", "ALTER TABLE a RENAME COLUMN b TO _cf_x"] {
            assert!(!renames_to(sql, "_cf_"), "{sql}");
        }
    }
}
