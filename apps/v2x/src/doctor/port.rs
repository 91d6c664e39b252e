//! Ports that cannot be opened or do not say what they should, each with its way out.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use v2x_proto::link::{Dialect, Verdict};

use super::Finding;
use crate::serial::{Holder, PortError, holders};

/// Where Linux keeps names of ports that do not change.
const STABLE_NAMES: &str = "/dev/serial/by-id";

/// Why a port cannot be used. `None`: the running daemon has it, which is as it should be.
pub(super) fn refused(part: &str, path: &Path, error: &PortError) -> Option<Finding> {
    let todo = match error {
        PortError::Missing(_) => match plugged_in().as_slice() {
            [] => "plug the board in: no serial port is plugged into this computer".to_owned(),
            ports => format!(
                "plug the board in, or name one that is there: {}",
                ports.join(", ")
            ),
        },
        PortError::Forbidden(_) => forbidden(path),
        PortError::InUse(_) => {
            let holders = holders(path);
            if holders.iter().any(|holder| holder.name == "v2x") {
                return None;
            }
            match holders.first() {
                Some(Holder { id, name }) => {
                    format!("close `{name}` (process {id}), which has it open")
                }
                None => format!(
                    "see who has it: sudo fuser -v {}; and close it",
                    path.display()
                ),
            }
        }
        _ => error.hint().to_owned(),
    };
    Some(Finding::problem(part, error.to_string(), todo))
}

/// Which group may open a port, and how to join it.
fn forbidden(path: &Path) -> String {
    let group = fs::metadata(path).ok().map(|data| data.gid());
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let group = group.and_then(|id| group_name(&groups, id));
    let group = group.unwrap_or("dialout");
    format!(
        "it belongs to the group {group}: sudo usermod -aG {group} $USER, then log in again; or \
         ask as the daemon's user: sudo -u v2x v2x doctor …"
    )
}

/// The name of a group, from the text of `/etc/group`.
fn group_name(groups: &str, id: u32) -> Option<&str> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then_some(name)
    })
}

/// The stable names of the ports that are plugged in.
fn plugged_in() -> Vec<String> {
    let entries = fs::read_dir(STABLE_NAMES).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.path().display().to_string())
        .collect();
    names.sort();
    names
}

/// What a port says that is not what is wanted there; `wanted` names that.
pub(super) fn strange(
    part: &str,
    path: &Path,
    wanted: &str,
    verdict: Verdict,
    baud: Option<u32>,
    searched: bool,
) -> Finding {
    let at = match (baud, searched) {
        (_, true) if matches!(verdict, Verdict::Silence | Verdict::Garbage) => {
            " at any usual speed".to_owned()
        }
        (Some(baud), _) => format!(" at {baud} baud"),
        (None, _) => String::new(),
    };
    let todo = match verdict {
        Verdict::Silence => {
            "check that the board has power and its firmware, and that this is its data port"
        }
        Verdict::TooFew => "ask again; if it stays so, check the cable",
        Verdict::Garbage if searched => "it is a device of another kind: name the board's port",
        Verdict::Garbage => {
            "the speed is wrong: leave `baud` out, then the usual ones are tried; or it is a \
             device of another kind"
        }
        Verdict::GnssReceiver => {
            "name the board's port; a GNSS receiver is connected to the board, not to this computer"
        }
        Verdict::LogConsole => {
            "name the board's other port, the one for data; or flash the board's firmware, which \
             does not log there"
        }
        Verdict::OtherText => "name the board's port",
        Verdict::Speaks(Dialect::StationText) => "it belongs to `v2x station`: name another port",
        Verdict::Speaks(Dialect::RadioRecords) => "it is the radio's board: name another port",
        Verdict::Speaks(Dialect::CollectorText | Dialect::Framed) => {
            "it belongs to `v2x vehicle`: name another port"
        }
    };
    let what = format!("{}: no {wanted} is heard{at}: {verdict}", path.display());
    Finding::problem(part, what, todo)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_is_found_by_its_number() {
        let groups = "root:x:0:\ntty:x:5:\ndialout:x:20:me,you\n";
        assert_eq!(group_name(groups, 20), Some("dialout"));
        assert_eq!(group_name(groups, 2), None);
    }
}
