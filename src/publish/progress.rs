use super::ApiCall;
use std::time::Duration;

/// Who is told how a publish goes.
pub trait Progress: Send + Sync {
    /// A step begins or ends.
    fn on(&self, step: &Step<'_>);
}

/// The steps of a publish, in order.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// The server is asked which of so many hashes are missing.
    Checking {
        /// How many.
        hashes: usize,
    },
    /// Uploads begin.
    Uploading {
        /// Blobs to upload.
        new: usize,
        /// Blobs that the server holds already.
        cached: usize,
        /// Bytes to upload.
        bytes: u64,
    },
    /// One blob arrived.
    Uploaded {
        /// Its size.
        bytes: u64,
    },
    /// Uploads are over, well or not.
    UploadsEnded,
    /// A call failed and will be made again.
    Retrying {
        /// Which one.
        call: ApiCall,
        /// Why it failed.
        reason: &'a str,
        /// How long is waited before.
        wait: Duration,
    },
    /// A call is sent that changes what readers see; from here on it may have.
    Committing {
        /// Which one.
        call: ApiCall,
    },
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn on(&self, _: &Step<'_>) {}
}
