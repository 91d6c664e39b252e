//! ESP-NOW: the chip's radio as a board of `v2x_boards` wants it.
//!
//! Not here: what is sent to whom, and how long a queue is. esp-radio keeps ten frames that it has
//! heard and drops older ones without counting; so they are taken out in every turn of the loop,
//! also while a transmission is on the air, and wait in the board's own queue, which counts. Their
//! time is that of the taking: late by one turn.

#![no_std]

use core::future::Future as _;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use esp_hal::peripherals::{FROM_CPU_INTR0, TIMG0, WIFI};
use esp_hal::rng::Trng;
use esp_hal::timer::timg::TimerGroup;
use esp_radio::esp_now::{
    Error, EspNowError, EspNowManager, EspNowReceiver, EspNowSender, EspNowWifiInterface, PeerInfo,
    PhyMode, RateConfig, ReceivedData, WifiPhyRate,
};
use esp_radio::wifi::{ControllerConfig, Protocol, Protocols, WifiController};
use heapless::LinearMap;
use v2x_boards::limits::PEERS_MAX;
use v2x_boards::radio::{Heard, Key, PeerStep, SendEnd};
use v2x_proto::link::message::RadioRate;
use v2x_units::{Instant, MacAddress};

/// `WIFI_IF_STA` of ESP-IDF.
const STATION_INTERFACE: u32 = 0;

// esp-radio links them and has no functions of its own around them.
unsafe extern "C" {
    fn esp_wifi_stop() -> i32;
    fn esp_wifi_start() -> i32;
    fn esp_wifi_set_mac(interface: u32, octets: *const u8) -> i32;
}

/// The radio, switched on.
pub struct Air {
    controller: WifiController<'static>,
    manager: EspNowManager,
    sender: EspNowSender,
    ears: Ears,
    /// The rate that each peer was given last.
    rates: LinearMap<[u8; 6], RadioRate, PEERS_MAX>,
}

/// The receiving half, which also works while a transmission is on the air.
pub struct Ears(EspNowReceiver);

/// A payload that was heard.
pub struct Received {
    data: ReceivedData,
    at: Instant,
}

impl Air {
    /// Switches the radio on, and the scheduler that its tasks run in beside the board's loop. With
    /// `long_range` it also hears and speaks Espressif's own slow rates.
    ///
    /// # Errors
    /// When the chip's radio does not start; there is nothing that this board can do then.
    pub fn open(
        wifi: WIFI<'static>,
        timers: TIMG0<'static>,
        switch: FROM_CPU_INTR0<'static>,
        long_range: bool,
    ) -> Result<Self, &'static str> {
        esp_rtos::start(TimerGroup::new(timers).timer0, switch);
        let mut controller = WifiController::new(wifi, ControllerConfig::default())
            .map_err(|_| "the chip's radio does not start")?;
        if long_range {
            let all = Protocol::B | Protocol::G | Protocol::N | Protocol::LR;
            controller
                .set_protocols(Protocols::default().with_2_4(all))
                .map_err(|_| "the chip's radio has no long range")?;
        }
        let (manager, sender, receiver) = controller.esp_now().split();
        Ok(Self {
            controller,
            manager,
            sender,
            ears: Ears(receiver),
            rates: LinearMap::new(),
        })
    }

    /// Listens and sends on this channel. A channel that the chip refuses leaves the old one,
    /// which every message that is handed up names.
    pub fn set_channel(&mut self, channel: u8) {
        let _refused = self.manager.set_channel(channel);
    }

    /// Sends and listens under this address from now on. `false` when the radio keeps its old one.
    ///
    /// Wi-Fi stops for it, as ESP-IDF wants; ESP-NOW and its peers stay.
    pub fn set_address(&mut self, address: MacAddress) -> bool {
        let octets = address.octets();
        // SAFETY: Wi-Fi runs, for `self.controller` is alive; the functions are those of ESP-IDF's
        // `esp_wifi.h`, and the octets live until the call is over.
        unsafe {
            if esp_wifi_stop() != 0 {
                return false;
            }
            let taken = esp_wifi_set_mac(STATION_INTERFACE, octets.as_ptr()) == 0;
            esp_wifi_start() == 0 && taken
        }
    }

    /// Sends with this power, in quarters of a dBm.
    pub fn set_power(&mut self, quarters: i8) {
        let _refused = self.controller.set_max_tx_power(quarters);
    }

    /// Encrypts with this primary key.
    pub fn set_key(&mut self, key: &Key) {
        let _refused = self.manager.set_pmk(key);
    }

    /// Makes room for a peer, or gives its room up. What is refused shows when something is sent.
    pub fn peer(&mut self, step: &PeerStep) {
        match step {
            // esp-radio has added this one itself.
            PeerStep::Add(MacAddress::BROADCAST, _) => {}
            PeerStep::Add(address, key) => {
                let _refused = self.manager.add_peer(PeerInfo {
                    interface: EspNowWifiInterface::Station,
                    peer_address: address.octets(),
                    lmk: *key,
                    channel: None,
                    encrypt: key.is_some(),
                });
            }
            PeerStep::Remove(address) => {
                self.rates.remove(&address.octets());
                let _refused = self.manager.remove_peer(&address.octets());
            }
        }
    }

    /// Random bytes that keys may come from: the chip makes them of the noise of its radio, which
    /// is on.
    ///
    /// # Panics
    /// When the chip says that it has no such source; a restart is better than a key that can be
    /// guessed.
    #[must_use]
    pub fn seed(&self) -> [u8; 32] {
        let Ok(source) = Trng::try_new() else {
            panic!("no randomness from the radio, although it is on");
        };
        let mut seed = [0; 32];
        source.read(&mut seed);
        seed
    }

    /// The oldest payload that was heard.
    pub fn hear(&mut self, now: Instant) -> Option<Received> {
        self.ears.hear(now)
    }

    /// Sends a payload, and goes on with `meanwhile` until it is on the air and confirmed.
    pub fn send(
        &mut self,
        to: MacAddress,
        rate: RadioRate,
        payload: &[u8],
        mut meanwhile: impl FnMut(&mut Ears),
    ) -> SendEnd {
        let address = to.octets();
        if self.rates.get(&address) != Some(&rate) {
            let _refused = self.manager.set_peer_rate(&address, configuration(rate));
            // There is room for as many as the radio has peers.
            let _kept = self.rates.insert(address, rate);
        }
        let mut sending = pin!(self.sender.send_async(&address, payload));
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match sending.as_mut().poll(&mut context) {
                Poll::Ready(Ok(())) => return SendEnd::Sent,
                Poll::Ready(Err(error)) => return end_of(error),
                Poll::Pending => meanwhile(&mut self.ears),
            }
        }
    }
}

impl Ears {
    /// The oldest payload that was heard.
    pub fn hear(&mut self, now: Instant) -> Option<Received> {
        let data = self.0.receive()?;
        Some(Received { data, at: now })
    }
}

impl Received {
    /// As the board wants to have it.
    #[must_use]
    pub fn heard(&self) -> Heard<'_> {
        let info = &self.data.info;
        let rssi = info.rx_control.rssi.clamp(-128, 127);
        Heard {
            at: self.at,
            from: MacAddress::new(info.src_address),
            to: MacAddress::new(info.dst_address),
            rssi_dbm: i8::try_from(rssi).unwrap_or(i8::MIN),
            channel: u8::try_from(info.rx_control.channel).unwrap_or(1),
            payload: self.data.data(),
        }
    }
}

/// A rate as the chip wants it.
fn configuration(rate: RadioRate) -> RateConfig {
    let (phy_mode, rate) = match rate {
        RadioRate::Preset | RadioRate::Mbps1 => (PhyMode::_11b, WifiPhyRate::Rate1mL),
        RadioRate::Mbps2 => (PhyMode::_11b, WifiPhyRate::Rate2m),
        RadioRate::Mbps5 => (PhyMode::_11b, WifiPhyRate::Rate5mL),
        RadioRate::Mbps11 => (PhyMode::_11b, WifiPhyRate::Rate11mL),
        RadioRate::Mbps6 => (PhyMode::_11g, WifiPhyRate::Rate6m),
        RadioRate::Mbps12 => (PhyMode::_11g, WifiPhyRate::Rate12m),
        RadioRate::Mbps24 => (PhyMode::_11g, WifiPhyRate::Rate24m),
        RadioRate::Mbps54 => (PhyMode::_11g, WifiPhyRate::Rate54m),
        RadioRate::LongRange250 => (PhyMode::Lr, WifiPhyRate::RateLora250k),
        RadioRate::LongRange500 => (PhyMode::Lr, WifiPhyRate::RateLora500k),
    };
    RateConfig {
        phy_mode,
        rate,
        ersu: false,
        dcm: false,
    }
}

/// ESP-IDF's error numbers, `esp_now.h`.
const fn end_of(error: EspNowError) -> SendEnd {
    const BASE: u32 = 0x3064;
    let number = match error {
        EspNowError::SendFailed => return SendEnd::Unconfirmed,
        EspNowError::Error(Error::PeerListFull) => return SendEnd::PeerTableFull,
        EspNowError::Error(Error::NotInitialized) => BASE + 1,
        EspNowError::Error(Error::InvalidArgument) => BASE + 2,
        EspNowError::Error(Error::OutOfMemory) => BASE + 3,
        EspNowError::Error(Error::NotFound) => BASE + 5,
        EspNowError::Error(Error::Internal) => BASE + 6,
        EspNowError::Error(Error::PeerExists) => BASE + 7,
        EspNowError::Error(Error::InterfaceMismatch) => BASE + 8,
        EspNowError::Error(Error::Other(number)) => number,
        EspNowError::DuplicateInstance | EspNowError::Initialization(_) => 0,
    };
    SendEnd::Failed(number)
}
