//! The name of a share: its address is all that keeps strangers out.

use crate::{
    error::{Error, Result},
    secret,
};
use data_encoding::{Encoding, Specification};
use pmx_model::SiteName;

/// What names of shares begin with, for whoever looks after a server.
const PREFIX: &str = "share-";
/// Random bytes of a name: 128 bits, far beyond what anybody tries against a server.
const RANDOM: usize = 16;

/// A new name of a site: one DNS label of lower-case letters, digits and a single hyphen.
///
/// # Errors
/// The system gives no random bytes.
pub(crate) fn unguessable() -> Result<SiteName> {
    of(secret::random::<RANDOM>()?)
}

/// The name of a share in its address, or alone; none if it is another name.
pub(crate) fn named_in(address: &str) -> Option<SiteName> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or(address);
    let label = rest.split(['.', ':', '/']).next().unwrap_or_default();
    let random = base32().ok()?.decode(label.strip_prefix(PREFIX)?.as_bytes()).ok()?;
    (random.len() == RANDOM).then(|| label.parse().ok()).flatten()
}

fn of(random: [u8; RANDOM]) -> Result<SiteName> {
    let name = format!("{PREFIX}{}", base32()?.encode(&random));
    name.parse().map_err(|error| Error::new(format!("no name for the share: {error}")))
}

/// Base 32 (RFC 4648) in lower case, as DNS has it, and without padding.
fn base32() -> Result<Encoding> {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification.encoding().map_err(Error::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_name_is_a_label_that_no_product_has_and_holds_all_of_what_is_random() {
        let names: Vec<String> =
            [[0; RANDOM], [0xff; RANDOM], [0x5a; RANDOM]].map(|random| of(random).unwrap().to_string()).into();
        assert_eq!(names[0], "share-aaaaaaaaaaaaaaaaaaaaaaaaaa");
        for name in &names {
            let random = name.strip_prefix(PREFIX).unwrap();
            assert_eq!(random.len(), (RANDOM * 8).div_ceil(5), "{name}");
            assert!(random.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')), "{name}");
            assert!(!name.contains("--") && name.len() <= 63, "{name}");
        }
        for text in [format!("https://{}.path.app/x", names[2]), format!("http://{}:1", names[2]), names[2].clone()] {
            assert_eq!(named_in(&text).map(|name| name.to_string()).as_ref(), Some(&names[2]), "{text}");
        }
        for text in ["chess", "https://share-x.path.app", "share-", "paths/share.path.md", &names[2].to_uppercase()] {
            assert_eq!(named_in(text), None, "{text}");
        }
        let many: BTreeSet<_> = (0..100).map(|_| unguessable().unwrap()).collect();
        assert_eq!(many.len(), 100);
    }
}
