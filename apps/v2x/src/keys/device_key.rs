//! A secret of this computer that nobody else ever needs: drawn once, kept with strict modes.

use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use super::folder::{Folder, Secrecy};
use super::hex;
use crate::failure::{Blame, Context as _, Failure};

/// The folder of such secrets, in the folder of the data.
const FOLDER: &str = "secrets";

/// How many bytes: as many as SHA-256 gives.
const BYTES: usize = 32;

/// Reads a secret by its name, or draws it.
pub(crate) fn device_key(data: &Path, name: &str) -> Result<Zeroizing<[u8; BYTES]>, Failure> {
    let folder = Folder::make(&data.join(FOLDER))?;
    if let Some(text) = folder.read(name, Secrecy::Secret)? {
        return hex::read_array(text.trim())
            .map(Zeroizing::new)
            .ok_or_else(|| {
                let path = folder.path().join(name);
                let path = path.display();
                let what = format_args!("{path} is no key of {BYTES} bytes in hexadecimal digits");
                Failure::new(Blame::Input, what).hint("move it away; a new one is drawn")
            });
    }
    let mut key = Zeroizing::new([0; BYTES]);
    getrandom::fill(key.as_mut_slice()).blame(Blame::Runtime, "random numbers")?;
    let mut text = hex::of(key.as_slice());
    text.push('\n');
    let kept = folder.replace(name, Secrecy::Secret, &text);
    text.zeroize();
    kept.map(|()| key)
}

/// HMAC-SHA-256 (RFC 2104) of a text, in hexadecimal digits.
pub(crate) fn keyed_hash(key: &[u8], text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    hex::of(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    #[test]
    fn key_is_drawn_once_for_its_owner_alone_and_found_again() {
        let data = tempfile::tempdir().unwrap();
        let first = device_key(data.path(), "vin.key").unwrap();
        let again = device_key(data.path(), "vin.key").unwrap();
        assert_eq!(first, again);
        assert_ne!(*first, [0; BYTES]);
        let path = data.path().join("secrets/vin.key");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(device_key(other.path(), "vin.key").unwrap(), first);
    }

    #[test]
    fn keyed_hash_is_that_of_the_standard() {
        // RFC 4231, test case 2.
        assert_eq!(
            keyed_hash(b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn key_that_others_may_read_or_that_is_none_is_refused_with_what_to_do() {
        let data = tempfile::tempdir().unwrap();
        device_key(data.path(), "vin.key").unwrap();
        let path = data.path().join("secrets/vin.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let failure = device_key(data.path(), "vin.key").unwrap_err();
        assert!(failure.what().contains("0644"), "{failure:?}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        let failure = device_key(data.path(), "vin.key").unwrap_err();
        assert!(failure.what().contains("no key of 32 bytes"), "{failure:?}");
    }
}
