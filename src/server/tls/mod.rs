//! HTTPS on this machine: a local authority that is made once for each user, and what it vouches for.

mod authority;
mod identity;
mod stored;

pub use authority::Authority;
pub(super) use identity::Identity;
pub use identity::TlsParts;
