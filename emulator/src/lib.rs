//! Cloudflare's side of a Worker, on this machine.
