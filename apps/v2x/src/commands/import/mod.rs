//! `v2x import`: the recordings of a folder into a store, with a report of all that was repaired
//! and refused.
//!
//! ```text
//! files ─► sources ─┬─ merged rows ─► overlap ─► timeline ─► episodes ─► trips and charges
//!                   ├─ frames ─► state ─► a row per second
//!                   ├─ fixes ─► judged fixes
//!                   └─ radio messages, counted and repaired
//! ```
//!
//! Importing twice adds nothing: rows are told apart by their time, trips and charges are named
//! after their beginning. Nothing imported is sent to a broker.

mod episodes;
mod fixes;
mod frames;
mod merged_tables;
mod overlap;
mod radio;
mod report;
mod row_values;
mod sources;
mod timeline;

use std::io::{self, Write as _};

use v2x_store::Store;

use crate::cli;
use crate::failure::{Blame, Context as _, Failure};
use merged_tables::MergedTable;
use report::Report;
use sources::{Content, Source};

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Import) -> Result<(), Failure> {
    let sources = sources::find(&arguments.folder)?;
    std::fs::create_dir_all(&arguments.out).blame(
        Blame::Runtime,
        format_args!("folder {}", arguments.out.display()),
    )?;
    let mut store = Store::open(&arguments.out.join("v2x.db")).blame(Blame::Runtime, "store")?;
    let mut report = Report::default();
    import(sources, &mut store, &mut report)?;
    let mut out = io::stdout().lock();
    let printed = match arguments.format {
        cli::ReportFormat::Text => report.write_text(&mut out),
        cli::ReportFormat::Json => report.write_json(&mut out),
    };
    printed
        .and_then(|()| out.flush())
        .blame(Blame::Runtime, "standard output")
}

/// Reads every source and writes what it holds.
fn import(sources: Vec<Source>, store: &mut Store, report: &mut Report) -> Result<(), Failure> {
    let mut tables = Vec::new();
    let mut windows = Vec::new();
    for Source { name, content } in sources {
        let file = report.file(&name, content.word());
        match content {
            Content::Merged(rows) => tables.extend(merged_tables::read(name, rows, file)?),
            Content::Frames(rows) => windows.push(frames::read(name, rows, file)?),
            Content::Fixes(rows) => fixes::import(&name, rows, store, file)?,
            Content::Radio(rows) => radio::read(&name, rows, file)?,
            Content::Other(reason) => file.leave_out(reason),
        }
    }
    let tables = overlap::without_repeats(tables, report);
    let covered: Vec<_> = tables.iter().filter_map(MergedTable::span).collect();
    episodes::import(&tables, store, report)?;
    frames::import(windows, &covered, store, report)
}
