//! A secret that never prints: an access token or a password.
//!
//! Reading it from a file or the environment is the work of `apps`.

use std::fmt;

/// The longest token, in bytes: ThingsBoard makes 20 characters, its column holds fewer than this.
const LENGTH_MAX: usize = 512;

/// Permission bits of a file that let others than owner and group read it.
const READABLE_BY_OTHERS: u32 = 0o004;

/// A secret; `Debug` and `Display` print that there is one, never what it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why a text is no token. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is nothing, or nothing but a line end.
    #[error("the token is empty; put the access token of the device there, on one line")]
    Empty,
    /// A blank, tab, line end or control character stands inside.
    #[error("the token has a blank or control character at place {at}; it must be one word")]
    NotOneWord {
        /// Which character, from 1.
        at: usize,
    },
    /// No server gives tokens so long: probably another file.
    #[error("the token has {seen} bytes; at most {LENGTH_MAX} are one: is this the right file?")]
    TooLong {
        /// How many bytes.
        seen: usize,
    },
}

impl Token {
    /// Takes the content of a token file or variable; one line end after it is not a part of it.
    ///
    /// # Errors
    /// Refuses what cannot be a token and says why, without repeating it.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let token = text.strip_suffix('\n').unwrap_or(text);
        let token = token.strip_suffix('\r').unwrap_or(token);
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        if token.len() > LENGTH_MAX {
            return Err(TokenError::TooLong { seen: token.len() });
        }
        let odd = |c: char| c.is_whitespace() || c.is_control();
        match token.chars().position(odd) {
            Some(before) => Err(TokenError::NotOneWord { at: before + 1 }),
            None => Ok(Self(token.to_owned())),
        }
    }

    /// Whether a token file with these Unix permissions can be read by everybody on the computer.
    #[must_use]
    pub const fn is_exposed_by(mode: u32) -> bool {
        mode & READABLE_BY_OTHERS != 0
    }

    /// The secret itself, for the CONNECT packet only.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_file_may_end_its_line_as_unix_or_windows_do() {
        for text in ["s3cret", "s3cret\n", "s3cret\r\n"] {
            assert_eq!(Token::parse(text).unwrap().reveal(), "s3cret");
        }
    }

    #[test]
    fn token_never_prints_in_any_form() {
        let token = Token::parse("s3cret").unwrap();
        let printed = format!("{token} {token:?} {:#?}", Some(&token));
        assert!(!printed.contains("s3cret"), "{printed}");
    }

    #[test]
    fn texts_that_are_no_token_are_refused_with_the_reason() {
        assert_eq!(Token::parse("\n"), Err(TokenError::Empty));
        assert_eq!(Token::parse("a b"), Err(TokenError::NotOneWord { at: 2 }));
        assert_eq!(
            Token::parse("abc\n\n"),
            Err(TokenError::NotOneWord { at: 4 })
        );
        let long = "x".repeat(513);
        assert_eq!(Token::parse(&long), Err(TokenError::TooLong { seen: 513 }));
    }

    #[test]
    fn file_that_everybody_can_read_is_called_exposed() {
        assert!(Token::is_exposed_by(0o100_644));
        assert!(!Token::is_exposed_by(0o100_640));
        assert!(!Token::is_exposed_by(0o100_600));
    }
}
