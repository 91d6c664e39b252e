//! The radio's own address, which changes with the car's pseudonym (docs/protocol/v2v.md).
//!
//! Not here: the chip. Wi-Fi has to stand still while ESP-IDF sets an address
//! (`esp_wifi_set_mac`), so nothing is on the air meanwhile, and what came down before the order
//! goes out under the old address first.

use v2x_proto::link::message::CommandResult;
use v2x_units::MacAddress;

/// An order to take another address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wish {
    /// The command that is to be answered.
    id: u16,
    address: MacAddress,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) id: u16,
    pub(super) result: CommandResult,
    pub(super) detail: &'static str,
}

/// The change of the address, if one is due.
#[derive(Debug, Default)]
pub(super) struct OwnAddress {
    wish: Option<Wish>,
    /// Payloads that came before the order and still wait.
    ahead: usize,
    /// The chip is at it.
    setting: Option<Wish>,
}

impl OwnAddress {
    /// Takes an order; `waiting` payloads go first. An order that still waited is overtaken.
    pub(super) fn order(
        &mut self,
        id: u16,
        address: MacAddress,
        waiting: usize,
    ) -> Option<Verdict> {
        // A computer that hears no answer asks again.
        let is_repeated = |wish: Option<Wish>| wish.is_some_and(|wish| wish.id == id);
        if is_repeated(self.wish) || is_repeated(self.setting) {
            return None;
        }
        let overtaken = self.wish.replace(Wish { id, address });
        self.ahead = waiting;
        overtaken.map(|wish| Verdict {
            id: wish.id,
            result: CommandResult::Refused,
            detail: "another address was ordered meanwhile",
        })
    }

    /// A payload has left the queue, whether it was sent or dropped.
    pub(super) const fn payload_left(&mut self) {
        self.ahead = self.ahead.saturating_sub(1);
    }

    /// Whether the next payload has to wait for the address.
    pub(super) const fn holds_back(&self) -> bool {
        self.setting.is_some() || (self.wish.is_some() && self.ahead == 0)
    }

    /// The address that is to be set now.
    pub(super) fn due(&mut self) -> Option<MacAddress> {
        if self.setting.is_some() || self.ahead > 0 {
            return None;
        }
        self.setting = self.wish.take();
        self.setting.map(|wish| wish.address)
    }

    /// The chip has taken the address, or not.
    pub(super) fn ended(&mut self, taken: bool) -> Option<Verdict> {
        let id = self.setting.take()?.id;
        let (result, detail) = if taken {
            (CommandResult::Done, "")
        } else {
            (CommandResult::Failed, "the radio keeps its address")
        };
        Some(Verdict { id, result, detail })
    }
}
