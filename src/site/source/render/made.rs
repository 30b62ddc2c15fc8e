//! What other parts make of the text of a fence or a formula.

/// The lines of a code as HTML; `None`: the language is not known.
pub(super) fn highlighted(_language: &str, _code: &str) -> Option<Vec<String>> {
    None
}

/// A formula as `<math>`.
pub(super) fn math(tex: &str, display: bool) -> Result<String, String> {
    let display = if display { " display=\"block\"" } else { "" };
    let mut out = format!("<math{display}><mtext>");
    super::escape(tex, &mut out);
    out.push_str("</mtext></math>");
    Ok(out)
}

/// A diagram as `<svg>`.
pub(super) fn mermaid(_text: &str) -> Result<String, String> {
    Err("diagrams are not drawn".to_owned())
}
