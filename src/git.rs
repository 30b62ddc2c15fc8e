//! How Git is asked about a folder. A stranger's repository may say in its own config which programs Git is to run; none of them is.

use std::{
    io::Read as _,
    path::Path,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Settings of a repository that make a reading command run a program or fetch something, and what they are overruled with: a monitor of
/// the file system, hooks, transports for objects that a partial clone lacks; and a repository without a `.git`, which is a folder of the
/// checkout like any other (git-config(1)).
const OVERRULED: [&str; 4] =
    ["core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never", "safe.bareRepository=explicit"];
/// How long Git may take. What it reads is a stranger's, and may have no end.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take where it reads settings and rules alone, and no files.
const PATIENCE_FOR_RULES: Duration = Duration::from_secs(2);
/// How often it is looked whether Git has ended.
const LOOK: Duration = Duration::from_millis(1);
/// The keys of a repository's own config that name files for Git to read, in any place.
const FILES: [&str; 2] = ["core.attributesfile", "core.excludesfile"];
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

/// A file that is not as it was committed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Uncommitted {
    /// Its path below the folder that was asked about, `/`-separated. Where a whole folder is new, it may be that folder's, with a `/` at
    /// its end.
    pub(crate) path: String,
    /// Whether it was deleted.
    pub(crate) is_gone: bool,
}

/// The file at `path` below a folder, or all files of the folder there, that are not as they were committed: those that Git does not have
/// with them, but for those that it ignores. `None` if Git does not tell.
pub(crate) fn uncommitted(folder: &Path, path: &str) -> Option<Vec<Uncommitted>> {
    let mut command = command(folder);
    command.arg("--literal-pathspecs");
    let status = ["status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all", "--untracked-files=all"];
    overrule(&mut command, &own_settings(folder)?);
    let listed = run(command.args(status).args(["--", path]))?;
    let prefix = String::from_utf8(ask(folder, &["rev-parse", "--show-prefix"])?).ok()?;
    // Two letters for what is staged and what is not, a space, the path below the top of the checkout.
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let files = listed.split('\0').filter_map(|entry| Some((entry.get(..2)?, entry.get(3..)?)));
    let below = |path: &str| path.strip_prefix(prefix.trim_end_matches('\n')).map(str::to_owned);
    Some(
        files
            .filter_map(|(state, path)| Some(Uncommitted { path: below(path)?, is_gone: state.contains('D') }))
            .collect(),
    )
}

/// Whether Git is known to leave out this file of a folder: a rule names it, and no commit has it. `false` as well where Git does not tell: a
/// rule may be a stranger's pipe. `None` if the folder is in no repository.
pub(crate) fn ignores(folder: &Path, name: &str) -> Option<bool> {
    folder.ancestors().find(|top| top.join(".git").symlink_metadata().is_ok())?;
    let is_ignored = || {
        let mut command = command(folder);
        overrule(&mut command, &own_settings(folder)?);
        let asked = command.args(["check-ignore", "--quiet", "--"]).arg(name);
        ended(asked, PATIENCE_FOR_RULES)?.status.code()
    };
    Some(is_ignored() == Some(0))
}

/// What of the repository's own config is not to count, as settings in its place: filters (gitattributes(5)), which are programs that Git runs
/// to compare a file with what is committed, and files that Git reads from wherever they are.
fn own_settings(folder: &Path) -> Option<Vec<(String, &'static str)>> {
    let arguments = ["config", "--show-scope", "--name-only", "-z", "--get-regexp", r"^(filter\.|core\.)"];
    let output = ended(command(folder).args(arguments), PATIENCE_FOR_RULES)?;
    match output.status.code() {
        Some(0) => {}
        // There are none.
        Some(1) if output.stdout.is_empty() => return Some(Vec::new()),
        _ => return None,
    }
    let listed = String::from_utf8(output.stdout).ok()?;
    let mut settings = Vec::new();
    let mut parts = listed.split('\0');
    while let (Some(scope), Some(key)) = (parts.next(), parts.next()) {
        // What the user's own config names is the user's.
        if !matches!(scope, "local" | "worktree") {
            continue;
        }
        if FILES.contains(&key) {
            settings.push((key.to_owned(), ""));
        }
        if let Some((name, _)) = key.strip_prefix("filter.").and_then(|key| key.rsplit_once('.')) {
            let none = [("clean", ""), ("process", ""), ("smudge", ""), ("required", "false")];
            settings.extend(none.map(|(key, value)| (format!("filter.{name}.{key}"), value)));
        }
    }
    Some(settings)
}

/// Sets them in the environment, where a name may have any letter.
fn overrule(command: &mut Command, settings: &[(String, &'static str)]) {
    let before: usize = std::env::var("GIT_CONFIG_COUNT").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    for (count, (key, value)) in (before..).zip(settings) {
        command.env(format!("GIT_CONFIG_KEY_{count}"), key).env(format!("GIT_CONFIG_VALUE_{count}"), value);
    }
    if !settings.is_empty() {
        command.env("GIT_CONFIG_COUNT", (before + settings.len()).to_string());
    }
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
    // Older ones do not know the first, and the second goes before what a config allows.
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none").env("GIT_TERMINAL_PROMPT", "0");
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

fn run(command: &mut Command) -> Option<Vec<u8>> {
    let output = ended(command, PATIENCE)?;
    output.status.success().then_some(output.stdout)
}

/// What a command came to, if it ends in time.
fn ended(command: &mut Command, patience: Duration) -> Option<Output> {
    let mut child = command.stdout(Stdio::piped()).spawn().ok()?;
    let stdout = child.stdout.take().map(|mut stdout| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            stdout.read_to_end(&mut bytes).map(|_| bytes)
        })
    });
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < patience => thread::sleep(LOOK),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    Some(Output { status, stdout: stdout?.join().ok()?.ok()?, stderr: Vec::new() })
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
        let top = pmx_site::paths::canonical(folder.path()).unwrap();
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
    fn a_folder_that_looks_like_a_repository_is_asked_nothing_and_no_file_elsewhere_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let top = pmx_site::paths::canonical(folder.path()).unwrap();
        let bare = top.join("site");
        fs::create_dir_all(bare.join("paths")).unwrap();
        if git(&bare, &["init", "-q", "--bare", "."]).is_none() {
            return;
        }
        git(&bare, &["config", "core.bare", "false"]);
        git(&bare, &["config", "core.worktree", "paths"]);
        git(&bare, &["config", "core.attributesFile", "/dev/zero"]);
        assert_eq!(uncommitted(&bare.join("paths"), "."), None);
        assert_eq!(ask(&bare, &["rev-parse", "--git-dir"]), None);

        let own = top.join("own");
        fs::create_dir(&own).unwrap();
        git(&own, &["init", "-q"]);
        fs::write(own.join("a"), "a").unwrap();
        git(&own, &["add", "."]);
        git(&own, &["commit", "-q", "-m", "a"]);
        for key in ["core.attributesFile", "core.excludesFile"] {
            git(&own, &["config", key, "/dev/zero"]);
        }
        fs::write(own.join("a"), "b").unwrap();
        assert_eq!(uncommitted(&own, ".").unwrap().len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_counts_as_taken_along_where_the_rules_of_a_repository_are_pipes() {
        let folder = tempfile::tempdir().unwrap();
        let top = pmx_site::paths::canonical(folder.path()).unwrap();
        assert_eq!(ignores(&top, ".env"), None, "there is no repository");
        if git(&top, &["init", "-q"]).is_none() {
            return;
        }
        assert_eq!(ignores(&top, ".env"), Some(false));
        fs::write(top.join(".gitignore"), ".env\n").unwrap();
        assert_eq!(ignores(&top, ".env"), Some(true));
        let pipe = top.join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        git(&top, &["config", "include.path", pipe.to_str().unwrap()]);
        assert_eq!(ignores(&top, ".env"), Some(false), "its settings have no end");
        fs::remove_file(&pipe).unwrap();
        assert_eq!(ignores(&top, ".env"), Some(true));
        fs::remove_file(top.join(".gitignore")).unwrap();
        assert!(Command::new("mkfifo").arg(top.join(".gitignore")).status().unwrap().success());
        assert_eq!(ignores(&top, ".env"), Some(false), "its rules have no end");
    }

    #[cfg(unix)]
    #[test]
    fn no_program_that_a_repository_names_is_run() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let top = pmx_site::paths::canonical(folder.path()).unwrap();
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
        // To compare a file Git would run what the config names for it.
        fs::write(top.join(".gitattributes"), "* filter=a=b.c\n").unwrap();
        for key in ["clean", "process"] {
            git(&top, &["config", &format!("filter.a=b.c.{key}"), program.to_str().unwrap()]);
        }
        fs::write(top.join("state/a"), "b").unwrap();
        let found = uncommitted(&top.join("state"), ".").unwrap();
        assert_eq!(found, [Uncommitted { path: "a".to_owned(), is_gone: false }]);
        assert!(!ran.exists());
    }
}
