//! Who holds a port: best effort, from what Linux shows of the processes of this user. Elsewhere nobody is known.

use std::{fmt, fs, path::PathBuf};

/// The state of a socket that listens, in `/proc/net/tcp` (`TCP_LISTEN` of Linux' `net/tcp_states.h`).
const LISTENING: &str = "0A";

/// A program that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PortOwner {
    program: String,
    arguments: Vec<String>,
    pid: u32,
    folder: Option<PathBuf>,
}

impl fmt::Display for PortOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.program, self.pid)?;
        // Another site of the same author: it is said which.
        if self.program == "pmx" {
            write!(f, ": `pmx {}`", self.arguments.join(" "))?;
            if let Some(folder) = &self.folder {
                write!(f, " in {}", folder.display())?;
            }
        }
        Ok(())
    }
}

/// The program that listens on a TCP port of this machine, if the system tells.
pub(super) fn of(port: u16) -> Option<PortOwner> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let sockets: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| inodes(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    let holds = |process: &PathBuf| {
        let files = fs::read_dir(process.join("fd")).into_iter().flatten().filter_map(Result::ok);
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|link| link.to_str().is_some_and(|link| sockets.iter().any(|socket| socket == link)))
    };
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let process = processes.filter(|path| pid(path).is_some()).find(holds)?;
    let command = fs::read(process.join("cmdline")).unwrap_or_default();
    let mut words = command.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    let program = words.next().filter(|word| !word.is_empty());
    let program = program.and_then(|path| Some(PathBuf::from(path).file_name()?.to_string_lossy().into_owned()));
    let name = || fs::read_to_string(process.join("comm")).ok().map(|name| name.trim().to_owned());
    Some(PortOwner {
        program: program.or_else(name)?,
        arguments: words.filter(|word| !word.is_empty()).collect(),
        pid: pid(&process)?,
        folder: fs::read_link(process.join("cwd")).ok(),
    })
}

fn pid(path: &std::path::Path) -> Option<u32> {
    path.file_name()?.to_str()?.parse().ok()
}

/// The inodes of the sockets that listen on a port, from `/proc/net/tcp` or `tcp6` (Linux, `Documentation/networking/proc_net_tcp.rst`).
fn inodes(table: &str, port: u16) -> Vec<u64> {
    let listening = table.lines().skip(1).filter_map(move |line| {
        let mut fields = line.split_whitespace();
        let (_, local_port) = fields.nth(1)?.rsplit_once(':')?;
        let listens = u16::from_str_radix(local_port, 16) == Ok(port) && fields.nth(1)? == LISTENING;
        listens.then(|| fields.nth(5)?.parse().ok())?
    });
    listening.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sockets_of_a_port_are_found_in_the_systems_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
               0: 0100007F:2253 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0\n\
               1: 0100007F:2253 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0 20 4 30 10 -1\n\
               2: 00000000:2254 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0 100 0 0 10 0\n\
               3: garbage\n";
        assert_eq!(inodes(table, 0x2253), [4711]);
        assert!(inodes(table, 80).is_empty());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_named_for_its_own_port() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let owner = of(listener.local_addr().unwrap().port()).unwrap();
        assert_eq!(owner.pid, std::process::id());
        assert!(owner.to_string().ends_with(&format!("(pid {})", std::process::id())), "{owner}");
    }

    #[test]
    fn another_pmx_is_named_with_its_site() {
        let owner = PortOwner {
            program: "pmx".into(),
            arguments: vec!["dev".into(), "course".into()],
            pid: 7,
            folder: Some("/home/me".into()),
        };
        assert_eq!(owner.to_string(), "pmx (pid 7): `pmx dev course` in /home/me");
    }
}
