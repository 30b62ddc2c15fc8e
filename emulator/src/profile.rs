//! Which platform is emulated where Cloudflare's network and its local runtime differ.

/// The platform whose limits, shapes and texts are used where the two differ. Behaviour in time is not part of it: see
/// [`Faults`](crate::faults::Faults).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Cloudflare's network, as documented.
    #[default]
    Production,
    /// workerd under miniflare, as observed; for comparing with it.
    WorkerdLocal,
}
