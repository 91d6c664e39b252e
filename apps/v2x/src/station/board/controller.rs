//! What a slot controller and the keeper say to each other over a board's line.

use tracing::warn;
use v2x_proto::link::Message;
use v2x_proto::link::message::{Acknowledgement, Command, JournalEntry, Order, WallClock};
use v2x_units::{BootId, Instant};

use super::{Board, Ear, WRITE_WITHIN};
use crate::serial::{Port, PortError};
use crate::station::controllers::Entry;
use crate::station::line::{Say, What};

impl Board {
    /// Passes on what is the keeper's; whether it was.
    pub(super) fn understand_controller(
        &self,
        said: (BootId, Instant),
        message: &Message<'_>,
    ) -> bool {
        match message {
            Message::SlotReport(report) => self.line.tell(What::Report(*report)),
            Message::JournalEntry(entry) => self.journal(said, entry),
            _ => return false,
        }
        true
    }

    fn journal(&self, said: (BootId, Instant), entry: &JournalEntry<'_>) {
        self.line.tell(What::Journal(Box::new(Entry {
            boot: entry.boot,
            number: entry.number,
            kind: entry.kind,
            content: entry.content.to_vec(),
            said,
        })));
    }

    /// Passes an answer on; the relay's control takes its own out of them.
    pub(super) fn answered(&self, answer: &Acknowledgement<'_>) {
        self.line.tell(What::Answered {
            id: answer.id,
            result: answer.result,
            detail: answer.detail.to_owned(),
        });
    }

    /// Writes what the keeper has to say.
    pub(super) fn say_all(&self, port: &mut Port, ear: &mut Ear) -> Result<(), PortError> {
        for say in self.line.says.try_iter() {
            // The prototype's boards read nothing; ours is told anew when it is heard, and what was
            // said while it was away is out of date.
            if !ear.is_heard {
                continue;
            }
            let now = self.now();
            let wire = match &say {
                Say::Kept(kept) => ear.encoder.send(now, *kept),
                Say::Clock(utc) => ear.encoder.send(now, WallClock { utc: *utc }),
                Say::Prices(schedule) => ear.encoder.send(now, schedule.message()),
                Say::Wish(id, wish) => {
                    let (id, order) = (*id, Order::Slot(*wish));
                    ear.encoder.send(now, Command { id, order })
                }
                Say::Revocations(id, part, bytes) => {
                    let (id, part) = (*id, *part);
                    let order = Order::Keys { part, bytes };
                    ear.encoder.send(now, Command { id, order })
                }
            };
            match wire {
                Ok(wire) => port.write_all(wire, WRITE_WITHIN)?,
                Err(error) => warn!(%error, "not said to the slot controller"),
            }
        }
        Ok(())
    }
}
