//! How many connections there may be: in all, and from one address.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Connections of one address, unless it is this machine's own: browsers open six to a host and one for each open page.
const PER_ADDRESS: usize = 1024;
/// Connections in all where the system does not tell how many files may be open.
const IN_ALL: usize = 16_384;
/// Of the files that may be open, every so-manieth is left for databases, blobs and Sources.
const FILES_KEPT: usize = 4;
/// Bits of an IPv6 address that one network at home or one rented server has to itself (RFC 6177).
const IPV6_PREFIX: u32 = 64;

/// Bounds of the number of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionBounds {
    /// In all.
    pub in_all: usize,
    /// From one address. This machine's own share one, and are bounded by `in_all` alone: each of its users could open as many elsewhere.
    pub per_address: usize,
}

impl ConnectionBounds {
    /// What was asked for, or else three quarters of the files that this process may open, and 1,024 for an address.
    #[must_use]
    pub fn new(in_all: Option<usize>, per_address: Option<usize>) -> Self {
        Self {
            in_all: in_all.unwrap_or_else(|| super::open_files().map_or(IN_ALL, |files| files - files / FILES_KEPT)),
            per_address: per_address.unwrap_or(PER_ADDRESS),
        }
    }
}

/// The permits that connections acquire. Clones are the same.
#[derive(Clone)]
pub(super) struct ConnectionPermits(Arc<Inner>);

struct Inner {
    bounds: ConnectionBounds,
    counts: Mutex<PermitCounts>,
}

#[derive(Default)]
struct PermitCounts {
    in_all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A permit, until it is dropped.
pub(super) struct ConnectionPermit {
    shared: Arc<Inner>,
    /// Whose it is, if that is counted.
    address: Option<IpAddr>,
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LimitReached {
    #[error("there are {0} already")]
    InAll(usize),
    #[error("its address has {0} already")]
    Address(usize),
}

impl ConnectionPermits {
    pub(super) fn new(bounds: ConnectionBounds) -> Self {
        Self(Arc::new(Inner { bounds, counts: Mutex::default() }))
    }

    /// Takes a permit for a client at this address.
    pub(super) fn acquire(&self, address: IpAddr) -> Result<ConnectionPermit, LimitReached> {
        let address = counted(address);
        let ConnectionBounds { in_all, per_address } = self.0.bounds;
        let mut counts = self.0.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.in_all >= in_all {
            return Err(LimitReached::InAll(in_all));
        }
        if let Some(address) = address {
            let of_address = counts.by_address.entry(address).or_default();
            if *of_address >= per_address {
                return Err(LimitReached::Address(per_address));
            }
            *of_address += 1;
        }
        counts.in_all += 1;
        drop(counts);
        Ok(ConnectionPermit { shared: Arc::clone(&self.0), address })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = self.shared.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.in_all -= 1;
        if let Some(address) = self.address
            && let Some(of_address) = counts.by_address.get_mut(&address)
        {
            *of_address -= 1;
            if *of_address == 0 {
                counts.by_address.remove(&address);
            }
        }
    }
}

/// What an address is counted as: nothing if it is this machine's own.
fn counted(address: IpAddr) -> Option<IpAddr> {
    match address.to_canonical() {
        address if address.is_loopback() => None,
        IpAddr::V6(address) => {
            let network = address.to_bits() >> (Ipv6Addr::BITS - IPV6_PREFIX) << (Ipv6Addr::BITS - IPV6_PREFIX);
            Some(Ipv6Addr::from_bits(network).into())
        }
        address => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_does_not_take_the_places_of_the_others() {
        let permits = ConnectionPermits::new(ConnectionBounds { in_all: 10, per_address: 2 });
        let far = address("192.0.2.1");
        let held: Vec<_> = (0..2).map(|_| permits.acquire(far).ok().unwrap()).collect();
        assert_eq!(permits.acquire(far).err(), Some(LimitReached::Address(2)));
        assert_eq!(
            permits.acquire(address("::ffff:192.0.2.1")).err(),
            Some(LimitReached::Address(2)),
            "it is the same"
        );
        assert!(permits.acquire(address("192.0.2.2")).is_ok());
        drop(held);
        assert!(permits.acquire(far).is_ok());
        assert!(permits.0.counts.lock().unwrap().by_address.is_empty(), "nothing is kept of who has gone");
    }

    #[test]
    fn a_network_that_has_many_addresses_counts_as_one() {
        let permits = ConnectionPermits::new(ConnectionBounds { in_all: 10, per_address: 1 });
        let _held = permits.acquire(address("2001:db8::1")).ok().unwrap();
        assert_eq!(permits.acquire(address("2001:db8::2")).err(), Some(LimitReached::Address(1)));
        assert!(permits.acquire(address("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn this_machine_is_bounded_by_the_whole_only() {
        let permits = ConnectionPermits::new(ConnectionBounds { in_all: 3, per_address: 1 });
        let own = ["127.0.0.1", "127.0.0.1", "::1"];
        let held: Vec<_> = own.iter().map(|own| permits.acquire(address(own)).ok().unwrap()).collect();
        assert_eq!(permits.acquire(address("127.0.0.1")).err(), Some(LimitReached::InAll(3)));
        assert_eq!(permits.acquire(address("192.0.2.1")).err(), Some(LimitReached::InAll(3)));
        drop(held);
        assert!(permits.acquire(address("192.0.2.1")).is_ok());
    }
}
