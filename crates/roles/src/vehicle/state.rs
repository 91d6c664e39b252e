//! Which value of each quantity holds now, how old it is and where it came from.
//!
//! The state keeps the last valid value of every signal with the time of its frame. Nothing ages
//! in the background: whoever asks passes the time, and a value that is too old by then is not
//! there. A missing value is missing, never the last one without its age.

use std::sync::Arc;

use v2x_can::vss::{Reading, VinSerial};
use v2x_can::{Decoder, History, Outcome, Quantity, QuantityId, SignalId, VssMapping};
use v2x_units::{CanFrame, GnssFix, Instant, KilometersPerHour, Stamp};

use super::charging::ChargeDetector;
use super::gnss::{FixJudge, FixQuality};
use super::mode::{ChargerStatus, Mode, ModeDetector};

/// The telemetry key of the car's speed, in kilometres per hour.
const SPEED: &str = "motor_speed";
/// The telemetry key of the charger's word that it charges, void during a handshake.
const CHARGER_ACTIVE: &str = "charger_active";
/// The telemetry key of the key switch, of which the charger speaks too.
const KEY_ON: &str = "key_on";

/// Everything the vehicle computer knows of its car at one moment.
#[derive(Debug)]
pub struct VehicleState {
    decoder: Arc<Decoder>,
    mapping: Arc<VssMapping>,
    history: History,
    latest: Vec<Option<(Instant, f64)>>,
    /// When anything at all was last heard; dates a row.
    newest: Option<Stamp>,
    speed: Option<QuantityId>,
    charger: Option<(QuantityId, SignalId)>,
    key: Option<QuantityId>,
    charge: ChargeDetector,
    mode: ModeDetector,
    fixes: FixJudge,
}

/// One fresh quantity of a snapshot.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// Which quantity, with its path, unit and key.
    pub quantity: &'a Quantity,
    /// Its value, when it was measured and which source gave it.
    pub reading: Reading,
}

/// The state at one moment: every quantity that was fresh then, and nothing else.
#[derive(Debug)]
pub struct Snapshot<'a> {
    /// When the newest value in it was captured.
    pub at: Stamp,
    /// The quantities that are fresh, in the order of the mapping.
    pub quantities: Vec<Observed<'a>>,
    /// The last good GNSS fix and when it came, if it is fresh.
    pub fix: Option<(Stamp, GnssFix)>,
    /// Whether the battery is being charged from the mains; `None` when nobody says.
    pub is_charging: Option<bool>,
}

impl Snapshot<'_> {
    /// The value of the quantity that is uploaded under a key, in the key's unit, if it is fresh.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<f64> {
        let found = self
            .quantities
            .iter()
            .find(|seen| seen.quantity.key.as_deref() == Some(key));
        found.map(|seen| seen.quantity.to_key(seen.reading.value))
    }

    /// The value of a quantity by its VSS path, in the path's unit, if it is fresh.
    #[must_use]
    pub fn by_path(&self, path: &str) -> Option<f64> {
        let found = self
            .quantities
            .iter()
            .find(|seen| seen.quantity.path == path);
        found.map(|seen| seen.reading.value)
    }
}

impl VehicleState {
    /// A car of which nothing is known yet. Cars of a kind may share what describes them.
    #[must_use]
    pub fn new(decoder: impl Into<Arc<Decoder>>, mapping: impl Into<Arc<VssMapping>>) -> Self {
        let (decoder, mapping) = (decoder.into(), mapping.into());
        let charger = mapping.by_key(CHARGER_ACTIVE).and_then(|id| {
            let source = mapping.quantities().get(id.index())?.sources.first()?;
            Some((id, *source.signals.first()?))
        });
        Self {
            history: History::new(&decoder),
            latest: vec![None; decoder.signals().len()],
            newest: None,
            speed: mapping.by_key(SPEED),
            charger,
            key: mapping.by_key(KEY_ON),
            charge: ChargeDetector::default(),
            mode: ModeDetector::default(),
            fixes: FixJudge::default(),
            decoder,
            mapping,
        }
    }

    /// The bus as it is described.
    #[must_use]
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Takes one frame of the bus.
    pub fn frame(&mut self, at: Stamp, frame: &CanFrame) -> Outcome {
        self.newest = Some(at);
        let charger = self.charger;
        let mut charger_spoke = false;
        let latest = &mut self.latest;
        let outcome = self
            .decoder
            .decode(&mut self.history, at.instant, frame, |signal, value| {
                if let Some(slot) = latest.get_mut(signal.index()) {
                    *slot = Some((at.instant, value));
                }
                charger_spoke |= charger.is_some_and(|(_, active)| active == signal);
            });
        if let Some((charger, _)) = charger.filter(|_| charger_spoke) {
            let flag = |quantity| self.read(quantity, at.instant).map(|value| value != 0.0);
            let active = flag(charger);
            let key_on = self.key.and_then(flag);
            self.charge.status(at.instant, active == Some(true));
            self.mode
                .status(at.instant, ChargerStatus { active, key_on });
        }
        outcome
    }

    /// Takes one GNSS fix and says what it is worth.
    pub fn fix(&mut self, at: Stamp, fix: &GnssFix) -> FixQuality {
        let speed = self.speed(at.instant);
        let quality = self.fixes.judge(at, fix, speed);
        if quality == FixQuality::Good {
            self.newest = Some(at);
        }
        quality
    }

    /// The car's own speed, from the bus, if it is fresh.
    #[must_use]
    pub fn speed(&self, now: Instant) -> Option<KilometersPerHour> {
        self.read(self.speed?, now).map(KilometersPerHour::new)
    }

    /// The last good fix and when it came, if it is fresh.
    #[must_use]
    pub fn current_fix(&self, now: Instant) -> Option<(Stamp, GnssFix)> {
        self.fixes.current(now)
    }

    /// Whether the battery is being charged from the mains; `None` when nobody says.
    #[must_use]
    pub fn is_charging(&self, now: Instant) -> Option<bool> {
        self.charge.is_charging(now)
    }

    /// What the car is doing, by its charger's word; `None` before it spoke.
    #[must_use]
    pub fn mode(&self, now: Instant) -> Option<Mode> {
        self.mode.mode(now)
    }

    /// The end of the car's vehicle identification number, once it has said it; it does not age.
    #[must_use]
    pub fn vin(&self) -> Option<VinSerial> {
        let source = self.mapping.vin()?;
        let (_, value) = self.latest(source.signal)?;
        source.read(value)
    }

    /// The quantities of the car as they are described.
    #[must_use]
    pub fn mapping(&self) -> &VssMapping {
        &self.mapping
    }

    /// Every quantity that is fresh now; `None` before anything was heard.
    #[must_use]
    pub fn snapshot(&self, now: Instant) -> Option<Snapshot<'_>> {
        let quantities = (self.mapping.quantities().iter())
            .filter_map(|quantity| {
                let reading = quantity.read(now, |signal| self.latest(signal))?;
                Some(Observed { quantity, reading })
            })
            .collect();
        Some(Snapshot {
            at: self.newest?,
            quantities,
            fix: self.current_fix(now),
            is_charging: self.is_charging(now),
        })
    }

    /// The value of the quantity that is uploaded under a key, in the key's unit, if it is fresh.
    #[must_use]
    pub fn by_key(&self, key: &str, now: Instant) -> Option<f64> {
        self.read(self.mapping.by_key(key)?, now)
    }

    /// The value of a quantity by its VSS path, in the path's unit, if it is fresh.
    #[must_use]
    pub fn by_path(&self, path: &str, now: Instant) -> Option<f64> {
        let quantity = self.mapping.quantity(path)?;
        let quantity = self.mapping.quantities().get(quantity.index())?;
        let reading = quantity.read(now, |signal| self.latest(signal))?;
        Some(reading.value)
    }

    /// The same with when it was measured.
    #[must_use]
    pub fn dated_by_key(&self, key: &str, now: Instant) -> Option<(Instant, f64)> {
        self.dated(self.mapping.by_key(key)?, now)
    }

    /// A quantity's value in the unit of its key, if it is fresh.
    fn read(&self, quantity: QuantityId, now: Instant) -> Option<f64> {
        self.dated(quantity, now).map(|(_, value)| value)
    }

    fn dated(&self, quantity: QuantityId, now: Instant) -> Option<(Instant, f64)> {
        let quantity = self.mapping.quantities().get(quantity.index())?;
        let reading = quantity.read(now, |signal| self.latest(signal))?;
        Some((reading.at, quantity.to_key(reading.value)))
    }

    fn latest(&self, signal: SignalId) -> Option<(Instant, f64)> {
        self.latest.get(signal.index()).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use v2x_can::{RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS};
    use v2x_units::{CanId, UtcTime};

    use crate::vehicle::merged;

    fn twizy() -> VehicleState {
        let decoder = Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC).unwrap();
        let mapping =
            VssMapping::from_toml("renault_twizy.toml", RENAULT_TWIZY_VSS, &decoder).unwrap();
        VehicleState::new(decoder, mapping)
    }

    fn stamp(millis: u64) -> Stamp {
        Stamp {
            instant: Instant::from_micros(millis * 1000),
            utc: UtcTime::from_millis(1_700_000_000_000 + i64::try_from(millis).unwrap()),
        }
    }

    fn hear(state: &mut VehicleState, millis: u64, id: u32, data: &[u8]) {
        let frame = CanFrame::new(CanId::standard(id).unwrap(), data).unwrap();
        state.frame(stamp(millis), &frame);
    }

    // Frames and their meanings are test vectors of the Twizy fact table.
    const CHARGING_32_A: [u8; 8] = [0x07, 0x98, 0x51, 0x54, 0x6C, 0x78, 0x00, 0x70];
    const REGENERATING: [u8; 8] = [0x07, 0x97, 0xD2, 0x54, 0x70, 0x70, 0x00, 0x6F];
    const INITIALISING: [u8; 8] = [0xFF, 0x97, 0xD0, 0x94, 0x00, 0x08, 0x00, 0x72];
    const CHARGER_ON: [u8; 8] = [0x20, 0xB4, 0x08, 0xB1, 0x2D, 0x00, 0x01, 0x5A];
    const CHARGER_HANDSHAKE: [u8; 8] = [0x00, 0xE0, 0x00, 0xD1, 0x29, 0x00, 0x01, 0x45];
    const CHARGER_DRIVING: [u8; 8] = [0x00, 0x95, 0x04, 0x41, 0x29, 0x00, 0x01, 0x4E];

    #[test]
    fn nothing_heard_is_no_snapshot_at_all() {
        assert!(twizy().snapshot(Instant::BOOT).is_none());
    }

    #[test]
    fn car_that_says_its_serial_is_known_by_it() {
        let mut state = twizy();
        assert_eq!(state.vin(), None);
        hear(&mut state, 1000, 0x69F, &[0xF0, 0x82, 0x87, 0x37]);
        assert_eq!(state.vin().unwrap().reveal(), "7378280");
    }

    #[test]
    fn fresh_values_reach_the_row_and_unknown_ones_stay_empty() {
        let mut state = twizy();
        hear(&mut state, 1000, 0x155, &CHARGING_32_A);
        let row = merged::row(&state.snapshot(stamp(1000).instant).unwrap());
        assert_eq!(row.at, stamp(1000).utc);
        assert_eq!(row.soc.unwrap().percent(), 69.42);
        assert_eq!(row.current.unwrap().into_battery().get(), 32.25);
        assert_eq!(
            row.battery_voltage.unwrap().get(),
            56.0,
            "the coarse one is all there is"
        );
        assert_eq!(
            (row.odometer, row.gear, row.is_charging),
            (None, None, None)
        );
    }

    #[test]
    fn value_that_grew_old_is_missing_not_repeated() {
        let mut state = twizy();
        hear(&mut state, 1000, 0x155, &CHARGING_32_A);
        hear(
            &mut state,
            9000,
            0x5D7,
            &[0x01, 0xD2, 0x00, 0x55, 0x9C, 0x80, 0x00],
        );
        let row = merged::row(&state.snapshot(stamp(9000).instant).unwrap());
        assert_eq!(row.soc, None);
        assert_eq!(row.motor_speed.unwrap().get(), 4.66);
        assert_eq!(row.odometer.unwrap().get(), 3506.64);
    }

    #[test]
    fn init_frame_of_the_battery_gives_no_charge_of_zero() {
        let mut state = twizy();
        hear(&mut state, 1000, 0x155, &INITIALISING);
        let row = merged::row(&state.snapshot(stamp(1000).instant).unwrap());
        assert_eq!((row.soc, row.current), (None, None));
    }

    #[test]
    fn current_into_the_battery_while_braking_is_not_charging() {
        let mut state = twizy();
        for frame in 0..20 {
            hear(&mut state, frame * 100, 0x155, &REGENERATING);
            hear(&mut state, frame * 100, 0x597, &CHARGER_DRIVING);
        }
        let snapshot = state.snapshot(stamp(1900).instant).unwrap();
        assert!(snapshot.by_key("current").unwrap() > 0.0);
        assert_eq!(snapshot.is_charging, Some(false));
    }

    #[test]
    fn charger_that_is_active_charges_and_one_in_a_handshake_does_not() {
        let mut state = twizy();
        for frame in 0..5 {
            hear(&mut state, frame * 100, 0x597, &CHARGER_ON);
        }
        assert_eq!(state.is_charging(stamp(400).instant), Some(true));
        for frame in 5..10 {
            hear(&mut state, frame * 100, 0x597, &CHARGER_HANDSHAKE);
        }
        assert_eq!(state.is_charging(stamp(900).instant), Some(false));
    }

    #[test]
    fn speed_of_the_display_wins_over_that_of_the_motor_while_it_is_fresh() {
        let mut state = twizy();
        hear(
            &mut state,
            0,
            0x5D7,
            &[0x01, 0xD2, 0x00, 0x55, 0x9C, 0x80, 0x00],
        );
        hear(
            &mut state,
            1900,
            0x19F,
            &[0xFF, 0xFF, 0x80, 0x7F, 0x38, 0xFF, 0x40, 0xFE],
        );
        assert_eq!(state.speed(stamp(1900).instant).unwrap().get(), 4.66);
        let later = state.speed(stamp(2100).instant).unwrap().get();
        assert!(
            (later - 6.105).abs() < 1e-9,
            "550 rpm x 0.0111, got {later}"
        );
    }
}
