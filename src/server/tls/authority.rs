//! The local authority: one for each user, trusted by whoever adds its certificate to a browser or system.

use super::stored::{StoredCertificate, seconds};
use crate::{
    error::{Error, Result},
    secret, user_folder,
};
use data_encoding::HEXLOWER;
use fs_err as fs;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, SerialNumber,
};
use sha2::{Digest as _, Sha256};
use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

const DAY: Duration = Duration::from_secs(86_400);
/// How long the authority lasts.
const AUTHORITY_DAYS: u32 = 3_650;
/// How long a certificate lasts. Apple takes none that lasts longer than 398 days (support.apple.com/102028).
const LEAF_DAYS: u32 = 365;
/// What must be left of a certificate, or it is made anew.
pub(super) const LEAF_LEFT: Duration = Duration::from_secs(30 * 86_400);
/// Clocks of other devices may be behind.
const SKEW: Duration = DAY;
/// The file with the private key.
const KEPT: &str = "authority.pem";
/// The file that a browser or system is given.
const CERTIFICATE: &str = "pmx-authority.crt";
/// Names that nobody on the web can have: RFC 6761, RFC 6762, RFC 8375, and ICANN's reservation of `internal`.
const DOMAINS: [&str; 5] = ["localhost", "test", "local", "internal", "home.arpa"];
/// Addresses that nobody on the web can have: loopback, private (RFC 1918, RFC 6598), link-local, and their like in IPv6.
const NETWORKS: [(&str, u8); 9] = [
    ("127.0.0.0", 8),
    ("10.0.0.0", 8),
    ("172.16.0.0", 12),
    ("192.168.0.0", 16),
    ("100.64.0.0", 10),
    ("169.254.0.0", 16),
    ("::1", 128),
    ("fc00::", 7),
    ("fe80::", 10),
];

/// Vouches for servers on this machine.
///
/// Its certificate says that it may vouch for names and addresses of private networks only, so a key that is stolen cannot
/// impersonate a site of the web to those who trust it.
pub struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    id: String,
    created: bool,
}

impl Authority {
    /// Opens the authority of this user, or makes it. `PMX_CA_DIR` names another folder.
    ///
    /// # Errors
    /// There is no folder for it, or its files cannot be read or written.
    pub fn open() -> Result<Self> {
        let folder = folder().ok_or_else(|| {
            Error::new("there is no folder for the local authority").hint("name one in the variable PMX_CA_DIR")
        })?;
        Self::open_in(&folder).map_err(|error| {
            Error::new(format!("the local authority cannot be stored: {error}")).hint("PMX_CA_DIR names another folder")
        })
    }

    /// As [`Authority::open`], in this folder. Two processes that do so at once get the same one.
    ///
    /// # Errors
    /// The files cannot be read or written.
    pub fn open_in(folder: &Path) -> Result<Self> {
        let path = folder.join(KEPT);
        let found = StoredCertificate::read(&path)?;
        let usable =
            |stored: &StoredCertificate| stored.holds_for(DAY * LEAF_DAYS) && KeyPair::from_pem(&stored.key).is_ok();
        let (stored, created) = match found {
            Some(stored) if usable(&stored) => (stored, false),
            found => {
                let made = create()?;
                // What is at its end, or damaged, is replaced; where there was none the first of two wins.
                let written = made.write(&path, found.is_none())?;
                let stored = if written { Some(made) } else { StoredCertificate::read(&path)? };
                let unreadable = || Error::new(format!("{} is no key of pmx", path.display()));
                (stored.ok_or_else(|| unreadable().hint("remove the file, and a new authority is made"))?, written)
            }
        };
        let key = KeyPair::from_pem(&stored.key).map_err(|error| unusable(&error))?;
        let certificate_file = folder.join(CERTIFICATE);
        if fs::read_to_string(&certificate_file).ok().as_ref() != Some(&stored.certificate) {
            fs::write(&certificate_file, &stored.certificate)?;
        }
        Ok(Self { folder: folder.to_owned(), id: id(&key), issuer: Issuer::new(parameters(&key), key), created })
    }

    /// The file that a browser or system must be given once.
    #[must_use]
    pub fn certificate_file(&self) -> PathBuf {
        self.folder.join(CERTIFICATE)
    }

    /// Whether it was made just now, so that nobody trusts it yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.created
    }

    /// What to do so that this machine's browsers trust it, a line for each.
    #[must_use]
    pub fn how_to_trust(&self) -> Vec<String> {
        let file = self.certificate_file();
        let file = file.display();
        let system = if cfg!(target_os = "macos") {
            format!("macOS: security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db \"{file}\"")
        } else if cfg!(windows) {
            format!("Windows: certutil -user -addstore Root \"{file}\"")
        } else {
            format!(
                "Linux: sudo cp \"{file}\" /usr/local/share/ca-certificates/ && sudo update-ca-certificates; \
                 Chrome: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n pmx -i \"{file}\""
            )
        };
        vec![
            format!("HTTPS: browsers trust this server once they trust {file}"),
            system,
            "Firefox: Settings, Certificates, View Certificates, Authorities, Import".to_owned(),
        ]
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Tells one authority from the next.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// A certificate for these names, each of which [`vouches_for`] admits.
    pub(super) fn vouch(&self, names: &[SanType], about: String) -> Result<StoredCertificate> {
        let key = KeyPair::generate().map_err(|error| unusable(&error))?;
        let mut leaf = CertificateParams::default();
        let ends = lasting(&mut leaf, LEAF_DAYS);
        leaf.subject_alt_names = names.to_vec();
        leaf.distinguished_name = name("pmx on this machine");
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        leaf.serial_number = Some(serial()?);
        let certificate = leaf.signed_by(&key, &self.issuer).map_err(|error| unusable(&error))?;
        Ok(StoredCertificate { ends, about, key: key.serialize_pem(), certificate: certificate.pem() })
    }
}

impl fmt::Debug for Authority {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").field("folder", &self.folder).field("id", &self.id).finish_non_exhaustive()
    }
}

/// Whether the authority may vouch for a name or an address.
pub(super) fn vouches_for(name: &SanType) -> bool {
    match name {
        SanType::DnsName(name) => DOMAINS.iter().any(|domain| {
            let rest = name.as_str().strip_suffix(domain);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }),
        SanType::IpAddress(ip) => NETWORKS.iter().any(|(network, prefix)| is_in(*ip, network, *prefix)),
        _ => false,
    }
}

fn is_in(ip: IpAddr, network: &str, prefix: u8) -> bool {
    match (ip, network.parse()) {
        (IpAddr::V4(ip), Ok(IpAddr::V4(network))) => {
            (ip.to_bits() ^ network.to_bits()).leading_zeros() >= prefix.into()
        }
        (IpAddr::V6(ip), Ok(IpAddr::V6(network))) => {
            (ip.to_bits() ^ network.to_bits()).leading_zeros() >= prefix.into()
        }
        _ => false,
    }
}

fn create() -> Result<StoredCertificate> {
    let key = KeyPair::generate().map_err(|error| unusable(&error))?;
    let mut authority = parameters(&key);
    let ends = lasting(&mut authority, AUTHORITY_DAYS);
    let certificate = authority.self_signed(&key).map_err(|error| unusable(&error))?;
    Ok(StoredCertificate { ends, about: id(&key), key: key.serialize_pem(), certificate: certificate.pem() })
}

/// What follows from the key alone, so that an authority is the same when it is opened again.
fn parameters(key: &KeyPair) -> CertificateParams {
    let mut authority = CertificateParams::default();
    authority.distinguished_name = name(&format!("pmx local authority {}", id(key)));
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let domains = DOMAINS.iter().map(|&domain| GeneralSubtree::DnsName(domain.to_owned()));
    let networks = NETWORKS.iter().filter_map(|(network, prefix)| {
        let network = network.parse().ok()?;
        Some(GeneralSubtree::IpAddress(subnet(network, *prefix)))
    });
    authority.name_constraints =
        Some(NameConstraints { permitted_subtrees: domains.chain(networks).collect(), excluded_subtrees: Vec::new() });
    authority
}

/// rcgen's own constructor makes no mask of 128 bits.
fn subnet(network: IpAddr, prefix: u8) -> CidrSubnet {
    match network {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            CidrSubnet::V4(ip.octets(), mask.to_be_bytes())
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            CidrSubnet::V6(ip.octets(), mask.to_be_bytes())
        }
    }
}

/// Sets from when to when, and answers the end.
fn lasting(parameters: &mut CertificateParams, days: u32) -> u64 {
    let now = SystemTime::now();
    let end = now + DAY * days;
    parameters.not_before = (now - SKEW).into();
    parameters.not_after = end.into();
    seconds(end)
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "pmx");
    name.push(DnType::CommonName, common);
    name
}

fn id(key: &KeyPair) -> String {
    HEXLOWER.encode(&Sha256::digest(key.public_key_raw())[..4])
}

/// Random and positive (RFC 5280, 4.1.2.2).
fn serial() -> Result<SerialNumber> {
    let mut bytes: [u8; 16] = secret::random()?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn unusable(error: &rcgen::Error) -> Error {
    Error::new(format!("the local authority cannot be used: {error}"))
}

/// `$PMX_CA_DIR`, else in what pmx keeps for its user.
fn folder() -> Option<PathBuf> {
    user_folder::variable("PMX_CA_DIR").or_else(|| user_folder::path().map(|folder| folder.join("ca")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(name: &str) -> SanType {
        SanType::DnsName(name.try_into().unwrap())
    }

    #[test]
    fn it_vouches_for_private_names_and_addresses_only() {
        for name in ["localhost", "a.localhost", "my.test", "nas.local", "x.home.arpa"] {
            assert!(vouches_for(&dns(name)), "{name}");
        }
        for name in ["example.com", "localhost.example.com", "evillocalhost", "arpa", "com"] {
            assert!(!vouches_for(&dns(name)), "{name}");
        }
        for (ip, own) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("::2", false),
            ("10.1.2.3", true),
            ("172.31.0.1", true),
            ("172.32.0.1", false),
            ("192.168.1.5", true),
            ("192.169.1.5", false),
            ("100.100.1.1", true),
            ("8.8.8.8", false),
            ("fd00::1", true),
            ("2001:db8::1", false),
        ] {
            assert_eq!(vouches_for(&SanType::IpAddress(ip.parse().unwrap())), own, "{ip}");
        }
    }

    #[test]
    fn it_is_made_once_and_the_same_ever_after() {
        let folder = tempfile::tempdir().unwrap();
        let first = Authority::open_in(folder.path()).unwrap();
        let again = Authority::open_in(folder.path()).unwrap();
        assert!(first.is_new() && !again.is_new());
        assert_eq!(first.id(), again.id());
        let certificate = fs::read_to_string(first.certificate_file()).unwrap();
        assert!(certificate.starts_with("-----BEGIN CERTIFICATE") && !certificate.contains("PRIVATE"));
        assert!(first.how_to_trust()[0].contains(&first.certificate_file().display().to_string()));
    }

    #[test]
    fn ten_processes_at_once_get_the_same_one() {
        let folder = tempfile::tempdir().unwrap();
        let ids: std::collections::HashSet<String> = std::thread::scope(|scope| {
            let opening: Vec<_> =
                (0..10).map(|_| scope.spawn(|| Authority::open_in(folder.path()).unwrap().id().to_owned())).collect();
            opening.into_iter().map(|opening| opening.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 1);
    }

    #[test]
    fn one_that_is_damaged_or_near_its_end_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let first = Authority::open_in(folder.path()).unwrap();
        fs::write(folder.path().join(KEPT), "nothing").unwrap();
        let second = Authority::open_in(folder.path());
        assert!(second.is_err(), "a file that is not pmx's stays");
        let old = StoredCertificate { ends: seconds(SystemTime::now() + DAY), ..create().unwrap() };
        old.write(&folder.path().join(KEPT), false).unwrap();
        let third = Authority::open_in(folder.path()).unwrap();
        assert!(third.is_new() && third.id() != first.id());
        let certificate = fs::read_to_string(third.certificate_file()).unwrap();
        assert!(fs::read_to_string(folder.path().join(KEPT)).unwrap().contains(&certificate));
    }
}
