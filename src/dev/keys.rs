use super::{
    server::DevServer,
    terminal::{KeyAction, Keyboard, Keys},
};
use std::io::IsTerminal as _;

/// Whether somebody may press keys.
pub(super) fn are_there(server: &DevServer) -> bool {
    server.context.terminal.report().attended() && std::io::stdin().is_terminal()
}

/// Does what keys ask for, until one asks for the end.
pub(super) async fn run(server: &DevServer, opened: &str) {
    let Some(mut keyboard) = are_there(server).then(Keyboard::open).flatten() else {
        return std::future::pending().await;
    };
    let mut keys = Keys::new(server.context.control.clone(), server.context.terminal.clone());
    loop {
        match keys.press(keyboard.next().await).await {
            Some(KeyAction::Open) => server.open(opened),
            Some(KeyAction::Console) => server.open_console(),
            Some(KeyAction::Quit) => return,
            None => {}
        }
    }
}
