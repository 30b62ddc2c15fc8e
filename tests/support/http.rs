//! HTTP/1.1 as it is on the wire: any Host, any header, bodies that end too early.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A client of one server. Every call is a connection of its own.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    pub address: SocketAddr,
}

/// An answer. Header names are in lower case.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The word of an error answer, after a check of its shape.
    #[track_caller]
    pub fn error_code(&self) -> String {
        let json = self.json();
        assert_eq!(json["requestId"].as_str().map(str::len), Some(16), "{json}");
        assert_eq!(self.header("cache-control"), Some("no-store"), "{json}");
        assert_eq!(self.header("pmx-request-id"), json["requestId"].as_str());
        assert!(json["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{json}");
        json["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    pub fn get(self, host: &str, path: &str) -> Answer {
        self.call("GET", host, path, &[], b"")
    }

    pub fn get_with(self, host: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.call("GET", host, path, headers, b"")
    }

    /// A publish call with the tests' token and a JSON body.
    pub fn api(self, method: &str, path: &str, body: &serde_json::Value) -> Answer {
        let token = format!("Bearer {}", super::SECRET);
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.call(method, "localhost", path, &[("authorization", &token)], &body)
    }

    pub fn upload(self, hash: &str, body: &[u8]) -> Answer {
        let token = format!("Bearer {}", super::SECRET);
        self.call("POST", "localhost", &format!("/api/publish/upload?hash={hash}"), &[("authorization", &token)], body)
    }

    pub fn call(self, method: &str, host: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT") {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.raw(method == "HEAD", &[head.as_bytes(), body]).expect("an answer")
    }

    /// Writes these bytes as they are and reads one answer; `None` if the server closed without one.
    pub fn raw(self, head_only: bool, parts: &[&[u8]]) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        for part in parts {
            // A server may answer and close before it has read everything.
            if stream.write_all(part).is_err() {
                break;
            }
        }
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers
            .iter()
            .find(|(name, _)| name == "content-length")
            .and_then(|(_, value)| value.parse::<usize>().ok());
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let mut body = Vec::new();
        if chunked && !head_only {
            loop {
                line.clear();
                reader.read_line(&mut line).ok()?;
                let size = usize::from_str_radix(line.trim(), 16).ok()?;
                let mut chunk = vec![0; size + 2];
                reader.read_exact(&mut chunk).ok()?;
                body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break;
                }
            }
        } else if !head_only && !matches!(status, 204 | 304) {
            body.resize(length.unwrap_or(0), 0);
            reader.read_exact(&mut body).ok()?;
        }
        Some(Answer { status, headers, body })
    }
}
