//! The way of a request from a connection to the Worker: a list of tower layers, in [`Layers`].
//!
//! A layer answers a request itself or calls `next`; it knows neither what comes before it nor what comes after.

mod devices;
mod hosts;
mod next;
mod own_pages;
mod prefix;
mod request_log;

pub use devices::DeviceToken;
pub use next::{Answering, Next, RequestLayer, layer};
pub use request_log::{LoggedRequest, request_log};

use super::{HostPolicy, Listening};
use hosts::Hosts;

/// Where `pmx dev` has addresses of its own, on every site. A Source there would be hidden behind them.
pub const DEV_ADDRESSES: &str = "/_pmx/";

/// Where the Worker tells open pages of changes.
const EVENTS: &str = "/_events";

/// All that stands between a connection and the Worker. A request passes the layers in the order of these fields; those that a server
/// has no need of are left out.
pub struct Layers {
    /// Sees every request and the head of its answer, whoever answers. `pmx serve --verbose`.
    pub request_log: Option<RequestLayer>,
    /// Refuses foreign Hosts (DNS rebinding), sends who speaks in the clear to HTTPS, and notes the [`Caller`](super::Caller). Always there.
    hosts: Hosts,
    /// Asks other devices for a token. `pmx dev --host`.
    devices: Option<RequestLayer>,
    /// Lets pages of other origins neither change anything nor listen. `pmx dev`.
    own_pages: Option<RequestLayer>,
    /// Puts the path that a proxy has taken away before the addresses of an answer. `pmx dev`.
    prefix: Option<RequestLayer>,
    /// Answers for the console's host.
    pub console: Option<RequestLayer>,
    /// Answers below [`DEV_ADDRESSES`]: events of open pages, the script that is added to them. `pmx dev`.
    pub dev_addresses: Option<RequestLayer>,
    /// Has requests for a site wait for its first build. `pmx dev`.
    pub first_build: Option<RequestLayer>,
    /// Writes answers to questions into Sources. `pmx dev --write-responses`.
    pub responses: Option<RequestLayer>,
    /// Answers for hosts that are no site: the list of sites.
    pub site_list: Option<RequestLayer>,
    /// Sees which calls of the publish API make another deploy active. `pmx serve`.
    pub activations: Option<RequestLayer>,
    /// Has lost blobs put back, and asks once more. `pmx dev`.
    pub lost_blobs: Option<RequestLayer>,
    /// Adds the script of `pmx dev` to pages; none with `--exact`.
    pub pages: Option<RequestLayer>,
}

impl Layers {
    /// Of a server that anyone may use who names one of its hosts: its own names, those that are given, and what is below these domains.
    #[must_use]
    pub fn new(listening: &Listening, given: &[String], domains: &[String]) -> Self {
        let hosts = Hosts::new(HostPolicy::new(listening.address, given, domains), listening.scheme() == "https");
        Self {
            request_log: None,
            hosts,
            devices: None,
            own_pages: None,
            prefix: None,
            console: None,
            dev_addresses: None,
            first_build: None,
            responses: None,
            site_list: None,
            activations: None,
            lost_blobs: None,
            pages: None,
        }
    }

    /// Refuses what pages of other origins ask for to change something or to listen, and takes a proxy on this machine at its word about
    /// the host that it was asked for and the path that it has taken away. `varies`: a further header of requests that has a say in answers.
    #[must_use]
    pub fn own_pages_only(mut self, varies: Option<&str>) -> Self {
        (self.hosts.believes_proxies, self.hosts.must_be_named) = (true, true);
        self.own_pages = Some(own_pages::layer(self.hosts.policy.clone()));
        self.prefix = Some(prefix::layer(varies));
        self
    }

    /// Asks other devices for a token.
    #[must_use]
    pub fn open_to_devices(mut self, token: DeviceToken) -> Self {
        self.hosts.must_be_named = true;
        self.devices = Some(devices::layer(token));
        self
    }

    /// Puts the layers before what answers at the end.
    #[must_use]
    pub fn before(self, end: Next) -> Next {
        let outermost_first = [
            self.request_log,
            Some(hosts::layer(self.hosts)),
            self.devices,
            self.own_pages,
            self.prefix,
            self.console,
            self.dev_addresses,
            self.first_build,
            self.responses,
            self.site_list,
            self.activations,
            self.lost_blobs,
            self.pages,
        ];
        let innermost_first = outermost_first.into_iter().flatten().rev();
        innermost_first.fold(end, |next, layer| layer.layer(next))
    }
}
