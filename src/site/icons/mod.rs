//! Icons
pub(in crate::site) fn replace(_text: &str, _out: &mut String, _unknown: &mut Vec<String>) -> bool {
    false
}
pub(in crate::site) fn nearest(_name: &str) -> Option<&'static str> {
    None
}
