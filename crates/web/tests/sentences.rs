//! The table of sentences against the sources that say them: one that was reworded and one that is
//! new are found here, not by a reader of another language.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What begins something that a page shows: each literal up to the end of it is a sentence.
const SAYS: [&str; 15] = [
    "Part::ok(",
    "Part::degraded(",
    "Part::failed(",
    "Refusal::NotFound(",
    "Refusal::Invalid(",
    "Refusal::Conflict(",
    "Refusal::NotLoggedIn(",
    "Refusal::NotAllowed(",
    "Refusal::TooLarge(",
    "Refusal::NoAnswer(",
    "Refusal::Unavailable(",
    "Refusal::TooMany {",
    "let reason =",
    "let what =",
    "let busy =",
];

/// Refusals of what no page asks for: they are for those who write programs.
const FOR_PROGRAMS: [&str; 20] = [
    "settings at once",
    // A part's name, which has a word of its own in the catalogue.
    "legacy mode",
    "the path",
    "json lists them",
    "is empty",
    "energy_wh is",
    "each with a name of 1 to",
    "or none for all",
    "is no key",
    "at least one",
    "at most",
    "to 10000 can be asked for",
    "to 1000 can be asked for",
    "it must be 0 to",
    "must have 1 to",
    "there is no such route",
    "is no name of a cookie",
    "a key has 1 to",
    "is beyond what a calendar of ours has",
    "the copy",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// The sources of the programs, each without its tests and comments.
fn code() -> BTreeMap<PathBuf, String> {
    let mut paths = Vec::new();
    for home in ["crates", "apps"] {
        for place in fs::read_dir(Path::new(ROOT).join(home)).unwrap() {
            let source = place.unwrap().path().join("src");
            if source.is_dir() {
                sources(&source, &mut paths);
            }
        }
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        (path, lines.collect::<Vec<_>>().join("\n"))
    };
    paths.into_iter().map(read).collect()
}

/// The string literals of some code up to an end, which is given the depth of brackets; their
/// places are `{}`.
fn literals(code: &str, is_end: impl Fn(char, i32) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut depth = 0;
    let mut rest = code.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' if rest.peek() == Some(&'"') => {
                rest.next();
            }
            '"' => {
                let mut text = String::new();
                while let Some(c) = rest.next() {
                    match c {
                        '"' => break,
                        '\\' => match rest.next() {
                            Some('\n') => while rest.next_if(|c| c.is_whitespace()).is_some() {},
                            Some(c) => text.push(c),
                            None => break,
                        },
                        c => text.push(c),
                    }
                }
                found.push(bare(&text));
            }
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
        if is_end(c, depth) {
            break;
        }
    }
    found
}

/// A text with `{}` for each place.
fn bare(text: &str) -> String {
    let mut bare = String::new();
    let mut rest = text;
    while let Some((before, (_, after))) = rest
        .split_once('{')
        .and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        bare += before;
        bare += "{}";
        rest = after;
    }
    bare + rest
}

/// The words between places and punctuation, where they are more than one.
fn phrases(bare: &str) -> Vec<String> {
    let split = bare.replace("{}", ";");
    let pieces = split.split([':', ';', ',', '?', '.', '(', ')', '`']);
    let pieces = pieces.map(str::trim).filter(|piece| piece.contains(' '));
    pieces.map(str::to_owned).collect()
}

fn table() -> BTreeMap<String, String> {
    let path = Path::new(ROOT).join("interfaces/http/sentences.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_sentence_of_the_table_is_one_that_a_program_says() {
    let said: BTreeSet<_> = code()
        .values()
        .flat_map(|code| literals(code, |_, _| false))
        .collect();
    let mut gone = BTreeSet::new();
    for (name, sentence) in table() {
        let sentence = bare(&sentence);
        if !sentence.contains([' ', '{']) && !said.contains(&sentence) {
            gone.insert(format!("{name}: {sentence:?}"));
        }
        for phrase in phrases(&sentence) {
            if !said.iter().any(|said| said.contains(&phrase)) {
                gone.insert(format!("{name}: {phrase:?}"));
            }
        }
    }
    assert!(
        gone.is_empty(),
        "nobody says these any more; write interfaces/http/sentences.json and the catalogues of \
         web/dashboard/src/i18n anew:\n{gone:#?}"
    );
}

#[test]
fn every_reason_and_refusal_that_a_page_shows_is_in_the_table() {
    let table: Vec<_> = table().into_values().map(|text| bare(&text)).collect();
    let mut without = BTreeSet::new();
    for (path, code) in code() {
        // How the hub itself does, /health says, and no page.
        let is_shown = !path.ends_with("hub/watch.rs");
        let says = ["Part::", "Refusal::"].iter().any(|it| code.contains(it));
        if !says || !is_shown {
            continue;
        }
        for start in SAYS {
            for (at, _) in code.match_indices(start) {
                let rest = &code[at + start.len()..];
                let said = match start.ends_with('=') {
                    true => literals(rest, |c, depth| c == ';' && depth == 0),
                    false => literals(rest, |_, depth| depth < 0),
                };
                for phrase in said.iter().flat_map(|said| phrases(said)) {
                    let is_known = table.iter().any(|known| known.contains(&phrase))
                        || FOR_PROGRAMS.iter().any(|other| phrase.contains(other));
                    if !is_known {
                        without.insert(format!("{}: {phrase:?}", path.display()));
                    }
                }
            }
        }
    }
    assert!(
        without.is_empty(),
        "pages show these only in English; give them a place in interfaces/http/sentences.json and \
         the catalogues of web/dashboard/src/i18n:\n{without:#?}"
    );
}
