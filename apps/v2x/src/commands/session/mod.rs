//! `v2x session`: questions about charging sessions, answered from a station's store.
//!
//! Reading is all that happens here; the station may run meanwhile. One file per question that
//! takes more than a table: [`explain`], [`receipt`]; the forms of output are in [`mod@print`].

mod explain;
mod found;
mod print;
mod receipt;

use std::io::{self, Write as _};

use v2x_store::Store;

use crate::cli::{self, SessionQuestion};
use crate::failure::{Blame, Context as _, Failure};
pub(crate) use explain::sentences;
pub(crate) use found::Found;
pub(crate) use print::in_full;
pub(crate) use receipt::receipt_text;

/// Runs the subcommand.
pub(super) fn run(arguments: &cli::Session) -> Result<(), Failure> {
    let path = arguments.out.join("v2x.db");
    if !path.exists() {
        let failure = Failure::new(Blame::Input, format_args!("there is no {}", path.display()));
        return Err(failure.hint("give the folder of the station with --out"));
    }
    let store = Store::open(&path).map_err(|error| Failure::new(Blame::Input, error))?;
    let text = match &arguments.question {
        SessionQuestion::List { json, limit } => {
            let sessions = store.sessions(*limit);
            let sessions = sessions.map_err(|error| Failure::new(Blame::Input, error))?;
            print::list(&store, &sessions, *json)?
        }
        SessionQuestion::Show { id, json } => print::show(&Found::by_id(&store, id)?, *json),
        SessionQuestion::Explain { id, json } => {
            explain::explain(&Found::by_id(&store, id)?, *json)
        }
        SessionQuestion::Receipt { id, format } => {
            receipt::receipt(&Found::by_id(&store, id)?, *format)?
        }
        SessionQuestion::Accounts { month } => receipt::accounts(&store, month)?,
    };
    io::stdout()
        .write_all(text.as_bytes())
        .blame(Blame::Runtime, "standard output")
}
