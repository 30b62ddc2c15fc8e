//! Single keys from the terminal. Ctrl-C and Ctrl-Z stay signals, and what is printed stays as it is.

#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

use std::io::{IsTerminal as _, stdin};
use tokio::sync::mpsc;

/// The keys that are pressed. The terminal is as it was when this is dropped, on whatever way.
pub(in crate::dev) struct Keyboard {
    keys: mpsc::UnboundedReceiver<char>,
    _mode: system::TerminalMode,
}

impl Keyboard {
    /// Listens from now on; `None` where nobody sits: stdin is no terminal, or pmx runs in its background.
    pub(in crate::dev) fn open() -> Option<Self> {
        if !stdin().is_terminal() {
            return None;
        }
        let mode = system::TerminalMode::enter()?;
        let (sender, keys) = mpsc::unbounded_channel();
        // Nobody waits for it at the end: a read of a terminal cannot be called off.
        std::thread::Builder::new()
            .name("keyboard".to_owned())
            .spawn(move || system::read(|key| sender.send(key).is_ok()))
            .ok()?;
        Some(Self { keys, _mode: mode })
    }

    /// The next key; never, if there will be none.
    pub(in crate::dev) async fn next(&mut self) -> char {
        match self.keys.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}
