//! Keys of a terminal of POSIX (`termios`).

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::io::{Read as _, stdin};

/// The mode of a terminal that gives keys one by one and does not show them.
pub(super) struct TerminalMode {
    before: Termios,
}

impl TerminalMode {
    /// `None` from the background: changing the mode would stop the process.
    pub(super) fn enter() -> Option<Self> {
        if tcgetpgrp(stdin()).ok()? != rustix::process::getpgrp() {
            return None;
        }
        let before = tcgetattr(stdin()).ok()?;
        let mut mode = before.clone();
        mode.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        mode.special_codes[SpecialCodeIndex::VMIN] = 1;
        mode.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(stdin(), OptionalActions::Now, &mode).ok()?;
        Some(Self { before })
    }
}

impl Drop for TerminalMode {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}

/// Gives every key to `take`, until it takes no more.
pub(super) fn read(mut take: impl FnMut(char) -> bool) {
    let (mut typed, mut stdin) = ([0; 1], stdin().lock());
    while stdin.read(&mut typed).is_ok_and(|read| read == 1) {
        // A longer character is no hotkey, whatever its bytes.
        let key = char::from(typed[0]);
        if key != '\r' && !take(key) {
            break;
        }
    }
}
