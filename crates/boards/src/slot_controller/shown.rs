//! What others are shown of a slot: its relay's fault, its LED, its state on the link.
//!
//! Not here: what the states mean (`v2x_charging`).

use v2x_charging::Input as SlotInput;
use v2x_proto::link::message::{LogLevel, Plug, SlotReport, SlotState};
use v2x_units::Instant;

use super::{RelayFault, STATE_EVERY, SlotController, step_bytes};
use crate::chassis::Pattern;

impl SlotController {
    /// A relay that does not do as it is told takes the slot out of service. One that does not
    /// close is tried again only when the computer orders it, not every half second.
    pub(super) fn watch_relay(&mut self, now: Instant) {
        let fault = self.relay.fault(now);
        let waits = fault.is_none() && self.relay_fault == Some(RelayFault::DoesNotClose);
        if fault == self.relay_fault || waits {
            return;
        }
        self.relay_fault = fault;
        self.tell_slot(now, SlotInput::InService(fault.is_none()));
        let (level, text) = match fault {
            None => (LogLevel::Info, "relay: it does as it is told again"),
            Some(RelayFault::Welded) => (LogLevel::Error, "relay: it does not open"),
            Some(RelayFault::DoesNotClose) => (LogLevel::Error, "relay: it does not close"),
        };
        self.chassis.log(now, level, format_args!("{text}"));
    }

    pub(super) fn show(&mut self) {
        use v2x_charging::SlotState::{Charging, Faulted, Unavailable};
        let pattern = match self.slot.state() {
            Some(Faulted(_)) => Pattern::Fault,
            _ if self.relay_fault.is_some() || self.refused.is_some() => Pattern::Fault,
            Some(Unavailable(_)) | None => Pattern::Misconnected,
            Some(Charging) => Pattern::Well,
            Some(_) => Pattern::Idle,
        };
        self.chassis.led_mut().show(pattern);
    }

    pub(super) fn tell_state(&mut self, now: Instant) {
        let state = SlotState {
            plug: match self.plug.and_then(|plug| plug.is_in()) {
                None => Plug::Unknown,
                Some(false) => Plug::Out,
                Some(true) => Plug::In,
            },
            relay_asked: self.relay.asked(),
            relay_seen: self.relay.seen(),
        };
        if self.told != Some(state) || now >= self.tell_at {
            self.told = Some(state);
            self.tell_at = now + STATE_EVERY;
            self.chassis.send(now, state);
            if let Some(shown) = self.slot.state() {
                let session = self.slot.session();
                let report = SlotReport {
                    state: step_bytes::state_code(shown),
                    session: session.map(|(transaction, energy)| {
                        (transaction.bytes(), energy.plausible.milliwatt_hours())
                    }),
                };
                self.chassis.send(now, report);
            }
        }
    }
}
