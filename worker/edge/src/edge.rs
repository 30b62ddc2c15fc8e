//! What every event of a Worker has: time, randomness, variables, the log, and the way to the bindings.

use crate::abi::{Host, Level, Reader, Writer, ask};

/// The platform below a Worker. It is handed to every handler, and is as cheap to copy as a reference.
///
/// Bindings are obtained by their names ([`Edge::kv`](crate::bindings), `bucket`, `objects`, `service` …); that nothing is bound under a name is
/// what their first call says.
#[derive(Clone, Copy)]
pub struct Edge {
    host: &'static dyn Host,
}

/// What is bound under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingKind {
    /// A namespace of KV.
    Kv,
    /// A bucket of R2.
    R2,
    /// A class of Durable Objects.
    Object,
    /// Another Worker.
    Service,
    /// Static assets.
    Assets,
    /// A loader of dynamic Workers.
    Loader,
}

impl Edge {
    /// Over a host.
    #[must_use]
    pub const fn new(host: &'static dyn Host) -> Self {
        Self { host }
    }

    pub(crate) const fn host(self) -> &'static dyn Host {
        self.host
    }

    /// Milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now_ms(self) -> u64 {
        self.host.now() as u64
    }

    /// Fills with random bytes.
    pub fn random(self, bytes: &mut [u8]) {
        self.host.random(bytes);
    }

    /// Writes one line to the log.
    pub fn log(self, level: Level, line: &str) {
        self.host.log(level, line);
    }

    /// A variable or secret of the Worker that is a text; `None` if it is not set.
    #[must_use]
    pub fn var(self, name: &str) -> Option<String> {
        self.variable(name, "text")
    }

    /// A variable that is no text, as JSON.
    #[must_use]
    pub fn json_var(self, name: &str) -> Option<String> {
        self.variable(name, "json")
    }

    fn variable(self, name: &str, kind: &str) -> Option<String> {
        let answer = self.host.env(name);
        let mut fields = Reader::new(&answer);
        (fields.text() == kind).then(|| String::from_utf8_lossy(fields.bytes()).into_owned())
    }

    /// What is bound under a name; `None` if nothing is.
    #[must_use]
    pub fn binding(self, name: &str) -> Option<BindingKind> {
        match Reader::new(&self.host.binding(name)).text() {
            "kv" => Some(BindingKind::Kv),
            "r2" => Some(BindingKind::R2),
            "object" => Some(BindingKind::Object),
            "service" => Some(BindingKind::Service),
            "assets" => Some(BindingKind::Assets),
            "loader" => Some(BindingKind::Loader),
            _ => None,
        }
    }

    /// Ends after so many milliseconds.
    pub async fn sleep(self, ms: u64) {
        let _ = ask(self.host, Writer::named("sleep").number(ms), |_| ()).await;
    }
}
