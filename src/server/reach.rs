//! Who may reach the server of a site that is being written, from its options.

use super::{Access, Authority, Listening, Local, Reachable, TlsParts, listen};
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

    /// Sets up what requests must pass before the site that is being written: own pages only, and a token for other devices where
    /// they can reach the server. Answers where it is reached, too.
    ///
    /// # Errors
    /// Those of [`Access::open`].
    pub fn guard(&self, local: Local, front: &Listening, state: &Path) -> Result<(Local, Reachable)> {
        let local = local.own_pages_only();
        if self.host.is_loopback() {
            return Ok((local, Reachable::new(front, None)));
        }
        let access = Access::open(state)?;
        let reachable = Reachable::new(front, Some(&access));
        Ok((local.open_to(access), reachable))
    }
}
