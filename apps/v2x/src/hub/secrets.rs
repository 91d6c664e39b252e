//! Tokens and passwords that the hub makes, and the hashes by which it knows them again.

use sha2::{Digest as _, Sha256};
use v2x_store::hub::Credential;

/// Characters of a token: no two that look alike in print.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Characters of a token: 120 bits.
const TOKEN_LENGTH: usize = 24;
/// The shortest token or password that a person may choose for a device.
pub(crate) const CHOSEN_MIN: usize = 16;
/// The longest.
const CHOSEN_MAX: usize = 512;

/// A new token of the kernel's random numbers.
pub(crate) fn new_token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; TOKEN_LENGTH];
    getrandom::fill(&mut bytes)?;
    let characters = bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
    Ok(characters.collect())
}

/// Whether a text can be a token that somebody chose.
pub(crate) fn check_chosen(text: &str) -> Result<(), String> {
    let is_word = !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let length = text.len();
    if is_word && (CHOSEN_MIN..=CHOSEN_MAX).contains(&length) {
        return Ok(());
    }
    Err(format!(
        "a token of {length} bytes; it must be one word of {CHOSEN_MIN} to {CHOSEN_MAX}, or leave \
         it out and one is made"
    ))
}

/// The credential of an access token.
pub(crate) fn token(token: &str) -> Credential {
    Credential::Token(hash(&[b"token", token.as_bytes()]))
}

/// The credential of a user name and a password.
pub(crate) fn basic(user: &str, password: &[u8]) -> Credential {
    let user = user.as_bytes();
    Credential::Basic(hash(&[b"user", user]), hash(&[b"password", user, password]))
}

/// The credential of a client certificate, in DER.
pub(crate) fn certificate(der: &[u8]) -> Credential {
    Credential::Certificate(Sha256::digest(der).into())
}

/// The hash of parts, each with its length before it, so that no two lists have the same bytes.
fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_words_and_no_two_are_the_same() {
        let (first, second) = (new_token().unwrap(), new_token().unwrap());
        assert_ne!(first, second);
        assert_eq!(check_chosen(&first), Ok(()));
        for text in [
            "short",
            "with a blank in it",
            "",
            "line\nend-and-more-of-it",
        ] {
            let said = check_chosen(text).unwrap_err();
            assert!(said.contains("16 to 512"), "{said}");
        }
    }

    #[test]
    fn user_and_password_are_not_taken_for_another_pair() {
        assert_ne!(basic("ab", b"c"), basic("a", b"bc"));
        assert_ne!(token("a"), token("b"));
        let Credential::Basic(lookup, _) = basic("ab", b"c") else {
            panic!("a pair");
        };
        assert_eq!(
            basic("ab", b"d"),
            match basic("ab", b"d") {
                Credential::Basic(same, secret) if same == lookup =>
                    Credential::Basic(lookup, secret),
                other => panic!("{other:?}"),
            }
        );
    }
}
