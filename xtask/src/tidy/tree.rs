//! The files that the rules look at: everything git knows or would add.
//!
//! What is wrong with them is the rules' business.

use std::path::Path;
use std::process::Command;

use crate::process::capture;

/// The workspace's files, sorted by path.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

/// One file: its path from the root with `/` between the parts, its size, and its text.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) bytes: usize,
    /// Empty when the file is not UTF-8: rules about text have nothing to say then.
    pub(crate) text: String,
}

impl Tree {
    /// Reads every tracked or new file that git does not ignore.
    ///
    /// # Errors
    /// When git cannot list the files, or one of them cannot be read.
    pub(crate) fn of_workspace(root: &Path) -> Result<Self, String> {
        let listing = capture(Command::new("git").current_dir(root).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]))?;
        let mut paths: Vec<_> = listing
            .split('\0')
            .filter(|path| !path.is_empty())
            .collect();
        paths.sort_unstable();
        paths.dedup();
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let place = root.join(path);
            if !place.is_file() {
                continue; // Deleted and not yet committed.
            }
            let bytes = std::fs::read(&place).map_err(|error| format!("{path}: {error}"))?;
            files.push(File::new(path, bytes));
        }
        Ok(Self { files })
    }

    /// The Rust sources.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.has_extension("rs"))
    }

    /// The sources of product, chores and pages: Rust, TypeScript and style sheets.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| {
            ["rs", "ts", "tsx", "css"]
                .iter()
                .any(|extension| file.has_extension(extension))
        })
    }

    /// Where Rust code, without comments and tests, has one of these names: file, line, name.
    pub(crate) fn code_that_names<'a>(
        &'a self,
        names: &'a [impl AsRef<str>],
    ) -> impl Iterator<Item = (&'a File, usize, &'a str)> {
        self.rust().flat_map(move |file| {
            file.code_lines().filter_map(move |(number, line)| {
                let code = line.split("//").next().unwrap_or_default();
                let mut known = names.iter().map(AsRef::as_ref);
                Some((file, number, known.find(|name| code.contains(name))?))
            })
        })
    }

    /// The file at that path.
    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl File {
    fn new(path: &str, bytes: Vec<u8>) -> Self {
        Self {
            path: path.to_owned(),
            bytes: bytes.len(),
            text: String::from_utf8(bytes).unwrap_or_default(),
        }
    }

    /// Whether the name ends in `.extension`.
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// Whether the whole file is test code, by its place.
    pub(crate) fn is_test(&self) -> bool {
        self.path
            .split('/')
            .any(|part| part == "tests" || part == "benches")
            || self.path.ends_with("/tests.rs")
    }

    /// The lines with their numbers, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }

    /// The lines before the inline `mod tests`; none in a file that is all tests.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = if self.is_test() {
            1
        } else {
            self.first_test_line()
        };
        self.lines().take_while(move |(number, _)| *number < end)
    }

    /// The lines of tests: from the inline `mod tests` on, or the whole file.
    pub(crate) fn test_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let start = if self.is_test() {
            1
        } else {
            self.first_test_line()
        };
        self.lines().skip_while(move |(number, _)| *number < start)
    }

    fn first_test_line(&self) -> usize {
        self.lines()
            .find(|(_, line)| {
                let line = line.trim_start_matches("pub(crate) ");
                line.starts_with("mod tests {")
            })
            .map_or(usize::MAX, |(number, _)| number)
    }
}

#[cfg(test)]
impl Tree {
    /// A tree of invented files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| File::new(path, text.as_bytes().to_vec()));
        Self {
            files: files.collect(),
        }
    }

    /// The places that a rule finds in a tree of one invented file.
    pub(crate) fn places(
        rule: fn(&Self) -> Vec<super::Finding>,
        path: &str,
        text: &str,
    ) -> Vec<String> {
        let found = rule(&Self::of(&[(path, text)]));
        found.iter().map(super::Finding::place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_ends_where_the_inline_tests_begin() {
        let tree = Tree::of(&[("crates/a/src/lib.rs", "one\nmod tests {\nthree\n")]);
        let file = tree.file("crates/a/src/lib.rs").unwrap();
        assert_eq!(file.code_lines().collect::<Vec<_>>(), [(1, "one")]);
        assert_eq!(file.test_lines().count(), 2);
    }
}
