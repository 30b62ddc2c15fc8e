//! Headers, where options can be given as such.

/// The value of a header in a list of names and values: names are of any case, values of one name are joined.
pub(super) fn value(headers: &[(&str, &str)], name: &str) -> Option<String> {
    let values: Vec<_> =
        headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect();
    if values.is_empty() { None } else { Some(values.join(", ")) }
}
