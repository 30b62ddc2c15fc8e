//! HTTPS with the local authority.

use super::Author;
use crate::support::{Answer, Client, Pmx};
use rcgen::{CertificateParams, Issuer, KeyPair};
use std::{fs, io::Read as _, io::Write as _, net::TcpStream, process::Stdio, sync::Arc};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use tokio_tungstenite::tungstenite::{self, Message};

/// Trusts the authority beside the site, and nobody else.
fn client(author: &Author) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(author.path("ca/pmx-authority.crt")).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Connects as a client that believes to speak to `name`.
fn connect(config: &Arc<ClientConfig>, server: Client, name: &str) -> Result<Tls, std::io::Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(config.clone(), name).map_err(std::io::Error::other)?;
    let mut tls = StreamOwned::new(connection, TcpStream::connect(server.address)?);
    tls.conn.complete_io(&mut tls.sock)?;
    Ok(tls)
}

fn get(config: &Arc<ClientConfig>, server: Client, name: &str, path: &str) -> String {
    let mut tls = connect(config, server, name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let port = server.address.port();
    let name = if name.contains("::") { format!("[{name}]") } else { name.to_owned() };
    write!(tls, "GET {path} HTTP/1.1\r\nhost: {name}:{port}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    // Some servers close without a goodbye; what came is what counts.
    let _ = tls.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn every_name_and_address_of_the_site_is_vouched_for() {
    let author = Author::new();
    let (dev, ready) = Pmx::start_ready(author.command(&["--https", "--allow-host", "dev.test"]));
    assert!(dev.url.starts_with("https://localhost:"), "{ready}");
    assert!(ready["sites"][0]["url"].as_str().unwrap().starts_with("https://course.localhost:"), "{ready}");
    let config = client(&author);
    for name in ["localhost", "course.localhost", "x.localhost", "127.0.0.1", "::1", "dev.test", "a.dev.test"] {
        let answer = get(&config, dev.client, name, "/index.path");
        let expected = if name == "x.localhost" { "HTTP/1.1 404" } else { "HTTP/1.1 200" };
        assert!(answer.starts_with(expected), "{name}: {answer}");
    }
    assert!(connect(&config, dev.client, "evil.example").is_err());
    assert!(connect(&config, dev.client, "other.test").is_err(), "a name that was not allowed gets no certificate");
    let names = fs::read_dir(author.path("ca/names")).unwrap().count();
    assert_eq!(names, 5, "localhost with the addresses, and four names");
}

#[test]
fn live_updates_come_through_tls() {
    let author = Author::new();
    let dev = author.dev(&["--https"]);
    let tls = connect(&client(&author), dev.client, "localhost").unwrap();
    let host = format!("localhost:{}", dev.client.address.port());
    let (mut socket, _) = tungstenite::client(format!("wss://{host}/_events"), tls).unwrap();
    fs::write(author.path("paths/one.md"), "# One\n\nOther words.\n").unwrap();
    let frame = loop {
        if let Message::Text(text) = socket.read().unwrap() {
            break text;
        }
    };
    assert!(frame.contains("sources-changed") && frame.contains("one"), "{frame}");
}

#[test]
fn who_speaks_http_to_it_is_told_in_http() {
    let author = Author::new();
    let dev = author.dev(&["--https"]);
    let host = format!("localhost:{}", dev.client.address.port());
    let answer: Answer = dev.client.get(&host, "/index.path?a=b");
    assert_eq!((answer.status, answer.header("location")), (307, Some(&*format!("https://{host}/index.path?a=b"))));
    let answer = dev.client.call("POST", &host, "/", &[], b"");
    assert_eq!((answer.status, answer.error_code().as_str()), (400, "https_only"));
    assert_eq!(dev.client.get("evil.example", "/").status, 403, "nobody is sent to a foreign name");
    // One that says nothing holds up nobody.
    let _silent: Vec<TcpStream> = (0..50).map(|_| TcpStream::connect(dev.client.address).unwrap()).collect();
    assert!(get(&client(&author), dev.client, "localhost", "/index.path").contains("First words"));
}

#[test]
fn the_authority_and_what_it_vouches_for_outlive_a_restart() {
    let author = Author::new();
    let start = || {
        let dev = author.dev(&["--https"]);
        let tls = connect(&client(&author), dev.client, "course.localhost").unwrap();
        let shown = tls.conn.peer_certificates().unwrap()[0].to_vec();
        (shown, dev.kill())
    };
    let ((first, told), (again, quiet)) = (start(), start());
    assert_eq!(first, again, "a browser that was told to trust the certificate still does");
    let file = author.path("ca/pmx-authority.crt").display().to_string();
    assert!(told.contains(&file) && !quiet.contains(&file), "how to trust it is said once: {told} / {quiet}");
}

#[test]
fn a_stolen_key_impersonates_nobody_on_the_web() {
    let author = Author::new();
    drop(author.dev(&["--https"]));
    let stolen = fs::read_to_string(author.path("ca/authority.pem")).unwrap();
    let key =
        KeyPair::from_pem(&stolen[stolen.find("-----BEGIN PRIVATE").unwrap()..stolen.find("-----BEGIN CERT").unwrap()]);
    let about = stolen.lines().find_map(|line| line.strip_prefix("about: ")).unwrap();
    let mut authority = CertificateParams::default();
    authority.distinguished_name = rcgen::DistinguishedName::new();
    authority.distinguished_name.push(rcgen::DnType::OrganizationName, "pmx");
    authority.distinguished_name.push(rcgen::DnType::CommonName, format!("pmx local authority {about}"));
    let issuer = Issuer::new(authority, key.unwrap());
    let verifies = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let forged = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(author.path("ca/pmx-authority.crt")).unwrap()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let verifier =
            tokio_rustls::rustls::client::WebPkiServerVerifier::builder_with_provider(roots.into(), provider);
        use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
        let now = tokio_rustls::rustls::pki_types::UnixTime::now();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        verifier
            .build()
            .unwrap()
            .verify_server_cert(forged.der(), &[], &name, &[], now)
            .map_err(|error| error.to_string())
    };
    assert!(verifies("bank.localhost").is_ok(), "the forgery itself is sound: {:?}", verifies("bank.localhost"));
    for name in ["bank.example", "localhost.example", "8.8.8.8"] {
        let refused = verifies(name).unwrap_err();
        assert!(refused.contains("NameConstraint"), "{name}: {refused}");
    }
}

#[test]
fn an_authority_that_cannot_be_kept_is_an_error_with_a_hint() {
    let author = Author::new();
    fs::write(author.path("ca"), "a file").unwrap();
    let output = author.command(&["--https"]).stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("hint:") && stderr.contains("/ca"), "{stderr}");
}
