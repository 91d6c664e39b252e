//! On which line of a DBC a statement stands; the parser does not keep lines.
//!
//! Only looks for where statements begin. What they say is the parser's business.

/// The first words of a statement, without its quoted texts, and its line.
struct Statement<'a> {
    line: usize,
    /// The byte of the text at which the line starts.
    start: usize,
    words: Vec<&'a str>,
}

/// Where each statement of a DBC begins.
pub(super) struct Lines<'a> {
    statements: Vec<Statement<'a>>,
}

/// The most words of a statement that are needed to tell it from others.
const TELLING_WORDS: usize = 5;

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let mut statements = Vec::new();
        let mut in_quotes = false;
        let mut start = 0;
        for (line, content) in (1..).zip(text.split_inclusive('\n')) {
            if !in_quotes {
                let words = content
                    .split([' ', '\t', '\r', '\n', ':', '"', ';', ','])
                    .filter(|word| !word.is_empty())
                    .take(TELLING_WORDS)
                    .collect();
                statements.push(Statement { line, start, words });
            }
            start += content.len();
            in_quotes = ends_in_quotes(content, in_quotes);
        }
        Self { statements }
    }

    /// The line, the number and the name of every message, in the order of the file.
    pub(super) fn messages(&self) -> impl Iterator<Item = (usize, &'a str, &'a str)> {
        self.statements
            .iter()
            .filter_map(|statement| match *statement.words {
                ["BO_", id, name, ..] => Some((statement.line, id, name)),
                _ => None,
            })
    }

    /// The line of the `nth` signal with this name after a line.
    pub(super) fn signal(&self, message_line: usize, name: &str, nth: usize) -> usize {
        let after = self
            .statements
            .iter()
            .filter(|statement| statement.line > message_line);
        let of_message = after.take_while(|statement| statement.words.first() != Some(&"BO_"));
        let mut named = of_message.filter(|statement| statement.words.starts_with(&["SG_", name]));
        named.nth(nth).map_or(message_line, |found| found.line)
    }

    /// The line of the last statement that begins with these words; the last one counts, as in
    /// the parser.
    pub(super) fn find(&self, words: &[&str]) -> Option<usize> {
        let mut from_end = self.statements.iter().rev();
        let found = from_end.find(|statement| statement.words.starts_with(words));
        found.map(|statement| statement.line)
    }

    /// The line of the statement that completes the shortest beginning of the text for which
    /// `holds`, which must hold for the whole text and every longer beginning.
    pub(super) fn shortest_beginning(&self, text: &str, holds: impl Fn(&str) -> bool) -> usize {
        let end_of = |statement: &Statement<'_>| {
            let rest = text.get(statement.start..).unwrap_or_default();
            rest.find('\n')
                .map_or(text.len(), |length| statement.start + length + 1)
        };
        let index = self
            .statements
            .partition_point(|statement| !text.get(..end_of(statement)).is_some_and(&holds));
        self.statements
            .get(index)
            .map_or(1, |statement| statement.line)
    }
}

/// Whether a quoted text goes on after a line. A quotation mark behind a backslash is a part of
/// the text, one in a comment means nothing.
fn ends_in_quotes(line: &str, mut in_quotes: bool) -> bool {
    let mut before = '\n';
    for char in line.chars() {
        match (before, char) {
            ('/', '/') if !in_quotes => return false,
            ('\\', '"') if in_quotes => {}
            (_, '"') => in_quotes = !in_quotes,
            _ => {}
        }
        before = char;
    }
    in_quotes
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "VERSION \"\"\n\nBO_ 5 A: 8 X\n SG_ S : 0|8@1+ (1,0) [0|1] \"\" X\n\
                        CM_ \"a comment with\nBO_ 6 B: 8 X\n inside \\\" it\";\nBO_ 7 C: 8 X\n\
                        \tSG_ S : 0|8@1+ (1,0) [0|1] \"\" X\n";

    #[test]
    fn statements_inside_of_quoted_texts_are_not_counted() {
        let lines = Lines::of(TEXT);
        let messages: Vec<_> = lines.messages().collect();
        assert_eq!(messages, [(3, "5", "A"), (8, "7", "C")]);
    }

    #[test]
    fn quotation_marks_in_comments_and_behind_backslashes_open_nothing() {
        assert!(!ends_in_quotes("BS_: // the \"old", false));
        assert!(ends_in_quotes(r#"CM_ "a \"b\" // c"#, false));
        assert!(!ends_in_quotes(r#"still a \"quoted\" text";"#, true));
        assert!(!ends_in_quotes("http://example.org\";", true));
    }

    #[test]
    fn signals_of_the_same_name_are_told_apart_by_message() {
        let lines = Lines::of(TEXT);
        assert_eq!(lines.signal(3, "S", 0), 4);
        assert_eq!(lines.signal(8, "S", 0), 9);
        assert_eq!(lines.signal(3, "S", 1), 3);
    }
}
