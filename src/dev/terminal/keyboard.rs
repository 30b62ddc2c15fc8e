//! Single keys from the terminal. Ctrl-C and Ctrl-Z stay signals, and what is printed stays as it is.

use std::io::{IsTerminal as _, Read as _, stdin};
use tokio::sync::mpsc;

/// The keys that are pressed. The terminal is as it was when this is dropped, on whatever way.
pub(in crate::dev) struct Keyboard {
    keys: mpsc::UnboundedReceiver<char>,
    #[cfg(unix)]
    _mode: Cbreak,
}

impl Keyboard {
    /// Listens from now on; `None` where nobody sits: stdin is no terminal, or pmx runs in its background.
    pub(in crate::dev) fn open() -> Option<Self> {
        if !stdin().is_terminal() {
            return None;
        }
        #[cfg(unix)]
        let mode = Cbreak::enter()?;
        let (sender, keys) = mpsc::unbounded_channel();
        // Nobody waits for it at the end: a read of a terminal cannot be called off.
        std::thread::Builder::new()
            .name("keyboard".to_owned())
            .spawn(move || {
                let (mut typed, mut stdin) = ([0; 1], stdin().lock());
                while stdin.read(&mut typed).is_ok_and(|read| read == 1) {
                    // Where keys come with Enter, that is none. A longer character is no hotkey, whatever its bytes.
                    let key = char::from(typed[0]);
                    if (key == '\n' && !cfg!(unix)) || key == '\r' {
                        continue;
                    }
                    if sender.send(key).is_err() {
                        break;
                    }
                }
            })
            .ok()?;
        Some(Self {
            keys,
            #[cfg(unix)]
            _mode: mode,
        })
    }

    /// The next key; never, if there will be none.
    pub(in crate::dev) async fn next(&mut self) -> char {
        match self.keys.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

/// The mode of a terminal that gives keys one by one and does not show them.
#[cfg(unix)]
struct Cbreak {
    before: rustix::termios::Termios,
}

#[cfg(unix)]
impl Cbreak {
    fn enter() -> Option<Self> {
        use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, tcgetattr, tcgetpgrp, tcsetattr};
        // From the background, changing the mode would stop the process.
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

#[cfg(unix)]
impl Drop for Cbreak {
    fn drop(&mut self) {
        let _ = rustix::termios::tcsetattr(stdin(), rustix::termios::OptionalActions::Now, &self.before);
    }
}
