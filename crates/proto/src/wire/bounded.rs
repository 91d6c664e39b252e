//! Lists and texts whose length is part of their type, as SIZE is in ASN.1.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Deref;

use rasn::types::{Ia5String, NumericString, VisibleString};

use super::error::WireError;

/// A list of `MIN` to `MAX` entries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct List<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T, const MIN: usize, const MAX: usize> List<T, MIN, MAX> {
    /// Takes the entries for the field of this name.
    ///
    /// # Errors
    /// There are fewer than `MIN` or more than `MAX`.
    pub fn new(field: &'static str, entries: Vec<T>) -> Result<Self, WireError> {
        count_within(field, entries.len(), MIN, MAX)?;
        Ok(Self(entries))
    }

    /// Converts each entry of a list on the wire.
    pub(crate) fn convert<S>(
        field: &'static str,
        entries: Vec<S>,
        convert: impl FnMut(S) -> Result<T, WireError>,
    ) -> Result<Self, WireError> {
        Self::new(
            field,
            entries.into_iter().map(convert).collect::<Result<_, _>>()?,
        )
    }
}

impl<T, const MAX: usize> Default for List<T, 0, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MIN: usize, const MAX: usize> Deref for List<T, MIN, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

/// A text of `MIN` to `MAX` characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Takes a text for the field of this name.
    ///
    /// # Errors
    /// It has fewer than `MIN` or more than `MAX` characters.
    pub fn new(field: &'static str, text: impl Into<String>) -> Result<Self, WireError> {
        let text = text.into();
        count_within(field, text.chars().count(), MIN, MAX)?;
        Ok(Self(text))
    }
}

impl<const MIN: usize, const MAX: usize> Deref for Text<MIN, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A text of `MIN` to `MAX` ASCII characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AsciiText<const MIN: usize, const MAX: usize>(Text<MIN, MAX>);

impl<const MIN: usize, const MAX: usize> AsciiText<MIN, MAX> {
    /// Takes a text for the field of this name.
    ///
    /// # Errors
    /// It is too short, too long or has characters that are not printable ASCII.
    pub fn new(field: &'static str, text: &str) -> Result<Self, WireError> {
        let printable = |c: char| c.is_ascii() && !c.is_ascii_control();
        each_character(field, text, printable)?;
        Text::new(field, text).map(Self)
    }

    pub(crate) fn to_ia5(&self) -> Ia5String {
        Ia5String::from_iso646_bytes(self.as_bytes()).expect("printable ASCII is IA5")
    }

    pub(crate) fn from_ia5(field: &'static str, text: &Ia5String) -> Result<Self, WireError> {
        Self::new(field, &ascii(text.as_iso646_bytes()))
    }

    pub(crate) fn to_visible(&self) -> VisibleString {
        VisibleString::from_iso646_bytes(self.as_bytes()).expect("printable ASCII is visible")
    }

    pub(crate) fn from_visible(
        field: &'static str,
        text: &VisibleString,
    ) -> Result<Self, WireError> {
        Self::new(field, &ascii(text.as_iso646_bytes()))
    }
}

impl<const MIN: usize, const MAX: usize> Deref for AsciiText<MIN, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// A telephone number: 1 to 16 digits and spaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber(Text<1, 16>);

impl PhoneNumber {
    /// Takes a number as people write it, without `+` and other signs.
    ///
    /// # Errors
    /// It is empty, longer than 16 characters, or has other characters than digits and spaces.
    pub fn new(text: &str) -> Result<Self, WireError> {
        each_character("phoneNumber", text, |c| c.is_ascii_digit() || c == ' ')?;
        Text::new("phoneNumber", text).map(Self)
    }

    /// The number as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn to_asn1(&self) -> NumericString {
        NumericString::from_bytes(self.0.as_bytes()).expect("digits and spaces are numeric")
    }

    pub(crate) fn from_asn1(text: &NumericString) -> Result<Self, WireError> {
        Self::new(&ascii(text.as_bytes()))
    }
}

/// The characters of an ASN.1 string type, all of which are ASCII.
fn ascii(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn each_character(
    field: &'static str,
    text: &str,
    carries: impl Fn(char) -> bool,
) -> Result<(), WireError> {
    match text.chars().enumerate().find(|(_, seen)| !carries(*seen)) {
        Some((at, seen)) => Err(WireError::Character { field, at, seen }),
        None => Ok(()),
    }
}

fn count_within(
    field: &'static str,
    seen: usize,
    lowest: usize,
    highest: usize,
) -> Result<(), WireError> {
    if (lowest..=highest).contains(&seen) {
        Ok(())
    } else {
        Err(WireError::Count {
            field,
            seen,
            lowest,
            highest,
        })
    }
}
