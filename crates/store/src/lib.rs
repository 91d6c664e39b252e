//! The local SQLite store: migrations and one file per question asked.
