//! Commands about data reach the process that has it, wherever they are typed, and no other.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod support;

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use support::{Fixture, Pmx, SECRET, process::pmx};

/// A folder with two projects in it, and a folder that has nothing to do with them.
struct Ground {
    folder: tempfile::TempDir,
}

impl Ground {
    fn new() -> Self {
        let ground = Self { folder: tempfile::tempdir().unwrap() };
        for project in ["chess", "logic"] {
            let labs = ground.courses().join(project).join("paths/labs");
            fs::create_dir_all(&labs).unwrap();
            fs::write(labs.join("a.lab.md"), "# A\n").unwrap();
            fs::write(labs.join("../index.path.md"), "# Home\n\n- [A](./labs/a.lab.md)\n").unwrap();
        }
        fs::create_dir_all(ground.elsewhere()).unwrap();
        ground
    }

    fn root(&self) -> PathBuf {
        dunce::canonicalize(self.folder.path()).unwrap()
    }

    fn courses(&self) -> PathBuf {
        self.root().join("courses")
    }

    fn chess(&self) -> PathBuf {
        self.courses().join("chess")
    }

    fn elsewhere(&self) -> PathBuf {
        self.root().join("elsewhere")
    }

    fn command(&self, cwd: &Path, arguments: &str) -> Command {
        let mut command = pmx();
        command.args(arguments.split(' ')).current_dir(cwd);
        command.env("PMX_DATA_DIR", self.root().join("user")).env("CI", "1").env("PUBLISH_SECRET", SECRET);
        command
    }

    fn start(&self, cwd: &Path, arguments: &str) -> Pmx {
        Pmx::start(self.command(cwd, &format!("{arguments} --json --port 0")))
    }

    fn run(&self, cwd: &Path, arguments: &str) -> Output {
        self.command(cwd, arguments).output().unwrap()
    }

    #[track_caller]
    fn ok(&self, cwd: &Path, arguments: &str) -> String {
        let output = self.run(cwd, arguments);
        assert!(output.status.success(), "{} {arguments}: {}", cwd.display(), text(&output.stderr));
        text(&output.stdout)
    }

    /// Each way to ask reaches the process that has this pid and this state, and what one says another hears.
    #[track_caller]
    fn reaches(&self, process: &Pmx, state: &Path, ways: &[(&Path, &str)]) {
        for (index, (cwd, named)) in ways.iter().enumerate() {
            let told = format!("{} {named}", cwd.display());
            let console = format!("console --no-open --json {named}");
            let console: Value = serde_json::from_str(&self.ok(cwd, console.trim())).unwrap();
            assert_eq!(console["pid"], process.pid(), "{told}");
            let option = self::option(named);
            self.ok(cwd, &format!("kv put key{index} value{option}"));
            for (other, (cwd, named)) in ways.iter().enumerate().take(index) {
                assert_eq!(
                    self.ok(cwd, &format!("kv get key{index}{}", self::option(named))),
                    "value",
                    "{told} {other}"
                );
            }
            assert!(self.ok(cwd, &format!("r2 list --json{option}")).starts_with('['), "{told}");
            assert!(self.ok(cwd, &format!("do list --json{option}")).starts_with('['), "{told}");
            assert_eq!(self.ok(cwd, &format!("state path{option}")).trim(), state.to_str().unwrap(), "{told}");
            let reset = self.run(cwd, &format!("state reset --yes{option}"));
            assert_eq!(reset.status.code(), Some(1), "{told}");
            assert!(text(&reset.stderr).contains(&format!("in use by process {}", process.pid())), "{told}");
        }
    }
}

/// How a command about data is told what `pmx console` is told so.
fn option(named: &str) -> String {
    match named.strip_prefix("--") {
        _ if named.is_empty() => String::new(),
        Some(_) => format!(" {named}"),
        None => format!(" --project {named}"),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_process_of_a_project_is_reached_from_wherever_its_data_is_asked_for() {
    let ground = Ground::new();
    let (chess, state) = (ground.chess(), ground.chess().join(".pathmx-state"));
    let labs = chess.join("paths/labs");
    let (whole, named) = (chess.display().to_string(), format!("--state {}", state.display()));
    let (courses, elsewhere) = (ground.courses(), ground.elsewhere());
    let ways = [
        (chess.as_path(), ""),
        (&labs, ""),
        (&courses, "chess"),
        (&courses, "chess/paths/labs"),
        (&courses, "chess/paths/index.path.md"),
        (&courses, "--state chess/.pathmx-state"),
        (&elsewhere, &whole),
        (&elsewhere, &named),
    ];
    for command in ["dev", "serve"] {
        // From inside of the Sources: the state is the project's.
        let process = ground.start(&labs, command);
        ground.reaches(&process, &state, &ways);
        // What is beside it is not its own.
        let beside = ground.run(&courses, "console --no-open logic");
        assert_eq!(beside.status.code(), Some(1));
        assert!(text(&beside.stderr).contains("no pmx dev or pmx serve of yours"), "{}", text(&beside.stderr));
        drop(process);
        assert_eq!(ground.run(&chess, "console --no-open").status.code(), Some(1), "it was killed");
    }
}

#[test]
fn a_state_folder_that_lies_elsewhere_is_found_through_the_process_that_has_it() {
    let ground = Ground::new();
    let (chess, apart) = (ground.chess(), ground.elsewhere().join("apart"));
    for command in ["dev", "serve"] {
        let process = ground.start(&chess, &format!("{command} --state {}", apart.display()));
        let labs = chess.join("paths/labs");
        ground.reaches(&process, &apart, &[(&chess, ""), (&labs, ""), (&ground.courses(), "chess")]);
        // The project's own, once somebody has it, comes first.
        let own = ground.start(&chess, command);
        ground.reaches(&own, &chess.join(".pathmx-state"), &[(&chess, "")]);
    }
}

#[test]
fn a_site_of_a_workspace_reaches_the_process_of_the_workspace() {
    let ground = Ground::new();
    let (courses, chess) = (ground.courses(), ground.chess());
    // A state of its own that nobody has any more.
    drop(ground.start(&chess, "dev"));
    assert!(chess.join(".pathmx-state/version").exists());
    let workspace = ground.start(&ground.elsewhere(), &format!("dev --multi-site {}", courses.display()));
    let (labs, state) = (chess.join("paths/labs"), courses.join(".pathmx-state"));
    let ways = [(courses.as_path(), ""), (&chess, ""), (&labs, ""), (&ground.elsewhere(), "../courses/logic")];
    ground.reaches(&workspace, &state, &ways);
    // Once a site is served by itself, it is that which is meant.
    let own = ground.start(&chess, "dev");
    ground.reaches(&own, &chess.join(".pathmx-state"), &[(&chess, ""), (&labs, "")]);
    ground.reaches(&workspace, &state, &[(&courses.join("logic"), "")]);
}

#[test]
fn a_server_above_is_reached_where_there_is_no_state_of_ones_own() {
    let ground = Ground::new();
    let (courses, chess) = (ground.courses(), ground.chess());
    let server = ground.start(&courses, "serve");
    ground.reaches(&server, &courses.join(".pathmx-state"), &[(&courses, ""), (&chess, "")]);
    fs::create_dir(chess.join(".pathmx-state")).unwrap();
    fs::write(chess.join(".pathmx-state/version"), "1\n").unwrap();
    assert_eq!(ground.run(&chess, "console --no-open").status.code(), Some(1));
    drop(server);

    // One with a state folder from anywhere is nobody's but who names it.
    let apart = ground.elsewhere().join("apart");
    let server = ground.start(&courses, &format!("serve --state {}", apart.display()));
    assert_eq!(ground.run(&courses.join("logic"), "console --no-open").status.code(), Some(1));
    ground.reaches(&server, &apart, &[(&courses, &format!("--state {}", apart.display()))]);
}

#[cfg(unix)]
#[test]
fn a_link_that_a_checkout_brings_leads_to_nobody_s_process() {
    let ground = Ground::new();
    let process = ground.start(&ground.chess(), "dev");
    let logic = ground.courses().join("logic");
    std::os::unix::fs::symlink(ground.chess().join(".pathmx-state"), logic.join(".pathmx-state")).unwrap();
    for command in ["kv put a b", "console --no-open", "state path"] {
        let output = ground.run(&logic, command);
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(text(&output.stderr).contains("is a link"), "{command}: {}", text(&output.stderr));
    }
    drop(process);
}

#[test]
fn a_broken_config_hides_no_running_process() {
    let ground = Ground::new();
    let process = ground.start(&ground.chess(), "dev");
    fs::write(ground.chess().join("pathmx.config.md"), "---\npmx: [\n---\n").unwrap();
    let labs = ground.chess().join("paths/labs");
    ground.reaches(&process, &ground.chess().join(".pathmx-state"), &[(&ground.chess(), ""), (&labs, "")]);
}

#[cfg(target_os = "linux")]
#[test]
fn the_console_is_opened_where_somebody_may_see_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let ground = Ground::new();
    let process = ground.start(&ground.chess(), "dev");
    // A browser that writes down what it is to open, at once and as a whole.
    let (bin, opened) = (ground.root().join("bin"), ground.root().join("opened"));
    fs::create_dir(&bin).unwrap();
    let script = format!("#!/bin/sh\nprintf %s \"$1\" >{0}.new && exec /bin/mv {0}.new {0}\n", opened.display());
    fs::write(bin.join("xdg-open"), script).unwrap();
    fs::set_permissions(bin.join("xdg-open"), fs::Permissions::from_mode(0o755)).unwrap();
    let ask = |option: &str, variables: &[(&str, &str)]| {
        let mut command = ground.command(&ground.chess(), "console");
        command
            .env("PATH", &bin)
            .env("DISPLAY", ":99")
            .env_remove("SSH_CONNECTION")
            .env_remove("SSH_TTY")
            .env_remove("CI");
        command.args(Some(option).filter(|option| !option.is_empty())).envs(variables.iter().copied());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    for (option, variables) in [
        ("--no-open", &[][..]),
        ("", &[("CI", "true")]),
        ("", &[("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")]),
        ("", &[("DISPLAY", ""), ("WAYLAND_DISPLAY", ""), ("WSL_DISTRO_NAME", "")]),
    ] {
        assert!(ask(option, variables).contains("/?token="), "it is printed all the same");
    }
    assert!(!ground.root().join("user/browser").exists(), "no page is written for nobody");
    let url = ask("", &[]);
    let started = std::time::Instant::now();
    while !opened.exists() {
        assert!(started.elapsed().as_secs() < 30, "nothing was opened");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // What a program is started with is there for every user to read; the address with the token is in a file that is not.
    let arguments = fs::read_to_string(&opened).unwrap();
    let token = url.trim_end().rsplit_once("token=").unwrap().1;
    assert!(!arguments.contains(token) && !arguments.contains("token"), "{arguments}");
    let page = Path::new(&arguments);
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(page), mode(page.parent().unwrap())), (0o600, 0o700), "{arguments}");
    assert!(page.starts_with(ground.root().join("user")), "{arguments}");
    let leads = fs::read_to_string(page).unwrap();
    assert!(leads.contains(&format!("content=\"0;url={}\"", url.trim_end())), "{leads}");
    assert!(leads.contains("content=\"no-referrer\"") && !leads.contains("src="), "{leads}");

    fs::remove_file(&opened).unwrap();
    ask("", &[]);
    assert!(!page.exists(), "the next call removes it");
    let host = url.split_once("://").unwrap().1.split('/').next().unwrap();
    let path = format!("/{}", url.trim_end().rsplit_once('/').unwrap().1);
    assert_eq!(process.client.get(host, &path).status, 303, "it lets in");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_file_for_its_user_alone_the_console_is_opened_by_hand() {
    use std::os::unix::fs::PermissionsExt as _;
    let ground = Ground::new();
    let _process = ground.start(&ground.chess(), "dev");
    let (bin, opened) = (ground.root().join("bin"), ground.root().join("opened"));
    fs::create_dir(&bin).unwrap();
    fs::write(bin.join("xdg-open"), format!("#!/bin/sh\n: >{}\n", opened.display())).unwrap();
    fs::set_permissions(bin.join("xdg-open"), fs::Permissions::from_mode(0o755)).unwrap();
    let pages = ground.root().join("user/browser");
    fs::create_dir(&pages).unwrap();
    fs::set_permissions(&pages, fs::Permissions::from_mode(0o777)).unwrap();
    let mut command = ground.command(&ground.chess(), "console");
    command.env("PATH", &bin).env("DISPLAY", ":99");
    for name in ["SSH_CONNECTION", "SSH_TTY", "CI"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("/?token="), "it is printed");
    assert!(text(&output.stderr).contains("open the address by hand"), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(&pages).unwrap().count(), 0, "nothing is written where others may read");
    assert!(!opened.exists(), "nothing is passed to a browser");
}

#[test]
fn the_console_of_serve_shows_and_changes_what_was_published_to_who_has_the_token() {
    let ground = Ground::new();
    let mut server = ground.start(&ground.courses(), "serve");
    let first = Fixture::page("one").publish(server.client, "alpha")["deployId"].as_str().unwrap().to_owned();
    Fixture::page("two").publish(server.client, "alpha");
    let host = format!("pmx.localhost:{}", server.client.address.port());
    for path in ["/", "/sites/alpha", "/data/kv", "/api/sites"] {
        let answer = server.client.get(&host, path);
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.text().contains("alpha.localhost"), "{path}");
    }
    let console: Value = serde_json::from_str(&ground.ok(&ground.courses(), "console --no-open --json")).unwrap();
    let token = console["url"].as_str().unwrap().rsplit_once('=').unwrap().1.to_owned();
    let cookie = format!("pmx-console-{}={token}", server.client.address.port());
    let get = |path: &str| {
        let answer = server.client.get_with(&host, path, &[("cookie", &cookie)]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text()
    };
    let sites = get("/");
    assert!(sites.contains("href=\"/sites/alpha\"") && sites.contains("http://alpha.localhost"), "{sites}");
    let history = get("/sites/alpha");
    assert!(history.contains(&first) && history.contains("Roll back"), "{history}");
    for path in ["/events", "/data/kv", "/data/r2", "/data/objects", "/requests", "/log", "/faults", "/about"] {
        get(path);
    }
    let origin = format!("http://{host}");
    let headers =
        [("cookie", cookie.as_str()), ("origin", &origin), ("content-type", "application/x-www-form-urlencoded")];
    let body = format!("deploy={first}");
    let rolled = server.client.call("POST", &host, "/sites/alpha/rollback", &headers, body.as_bytes());
    assert_eq!(rolled.status, 303, "{}", rolled.text());
    assert!(server.client.get("alpha.localhost", "/index").text().contains("one"));
    assert_eq!(server.event("rolled-back")["deployId"], first.as_str());
}

/// On other systems there is no second loopback address.
#[cfg(target_os = "linux")]
#[test]
fn a_server_that_a_config_names_is_sent_the_token_if_it_is_the_user_s_own_and_not_if_it_has_the_port_alone() {
    use std::net::TcpListener;
    let ground = Ground::new();
    let own = ground.start(&ground.elsewhere(), "serve");
    let port = own.client.address.port();
    let foreign = TcpListener::bind(("127.0.0.2", port)).unwrap();
    foreign.set_nonblocking(true).unwrap();
    let call = |server: &str, arguments: &str| {
        let config = format!("---\npmx:\n  site: chess\n  server: {server}\n---\n\n# Chess\n");
        fs::write(ground.chess().join("pathmx.config.md"), config).unwrap();
        let mut command = ground.command(&ground.chess(), arguments);
        command.env("PATHMX_PUBLISH_TOKEN", SECRET).env("PATHMX_SHARE_TOKEN", SECRET);
        let output = command.output().unwrap();
        (output.status.success(), text(&output.stderr))
    };
    for command in ["share paths/index.path.md", "publish", "deploys"] {
        for server in ["http://127.0.0.2", "https://127.0.0.1", "https://localhost", "http://127.0.0.3"] {
            let (ok, said) = call(&format!("{server}:{port}"), command);
            assert!(!ok && said.contains("the config names the server"), "{command} {server}: {said}");
        }
        assert!(foreign.accept().is_err(), "somebody else was asked: {command}");
    }
    for server in ["http://localhost", "http://127.0.0.1"] {
        let (ok, said) = call(&format!("{server}:{port}"), "publish");
        assert!(ok, "{server}: {said}");
    }
}
