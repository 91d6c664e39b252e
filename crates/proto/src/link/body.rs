//! Reading and writing the fields of a message body, little-endian, each error with its field.
//!
//! Not the messages themselves: each is a file under [`super::message`].

use thiserror::Error;

/// Why a message body is not what its type promises, or cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{message} `{field}` {problem}")]
pub struct BodyError {
    /// The message, as the protocol page names it.
    pub message: &'static str,
    /// The field, as the protocol page names it.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What can be wrong with one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The body ends before or inside the field.
    #[error("needs {need} bytes, there are {have}")]
    Cut {
        /// Bytes that the field takes.
        need: usize,
        /// Bytes that are left.
        have: usize,
    },
    /// The body goes on after its last field.
    #[error("is the last field, but {0} bytes follow")]
    Trailing(usize),
    /// A value that the format has no meaning for.
    #[error("is {seen}; {right}")]
    Value {
        /// What was seen.
        seen: i64,
        /// What would be right.
        right: &'static str,
    },
    /// A number that the field has no room for, or that is not a number.
    #[error("is a number that the field cannot hold")]
    Range,
    /// Bytes that are no UTF-8 text.
    #[error("is no UTF-8 text")]
    Text,
}

/// Takes fields off the front of a message body.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    message: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(message: &'static str, body: &'a [u8]) -> Self {
        Self {
            message,
            rest: body,
        }
    }

    pub(crate) const fn error(&self, field: &'static str, problem: Problem) -> BodyError {
        BodyError {
            message: self.message,
            field,
            problem,
        }
    }

    pub(crate) fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], BodyError> {
        let have = self.rest.len();
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or_else(|| self.error(field, Problem::Cut { need: N, have }))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, BodyError> {
        self.array(field).map(u8::from_le_bytes)
    }

    pub(crate) fn i8(&mut self, field: &'static str) -> Result<i8, BodyError> {
        self.array(field).map(i8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, BodyError> {
        self.array(field).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, BodyError> {
        self.array(field).map(u32::from_le_bytes)
    }

    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32, BodyError> {
        self.array(field).map(i32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, BodyError> {
        self.array(field).map(u64::from_le_bytes)
    }

    pub(crate) fn i64(&mut self, field: &'static str) -> Result<i64, BodyError> {
        self.array(field).map(i64::from_le_bytes)
    }

    /// Reads one byte and looks it up in a table of codes.
    pub(crate) fn code<T>(
        &mut self,
        field: &'static str,
        from_code: fn(u8) -> Option<T>,
    ) -> Result<T, BodyError> {
        let seen = self.u8(field)?;
        from_code(seen).ok_or_else(|| {
            let right = "docs/protocol/link.md lists the codes";
            let seen = i64::from(seen);
            self.error(field, Problem::Value { seen, right })
        })
    }

    /// Reads one byte that is 0 or 1.
    pub(crate) fn flag(&mut self, field: &'static str) -> Result<bool, BodyError> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            other => {
                let (seen, right) = (i64::from(other), "it must be 0 or 1");
                Err(self.error(field, Problem::Value { seen, right }))
            }
        }
    }

    /// Reads a byte count and so many bytes of text.
    pub(crate) fn short_text(&mut self, field: &'static str) -> Result<&'a str, BodyError> {
        let taken = self.short_bytes(field)?;
        core::str::from_utf8(taken).map_err(|_| self.error(field, Problem::Text))
    }

    /// Reads a byte count and so many bytes.
    pub(crate) fn short_bytes(&mut self, field: &'static str) -> Result<&'a [u8], BodyError> {
        let need = usize::from(self.u8(field)?);
        let have = self.rest.len();
        let (taken, rest) = self
            .rest
            .split_at_checked(need)
            .ok_or_else(|| self.error(field, Problem::Cut { need, have }))?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes everything that is left.
    pub(crate) fn remaining(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// Takes everything that is left as text.
    pub(crate) fn remaining_text(&mut self, field: &'static str) -> Result<&'a str, BodyError> {
        core::str::from_utf8(self.remaining()).map_err(|_| self.error(field, Problem::Text))
    }

    /// Says that `field` was the last one.
    pub(crate) fn end(self, field: &'static str) -> Result<(), BodyError> {
        match self.rest.len() {
            0 => Ok(()),
            more => Err(self.error(field, Problem::Trailing(more))),
        }
    }
}

/// Puts fields one after the other into a message body.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    message: &'static str,
    out: &'a mut [u8],
    used: usize,
}

impl<'a> Writer<'a> {
    pub(crate) const fn new(message: &'static str, out: &'a mut [u8]) -> Self {
        Self {
            message,
            out,
            used: 0,
        }
    }

    pub(crate) const fn error(&self, field: &'static str, problem: Problem) -> BodyError {
        BodyError {
            message: self.message,
            field,
            problem,
        }
    }

    /// The bytes written so far.
    pub(crate) const fn used(&self) -> usize {
        self.used
    }

    pub(crate) fn bytes(&mut self, field: &'static str, bytes: &[u8]) -> Result<(), BodyError> {
        let have = self.out.len() - self.used;
        let need = bytes.len();
        match self.out.get_mut(self.used..self.used + need) {
            Some(room) => room.copy_from_slice(bytes),
            None => return Err(self.error(field, Problem::Cut { need, have })),
        }
        self.used += need;
        Ok(())
    }

    pub(crate) fn u8(&mut self, field: &'static str, value: u8) -> Result<(), BodyError> {
        self.bytes(field, &[value])
    }

    pub(crate) fn u16(&mut self, field: &'static str, value: u16) -> Result<(), BodyError> {
        self.bytes(field, &value.to_le_bytes())
    }

    pub(crate) fn u32(&mut self, field: &'static str, value: u32) -> Result<(), BodyError> {
        self.bytes(field, &value.to_le_bytes())
    }

    pub(crate) fn u64(&mut self, field: &'static str, value: u64) -> Result<(), BodyError> {
        self.bytes(field, &value.to_le_bytes())
    }

    /// Writes a byte count and the text; refuses more than 255 bytes.
    pub(crate) fn short_text(&mut self, field: &'static str, text: &str) -> Result<(), BodyError> {
        self.short_bytes(field, text.as_bytes())
    }

    /// Writes a byte count and the bytes; refuses more than 255.
    pub(crate) fn short_bytes(
        &mut self,
        field: &'static str,
        bytes: &[u8],
    ) -> Result<(), BodyError> {
        let count = u8::try_from(bytes.len()).map_err(|_| self.error(field, Problem::Range))?;
        self.u8(field, count)?;
        self.bytes(field, bytes)
    }

    /// Writes `value * steps`, rounded, as a whole number of a width that `T` gives.
    pub(crate) fn scaled<T, const N: usize>(
        &mut self,
        field: &'static str,
        value: f64,
        steps: f64,
        to_bytes: fn(T) -> [u8; N],
    ) -> Result<(), BodyError>
    where
        T: TryFrom<i64>,
    {
        let whole = nearest_whole(value * steps).and_then(|whole| T::try_from(whole).ok());
        let whole = whole.ok_or_else(|| self.error(field, Problem::Range))?;
        self.bytes(field, &to_bytes(whole))
    }
}

/// The nearest whole number, half away from zero; `None` where `f64` no longer holds each one.
fn nearest_whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let rounded = value + 0.5_f64.copysign(value);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "cutting the fraction off is the rounding, and the range was just checked"
    )]
    (rounded.abs() < EXACT).then_some(rounded as i64)
}

/// Makes an enumeration that travels as one byte.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$item_doc])* $item,)+ }

        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &[Self] = &[$(Self::$item),+];

            /// The byte that stands for it on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$item => $code,)+ }
            }

            /// What a byte stands for; `None` for a code that has no meaning.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$item),)+ _ => None }
            }
        }
    };
}
pub(crate) use coded;

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString;

    use super::*;

    #[test]
    fn nearest_whole_rounds_away_from_zero_and_refuses_what_is_no_number() {
        assert_eq!(nearest_whole(2.5), Some(3));
        assert_eq!(nearest_whole(-2.5), Some(-3));
        assert_eq!(nearest_whole(-2.4), Some(-2));
        assert_eq!(nearest_whole(f64::NAN), None);
        assert_eq!(nearest_whole(1e17), None);
    }

    #[test]
    fn error_names_message_field_and_what_is_missing() {
        let mut reader = Reader::new("hello", &[1, 2]);
        let error = reader.u32("name").unwrap_err();
        assert_eq!(error.to_string(), "hello `name` needs 4 bytes, there are 2");
    }
}
