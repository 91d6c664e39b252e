//! Tables of radio messages: read, repaired and counted.
//!
//! They have no date but the sender's time since its start, so they cannot stand beside dated
//! rows; nothing of them enters the store.

use std::fs::File;
use std::io::BufReader;

use v2x_recording::{RadioRepair, RadioRows};

use super::report::FileReport;
use crate::failure::{Blame, Context as _, Failure};

/// Reads one table.
pub(super) fn read(
    name: &str,
    rows: RadioRows<BufReader<File>>,
    report: &mut FileReport,
) -> Result<(), Failure> {
    for row in rows {
        match row.blame(Blame::Input, name)? {
            Ok(message) => {
                report.read();
                if let Some(repair) = message.repair {
                    report.repair(words(repair), message.line);
                }
            }
            Err(damaged) => report.refuse(damaged.fault.to_string(), damaged.line),
        }
    }
    Ok(())
}

const fn words(repair: RadioRepair) -> &'static str {
    match repair {
        RadioRepair::Address => {
            "a byte of the address was swallowed and is restored; of what follows only the time \
             is kept, to 256 ms"
        }
        RadioRepair::Time => "a byte of the time was swallowed; the time is not kept",
        RadioRepair::AddressAndTime => {
            "a byte of the address was swallowed and is restored; so was one of the time, which is \
             not kept"
        }
    }
}
