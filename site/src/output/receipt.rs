use crate::{
    error::SiteError,
    files::{
        folder::{Folder, FolderError},
        seal::{Key, Seal},
    },
    project::out_dir::RECEIPT,
};
use pmx_model::{File, check_path};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, ErrorKind, Read as _},
    time::{Duration, SystemTime},
};

/// The largest list that is read, in bytes: sixteen roots of 25,000 files at some 300 bytes each, twice the longest seen.
const MAX: u64 = 128 * 1024 * 1024;
/// What the list is sealed as.
const PURPOSE: &str = "pmx outputs 1";
/// What the last line begins with, which holds the code of all before it. No path begins with a tab.
const SEAL: &str = "\tseal\t";

/// What pmx wrote into a folder: a path a line, and what is known of the file, all separated by tabs; in the last line the code under
/// the user's key. A list without it, or with another one, came from elsewhere: its word is believed of no file. What it names is
/// removed only if its content is what the list says, and kept only if it is what was built.
#[derive(Debug, Default)]
pub(super) struct Receipt {
    pub files: BTreeMap<String, FileEntry>,
    /// When the list itself was written. What was written later than that is not as it says.
    written: Option<SystemTime>,
    /// Whether this user's pmx wrote it, for this folder.
    pub is_ours: bool,
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FileEntry {
    /// What was in it, or was to be.
    pub file: Option<File>,
    /// When it was written; none, if that was still to come.
    pub modified: Option<SystemTime>,
}

/// A file as it was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrittenFile {
    pub file: File,
    pub modified: SystemTime,
}

impl From<WrittenFile> for FileEntry {
    fn from(WrittenFile { file, modified }: WrittenFile) -> Self {
        Self { file: Some(file), modified: Some(modified) }
    }
}

/// What is known of a file that is named but not built any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It is as pmx left it, or half of what it was writing.
    Ours,
    /// It is, if this is what is in it.
    OursIf(File),
    /// Somebody else's, as far as is known.
    Foreign,
}

impl Receipt {
    /// The receipt of a folder; an empty one, if it has none, or something else in its place. Lines that are none are left out.
    pub(super) fn read(out: &Folder, key: Option<&Key>) -> Result<Self, SiteError> {
        let (bytes, written) = match read(out) {
            Ok(Some(read)) => read,
            Ok(None) | Err(FolderError::Link(_)) => return Ok(Self::default()),
            // No regular file, or one that pmx cannot have written: it is replaced.
            Err(FolderError::Io { source, .. })
                if matches!(source.kind(), ErrorKind::Other | ErrorKind::FileTooLarge | ErrorKind::IsADirectory) =>
            {
                return Ok(Self::default());
            }
            Err(error) => return Err(SiteError::unreadable(error)),
        };
        let text = String::from_utf8_lossy(&bytes);
        let (lines, code) = text.rsplit_once(SEAL).unwrap_or((&text, ""));
        let is_ours = key.is_some_and(|key| {
            let code = data_encoding::HEXLOWER.decode(code.trim_end().as_bytes()).unwrap_or_default();
            seal(key, out, lines).is(&code)
        });
        Ok(Self { files: lines.lines().filter_map(line).collect(), written, is_ours })
    }

    /// Whether a file that looks like this has these bytes for sure: it did when the receipt was written, and it was not touched
    /// in the same tick of the file system's clock or later.
    pub(super) fn vouches(&self, path: &str, stamp: WrittenFile) -> bool {
        let earlier = self.written.is_some_and(|written| stamp.modified < written);
        self.is_ours && earlier && self.files.get(path) == Some(&stamp.into())
    }

    /// What a file of the list is, going by its size and time.
    pub(super) fn left(&self, path: &str, size: u64, modified: Option<SystemTime>) -> Left {
        let Some(line) = self.files.get(path) else { return Left::Foreign };
        match line {
            FileEntry { modified: None, .. } if self.is_ours => Left::Ours,
            FileEntry { file: Some(file), .. } if file.size != size => Left::Foreign,
            FileEntry { file: Some(_), modified: stamp } if self.is_ours && stamp.is_some() && *stamp == modified => {
                Left::Ours
            }
            FileEntry { file: Some(file), .. } => Left::OursIf(*file),
            FileEntry { file: None, .. } => Left::Foreign,
        }
    }

    /// The list of these files, for this folder.
    pub(super) fn text<'a>(
        out: &Folder,
        key: Option<&Key>,
        files: impl Iterator<Item = (&'a str, FileEntry)>,
    ) -> String {
        let mut text = String::new();
        for (path, FileEntry { file, modified }) in files {
            text.push_str(path);
            if let Some(file) = file {
                let _ = write!(text, "\t{}\t{}", file.hash, file.size);
            }
            if let Some(age) = modified.and_then(|modified| modified.duration_since(SystemTime::UNIX_EPOCH).ok()) {
                let _ = write!(text, "\t{}", age.as_nanos());
            }
            text.push('\n');
        }
        if let Some(key) = key {
            let code = seal(key, out, &text).finish();
            let _ = writeln!(text, "{SEAL}{}", data_encoding::HEXLOWER.encode(&code));
        }
        text
    }
}

/// The bytes of a list, and when they were written.
type ReceiptBytes = (Vec<u8>, Option<SystemTime>);

fn seal(key: &Key, out: &Folder, lines: &str) -> Seal {
    let mut seal = key.seal(PURPOSE, out.path());
    seal.update(lines.as_bytes());
    seal
}

fn read(out: &Folder) -> Result<Option<ReceiptBytes>, FolderError> {
    let Some(file) = out.open_file(RECEIPT)? else { return Ok(None) };
    let read = || -> io::Result<_> {
        let meta = file.metadata()?;
        if meta.len() > MAX {
            return Err(ErrorKind::FileTooLarge.into());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
        (&file).take(MAX).read_to_end(&mut bytes)?;
        Ok((bytes, meta.modified().ok().map(cap_std::time::SystemTime::into_std)))
    };
    read().map(Some).map_err(|source| FolderError::Io { path: out.path().join(RECEIPT), source })
}

fn line(line: &str) -> Option<(String, FileEntry)> {
    let mut parts = line.split('\t');
    // Nothing outside of the folder is ever removed, whatever the list says.
    let path = parts.next().filter(|path| check_path(path))?;
    let mut file = || Some(File { hash: parts.next()?.parse().ok()?, size: parts.next()?.parse().ok()? });
    let file = file();
    let mut modified = || {
        let age = Duration::from_nanos(parts.next()?.parse().ok()?);
        SystemTime::UNIX_EPOCH.checked_add(age)
    };
    let modified = file.and_then(|_| modified());
    Some((path.to_owned(), FileEntry { file, modified }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pmx_model::Hash;

    fn stamp() -> WrittenFile {
        WrittenFile {
            file: File { hash: Hash::of(b"x"), size: 1 },
            modified: SystemTime::UNIX_EPOCH + Duration::from_nanos(1_234_567_890_123_456_789),
        }
    }

    fn kept(text: &str, key: Option<&Key>) -> Receipt {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(RECEIPT), text).unwrap();
        Receipt::read(&Folder::open(folder.path()).unwrap(), key).unwrap()
    }

    #[test]
    fn a_receipt_reads_back_and_broken_lines_name_no_file_and_no_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::open(folder.path()).unwrap();
        let announced = FileEntry { modified: None, ..stamp().into() };
        let lines = [("a b.html", stamp().into()), ("c", FileEntry::default()), ("d", announced)];
        let mut text = Receipt::text(&folder, None, lines.into_iter());
        text.push_str("../out\ne\tnothash\t1\t2\n\n/e\nf\t");
        let receipt = kept(&text, None);
        let broken = [("e", FileEntry::default()), ("f", FileEntry::default())];
        let expected: BTreeMap<String, FileEntry> =
            lines.into_iter().chain(broken).map(|(path, line)| (path.to_owned(), line)).collect();
        assert_eq!(receipt.files, expected);
    }

    #[test]
    fn the_word_of_a_list_counts_only_under_the_users_key_and_for_its_folder() {
        let (folder, key) = (tempfile::tempdir().unwrap(), Key::new([1; 32]));
        let folder = Folder::open(folder.path()).unwrap();
        let announced = FileEntry { modified: None, ..stamp().into() };
        let lines = [("a", stamp().into()), ("b", announced), ("c", FileEntry::default())];
        let text = Receipt::text(&folder, Some(&key), lines.into_iter());
        let read = |text: &str, key: Option<&Key>| {
            folder.replace(&folder, RECEIPT, text.as_bytes()).unwrap();
            Receipt::read(&folder, key).unwrap()
        };
        let ours = read(&text, Some(&key));
        assert!(ours.is_ours && ours.vouches("a", stamp()) && !ours.vouches("b", stamp()));
        let later = WrittenFile { modified: SystemTime::now() + Duration::from_secs(9), ..stamp() };
        assert!(!Receipt { files: [("a".to_owned(), later.into())].into(), ..ours }.vouches("a", later));

        let ours = read(&text, Some(&key));
        let left = |receipt: &Receipt, path: &str, size| receipt.left(path, size, Some(stamp().modified));
        assert_eq!(
            ["a", "b", "c", "d"].map(|path| left(&ours, path, 1)),
            [Left::Ours, Left::Ours, Left::Ours, Left::Foreign]
        );
        assert_eq!((left(&ours, "a", 2), ours.left("a", 1, None)), (Left::Foreign, Left::OursIf(stamp().file)));

        let forged = text.replace("c\n", "c\nnotes.md\n");
        let foreign = [
            read(&text, None),
            read(&text, Some(&Key::new([2; 32]))),
            read(&forged, Some(&key)),
            kept(&text, Some(&key)),
        ];
        for receipt in foreign {
            assert!(!receipt.is_ours && !receipt.vouches("a", stamp()));
            let expected = [Left::OursIf(stamp().file), Left::OursIf(stamp().file), Left::Foreign, Left::Foreign];
            assert_eq!(["a", "b", "c", "notes.md"].map(|path| left(&receipt, path, 1)), expected);
        }
    }
}
