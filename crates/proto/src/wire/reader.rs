//! Reads big-endian fields from bytes, one after the other, and says where one is missing.

use super::error::WireError;

/// A place in bytes that moves on with each field.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, at: 0 }
    }

    /// Where the next field begins.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn take(
        &mut self,
        field: &'static str,
        count: usize,
    ) -> Result<&'a [u8], WireError> {
        let truncated = WireError::Truncated {
            field,
            at: self.at,
            need: count,
            have: self.rest.len(),
        };
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(truncated)?;
        self.rest = rest;
        self.at += count;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], WireError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(field, N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, WireError> {
        self.array::<1>(field).map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, WireError> {
        self.array(field).map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, WireError> {
        self.array(field).map(u32::from_be_bytes)
    }

    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32, WireError> {
        self.array(field).map(i32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, WireError> {
        self.array(field).map(u64::from_be_bytes)
    }

    /// All bytes that are left.
    pub(crate) fn remaining(&mut self) -> &'a [u8] {
        self.at += self.rest.len();
        core::mem::take(&mut self.rest)
    }

    /// Makes sure that nothing is left.
    pub(crate) const fn end(&self, what: &'static str) -> Result<(), WireError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(WireError::Trailing {
                what,
                at: self.at,
                extra: self.rest.len(),
            })
        }
    }
}

/// The value of a field that must be one that is spoken here.
pub(crate) fn spoken<T>(
    value: Option<T>,
    field: &'static str,
    at: usize,
    seen: impl Into<u64>,
    supported: &'static str,
) -> Result<T, WireError> {
    value.ok_or(WireError::Unsupported {
        field,
        at,
        seen: seen.into(),
        supported,
    })
}
