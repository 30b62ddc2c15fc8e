use crate::site::error::SiteError;
use pmx_worker::model::{File, check_path};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::Path,
    time::{Duration, SystemTime},
};

/// The list of what pmx wrote into an output folder. The scanner stays out of folders that have one.
pub(in crate::site) const RECEIPT: &str = ".pmx-outputs";

/// What pmx wrote into a folder: a path a line, and what is known of the file, all separated by tabs.
#[derive(Debug, Default)]
pub(super) struct Receipt {
    pub files: BTreeMap<String, Option<Stamp>>,
    /// When the list itself was written. What was written later than that is not as it says.
    written: Option<SystemTime>,
}

/// A file as it was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    pub file: File,
    pub modified: SystemTime,
}

impl Receipt {
    /// The receipt of a folder; an empty one, if it has none. Lines that are none are left out.
    pub(super) fn read(out: &Path) -> Result<Self, SiteError> {
        let path = out.join(RECEIPT);
        match fs::read(&path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                let written = fs::metadata(&path).and_then(|meta| meta.modified()).ok();
                Ok(Self { files: text.lines().filter_map(line).collect(), written })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(SiteError::read(path)(error)),
        }
    }

    /// Whether a file that looks like this has these bytes for sure: it did when the receipt was written, and it was not touched
    /// in the same tick of the file system's clock or later.
    pub(super) fn vouches(&self, path: &str, stamp: Stamp) -> bool {
        let earlier = self.written.is_some_and(|written| stamp.modified < written);
        earlier && self.files.get(path).copied().flatten() == Some(stamp)
    }

    pub(super) fn text<'a>(files: impl Iterator<Item = (&'a str, Option<Stamp>)>) -> String {
        let mut text = String::new();
        for (path, stamp) in files {
            text.push_str(path);
            if let Some(Stamp { file, modified }) = stamp
                && let Ok(age) = modified.duration_since(SystemTime::UNIX_EPOCH)
            {
                let _ = write!(text, "\t{}\t{}\t{}", file.hash, file.size, age.as_nanos());
            }
            text.push('\n');
        }
        text
    }
}

fn line(line: &str) -> Option<(String, Option<Stamp>)> {
    let mut parts = line.split('\t');
    // Nothing outside of the folder is ever removed, whatever the list says.
    let path = parts.next().filter(|path| check_path(path))?;
    let mut stamp = || {
        let file = File { hash: parts.next()?.parse().ok()?, size: parts.next()?.parse().ok()? };
        let age = Duration::from_nanos(parts.next()?.parse().ok()?);
        Some(Stamp { file, modified: SystemTime::UNIX_EPOCH.checked_add(age)? })
    };
    Some((path.to_owned(), stamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmx_worker::model::Hash;

    #[test]
    fn a_receipt_reads_back_and_broken_lines_name_no_file_and_no_stamp() {
        let stamp = Stamp {
            file: File { hash: Hash::of(b"x"), size: 1 },
            modified: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_234_567_890_123_456_789),
        };
        let folder = tempfile::tempdir().unwrap();
        let mut text = Receipt::text([("a b.html", Some(stamp)), ("c", None)].into_iter());
        text.push_str("../out\nd\tnothash\t1\t2\n\n/e\nf\t");
        fs::write(folder.path().join(RECEIPT), &text).unwrap();
        let receipt = Receipt::read(folder.path()).unwrap();
        let expected = [("a b.html", Some(stamp)), ("c", None), ("d", None), ("f", None)];
        assert_eq!(receipt.files, expected.map(|(path, stamp)| (path.to_owned(), stamp)).into());
        assert!(receipt.vouches("a b.html", stamp));
        assert!(!receipt.vouches("c", stamp));
        let later = Stamp { modified: SystemTime::now() + Duration::from_secs(9), ..stamp };
        assert!(!Receipt { files: [("a".to_owned(), Some(later))].into(), ..receipt }.vouches("a", later));
    }
}
