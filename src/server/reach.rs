//! Who may reach the server of a site that is being written, from its options.

use super::{Authority, DeviceToken, Layers, Listening, Reachable, TlsParts, listen};
use crate::error::Result;
use std::{net::IpAddr, path::Path};

/// What the options ask for.
#[derive(Clone, Copy, Debug)]
pub struct Reach<'a> {
    /// Where to listen.
    pub host: IpAddr,
    /// The port; `None` takes the default one or the next that is free.
    pub port: Option<u16>,
    /// Whether to speak HTTPS.
    pub https: bool,
    /// Further names under which the server is reached.
    pub allow_hosts: &'a [String],
}

impl Reach<'_> {
    /// Takes the port, and with HTTPS opens the local authority. The lines are for the user: a port that was taken, an authority
    /// that is new and how to trust it.
    ///
    /// # Errors
    /// Those of [`listen`], [`Authority::open`] and [`Listening::secured`].
    pub async fn listen(&self) -> Result<(Listening, Vec<String>)> {
        let mut front = listen(self.host, self.port).await?;
        let mut lines = Vec::from_iter(front.walked.clone());
        if self.https {
            let authority = Authority::open()?;
            if authority.is_new() {
                lines.extend(authority.how_to_trust());
            }
            front = front.secured(TlsParts { authority, allowed_hosts: self.allow_hosts })?;
        }
        Ok((front, lines))
    }

    /// The layers of a server of sites that are being written: own pages only, and a token for other devices where they can reach the
    /// server. Answers where it is reached, too. `varies`: a header of requests that has a say in answers.
    ///
    /// # Errors
    /// Those of [`DeviceToken::open`].
    pub fn layers(&self, listening: &Listening, state: &Path, varies: Option<&str>) -> Result<(Layers, Reachable)> {
        let layers = Layers::new(listening, self.allow_hosts, &[]).own_pages_only(varies);
        if self.host.is_loopback() {
            return Ok((layers, Reachable::new(listening, None)));
        }
        let token = DeviceToken::open(state)?;
        let reachable = Reachable::new(listening, Some(&token));
        Ok((layers.open_to_devices(token), reachable))
    }
}
