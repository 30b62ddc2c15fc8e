//! The WebSocket of a site's events.

use super::{FollowError, SiteAddress, connection};
use crate::publish::printable;
use futures_util::{SinkExt as _, StreamExt as _};
use pmx_model::ChangeEvent;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, Message, client::IntoClientRequest as _, error::ProtocolError, protocol::WebSocketConfig},
};

/// The largest frame that is taken: the paths of 25,000 files of 1,024 bytes each.
const MAX_FRAME: usize = 32 * 1024 * 1024;
/// After so much silence the server is asked whether it is there; after as much again it is not.
const SILENCE: Duration = Duration::from_secs(30);
/// The server does not know the deploy that the client named (any more).
const UNKNOWN_DEPLOY: u16 = 4404;

/// What comes over the socket.
#[derive(Debug)]
pub(super) enum Heard {
    Event(ChangeEvent),
    /// What is no event of this protocol.
    Noise,
    /// Nothing, for as long as was asked.
    Silence,
    /// The deploy is not known: what changed since is not told.
    UnknownDeploy,
    /// The end, and why.
    Closed(String),
}

/// An open socket.
pub(super) struct Socket {
    stream: WebSocketStream<Box<dyn connection::ByteStream>>,
    last: Instant,
    is_asked: bool,
}

impl Socket {
    /// Connects as a page does that shows this deploy.
    pub(super) async fn open(site: &SiteAddress, deploy: &str) -> Result<Self, FollowError> {
        let impossible = |error: Error| FollowError::Impossible(error.to_string());
        let address = format!("ws://{}/_events?deploy={deploy}", site.authority());
        let request = address.into_client_request().map_err(impossible)?;
        let config = WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
        let stream = connection::connect(site).await?;
        let shaking = client_async_with_config(request, stream, Some(config));
        let late = || FollowError::Lost(format!("no answer within {} s", connection::CONNECT_TIMEOUT.as_secs()));
        match timeout(connection::CONNECT_TIMEOUT, shaking).await.map_err(|_| late())? {
            Ok((stream, _)) => Ok(Self { stream, last: Instant::now(), is_asked: false }),
            Err(Error::Http(answer)) => Err(match answer.status().as_u16() {
                404 => FollowError::NoSite(site.to_string()),
                status @ (429 | 500..) => FollowError::Busy { site: site.to_string(), status },
                status => FollowError::foreign(site, format!("{status} for its events")),
            }),
            Err(Error::Io(error)) => Err(FollowError::Lost(error.to_string())),
            Err(error) => Err(FollowError::foreign(site, printable(&error.to_string()))),
        }
    }

    /// What comes next, waiting at most so long. Dropping the future loses nothing.
    pub(super) async fn next(&mut self, patience: Duration) -> Heard {
        let end = Instant::now() + patience;
        loop {
            let silent = self.last + if self.is_asked { 2 * SILENCE } else { SILENCE };
            let message = match tokio::time::timeout_at(end.min(silent), self.stream.next()).await {
                Ok(message) => message,
                Err(_) if end <= silent => return Heard::Silence,
                Err(_) if self.is_asked => return Heard::Closed("the server has gone silent".to_owned()),
                Err(_) => {
                    self.is_asked = true;
                    if let Err(error) = self.stream.send(Message::Ping(Vec::new().into())).await {
                        return Heard::Closed(printable(&error.to_string()));
                    }
                    continue;
                }
            };
            (self.last, self.is_asked) = (Instant::now(), false);
            match message {
                Some(Ok(Message::Text(text))) => {
                    return serde_json::from_str(&text).map_or(Heard::Noise, Heard::Event);
                }
                Some(Ok(Message::Binary(_))) => return Heard::Noise,
                Some(Ok(Message::Close(frame))) => {
                    let code = frame.as_ref().map_or(1005, |frame| u16::from(frame.code));
                    if code == UNKNOWN_DEPLOY {
                        return Heard::UnknownDeploy;
                    }
                    let reason = frame.map(|frame| printable(&frame.reason)).filter(|reason| !reason.is_empty());
                    return Heard::Closed(reason.unwrap_or_else(|| format!("the server closed it ({code})")));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => {
                    return Heard::Closed("the server went away".to_owned());
                }
                Some(Err(error)) => return Heard::Closed(printable(&error.to_string())),
                None => return Heard::Closed("the server ended it".to_owned()),
            }
        }
    }
}
