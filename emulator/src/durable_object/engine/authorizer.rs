//! Which SQL a Durable Object may run.

use super::statements::starts_with;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Names that begin so belong to the platform.
pub(super) const RESERVED_PREFIX: &str = "_cf_";

/// What the authorizer and the engine tell each other. SQLite calls it on the engine's thread, in the middle of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard(Arc<Flags>);

#[derive(Debug, Default)]
struct Flags {
    trusted: AtomicBool,
    refused_transaction: AtomicBool,
}

impl Guard {
    /// Whether the statements that follow are the engine's own.
    pub(super) fn set_trusted(&self, trusted: bool) {
        self.0.trusted.store(trusted, Ordering::Relaxed);
    }

    /// Whether a statement was refused because it would begin or end a transaction; asking forgets it.
    pub(super) fn take_refused_transaction(&self) -> bool {
        self.0.refused_transaction.swap(false, Ordering::Relaxed)
    }

    pub(super) fn authorize(&self, context: &AuthContext<'_>) -> Authorization {
        if self.0.trusted.load(Ordering::Relaxed) {
            return Authorization::Allow;
        }
        if let AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } = context.action {
            self.0.refused_transaction.store(true, Ordering::Relaxed);
        }
        if is_allowed(&context.action) { Authorization::Allow } else { Authorization::Deny }
    }
}

fn is_allowed(action: &AuthAction<'_>) -> bool {
    let free = |name: &str| !starts_with(name, RESERVED_PREFIX);
    match *action {
        AuthAction::Select | AuthAction::Recursive => true,
        AuthAction::CreateTable { table_name }
        | AuthAction::DropTable { table_name }
        | AuthAction::Insert { table_name }
        | AuthAction::Delete { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::Read { table_name, .. }
        | AuthAction::AlterTable { table_name, .. }
        | AuthAction::Analyze { table_name }
        | AuthAction::DropVtable { table_name, .. } => free(table_name),
        AuthAction::CreateIndex { index_name: name, table_name }
        | AuthAction::DropIndex { index_name: name, table_name }
        | AuthAction::CreateTrigger { trigger_name: name, table_name }
        | AuthAction::DropTrigger { trigger_name: name, table_name } => free(name) && free(table_name),
        AuthAction::CreateView { view_name: name }
        | AuthAction::DropView { view_name: name }
        | AuthAction::Reindex { index_name: name } => free(name),
        AuthAction::CreateVtable { table_name, module_name } => {
            free(table_name) && ["fts5", "fts5vocab"].iter().any(|module| module_name.eq_ignore_ascii_case(module))
        }
        AuthAction::Function { function_name } => is_function(function_name),
        AuthAction::Pragma { pragma_name, pragma_value } => is_pragma(pragma_name, pragma_value),
        // Transactions, ATTACH, everything TEMP, and what later versions of SQLite may invent.
        _ => false,
    }
}

/// The pragmas that only look, or that switch what belongs to the object's own connection.
fn is_pragma(name: &str, value: Option<&str>) -> bool {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "table_list" | "data_version" => value.is_none(),
        "table_info" | "table_xinfo" | "index_list" | "index_info" | "index_xinfo" | "foreign_key_list" => {
            value.is_some_and(|name| !starts_with(name, RESERVED_PREFIX))
        }
        "foreign_key_check" => value.is_none_or(|name| !starts_with(name, RESERVED_PREFIX)),
        "quick_check" => value.is_none_or(|name| !starts_with(name, RESERVED_PREFIX)),
        "optimize" => value.is_none_or(is_mask),
        "case_sensitive_like"
        | "foreign_keys"
        | "defer_foreign_keys"
        | "ignore_check_constraints"
        | "legacy_alter_table"
        | "recursive_triggers"
        | "reverse_unordered_selects" => value.is_none_or(is_boolean),
        _ => false,
    }
}

fn is_mask(text: &str) -> bool {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, is_digit): (&str, fn(&u8) -> bool) = match hex {
        Some(digits) => (digits, u8::is_ascii_hexdigit),
        None => (text, u8::is_ascii_digit),
    };
    !digits.is_empty() && digits.bytes().all(|digit| is_digit(&digit))
}

fn is_boolean(text: &str) -> bool {
    ["0", "1", "on", "off", "yes", "no", "true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn is_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|functions| functions.iter().any(|function| name.eq_ignore_ascii_case(function)))
}

/// The functions that may be called, by the page of SQLite's documentation that lists them. Those that tell about the
/// library or the machine are left out. `load_extension` is here because SQLite refuses it by itself, in other words.
const FUNCTIONS: [&[&str]; 8] = [
    // Core
    &[
        "abs",
        "changes",
        "char",
        "coalesce",
        "concat",
        "concat_ws",
        "format",
        "glob",
        "hex",
        "if",
        "ifnull",
        "iif",
        "instr",
        "last_insert_rowid",
        "length",
        "like",
        "likelihood",
        "likely",
        "load_extension",
        "lower",
        "ltrim",
        "max",
        "min",
        "nullif",
        "octet_length",
        "printf",
        "quote",
        "random",
        "randomblob",
        "replace",
        "round",
        "rtrim",
        "sign",
        "substr",
        "substring",
        "total_changes",
        "trim",
        "typeof",
        "unhex",
        "unicode",
        "unistr",
        "unistr_quote",
        "unlikely",
        "upper",
        "zeroblob",
    ],
    // Dates and times
    &[
        "current_date",
        "current_time",
        "current_timestamp",
        "date",
        "datetime",
        "julianday",
        "strftime",
        "time",
        "timediff",
        "unixepoch",
    ],
    // Aggregates
    &["avg", "count", "group_concat", "string_agg", "sum", "total"],
    // Windows
    &[
        "cume_dist",
        "dense_rank",
        "first_value",
        "lag",
        "last_value",
        "lead",
        "nth_value",
        "ntile",
        "percent_rank",
        "rank",
        "row_number",
    ],
    // Mathematics
    &[
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees", "exp",
        "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt", "tan",
        "tanh", "trunc",
    ],
    // JSON
    &[
        "->",
        "->>",
        "json",
        "json_array",
        "json_array_insert",
        "json_array_length",
        "json_each",
        "json_error_position",
        "json_extract",
        "json_group_array",
        "json_group_object",
        "json_insert",
        "json_object",
        "json_patch",
        "json_pretty",
        "json_quote",
        "json_remove",
        "json_replace",
        "json_set",
        "json_tree",
        "json_type",
        "json_valid",
        "jsonb",
        "jsonb_array",
        "jsonb_array_insert",
        "jsonb_each",
        "jsonb_extract",
        "jsonb_group_array",
        "jsonb_group_object",
        "jsonb_insert",
        "jsonb_object",
        "jsonb_patch",
        "jsonb_remove",
        "jsonb_replace",
        "jsonb_set",
        "jsonb_tree",
    ],
    // Full-text search
    &["bm25", "fts5", "fts5_get_locale", "fts5_insttoken", "fts5_locale", "highlight", "match", "snippet"],
    // What ALTER TABLE calls by itself; a user's call SQLite refuses
    &[
        "sqlite_add_constraint",
        "sqlite_drop_column",
        "sqlite_drop_constraint",
        "sqlite_fail",
        "sqlite_find_constraint",
        "sqlite_rename_column",
        "sqlite_rename_quotefix",
        "sqlite_rename_table",
        "sqlite_rename_test",
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pragmas_are_those_of_the_list_with_values_that_make_sense() {
        for (name, value) in [
            ("table_info", Some("t")),
            ("TABLE_LIST", None),
            ("foreign_keys", None),
            ("foreign_keys", Some("OFF")),
            ("optimize", Some("0x10002")),
            ("quick_check", Some("1")),
        ] {
            assert!(is_pragma(name, value), "{name} {value:?}");
        }
        for (name, value) in [
            ("table_info", None),
            ("table_info", Some("_CF_METADATA")),
            ("foreign_keys", Some("maybe")),
            ("optimize", Some("0x")),
            ("optimize", Some("-1")),
            ("data_version", Some("1")),
            ("journal_mode", None),
            ("journal_mode", Some("DELETE")),
            ("synchronous", Some("OFF")),
            ("user_version", None),
            ("integrity_check", None),
            ("writable_schema", Some("1")),
        ] {
            assert!(!is_pragma(name, value), "{name} {value:?}");
        }
    }
}
