//! What the station says to everybody who comes by: where it is, what it costs, what is free.
//!
//! Not how it is said ([`v2x_proto::announcement`]). A slot that is out of service or faulted is
//! left out; one with a car in it is told as occupied.

use v2x_charging::{Policy, SlotState};
use v2x_proto::announcement::{
    Announcer, AnnouncerInput, AnnouncerOutput, Quiet, SlotNow, StationNow,
};
use v2x_proto::secure::Refusal;
use v2x_proto::v2v::Pseudonym;
use v2x_proto::wire::evcsn::ChargeModes;
use v2x_proto::wire::station::StationId;
use v2x_units::{Instant, MacAddress, Position, UtcTime};

use crate::station::{SlotNumber, SlotView};

/// The station's announcements.
#[derive(Debug)]
pub struct Announcement {
    announcer: Announcer,
    position: Position,
    provider: String,
    wake_at: Instant,
}

impl Announcement {
    /// Announces a place under a ticket.
    ///
    /// # Errors
    /// The ticket does not permit it.
    pub fn new(
        ticket: Pseudonym,
        position: Position,
        provider: String,
        now: Instant,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            announcer: Announcer::new(ticket, now)?,
            position,
            provider,
            wake_at: now,
        })
    }

    /// The number under which the station announces itself.
    #[must_use]
    pub const fn station(&self) -> StationId {
        self.announcer.station()
    }

    /// Why it said nothing when it was last due.
    #[must_use]
    pub const fn quiet(&self) -> Option<Quiet> {
        self.announcer.quiet()
    }

    /// When it wants to be polled.
    #[must_use]
    pub const fn wake_at(&self) -> Instant {
        self.wake_at
    }

    /// How many announcements were made.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.announcer.sent()
    }

    /// Takes the slots as they are, the time and the radio's address, as far as they are known.
    pub fn look<'a>(
        &mut self,
        now: Instant,
        (utc, address): (Option<UtcTime>, Option<MacAddress>),
        views: impl Iterator<Item = SlotView<'a>>,
        is_taken: impl Fn(SlotNumber) -> bool,
    ) {
        let views: Vec<_> = views.filter(|view| is_usable(view)).collect();
        let slots = views.iter().map(|view| SlotNow {
            number: view.setup.number.get(),
            is_free: view.state == Some(SlotState::Available) && !is_taken(view.setup.number),
            modes: modes(&view.setup.plug),
            plug: view.setup.plug.clone(),
        });
        let station = views.first().map(|first| StationNow {
            position: self.position,
            provider: self.provider.clone(),
            accessibility: accessibility(&views).to_owned(),
            pricing: pricing(first),
            slots: slots.collect(),
        });
        for input in [
            AnnouncerInput::Clock(utc),
            AnnouncerInput::Address(address),
            AnnouncerInput::Station(station),
        ] {
            self.announcer.handle(now, input);
        }
    }

    /// The payloads that are due.
    pub fn poll(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        loop {
            match self.announcer.poll(now) {
                AnnouncerOutput::Send(frame) => frames.push(frame),
                AnnouncerOutput::WakeAt(when) => {
                    self.wake_at = when;
                    break;
                }
            }
        }
        frames
    }
}

/// Whether somebody could charge there, now or when the car that is there has gone.
fn is_usable(view: &SlotView<'_>) -> bool {
    let is_out = matches!(
        view.state,
        None | Some(SlotState::Unavailable(_) | SlotState::Faulted(_))
    );
    !is_out
}

/// Who may charge, in words.
fn accessibility(views: &[SlotView<'_>]) -> &'static str {
    let open = |view: &SlotView<'_>| {
        let config = &view.setup.config;
        !config.has_relay || config.policy == Policy::FreeVend
    };
    if views.iter().all(open) {
        "everybody"
    } else if views.iter().any(open) {
        "some slots: known cars"
    } else {
        "known cars"
    }
}

/// The price of a kilowatt hour in words.
fn pricing(view: &SlotView<'_>) -> String {
    let tariff = view.tariff;
    format!("{} {}/kWh", tariff.base.per_kwh, tariff.currency.code())
}

/// The modes of charging that a kind of plug allows (IEC 61851-1).
fn modes(plug: &str) -> ChargeModes {
    let plug = plug.to_ascii_lowercase();
    let is = |word: &str| plug.contains(word);
    if is("ccs") || is("chademo") {
        ChargeModes::FAST_EXTERNAL_CHARGER
    } else if is("type_2") || is("type 2") || is("mennekes") || is("type_1") || is("type 1") {
        ChargeModes::STANDARD_OR_FAST_MODE_3
    } else if is("schuko") || is("type_f") || is("type_e") || is("domestic") {
        ChargeModes::STANDARD_MODE_1 | ChargeModes::STANDARD_MODE_2
    } else {
        ChargeModes::empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plug_that_is_not_known_has_no_modes_and_the_usual_ones_have_theirs() {
        let domestic = ChargeModes::STANDARD_MODE_1 | ChargeModes::STANDARD_MODE_2;
        assert_eq!(modes("Type_F_schuko_3Kwh"), domestic);
        assert_eq!(modes("Type 2, 22 kW"), ChargeModes::STANDARD_OR_FAST_MODE_3);
        assert_eq!(modes("CCS"), ChargeModes::FAST_EXTERNAL_CHARGER);
        assert_eq!(modes("our own"), ChargeModes::empty());
    }
}
