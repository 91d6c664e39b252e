//! What is said in words, with a code for those who read another language.
//!
//! The text is what logs, tools and brokers get, and what devices upload: it is in English and it
//! is whole. Beside it a page gets the code of the sentence and what stood in its places, where the
//! sentence is one of `interfaces/http/sentences.json`; the dashboard's catalogue has each of them
//! in its languages. A sentence that is none of them (the system's own error, a device of another
//! version) is shown as it is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

const TABLE: &str = include_str!("../../../interfaces/http/sentences.json");
/// How deep sentences stand in each other's places.
const DEPTH: u8 = 4;

/// The name of a sentence, as `slot_meter_silent`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    /// Every code that there is.
    pub fn all() -> impl Iterator<Item = &'static str> {
        TEMPLATES.iter().map(|template| template.code.as_str())
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        let mut codes: Vec<_> = Code::all().collect();
        codes.sort_unstable();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The name of a sentence."))
            .enum_values(Some(codes))
            .build()
            .into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Code")
    }
}

/// Which sentence a text is, for those who say it in another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// The sentence.
    pub code: Code,
    /// What stands in its places.
    #[schema(no_recursion)]
    pub params: BTreeMap<String, Sentence>,
}

/// A sentence, or a word or a number in the place of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sentence {
    /// In English.
    pub text: String,
    /// Which sentence that is; `null` for what is the same in every language, and for what is none
    /// of those that have a name.
    #[schema(no_recursion)]
    pub said: Option<Said>,
}

impl Sentence {
    /// A text with its code, if it has one.
    #[must_use]
    pub fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        let said = Said::of(&text);
        Self { text, said }
    }
}

impl Said {
    /// Which sentence a text is; `None` for one that has no name.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        Self::within(text, DEPTH)
    }

    /// Which sentence a text is, if there is one.
    #[must_use]
    pub fn of_some(text: Option<&str>) -> Option<Self> {
        text.and_then(Self::of)
    }

    fn within(text: &str, depth: u8) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let fits = TEMPLATES.iter().filter_map(|template| {
            let places = template.places(text)?;
            Some((template, places))
        });
        // Of two that fit it is the one that says more by itself.
        let (template, places) = fits.max_by_key(|(template, _)| template.own_bytes())?;
        let sentence = |(name, text): (&str, &str)| {
            let said = Self::within(text, depth);
            let text = text.to_owned();
            (name.to_owned(), Sentence { text, said })
        };
        Some(Self {
            code: Code(template.code.clone()),
            params: places.into_iter().map(sentence).collect(),
        })
    }
}

/// A sentence with places: words of its own before, between and after them.
struct Template {
    code: String,
    /// One more than there are places.
    words: Vec<String>,
    names: Vec<String>,
}

static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let table: BTreeMap<String, String> = serde_json::from_str(TABLE).unwrap_or_default();
    table.into_iter().map(Template::new).collect()
});

impl Template {
    fn new((code, text): (String, String)) -> Self {
        let mut words = Vec::new();
        let mut names = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, (name, after))) = rest
            .split_once('{')
            .and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            words.push(before.to_owned());
            names.push(name.to_owned());
            rest = after;
        }
        words.push(rest.to_owned());
        Self { code, words, names }
    }

    fn own_bytes(&self) -> usize {
        self.words.iter().map(String::len).sum()
    }

    /// What stands in the places of a text; `None` when the text is another sentence.
    fn places<'a>(&'a self, text: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let (first, others) = self.words.split_first()?;
        let mut rest = text.strip_prefix(first.as_str())?;
        if others.is_empty() {
            return rest.is_empty().then(Vec::new);
        }
        let mut places = Vec::new();
        for (nth, (name, word)) in self.names.iter().zip(others).enumerate() {
            let place = if nth + 1 == self.names.len() {
                let place = rest.strip_suffix(word.as_str())?;
                rest = "";
                place
            } else {
                let (place, after) = rest.split_once(word.as_str())?;
                rest = after;
                place
            };
            if place.is_empty() {
                return None;
            }
            places.push((name.as_str(), place));
        }
        Some(places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<String> {
        Some(Said::of(text)?.code.as_str().to_owned())
    }

    #[test]
    fn sentence_is_known_by_its_words_and_gives_what_stands_in_its_places() {
        let said = Said::of("a cell is hot: 51 °C").unwrap();
        assert_eq!(said.code.as_str(), "alarm_cell_hot");
        assert_eq!(said.params["value"].text, "51");
        assert_eq!(said.params["value"].said, None);
        assert_eq!(code("a cell is hot").unwrap(), "alarm_cell_hot_unmeasured");
        assert_eq!(code("No such file or directory (os error 2)"), None);
        assert_eq!(code("a cell is hot:  °C"), None, "nothing is no value");
    }

    #[test]
    fn sentence_in_the_place_of_another_has_its_own_code() {
        let said = Said::of("slot 2: Faulted: current flows although the relay is open").unwrap();
        assert_eq!(said.code.as_str(), "slot_says");
        let what = said.params["what"].said.as_ref().unwrap();
        assert_eq!(what.code.as_str(), "slot_faulted");
        let why = what.params["what"].said.as_ref().unwrap();
        assert_eq!(why.code.as_str(), "slot_relay_stuck");
    }

    #[test]
    fn of_two_that_fit_the_longer_one_is_meant() {
        let low = "190 MB are free, less than the reserve: the oldest raw logs are removed; \
                   make room";
        assert_eq!(code(low).unwrap(), "health_disk_low");
        assert_eq!(code("190 MB are free").unwrap(), "health_disk_free");
    }

    #[test]
    fn texts_that_nest_without_end_are_given_up() {
        let deep = "slot 1: ".repeat(1000) + "x";
        assert_eq!(code(&deep).unwrap(), "slot_says");
    }

    #[test]
    fn table_is_read_and_no_two_sentences_are_the_same() {
        assert!(Code::all().count() > 100);
        let table: BTreeMap<String, String> = serde_json::from_str(TABLE).unwrap();
        for (code, text) in &table {
            assert_eq!(
                text.matches('{').count(),
                text.matches('}').count(),
                "{code}"
            );
            assert!(
                !text.contains("}{"),
                "{code}: nothing tells its places apart"
            );
        }
        for template in TEMPLATES.iter() {
            let bare = template.words.join("7");
            let found = Said::of(&bare).unwrap();
            assert_eq!(found.code.as_str(), template.code, "{bare:?}");
        }
    }
}
