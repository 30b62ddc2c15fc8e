//! One request and its answer, to the byte: what a library would put right reaches the host as it stands in the step.

use std::{
    io::{Read, Write as _},
    net::TcpStream,
    thread,
    time::Duration,
};

/// How long an answer may take. Handlers of the corpus wait for seconds at most.
const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    /// Names in lower case, in the order in which they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// A request's head without its end, with what every request of the corpus carries.
pub(crate) fn head(method: &str, target: &str, host: &str, headers: &[(String, String)]) -> String {
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("accept-encoding")) {
        head.push_str("accept-encoding: identity\r\n");
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head
}

/// Sends these bytes over a connection of their own and reads one answer; `None` if the connection ended without one.
pub(crate) fn exchange(address: &str, request: &[u8]) -> Option<Answer> {
    let mut stream = connect(address);
    // A host may answer and hang up before it has read all of it.
    let _ = stream.write_all(request);
    let is_head = request.starts_with(b"HEAD ");
    Reader { stream, buffer: Vec::new() }.answer(is_head)
}

/// Sends these bytes and hangs up a while later, whatever has come back.
pub(crate) fn leave(address: &str, request: &[u8], after: Duration) {
    let mut stream = connect(address);
    let _ = stream.write_all(request);
    thread::sleep(after);
}

/// Sends a request for an upgrade: the answer, the connection, and what was read of it beyond the answer. `Err` has any other answer.
pub(crate) fn upgrade(address: &str, request: &[u8]) -> Result<(Answer, TcpStream, Vec<u8>), Option<Answer>> {
    let mut stream = connect(address);
    let _ = stream.write_all(request);
    let mut reader = Reader { stream, buffer: Vec::new() };
    match reader.answer(false) {
        Some(answer) if answer.status == 101 => Ok((answer, reader.stream, reader.buffer)),
        other => Err(other),
    }
}

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

struct Reader {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Reader {
    fn answer(&mut self, is_head: bool) -> Option<Answer> {
        let head = self.until(b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n");
        let mut first = lines.next()?.splitn(3, ' ');
        let status: u16 = first.nth(1)?.parse().ok()?;
        let reason = first.next().unwrap_or_default().to_owned();
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Answer { status, reason, headers, body: Vec::new() };
        if is_head || matches!(status, 101 | 204 | 304) {
            return Some(answer);
        }
        answer.body = if answer.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
            self.chunks()
        } else if let Some(length) = answer.header("content-length").and_then(|value| value.parse().ok()) {
            self.exactly(length)
        } else {
            self.rest()
        };
        Some(answer)
    }

    /// One more read; false at the end.
    fn more(&mut self) -> bool {
        let mut piece = [0; 64 * 1024];
        match self.stream.read(&mut piece) {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.buffer.extend_from_slice(&piece[..read]);
                true
            }
        }
    }

    fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|window| window == end) {
                let found = self.buffer[..at].to_vec();
                self.buffer.drain(..at + end.len());
                return Some(found);
            }
            if !self.more() {
                return None;
            }
        }
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.buffer.len() < length && self.more() {}
        self.buffer.drain(..length.min(self.buffer.len())).collect()
    }

    fn rest(&mut self) -> Vec<u8> {
        while self.more() {}
        std::mem::take(&mut self.buffer)
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        while let Some(size) = self.until(b"\r\n") {
            let size = usize::from_str_radix(String::from_utf8_lossy(&size).trim(), 16).unwrap_or(0);
            if size == 0 {
                break;
            }
            body.extend(self.exactly(size));
            self.exactly(2);
        }
        body
    }
}
