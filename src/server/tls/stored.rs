//! A key and its certificate in one file: PEM, below lines that say what a program needs to know of it.

use crate::{error::Result, user_folder};
use fs_err as fs;
use std::{
    fmt,
    io::ErrorKind,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What is in a file. Nobody but its owner may read it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct StoredCertificate {
    /// When the certificate ends, in seconds since 1970.
    pub ends: u64,
    /// What it is for: names, and who vouches.
    pub about: String,
    /// PEM of the private key.
    pub key: String,
    /// PEM of the certificate.
    pub certificate: String,
}

impl fmt::Debug for StoredCertificate {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredCertificate")
            .field("ends", &self.ends)
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}

/// Between the lines that say what it is and the key.
const KEY: &str = "-----BEGIN PRIVATE KEY-----";
/// Before the certificate.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";

impl StoredCertificate {
    /// Reads a file; `None` if there is none, or none that this pmx wrote.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (lines, rest) = text.split_once(KEY)?;
        let (key, certificate) = rest.split_once(CERTIFICATE)?;
        let line = |name: &str| lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        Some(Self {
            ends: line("ends")?.parse().ok()?,
            about: line("about")?.to_owned(),
            key: format!("{KEY}{key}"),
            certificate: format!("{CERTIFICATE}{certificate}"),
        })
    }

    fn text(&self) -> String {
        let Self { ends, about, key, certificate } = self;
        format!("ends: {ends}\nabout: {about}\n{}\n{}\n", key.trim_end(), certificate.trim_end())
    }

    /// Writes the file whole, readable for its owner only. With `fresh` a file that is there stays, and the answer is whether
    /// this one was written.
    pub(super) fn write(&self, path: &Path, fresh: bool) -> Result<bool> {
        user_folder::write(path, &self.text(), fresh)
    }

    /// Whether it holds for at least that long.
    pub(super) fn holds_for(&self, time: Duration) -> bool {
        self.ends > seconds(SystemTime::now() + time)
    }
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> StoredCertificate {
        StoredCertificate {
            ends: 4_000_000_000,
            about: "localhost".into(),
            key: format!("{KEY}\nAA\n-----END PRIVATE KEY-----\n"),
            certificate: format!("{CERTIFICATE}\nBB\n-----END CERTIFICATE-----\n"),
        }
    }

    #[test]
    fn a_file_is_read_back_and_only_its_owner_can() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/x.pem");
        assert_eq!(StoredCertificate::read(&path).unwrap(), None);
        assert!(stored().write(&path, true).unwrap());
        assert_eq!(StoredCertificate::read(&path).unwrap(), Some(stored()));
        let other = StoredCertificate { about: "other".into(), ..stored() };
        assert!(!other.write(&path, true).unwrap(), "the first one stays");
        assert_eq!(StoredCertificate::read(&path).unwrap(), Some(stored()));
        assert!(other.write(&path, false).unwrap());
        assert_eq!(StoredCertificate::read(&path).unwrap(), Some(other));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn what_pmx_did_not_write_is_no_key() {
        for text in ["", "ends: x", "ends: 1\nabout: y\n", KEY, CERTIFICATE, &format!("{CERTIFICATE}{KEY}")] {
            assert_eq!(StoredCertificate::parse(text), None, "{text}");
        }
        assert!(
            stored().holds_for(Duration::ZERO) && !StoredCertificate { ends: 1, ..stored() }.holds_for(Duration::ZERO)
        );
    }
}
