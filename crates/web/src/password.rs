//! Passwords: hashed with Argon2id (RFC 9106) into PHC strings, and compared.
//!
//! The costs are those that OWASP's password storage cheat sheet names first for Argon2id: 19 MiB,
//! two passes, one lane. A hash carries its costs, so that they can be raised later.

use argon2::password_hash::PasswordVerifier as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, CustomizedPasswordHasher as _, Params, Version};

/// The least length of a password, in bytes.
pub const LENGTH_MIN: usize = 10;
/// The most, in bytes: a limit against work, not against people.
pub const LENGTH_MAX: usize = 1024;

/// What a password for [`DUMMY`] costs is what any other costs.
const DUMMY_SALT: &[u8] = b"no account 01234";

/// Whether a password may be set.
///
/// # Errors
/// Says how long one has to be.
pub fn check(password: &str) -> Result<(), String> {
    if (LENGTH_MIN..=LENGTH_MAX).contains(&password.len()) {
        return Ok(());
    }
    Err(format!(
        "a password of {} bytes; it must have {LENGTH_MIN} to {LENGTH_MAX}",
        password.len()
    ))
}

/// The PHC string of a password; the salt must be 16 random bytes, of this password alone.
///
/// # Errors
/// When the password may not be set, or there is no memory to hash it.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String, String> {
    check(password)?;
    hasher()
        .hash_password_customized(password.as_bytes(), salt, None, None, Params::default())
        .map(|hash| hash.to_string())
        .map_err(|error| format!("the password cannot be hashed: {error}"))
}

/// Whether a password is the one of a hash. Without a hash, as of a name that nobody has, it is
/// wrong after as much work, so that the time of the answer does not tell who has an account.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let password = password.as_bytes();
    if password.len() > LENGTH_MAX {
        return false;
    }
    match hash.map(PasswordHash::new) {
        Some(Ok(hash)) => hasher().verify_password(password, &hash).is_ok(),
        Some(Err(_)) | None => {
            let work = hasher().hash_password_customized(
                password,
                DUMMY_SALT,
                None,
                None,
                Params::default(),
            );
            // What comes out is of no use to anybody.
            drop(std::hint::black_box(work));
            false
        }
    }
}

/// Whether a text can be the hash of a password.
#[must_use]
pub fn is_hash(text: &str) -> bool {
    text.starts_with("$argon2id$") && PasswordHash::new(text).is_ok()
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by the reference implementation's program:
    /// `printf "correct horse" | argon2 somesaltsomesalt -id -t 2 -k 19456 -p 1 -l 32 -e`
    const BY_REFERENCE: &str = concat!(
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA",
        "$k9ohroejZy1PN5E1SbHNPug6vB8eQAahb5SOAp6iGF4"
    );

    #[test]
    fn password_is_that_of_its_hash_and_of_no_other() {
        let one = hash("correct horse", &[1; 16]).unwrap();
        let other = hash("correct horse", &[2; 16]).unwrap();
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other);
        assert!(verify("correct horse", Some(&one)) && verify("correct horse", Some(&other)));
        assert!(!verify("correct horsf", Some(&one)));
        assert!(!verify("", Some(&one)));
    }

    #[test]
    fn hash_of_the_reference_implementation_is_understood() {
        assert!(verify("correct horse", Some(BY_REFERENCE)));
        assert!(!verify("wrong horse", Some(BY_REFERENCE)));
        assert!(is_hash(BY_REFERENCE));
    }

    #[test]
    fn nobody_and_a_damaged_hash_have_no_password() {
        assert!(!verify("correct horse", None));
        assert!(!verify("correct horse", Some("$argon2id$v=19$m=1")));
        assert!(!verify("", Some("")));
        assert!(!is_hash("correct horse"));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(hash("123456789", &[0; 16]).is_err());
        assert!(hash(&"x".repeat(LENGTH_MAX + 1), &[0; 16]).is_err());
        assert!(!verify(&"x".repeat(LENGTH_MAX + 1), None));
    }
}
