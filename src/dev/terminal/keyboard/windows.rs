//! Keys of a console of Windows: its records of input are read one by one, which neither waits for Enter nor shows anything.

use console::Term;

/// Records come in every mode of a console, so none is changed.
pub(super) struct TerminalMode;

impl TerminalMode {
    pub(super) const fn enter() -> Option<Self> {
        Some(Self)
    }
}

/// Gives every key to `take`, until it takes no more.
pub(super) fn read(mut take: impl FnMut(char) -> bool) {
    // Either stream of a console leads to its keys; one of them may go to a file.
    let terminals = [Term::stderr(), Term::stdout()];
    let Some(terminal) = terminals.iter().find(|terminal| terminal.is_term()) else { return };
    while let Ok(key) = terminal.read_char() {
        if !take(key) {
            break;
        }
    }
}
