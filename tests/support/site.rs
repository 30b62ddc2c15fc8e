//! Small sites, made without the builder.

use super::Client;
use pmx_model::Hash;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A deploy that can be published.
#[derive(Clone, Debug)]
pub struct Fixture {
    pub blobs: BTreeMap<Hash, Vec<u8>>,
    pub roots: Value,
}

impl Fixture {
    /// A site with these files; every `x.html` gets the route `/x`, and `/` leads to the first.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let mut site = Self { blobs: BTreeMap::new(), roots: json!({ "roots": {}, "default": "main" }) };
        site.root("main", files);
        site
    }

    /// A page with a marker, a stylesheet without a hash, a script with one, an image, a page for nothing.
    pub fn page(marker: &str) -> Self {
        let script = format!("console.log({marker:?})");
        let name = format!("assets/app.{}.js", Hash::of(script.as_bytes()).short(16));
        let html = format!("<!doctype html><title>{marker}</title><p id=\"marker\">{marker}</p>");
        Self::new(&[
            ("index.html", &html),
            ("other.html", "<!doctype html><title>Other</title><p>never changes</p>"),
            ("404.html", "<!doctype html><title>Nothing</title><p>nothing here</p>"),
            ("style.css", "p { color: red }"),
            ("data.json", "{\"a\":1}"),
            ("logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
            ("logo.png", "not really a png"),
            ("font.woff2", "not really a font"),
            ("mod.wasm", "not really wasm"),
            (&name, &script),
        ])
    }

    /// Adds a root.
    pub fn root(&mut self, id: &str, files: &[(&str, &str)]) {
        let (mut manifest, mut routes, mut sources) = (json!({}), json!({}), json!({}));
        for (path, text) in files {
            manifest[*path] = json!({ "hash": self.blob(text.as_bytes()), "size": text.len() });
            if let Some(name) = path.strip_suffix(".html") {
                routes[format!("/{name}")] = json!({ "type": "source", "source": name, "path": path });
                routes[format!("/{name}/")] = json!({ "type": "redirect", "to": format!("/{name}"), "status": 308 });
                sources[name] = json!({ "hash": Hash::of(text.as_bytes()) });
            }
        }
        let first = files.iter().find_map(|(path, _)| path.strip_suffix(".html")).unwrap();
        routes["/"] = json!({ "type": "redirect", "to": format!("/{first}"), "status": 308 });
        let mut document = json!({ "routes": routes });
        if manifest.get("404.html").is_some() {
            document["notFound"] = "404.html".into();
        }
        let routes = self.blob(document.to_string().as_bytes());
        let manifest = self.blob(json!({ "files": manifest, "sources": sources }).to_string().as_bytes());
        self.roots["roots"][id] = json!({ "entry": "index.md", "routes": routes, "manifest": manifest });
    }

    fn blob(&mut self, bytes: &[u8]) -> Hash {
        let hash = Hash::of(bytes);
        self.blobs.insert(hash, bytes.to_vec());
        hash
    }

    /// Uploads what is missing.
    #[track_caller]
    pub fn upload(&self, client: Client, site: &str) -> usize {
        let hashes: Vec<_> = self.blobs.keys().collect();
        let begun = client.api("POST", "/api/publish/begin", &json!({ "subdomain": site, "hashes": hashes }));
        assert_eq!(begun.status, 200, "{}", begun.text());
        let begun = begun.json();
        let missing = begun["missing"].as_array().unwrap();
        for one in missing {
            let hash: Hash = one["hash"].as_str().unwrap().parse().unwrap();
            let answer = client.upload(&hash.to_string(), &self.blobs[&hash]);
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        missing.len()
    }

    /// Uploads and commits; the answer of the commit.
    #[track_caller]
    pub fn publish(&self, client: Client, site: &str) -> Value {
        self.upload(client, site);
        let answer = client.api("POST", "/api/publish/commit", &json!({ "subdomain": site, "roots": self.roots }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }
}

/// Makes a deploy active again.
#[track_caller]
pub fn rollback(client: Client, site: &str, deploy: &str) -> Value {
    let answer = client.api("POST", "/api/publish/rollback", &json!({ "subdomain": site, "deployId": deploy }));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The deploy history.
#[track_caller]
pub fn deploys(client: Client, site: &str) -> Vec<Value> {
    let answer = client.api("GET", &format!("/api/deploys?subdomain={site}"), &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json().as_array().unwrap().clone()
}
