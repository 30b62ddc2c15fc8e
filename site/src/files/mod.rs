//! Files and folders of this machine: how they are named, held, read and replaced, and the bytes of a build until they are written.

pub(crate) mod beside;
pub(crate) mod blobs;
pub(crate) mod exchange;
pub mod file_retry;
pub(crate) mod folder;
pub mod paths;
pub(crate) mod portable;
pub(crate) mod seal;
pub(crate) mod spill;
