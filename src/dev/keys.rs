use super::{
    server::Server,
    terminal::{Keyboard, Keys, Request},
};
use std::io::IsTerminal as _;

/// Whether somebody may press keys.
pub(super) fn are_there(server: &Server) -> bool {
    server.context.terminal.report().attended() && std::io::stdin().is_terminal()
}

/// Does what keys ask for, until one asks for the end.
pub(super) async fn run(server: &Server, opened: &str) {
    let Some(mut keyboard) = are_there(server).then(Keyboard::open).flatten() else {
        return std::future::pending().await;
    };
    let mut keys = Keys::new(server.context.control.clone(), server.context.terminal.clone());
    loop {
        match keys.press(keyboard.next().await).await {
            Some(Request::Open) => server.open(opened),
            Some(Request::Console) => server.open_console(),
            Some(Request::Quit) => return,
            None => {}
        }
    }
}
