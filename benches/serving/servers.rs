//! The servers that are compared.

use std::{
    io::{BufRead, BufReader, Write as _},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::{
    HOST, LOADS, PAGES,
    load::Measured,
    page, path,
    support::{Answer, Client, Fixture, SECRET},
};

const MINIFLARE: &str = "miniflare";

/// A server under load.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) started: Duration,
    /// Of each load.
    pub(crate) measured: [Vec<Measured>; LOADS.len()],
}

impl Server {
    /// Requests a second, and the 99th percentile in seconds.
    pub(crate) fn median(&self, row: usize) -> (f64, f64) {
        let of = |value: fn(&Measured) -> f64| {
            let mut values: Vec<f64> = self.measured[row].iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        (of(|measured| measured.rate), of(|measured| measured.p99.as_secs_f64()))
    }

    pub(crate) fn resident(&self) -> u64 {
        resident(self.child.id())
    }
}

/// Resident bytes of a process and its children.
pub(crate) fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    kib.unwrap_or(0) * 1024
        + children.split_whitespace().filter_map(|child| child.parse().ok()).map(resident).sum::<u64>()
}

pub(crate) fn stop(server: Server) {
    let mut child = server.child;
    if server.name == MINIFLARE {
        // The end of its input ends the driver, and workerd with it; a signal would leave workerd behind.
        drop(child.stdin.take());
    } else {
        let _ = child.kill();
    }
    let _ = child.wait();
}

/// Starts a server that prints one JSON line with its address, and asks it for the page until it answers.
fn start(name: &'static str, mut command: Command, wait_for_page: bool) -> Server {
    let before = Instant::now();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let json: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
    let url = json["url"].as_str().or(json["ready"].as_str()).unwrap();
    let port: u16 = url.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
    std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    if wait_for_page {
        assert_eq!(Client { address }.get(HOST, &path(0)).status, 200, "{name}");
    }
    Server { name, child, address, started: before.elapsed(), measured: Default::default() }
}

pub(crate) fn serve(state: &Path) -> Server {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmx"));
    command.args(["serve", "--json", "--port", "0", "--state"]).arg(state).env("PUBLISH_SECRET", SECRET);
    let published = state.join("kv.sqlite").exists();
    start("pmx serve", command, published)
}

pub(crate) fn start_bare_axum(template: &Answer) -> Server {
    let headers: Vec<_> =
        template.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "connection")).collect();
    let template = serde_json::json!({ "headers": headers, "pages": (0..PAGES).map(|number| (path(number), page(number).into())).collect::<serde_json::Map<_, _>>() }).to_string();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(template.as_bytes()).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("--bare-axum").arg(file.path());
    start("axum, from memory", command, true)
}

/// The child: an axum handler and nothing else.
pub(crate) fn bare_axum(template: &str) {
    use axum::{
        Router,
        body::Bytes,
        http::{HeaderMap, Uri},
        routing::get,
    };
    use std::{collections::HashMap, sync::Arc};
    let template: serde_json::Value = serde_json::from_slice(&std::fs::read(template).unwrap()).unwrap();
    let mut headers = HeaderMap::new();
    for pair in template["headers"].as_array().unwrap() {
        let name: axum::http::HeaderName = pair[0].as_str().unwrap().parse().unwrap();
        headers.append(name, pair[1].as_str().unwrap().parse().unwrap());
    }
    let pages: HashMap<String, Bytes> = serde_json::from_value(template["pages"].clone())
        .map(|pages: HashMap<String, String>| pages.into_iter().map(|(path, page)| (path, page.into())).collect())
        .unwrap();
    let pages = Arc::new(pages);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let answer = move |uri: Uri| std::future::ready((headers.clone(), pages[uri.path()].clone()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", serde_json::json!({ "url": format!("http://{}", listener.local_addr().unwrap()) }));
        axum::serve(listener, Router::new().route("/{page}", get(answer))).await.unwrap();
    });
}

/// The real workerd under miniflare with the bundle; `None` where it is not installed.
pub(crate) fn start_miniflare(fixture: &Fixture) -> Option<Server> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join("tests/parity/node_modules/miniflare").exists() {
        println!("miniflare is not installed (npm ci --prefix tests/parity): left out");
        return None;
    }
    let bundle = tempfile::tempdir().unwrap().keep();
    let bundled = Command::new(env!("CARGO_BIN_EXE_pmx"))
        .args(["worker", "bundle", "--quiet", "--out"])
        .arg(&bundle)
        .output()
        .unwrap();
    assert!(bundled.status.success());
    let mut command = Command::new("node");
    let variables = serde_json::json!({ "BASE_DOMAINS": "localhost", "PUBLISH_SECRET": SECRET });
    command
        .arg(root.join("tests/parity/workerd.mjs"))
        .arg(&bundle)
        .arg(bundle.join("state"))
        .arg(variables.to_string());
    let server = start(MINIFLARE, command, false);
    fixture.publish(Client { address: server.address }, "alpha");
    Some(server)
}
