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

/// Why a text is no password. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// There is nothing, or nothing but a line end.
    #[error("the password is empty; put it there on one line")]
    Empty,
    /// A second line or a control character.
    #[error("the password has a second line or a control character; it must be one line")]
    NotOneLine,
    /// Probably another file.
    #[error("the password has {seen} bytes; it may have {LENGTH_MAX}: is this the right file?")]
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

    /// Takes the content of a password file; one line end after it is not a part of it. Unlike a
    /// token, a password may have blanks.
    ///
    /// # Errors
    /// Refuses what cannot be a password and says why, without repeating it.
    pub fn password(text: &str) -> Result<Self, PasswordError> {
        let password = text.strip_suffix('\n').unwrap_or(text);
        let password = password.strip_suffix('\r').unwrap_or(password);
        if password.is_empty() {
            return Err(PasswordError::Empty);
        }
        if password.len() > LENGTH_MAX {
            let seen = password.len();
            return Err(PasswordError::TooLong { seen });
        }
        if password.chars().any(char::is_control) {
            return Err(PasswordError::NotOneLine);
        }
        Ok(Self(password.to_owned()))
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
    fn password_may_have_blanks_and_no_second_line() {
        let password = Token::password(" two words \r\n").unwrap();
        assert_eq!(password.reveal(), " two words ");
        assert_eq!(Token::password("a\nb"), Err(PasswordError::NotOneLine));
        assert_eq!(Token::password("\n"), Err(PasswordError::Empty));
    }

    #[test]
    fn file_that_everybody_can_read_is_called_exposed() {
        assert!(Token::is_exposed_by(0o100_644));
        assert!(!Token::is_exposed_by(0o100_640));
        assert!(!Token::is_exposed_by(0o100_600));
    }
}
