//! Records of trips and charges as JSON in a column: written, and read again exactly.

use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The JSON of a record.
pub(crate) fn to_json<T: Serialize>(record: &T) -> rusqlite::Result<String> {
    serde_json::to_string(record)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// The record in a row's first column.
pub(crate) fn from_row<T: DeserializeOwned>(row: &Row<'_>) -> rusqlite::Result<T> {
    let text = row.get_ref(0)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

/// The word for an enum's variant, as it stands in the record.
pub(crate) fn word<T: Serialize>(variant: &T) -> rusqlite::Result<String> {
    let json = to_json(variant)?;
    Ok(json.trim_matches('"').to_owned())
}
