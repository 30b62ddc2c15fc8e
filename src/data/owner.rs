//! Who owns a state folder, and with it the data of a project: what a running process leaves in what pmx keeps for its user.
//!
//! A record means nothing without the lock of the state folder: a process that was killed leaves its record behind. And it lies nowhere
//! else: a checkout could bring one along, with an address of its own choice, and what is sent there is data, and the token.

use super::place::STATE_FOLDER;
use crate::{error::Error, user_folder};
use fs_err as fs;
use pmx_emulator::state_dir::{StateDir, StateError};
use pmx_site::paths::canonical;
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The folder of the records: one for each state folder that is owned.
const KIND: &str = "owners";
/// The most bytes of a record: two paths of the greatest length (4,096 bytes on Linux) as JSON, which may double them.
const MAX_BYTES: u64 = 20 * 1024;
/// How many records are looked at; a person has a few processes, and those that were killed leave one each until the state folder goes.
const MAX_RECORDS: usize = 1024;

/// Who owns a state folder, and how it is reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Owner {
    /// The process.
    pub pid: u32,
    /// Its command: `pmx dev` or `pmx serve`.
    pub command: String,
    /// Where it listens: an address and a port that can be connected to from this machine.
    pub address: String,
    /// The Host of its console, with the port.
    pub console: String,
    /// Whether it speaks TLS.
    pub https: bool,
    /// What calls to its console carry as `Authorization: Bearer …`.
    pub token: String,
    /// When it began, RFC 3339.
    pub started: String,
    /// The state folder, absolute and without links in its path.
    pub state: PathBuf,
    /// The folder that it was started for, absolute and without links in its path: a project, or one that holds several.
    pub folder: Option<PathBuf>,
    /// Whether the projects below its folder are its own, too.
    pub many: bool,
}

/// What is known of a server when it becomes an owner.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// `pmx dev` or `pmx serve`.
    pub command: &'a str,
    /// Where it listens.
    pub address: SocketAddr,
    /// The name of its console's host, without the port.
    pub console: &'a str,
    /// Whether it speaks TLS.
    pub https: bool,
    /// What its console takes.
    pub token: &'a str,
    /// The state folder.
    pub state: &'a Path,
    /// The folder that it was started for.
    pub folder: Option<&'a Path>,
    /// Whether the projects below its folder are its own, too.
    pub many: bool,
}

/// The record of a running owner, removed at its end.
#[derive(Debug)]
pub struct Owning(PathBuf);

impl Owning {
    /// Leaves the record, for this user only. Where nothing can be kept, commands say that the folder is in use, and by whom not.
    #[must_use]
    pub fn begin(served: &Served<'_>) -> Option<Self> {
        let folder = user_folder::path()?;
        forget_gone(&folder);
        let owner = Owner::of(served);
        let path = user_folder::of_state(&folder, KIND, served.state);
        let written = user_folder::write(&path, &serde_json::to_string(&owner).ok()?, false);
        if let Err(error) = &written {
            tracing::warn!("who owns the state is not kept: {error}");
        }
        written.is_ok().then_some(Self(path))
    }
}

impl Drop for Owning {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

impl Owner {
    fn of(served: &Served<'_>) -> Self {
        let exact = |path: &Path| canonical(path).unwrap_or_else(|_| path.to_owned());
        let ip = match served.address.ip() {
            // Wherever else it listens, it does here, and from here no token of a device is asked for.
            ip if !ip.is_loopback() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            ip => ip,
        };
        Self {
            pid: std::process::id(),
            command: served.command.to_owned(),
            address: SocketAddr::new(ip, served.address.port()).to_string(),
            console: format!("{}:{}", served.console, served.address.port()),
            https: served.https,
            token: served.token.to_owned(),
            started: humantime::format_rfc3339_nanos(SystemTime::now()).to_string(),
            state: exact(served.state),
            folder: served.folder.map(exact),
            many: served.many,
        }
    }

    /// The owner of a folder that is locked, by a process with this id if the lock says so. `None` if it is no pmx of this user, or none
    /// that can be asked.
    #[must_use]
    pub fn of_state(state: &Path, pid: Option<u32>) -> Option<Self> {
        of_state_in(&user_folder::path()?, state, pid)
    }

    /// The running owner of a project: one that was started for it, or that has its state folder; else the nearest that was started for a
    /// folder above it and has what is below. `project` is absolute and without links.
    #[must_use]
    pub fn of_project(project: &Path) -> Option<Self> {
        nearest(&all(&user_folder::path()?), project, Self::is_running)
    }

    /// The running owner that listens at this address of this machine, and at this alone: on another one somebody else may have the same port.
    /// `ip`: none where the machine is named, as by `localhost`.
    #[must_use]
    pub fn at(ip: Option<IpAddr>, port: u16, https: bool) -> Option<Self> {
        all(&user_folder::path()?).into_iter().find(|owner| owner.listens(ip, port, https) && owner.is_running())
    }

    fn listens(&self, ip: Option<IpAddr>, port: u16, https: bool) -> bool {
        let is_own = |own: IpAddr| match ip {
            Some(ip) => ip == own,
            None => own == Ipv4Addr::LOCALHOST || own == Ipv6Addr::LOCALHOST,
        };
        let address: Result<SocketAddr, _> = self.address.parse();
        self.https == https && address.is_ok_and(|address| address.port() == port && is_own(address.ip()))
    }

    /// Whether it holds the lock of its state folder.
    fn is_running(&self) -> bool {
        matches!(StateDir::open_for_reading(&self.state), Err(StateError::InUse { pid, .. }) if self.holds(pid))
    }

    /// Whether the lock may be its own. What a killed process left names another one than the lock, which on Windows nobody else can
    /// read. Elsewhere an owner that has no name is one that only reads.
    fn holds(&self, pid: Option<u32>) -> bool {
        pid.map_or(cfg!(windows), |pid| pid == self.pid)
    }

    /// Its address for a browser, without a path: `http://localhost:8787`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme(), self.address.replace("127.0.0.1", "localhost"))
    }

    /// The address of its console, with the token that lets a browser in.
    #[must_use]
    pub fn door(&self) -> String {
        format!("{}://{}/?token={}", self.scheme(), self.console, self.token)
    }

    /// `http` or `https`.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// The command that ends it.
    #[must_use]
    pub fn ending(&self) -> String {
        // A program of a console has no window that could be asked to close: without /F it stays.
        if cfg!(windows) { format!("taskkill /F /PID {}", self.pid) } else { format!("kill {}", self.pid) }
    }

    /// Why something cannot be done to its state folder, and what can be done about that.
    #[must_use]
    pub fn in_use(&self, place: &Path) -> Error {
        let Self { pid, command, address, .. } = self;
        Error::new(format!("{} is in use by process {pid} ({command}), which serves at {address}", place.display()))
            .hint(format!("look at {}", self.url()))
            .hint(format!("or end it with `{}`, or choose another folder with `--state`", self.ending()))
    }
}

/// The error of a server that did not start; with the owner's name if it is that the folder has one.
#[must_use]
pub fn explain(error: Error, state: &Path) -> Error {
    let Err(StateError::InUse { path, pid }) = StateDir::open_for_reading(state) else { return error };
    // Windows lets nobody read the number in a file that is locked; the owner's own record says it, too.
    Owner::of_state(state, pid).map_or(error, |owner| owner.in_use(&path))
}

fn of_state_in(folder: &Path, state: &Path, pid: Option<u32>) -> Option<Owner> {
    read(&user_folder::of_state(folder, KIND, state)).filter(|owner| owner.holds(pid))
}

/// The record in a file, if it is one that may be believed.
fn read(path: &Path) -> Option<Owner> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    if !meta.is_file() || meta.len() > MAX_BYTES {
        return None;
    }
    let owner: Owner = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let is_here = owner.address.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
    is_here.then_some(owner)
}

/// The files of the records.
fn records(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder.join(KIND)).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).take(MAX_RECORDS)
}

fn all(folder: &Path) -> Vec<Owner> {
    records(folder).filter_map(|path| read(&path)).collect()
}

/// Removes the records of state folders that are there no more: nobody can own them.
fn forget_gone(folder: &Path) {
    for path in records(folder) {
        if read(&path).is_some_and(|owner| owner.state.symlink_metadata().is_err()) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The nearest owner that has this project and is running.
fn nearest(owners: &[Owner], project: &Path, is_running: impl Fn(&Owner) -> bool) -> Option<Owner> {
    let has_own_state = project.join(STATE_FOLDER).join("version").symlink_metadata().is_ok();
    for (above, folder) in project.ancestors().enumerate() {
        let state = folder.join(STATE_FOLDER);
        let has = |owner: &&Owner| {
            let started_for = owner.folder.as_deref() == Some(folder);
            match above {
                0 => started_for || owner.state == state,
                // A server that was started for no project has those below its folder that have no state of their own.
                _ => owner.many && (started_for || owner.state == state && !has_own_state),
            }
        };
        let mut found: Vec<&Owner> = owners.iter().filter(has).collect();
        // The one with the usual state folder first, then the one that was started last.
        found.sort_by_key(|owner| (owner.state == state, owner.started.as_str()));
        if let Some(owner) = found.into_iter().rev().find(|owner| is_running(owner)) {
            return Some(owner.clone());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(address: &str, state: &str, folder: Option<&str>, many: bool) -> Owner {
        Owner {
            pid: 7,
            command: "pmx dev".to_owned(),
            address: address.to_owned(),
            console: "pmx.localhost:8787".to_owned(),
            https: false,
            token: "secret".to_owned(),
            started: "2026-01-01T00:00:00Z".to_owned(),
            state: state.into(),
            folder: folder.map(PathBuf::from),
            many,
        }
    }

    fn keep(owner: &Owner, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, serde_json::to_vec(owner).unwrap()).unwrap();
    }

    #[test]
    fn another_address_of_this_machine_with_the_same_port_is_somebody_else() {
        let own = owner("127.0.0.1:8787", "/s", None, false);
        let ip = |text: &str| Some(text.parse().unwrap());
        for (ip, port, https, expected) in [
            (None, 8787, false, true),
            (ip("127.0.0.1"), 8787, false, true),
            (ip("127.0.0.2"), 8787, false, false),
            (ip("::1"), 8787, false, false),
            (None, 8788, false, false),
            (None, 8787, true, false),
        ] {
            assert_eq!(own.listens(ip, port, https), expected, "{ip:?} {port} {https}");
        }
        assert!(!owner("127.0.0.2:8787", "/s", None, false).listens(None, 8787, false), "`localhost` is another one");
    }

    #[test]
    fn an_owner_is_believed_if_it_is_this_users_holds_the_lock_and_is_on_this_machine() {
        let (user, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |address: &str| owner(address, "/s", None, false);
        // What lies in the state folder is nobody's word.
        keep(&at("127.0.0.1:1"), &state.path().join("owner.json"));
        assert!(of_state_in(user.path(), state.path(), Some(7)).is_none());
        let kept = user_folder::of_state(user.path(), KIND, state.path());
        keep(&at("127.0.0.1:1"), &kept);
        assert_eq!(of_state_in(user.path(), state.path(), Some(7)).unwrap().token, "secret");
        assert!(of_state_in(user.path(), state.path(), Some(8)).is_none(), "another process holds the lock");
        for elsewhere in ["192.0.2.1:1", "evil.example:80", "[2001:db8::1]:1", "localhost:1", ""] {
            keep(&at(elsewhere), &kept);
            assert!(of_state_in(user.path(), state.path(), Some(7)).is_none(), "{elsewhere}");
        }
    }

    #[test]
    fn the_record_of_a_state_folder_that_is_gone_is_removed() {
        let (user, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let kept = user.path().join(KIND).join("a");
        keep(&owner("127.0.0.1:1", state.path().to_str().unwrap(), None, false), &kept);
        forget_gone(user.path());
        assert!(kept.exists());
        state.close().unwrap();
        forget_gone(user.path());
        assert!(!kept.exists());
    }

    #[test]
    fn a_project_is_owned_from_its_own_folder_or_by_one_above_that_has_several() {
        let found = |owners: &[(&str, Option<&str>, bool)], project: &str, running: &str| {
            let owners: Vec<Owner> =
                owners.iter().map(|(state, folder, many)| owner("127.0.0.1:1", state, *folder, *many)).collect();
            let found = nearest(&owners, Path::new(project), |owner| running.contains(owner.state.to_str().unwrap()));
            found.map(|owner| owner.state.to_str().unwrap().to_owned())
        };
        let site = ("/w/a/.pathmx-state", Some("/w/a"), false);
        let workspace = ("/w/.pathmx-state", Some("/w"), true);
        let apart = ("/tmp/s", Some("/w/a"), false);
        let plain = ("/w/.pathmx-state", None, true);
        let all = "/w/a/.pathmx-state /w/.pathmx-state /tmp/s";
        for (owners, project, running, expected) in [
            (&[site][..], "/w/a", all, Some("/w/a/.pathmx-state")),
            (&[site], "/w/a/b", all, None),
            (&[site], "/w", all, None),
            (&[site], "/w/a", "", None),
            (&[apart], "/w/a", all, Some("/tmp/s")),
            (&[workspace], "/w/a", all, Some("/w/.pathmx-state")),
            (&[workspace], "/w/deep/er", all, Some("/w/.pathmx-state")),
            (&[workspace], "/wa", all, None),
            (&[workspace, site], "/w/a", all, Some("/w/a/.pathmx-state")),
            (&[workspace, site], "/w/a", "/w/.pathmx-state", Some("/w/.pathmx-state")),
            (&[apart, site], "/w/a", all, Some("/w/a/.pathmx-state")),
            (&[site, apart], "/w/a", "/tmp/s", Some("/tmp/s")),
            (&[plain], "/w", all, Some("/w/.pathmx-state")),
            (&[plain], "/w/a", all, Some("/w/.pathmx-state")),
        ] {
            assert_eq!(found(owners, project, running).as_deref(), expected, "{owners:?} {project} {running}");
        }
    }
}
