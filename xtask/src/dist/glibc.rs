//! Which glibc a program needs, from the names of symbol versions in it.
//!
//! Source: glibc's convention `GLIBC_2.28` in the ELF section `.gnu.version_r`; every version that
//! a dynamic program refers to stands there as text.

const MARK: &[u8] = b"GLIBC_2.";

/// The newest version that a program refers to, as `2.28`; `None` when it refers to none.
pub(super) fn needed(program: &[u8]) -> Option<String> {
    let starts = program.windows(MARK.len()).enumerate();
    let starts = starts.filter(|(_, bytes)| *bytes == MARK);
    let minors = starts.filter_map(|(at, _)| minor(program.get(at + MARK.len()..)?));
    minors.max().map(|minor| format!("2.{minor}"))
}

/// The number at the beginning; a second dot is a patch, which no new symbol comes with.
fn minor(text: &[u8]) -> Option<u32> {
    let digits: Vec<u8> = text
        .iter()
        .copied()
        .take_while(u8::is_ascii_digit)
        .collect();
    String::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_version_counts_as_a_number_and_not_as_text() {
        let program = b"\0GLIBC_2.2.5\0GLIBC_2.17\0GLIBC_2.9\0GLIBC_PRIVATE\0GLIBC_2.";
        assert_eq!(needed(program), Some("2.17".to_owned()));
        assert_eq!(needed(b"static"), None);
    }
}
