//! Room beside memory: a temporary file without a name, for what is too much to be held.

use std::{fs, io, sync::Arc};

/// The file; made when it is first needed, gone with the last [`Spilled`].
#[derive(Debug, Default)]
pub(crate) enum Spill {
    #[default]
    Unopened,
    Open {
        file: Arc<fs::File>,
        end: u64,
    },
    /// There is no room for such a file: memory has to do.
    Impossible,
}

/// A place in the file.
#[derive(Clone, Debug)]
pub(crate) struct Spilled {
    file: Arc<fs::File>,
    from: u64,
    size: usize,
}

impl Spill {
    /// Room for so many bytes; none, if there can be no such file.
    pub(crate) fn reserve(&mut self, size: usize) -> Option<Spilled> {
        if matches!(self, Self::Unopened) {
            *self = tempfile::tempfile().map_or(Self::Impossible, |file| Self::Open { file: Arc::new(file), end: 0 });
        }
        let Self::Open { file, end } = self else { return None };
        let from = *end;
        *end += size as u64;
        Some(Spilled { file: Arc::clone(file), from, size })
    }
}

impl Spilled {
    /// How many bytes there is room for.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// Writes what is to be there: as many bytes as were reserved. Threads may do so at once, each to its own place.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        write_at(&self.file, self.from, bytes)
    }

    /// What was written.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; self.size];
        read_at(&self.file, self.from, &mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(unix)]
fn write_at(file: &fs::File, from: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, from)
}

#[cfg(unix)]
fn read_at(file: &fs::File, from: u64, bytes: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, from)
}

#[cfg(windows)]
fn write_at(file: &fs::File, mut from: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_write(file, bytes, from)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => {
                bytes = &bytes[count..];
                from += count as u64;
            }
        }
    }
    Ok(())
}

#[cfg(windows)]
fn read_at(file: &fs::File, mut from: u64, mut bytes: &mut [u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, bytes, from)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                bytes = &mut bytes[count..];
                from += count as u64;
            }
        }
    }
    Ok(())
}
