//! Checksums that callers give, and those that are kept with an object.

use super::{Algorithm, ArgumentError};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use md5::Md5;
use pmx_model::Hash;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::fmt;

/// A checksum as a caller gives it.
#[derive(Clone, Copy, Debug)]
pub enum GivenChecksum<'a> {
    /// Its bytes.
    Bytes(&'a [u8]),
    /// Hexadecimal digits, of either case.
    Hex(&'a str),
}

/// A checksum of the length that its algorithm has. As text it is lower-case hex.
#[derive(Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: Algorithm,
    digest: Vec<u8>,
}

impl Checksum {
    /// The one checksum of a put's options, in the order of [`Algorithm::ALL`].
    ///
    /// ```
    /// use pmx_emulator::r2::{Algorithm, Checksum, GivenChecksum};
    ///
    /// let md5 = "5d41402abc4b2a76b9719d911017c592";
    /// let checksum = Checksum::from_options([(Algorithm::Md5, GivenChecksum::Hex(md5))])?;
    /// assert_eq!(checksum.map(|checksum| checksum.to_string()).as_deref(), Some(md5));
    /// # Ok::<(), pmx_emulator::r2::ArgumentError>(())
    /// ```
    ///
    /// # Errors
    /// If there are several, or it is of the wrong length or no hex.
    pub fn from_options<'a>(
        given: impl IntoIterator<Item = (Algorithm, GivenChecksum<'a>)>,
    ) -> Result<Option<Self>, ArgumentError> {
        let mut found = None;
        for (algorithm, checksum) in given {
            if found.is_some() {
                return Err(ArgumentError::SeveralChecksums);
            }
            found = Some(Self::new(algorithm, checksum)?);
        }
        Ok(found)
    }

    /// A checksum that a caller gives.
    ///
    /// # Errors
    /// If it is of the wrong length or no hex.
    pub fn new(algorithm: Algorithm, given: GivenChecksum<'_>) -> Result<Self, ArgumentError> {
        let expected = algorithm.digest_bytes();
        let digest = match given {
            GivenChecksum::Bytes(bytes) if bytes.len() == expected => bytes.to_vec(),
            GivenChecksum::Bytes(bytes) => {
                return Err(ArgumentError::ChecksumBytes { algorithm, length: bytes.len() });
            }
            GivenChecksum::Hex(digits) if digits.len() == 2 * expected => HEXLOWER_PERMISSIVE
                .decode(digits.as_bytes())
                .map_err(|_| ArgumentError::ChecksumNotHex { algorithm })?,
            GivenChecksum::Hex(digits) => {
                return Err(ArgumentError::ChecksumDigits { algorithm, length: digits.len() });
            }
        };
        Ok(Self { algorithm, digest })
    }

    /// A SHA-256.
    #[must_use]
    pub fn sha256(digest: [u8; 32]) -> Self {
        Self { algorithm: Algorithm::Sha256, digest: digest.to_vec() }
    }

    /// An MD5.
    #[must_use]
    pub fn md5(digest: [u8; 16]) -> Self {
        Self { algorithm: Algorithm::Md5, digest: digest.to_vec() }
    }

    /// What it is made with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its bytes.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// A checksum that was kept; its algorithm follows from its length.
    pub(super) fn from_row(digest: Vec<u8>) -> Option<Self> {
        let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.digest_bytes() == digest.len())?;
        Some(Self { algorithm, digest })
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.digest))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({self})", self.algorithm)
    }
}

/// The checksums of an object: its MD5 unless it was uploaded in parts, and the one that was given, and so verified, when it was put.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checksums(pub(super) Vec<Checksum>);

impl Checksums {
    /// Those of an object that was put in one piece.
    pub(super) fn of_put(md5: [u8; 16], given: Option<Checksum>) -> Self {
        let given = given.filter(|given| given.algorithm != Algorithm::Md5);
        Self([Some(Checksum::md5(md5)), given].into_iter().flatten().collect())
    }

    /// In the order of [`Algorithm::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = &Checksum> {
        self.0.iter()
    }

    /// The one of an algorithm.
    #[must_use]
    pub fn get(&self, algorithm: Algorithm) -> Option<&Checksum> {
        self.0.iter().find(|checksum| checksum.algorithm == algorithm)
    }

    /// The SHA-256.
    #[must_use]
    pub fn sha256(&self) -> Option<Hash> {
        let digest = self.get(Algorithm::Sha256)?.digest();
        digest.try_into().ok().map(Hash::from_bytes)
    }
}

/// Computes a checksum besides the MD5.
#[derive(Clone, Debug)]
pub(super) enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
    Sha384(Sha384),
    Sha512(Sha512),
}

impl Hasher {
    /// `None` for the MD5, which is computed anyway.
    pub(super) fn new(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::Md5 => None,
            Algorithm::Sha1 => Some(Self::Sha1(Sha1::new())),
            Algorithm::Sha256 => Some(Self::Sha256(Sha256::new())),
            Algorithm::Sha384 => Some(Self::Sha384(Sha384::new())),
            Algorithm::Sha512 => Some(Self::Sha512(Sha512::new())),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Checksum {
        let (algorithm, digest) = match self {
            Self::Sha1(hasher) => (Algorithm::Sha1, hasher.finalize().to_vec()),
            Self::Sha256(hasher) => (Algorithm::Sha256, hasher.finalize().to_vec()),
            Self::Sha384(hasher) => (Algorithm::Sha384, hasher.finalize().to_vec()),
            Self::Sha512(hasher) => (Algorithm::Sha512, hasher.finalize().to_vec()),
        };
        Checksum { algorithm, digest }
    }
}

/// The etag of an object in parts: the MD5 of their MD5s, and how many they are.
pub(super) fn multipart_etag(parts: &[[u8; 16]]) -> String {
    format!("{}-{}", HEXLOWER.encode(&Md5::digest(parts.concat())), parts.len())
}
