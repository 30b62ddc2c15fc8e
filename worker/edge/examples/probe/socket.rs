use crate::{Lines, text};
use pmx_edge::{
    bindings::Bound,
    http::Response,
    object::{Message, Object, Reply, Sender},
};

/// Accepts a socket and greets it in the same turn.
pub(crate) fn accept(object: Object) -> Reply {
    let response = Response::accept(vec!["all".to_owned(), "one".to_owned(), "all".to_owned()]);
    Reply::and_then(response, async move {
        let newest = object.sockets(None).ok().and_then(|sockets| sockets.first().copied());
        if let Some(socket) = newest {
            let _ = socket.attach(b"attached");
            let _ = socket.send(Message::Text("welcome"));
        }
    })
}

pub(crate) fn message(object: Object, from: &Sender<'_>, message: Message<'_>) -> Bound<()> {
    let socket = from.socket;
    match message {
        Message::Binary(bytes) => socket.send(Message::Binary(bytes)),
        Message::Text("calls") => socket.send(Message::Text(&calls(object, from))),
        Message::Text("when") => {
            let answered = socket.auto_response_ms()?.is_some_and(|at| at <= object.now_ms());
            socket.send(Message::Text(&format!("the platform answered: {answered}")))
        }
        Message::Text("close") => socket.close(Some(4001), "as you like"),
        Message::Text(text) => socket.send(Message::Text(&format!("{text} {:?}", from.tags))),
    }
}

fn calls(object: Object, from: &Sender<'_>) -> String {
    let (mut lines, socket) = (Lines::default(), from.socket);
    lines.say("tags", socket.tags());
    lines.say("attachment", socket.attachment().map(|data| data.map(|data| text(&data))));
    lines.say("attach the most", socket.attach(&[0; MOST_ATTACHED]));
    lines.say("attach more", socket.attach(&[0; MOST_ATTACHED + 1]));
    lines.say("attached", socket.attachment().map(|data| data.map(|data| data.len())));
    lines.say("state", socket.state());
    lines.say("all", object.sockets(None).map(|sockets| sockets.len()));
    lines.say("none", object.sockets(Some("none")).map(|sockets| sockets.len()));
    lines.say("this one", object.sockets(Some("one")).map(|sockets| sockets.contains(&socket)));
    lines.say("open", Ok(object.open_sockets(None)));
    lines.say("auto-response", object.auto_response(Some(("ping", "pong"))));
    lines.say("too long", object.auto_response(Some((&"x".repeat(2_049), "pong"))));
    lines.say("when", socket.auto_response_ms());
    lines.say("a bad code", socket.close(Some(999), ""));
    lines.say("a reason alone", socket.close(None, "why"));
    lines.0
}

/// The platform counts the bytes of its own form of them, of which 5 are not the Worker's.
const MOST_ATTACHED: usize = 16_384 - 5;

pub(crate) fn broadcast(object: Object) -> String {
    let messages = [Message::Text("to all"), Message::Binary(b"\x01\x02")];
    format!("{} of {}", object.broadcast(Some("all"), &messages), object.open_sockets(Some("all")))
}
