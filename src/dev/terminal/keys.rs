//! What the keys do.

use super::Terminal;
use crate::{
    cli::DEFAULT_SERVER,
    error::{Error, Result},
    report::Style,
    session::{Control, Moved, SiteStatus},
};
use pmx_model::SiteName;
use pmx_site::PublishLink;
use std::sync::Arc;

/// The keys and what they do, in the order of the help.
const HELP: [(&str, &str); 9] = [
    ("o", "open in a browser"),
    ("c", "open the console"),
    ("p", "show the command that publishes, and where to"),
    ("r", "roll back by one deploy; again, further back"),
    ("n", "back to the newest deploy"),
    ("b", "build again"),
    ("l", "clear"),
    ("h", "help"),
    ("q", "quit"),
];

/// What a key asks of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dev) enum KeyAction {
    /// Show the site, or the list of sites.
    Open,
    /// Show the console.
    Console,
    /// End.
    Quit,
}

/// The keys of a running server.
#[derive(Debug)]
pub(in crate::dev) struct Keys {
    control: Control,
    terminal: Arc<Terminal>,
}

impl Keys {
    pub(in crate::dev) const fn new(control: Control, terminal: Arc<Terminal>) -> Self {
        Self { control, terminal }
    }

    /// Does what a key stands for, or says what the server must do.
    pub(in crate::dev) async fn press(&mut self, key: char) -> Option<KeyAction> {
        match key.to_ascii_lowercase() {
            'o' => return Some(KeyAction::Open),
            'c' => return Some(KeyAction::Console),
            'q' => return Some(KeyAction::Quit),
            'l' => self.terminal.clear(),
            'h' | '?' => self.help(),
            'b' => self.rebuild(),
            'p' => self.show_publish(),
            'r' => self.travel(true).await,
            'n' => self.travel(false).await,
            _ => {}
        }
        None
    }

    fn help(&self) {
        let report = self.terminal.report();
        for (key, does) in HELP {
            self.terminal.say(format_args!("  {}  {does}", report.paint(Style::Bold, key)));
        }
    }

    fn rebuild(&self) {
        for site in self.control.session().sites() {
            // A site that went meanwhile needs no build.
            let _ = self.control.rebuild(&site.name);
        }
    }

    fn show_publish(&self) {
        let lines = self.current().and_then(|site| {
            let link = self.control.project(&site.name)?.link;
            Ok(publish_words(&site, &link, |name| std::env::var(name).ok()))
        });
        match lines {
            Ok((command, remark)) => {
                self.terminal.say(format_args!("  {command}"));
                self.terminal.say(format_args!("  {}", self.terminal.report().paint(Style::Dim, &remark)));
            }
            Err(error) => self.terminal.failure(None, &error),
        }
    }

    /// Shows an earlier deploy, or the newest again. Neither is asked about: the one undoes the other.
    async fn travel(&self, back: bool) {
        let travelled = async {
            let site = self.current()?;
            let moved = if back {
                self.control.go_back(&site.name).await?
            } else {
                self.control.go_to_newest(&site.name).await?
            };
            Ok((site.name.clone(), moved))
        };
        match travelled.await {
            // It is said there, whoever moves a site.
            Ok((_, Moved::Moved)) => {}
            Ok((site, moved)) => self.terminal.say(format_args!("  {site}: {}", self.words(&site, moved))),
            Err(error) => self.terminal.failure(None, &error),
        }
    }

    /// Why a site is where it was.
    fn words(&self, site: &SiteName, moved: Moved) -> String {
        let earlier = self.control.session().site(site).and_then(|status| status.earlier.clone());
        match (moved, earlier) {
            (Moved::NothingElse, _) => "there is no other deploy to go to".to_owned(),
            (Moved::AtOldest, Some(earlier)) => format!("nothing is older than {} (n: the newest)", earlier.words()),
            (Moved::AtOldest, None) => "nothing is older".to_owned(),
            (Moved::AtNewest | Moved::Moved, _) => "the newest deploy is what is shown".to_owned(),
        }
    }

    /// The site that the keys are about: the only one, or the one that was edited last.
    fn current(&self) -> Result<Arc<SiteStatus>> {
        let sites = self.control.session().sites();
        let edited = |site: &Arc<SiteStatus>| site.last.as_ref().map(|last| last.since);
        let last = if let [one] = sites.as_slice() { Some(one) } else { sites.iter().max_by_key(|site| edited(site)) };
        last.cloned().ok_or_else(|| Error::new("there is no site yet"))
    }
}

/// The command that publishes a site, and where to: what the environment says, else the project's link, else a name that is free to choose.
fn publish_words(site: &SiteStatus, link: &PublishLink, variable: impl Fn(&str) -> Option<String>) -> (String, String) {
    let said = |name: &str| variable(name).filter(|value| !value.is_empty());
    let server = said("PMX_SERVER").or_else(|| link.server.clone()).unwrap_or_else(|| DEFAULT_SERVER.to_owned());
    let command = format!("pmx publish {}", shown(site));
    match said("PMX_SITE").or_else(|| link.site.clone()) {
        Some(name) => (command, format!("publishes `{name}` to {server}")),
        None => (
            format!("{command} --site {}", site.name),
            format!("publishes `{}` to {server}; `pmx link` names another site or server", site.name),
        ),
    }
}

/// The folder of a site as it is named from here.
fn shown(site: &SiteStatus) -> String {
    let here = std::env::current_dir().ok();
    let below = here.as_deref().and_then(|here| site.folder.strip_prefix(here).ok());
    let shown = below.unwrap_or(&site.folder).display().to_string();
    match shown.as_str() {
        "" => ".".to_owned(),
        plain if plain.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b)) => shown,
        _ => format!("'{}'", shown.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Phase;

    #[test]
    fn the_command_that_publishes_goes_where_the_project_is_linked_to() {
        let folder = std::path::PathBuf::from("/courses/my course");
        let site = SiteStatus {
            earlier: None,
            name: "my-course".parse().unwrap(),
            source_root: folder.join("paths"),
            folder,
            entry: String::new(),
            url: String::new(),
            phase: Phase::Ready,
            builds: 1,
            diagnostics: Arc::from([]),
            error: None,
            last: None,
        };
        let link = |site: Option<&str>, server: Option<&str>| PublishLink {
            site: site.map(str::to_owned),
            server: server.map(str::to_owned),
        };
        let none = |_: &str| None;
        let (command, remark) = publish_words(&site, &link(None, None), none);
        assert_eq!(command, "pmx publish '/courses/my course' --site my-course");
        assert!(remark.starts_with("publishes `my-course` to https://pathmx.path.app; `pmx link` "), "{remark}");
        let linked = link(Some("chess"), Some("https://example.org"));
        let (command, remark) = publish_words(&site, &linked, none);
        assert_eq!(command, "pmx publish '/courses/my course'");
        assert_eq!(remark, "publishes `chess` to https://example.org");
        let variable = |name: &str| (name == "PMX_SITE").then(|| "draft".to_owned());
        assert_eq!(publish_words(&site, &linked, variable).1, "publishes `draft` to https://example.org");
    }
}
