//! How Git is asked about a folder. A stranger's repository may say in its own config which programs Git is to run; none of them is.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Settings of a repository that make a reading command run a program or fetch something, and what they are overruled with: a monitor of
/// the file system, hooks, transports for objects that a partial clone lacks (git-config(1)).
const OVERRULED: [&str; 3] = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never"];
/// Where the repository of the caller is, when Git itself has started it: from a hook, the answers would be about that one.
const OF_A_CALLER: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"];

/// What Git answers, run in a folder; `None` without Git, or if it refuses: then the folder is in no repository that it trusts.
pub(crate) fn ask(folder: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    run(command(folder).args(arguments))
}

/// Whether Git has files of this folder: it came with a checkout, or was committed. `folder` is without links in its path. What only keeps
/// a folder in Git, or out of it, does not count. Nothing is started where no repository is.
pub(crate) fn tracks(folder: &Path) -> bool {
    folder.ancestors().filter(|top| top.join(".git").symlink_metadata().is_ok()).any(|top| {
        let below = folder.strip_prefix(top).unwrap_or(Path::new("")).to_string_lossy().replace('\\', "/");
        // File systems that take names for each other do so for the folder, too.
        let below = if below.is_empty() { ".".to_owned() } else { format!(":(icase,literal){below}") };
        let mut command = command(top);
        // Named, and not looked for: another folder that only looks like a repository is not taken for it.
        command.arg("--git-dir").arg(top.join(".git")).arg("--work-tree").arg(top);
        let listed = run(command.args(["ls-files", "-z", "--cached", "--"]).arg(below));
        let listed = String::from_utf8_lossy(listed.as_deref().unwrap_or_default()).into_owned();
        listed.split('\0').any(|path| {
            let name = path.rsplit('/').next().unwrap_or_default();
            !matches!(name, "" | ".gitignore" | ".gitkeep" | ".gitattributes")
        })
    })
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).arg("--no-pager").arg("--no-optional-locks");
    for setting in OVERRULED {
        command.args(["-c", setting]);
    }
    for name in OF_A_CALLER {
        command.env_remove(name);
    }
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0");
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

fn run(command: &mut Command) -> Option<Vec<u8>> {
    let output = command.output().ok()?;
    output.status.success().then_some(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// `None` where there is no Git to test with.
    fn git(folder: &Path, arguments: &[&str]) -> Option<()> {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
        let output = Command::new("git").current_dir(folder).args(identity).args(arguments).output().ok()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(())
    }

    #[test]
    fn a_folder_is_tracked_when_git_has_files_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let top = crate::paths::canonical(folder.path()).unwrap();
        let (tracked, other, kept) = (top.join("site/sta te*"), top.join("site/other"), top.join("site/kept"));
        for folder in [&tracked, &other, &kept] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("kv.sqlite"), "").unwrap();
            fs::write(folder.join(".gitignore"), "*\n!.gitignore\n").unwrap();
        }
        // Looks like a bare repository of its own.
        for name in ["objects", "refs"] {
            fs::create_dir_all(tracked.join(name)).unwrap();
        }
        fs::write(tracked.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert!(!tracks(&tracked));
        if git(&top, &["init", "-q"]).is_none() {
            return;
        }
        assert!(!tracks(&tracked));
        git(&top, &["add", "-f", "--", ":(literal)site/sta te*"]);
        git(&top, &["add", "--", "site/kept"]);
        assert!(tracks(&tracked));
        assert!(!tracks(&other) && !tracks(&kept));
    }

    #[cfg(unix)]
    #[test]
    fn no_program_that_a_repository_names_is_run() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let top = crate::paths::canonical(folder.path()).unwrap();
        if git(&top, &["init", "-q"]).is_none() {
            return;
        }
        fs::create_dir(top.join("state")).unwrap();
        fs::write(top.join("state/a"), "a").unwrap();
        git(&top, &["add", "."]);
        git(&top, &["commit", "-q", "-m", "a"]);
        let (program, ran) = (top.join("program"), top.join("ran"));
        fs::write(&program, format!("#!/bin/sh\ntouch '{}'\n", ran.display())).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        for name in
            ["core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "pager.ls-files", "diff.external"]
        {
            git(&top, &["config", name, program.to_str().unwrap()]);
        }
        let hook = top.join(".git/hooks/post-index-change");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::copy(&program, &hook).unwrap();
        let _ = fs::remove_file(&ran);
        assert!(tracks(&top.join("state")));
        assert!(ask(&top, &["rev-parse", "HEAD"]).is_some());
        assert!(!ran.exists());
    }
}
