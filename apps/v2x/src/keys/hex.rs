//! Bytes as text: two small hexadecimal digits each.

use std::fmt::Write as _;

/// The text of bytes.
pub(crate) fn of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a text takes everything");
    }
    text
}

/// The bytes of a text; `None` when it has other characters or half a byte.
pub(crate) fn read(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    };
    digits.chunks(2).map(byte).collect()
}

/// The bytes of a text of a certain length.
pub(crate) fn read_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    read(text)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_their_text_and_nothing_else_is_taken() {
        assert_eq!(of(&[0, 0x0A, 0xFF]), "000aff");
        assert_eq!(read("000AFf"), Some(vec![0, 0x0A, 0xFF]));
        for text in ["0", "0g", "+1", " 1", "é"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read_array::<2>("0102"), Some([1, 2]));
        assert_eq!(read_array::<2>("010203"), None);
    }
}
