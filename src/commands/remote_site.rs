//! A site on a server: the calls of the publish API that commands make, and where the words about them go.

use super::target::Target;
use crate::{
    error::{Error, Result},
    follow::SiteAddress,
    publish::{
        self, Activated, Address, BearerToken, Deploy, PublishError, Reached, Remote, TOKEN_VARIABLE, TakenDown,
        TerminalProgress, TokenError, Wording,
    },
    report::Report,
};
use pmx_model::SiteName;
use std::future::Future;

/// How calls end.
pub(super) type Called<T> = std::result::Result<T, PublishError>;

/// A site on a server.
pub(super) struct RemoteSite<'a> {
    pub(super) site: SiteName,
    pub(super) address: Address,
    pub(super) remote: Remote,
    pub(super) terminal: TerminalProgress<'a>,
    pub(super) report: &'a Report,
    options: String,
    /// The variable that holds the token.
    variable: &'static str,
    /// The command that tells what is live, as a person would call it.
    tells: String,
}

/// A token, and the variable that holds it.
pub(super) struct Credential {
    pub(super) token: BearerToken,
    pub(super) variable: &'static str,
}

impl Credential {
    /// That of publish calls, from the environment.
    fn publish() -> Result<Self> {
        let token = BearerToken::from_env(TOKEN_VARIABLE).map_err(|error| match error {
            TokenError::Missing => Error::new(format!("no publish token: {TOKEN_VARIABLE} is not set"))
                .hint("set it to the secret that the server was started with"),
            TokenError::Malformed => malformed(TOKEN_VARIABLE),
        })?;
        Ok(Self { token, variable: TOKEN_VARIABLE })
    }
}

/// A variable holds what is no token.
pub(super) fn malformed(variable: &str) -> Error {
    Error::new(format!("{variable} holds characters that a token cannot have"))
        .hint("is it the token alone, without `Bearer`, quotes or line breaks?")
}

impl<'a> RemoteSite<'a> {
    /// Checks all that can be known without a call.
    pub(super) fn open(target: Target, wording: Wording, report: &'a Report) -> Result<Self> {
        let credential = Credential::publish()?;
        let tells = format!("pmx deploys{}", target.options);
        Self::with(target, credential, tells, wording, report)
    }

    /// As [`Self::open`], with another token. `tells` is the command that says what is live.
    pub(super) fn with(
        target: Target,
        credential: Credential,
        tells: String,
        wording: Wording,
        report: &'a Report,
    ) -> Result<Self> {
        let Target { site, address, insecure, options } = target;
        let exposed = address.is_exposed() && !insecure;
        let remote = Remote::new(address.clone(), credential.token, insecure).map_err(|error| {
            if exposed { Error::usage(error).hint("use https, or --insecure") } else { Error::new(error) }
        })?;
        let (terminal, variable) = (TerminalProgress::new(report, wording), credential.variable);
        Ok(Self { site, address, remote, terminal, report, options, variable, tells })
    }

    /// Runs calls to their end, or to an interrupt from the keyboard.
    pub(super) fn run<T>(&self, calls: impl Future<Output = Called<T>>) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let result = runtime.block_on(async {
            tokio::select! {
                result = calls => result.map_err(|error| self.explain(&error)),
                Ok(()) = tokio::signal::ctrl_c() => Err(self.interrupted()),
            }
        });
        self.terminal.clear();
        // Uploads that were given up on may still be in the hands of their threads; nobody waits for them.
        runtime.shutdown_background();
        result
    }

    /// The error that a person reads; the commands that its hint names are about the same site on the same server.
    pub(super) fn explain(&self, error: &PublishError) -> Error {
        publish::explain(error, &self.tells, self.variable)
    }

    /// The deploys of the site, newest first.
    pub(super) async fn deploys(&self) -> Called<Vec<Deploy>> {
        publish::deploys(&self.remote, &self.site, &self.terminal).await
    }

    /// Takes the site down.
    pub(super) async fn take_down(&self, status: u16) -> Called<TakenDown> {
        publish::unpublish(&self.remote, &self.site, status, &self.terminal).await
    }

    /// Where the site is. A server says so itself when it makes a deploy live.
    pub(super) fn url(&self) -> String {
        SiteAddress::of(&self.address, &self.site).to_string()
    }

    /// Another command about the same site.
    pub(super) fn command(&self, words: &str) -> String {
        format!("pmx {words}{}", self.options)
    }

    /// A site without a deploy.
    pub(super) fn never_published(&self) -> Error {
        let Self { site, address, .. } = self;
        Error::new(format!("`{site}` was never published to {address}"))
            .hint(format!("`{}` publishes the project of this folder; is the name right?", self.command("publish")))
    }

    /// The address of the site as data: alone on stdout.
    pub(super) fn print_url(&self, url: &str) {
        if self.terminal.wording() == Wording::Plain && !self.report.json() {
            self.report.data(url);
        }
    }

    /// Says that not all readers may see yet what is live.
    pub(super) fn mention_kv(&self, activated: &Activated) {
        if activated.kv.as_deref() == Some("pending") && !self.report.json() {
            self.report.say("it is live; readers far away may see it some seconds later (KV is pending)");
        }
    }

    fn interrupted(&self) -> Error {
        match self.terminal.reached() {
            Reached::Nothing => Error::broken_off("interrupted: nothing was changed"),
            Reached::Uploads => Error::broken_off("interrupted: nothing was changed")
                .hint("what was uploaded stays; the same command uploads only what is still missing"),
            Reached::Change(call) => Error::broken_off("interrupted").hint(publish::in_doubt(call, &self.tells)),
        }
    }
}
