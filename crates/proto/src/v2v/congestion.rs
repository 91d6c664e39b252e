//! How often a car may speak: decentralised congestion control, from how busy the channel is.
//!
//! Standard: the adaptive approach of ETSI TS 102 687 v1.2.1 (LIMERIC). Every 200 ms the part of
//! the channel's time that this station may use is reckoned anew,
//!
//! ```text
//! busy  = 0.5 busy + 0.5 (this window + the last one) / 2
//! part  = (1 - 0.016) part + clamp(0.0012 (target - busy), -0.00025, 0.0005)
//! ```
//!
//! kept between 0.0006 and 0.03; a message of air time `t` may be followed by the next after
//! `t / part`. Two deviations: the target is 0.5 instead of 0.68, because 2.4 GHz is shared with
//! Wi-Fi, which is already bad at half load; and the busy ratio is what the radio decodes plus
//! what was sent, because ESP-NOW measures no other: collisions and Wi-Fi are not in it. The busy
//! ratios that neighbours report count by the second largest, so that no single station can
//! silence its neighbours.

use core::time::Duration;

use v2x_units::Instant;

use crate::deadlines::{
    CAM_INTERVAL_MAX, CAM_INTERVAL_MIN, CHANNEL_REPORT_AGE_MAX, CHANNEL_WINDOW,
};
use crate::wire::certificate::HashedId8;
use crate::wire::geonet::ChannelLoad;

/// The busy ratio that all stations together approach.
pub const BUSY_TARGET: f64 = 0.5;
/// How quickly the part follows (alpha and beta of the standard).
const ALPHA: f64 = 0.016;
const BETA: f64 = 0.0012;
/// The most that one step adds and takes away.
const STEP_UP: f64 = 0.0005;
const STEP_DOWN: f64 = -0.00025;
/// The bounds of the part of the channel's time that one station uses.
const PART_MIN: f64 = 0.0006;
const PART_MAX: f64 = 0.03;
/// Windows that are made up for after a silence; then the channel counts as idle.
const WINDOWS_MAX: u32 = 50;

/// Bytes of an ESP-NOW frame around its payload of up to 250: header, vendor element, checksum.
const FRAME_OVERHEAD: usize = 43;
/// Bytes around each further piece of 250 in version 2.
const PIECE_OVERHEAD: usize = 7;
/// The bytes of one piece.
const PIECE: usize = 250;

/// How fast the radio sends: what comes before the bytes, and the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AirRate {
    preamble_micros: u32,
    kilobits_per_second: u32,
}

impl AirRate {
    /// 1 Mbit/s of 802.11b with the long preamble: what ESP-NOW sends at when nothing is set.
    pub const MBPS_1: Self = Self::new(192, 1_000);
    /// 2 Mbit/s of 802.11b.
    pub const MBPS_2: Self = Self::new(192, 2_000);
    /// 5.5 Mbit/s of 802.11b.
    pub const MBPS_5: Self = Self::new(192, 5_500);
    /// 11 Mbit/s of 802.11b.
    pub const MBPS_11: Self = Self::new(192, 11_000);
    /// 6 Mbit/s of 802.11g, with its signal extension.
    pub const MBPS_6: Self = Self::new(26, 6_000);

    /// Any other.
    #[must_use]
    pub const fn new(preamble_micros: u32, kilobits_per_second: u32) -> Self {
        Self {
            preamble_micros,
            kilobits_per_second: if kilobits_per_second == 0 {
                1
            } else {
                kilobits_per_second
            },
        }
    }

    /// How long a payload of so many bytes takes on the air.
    #[must_use]
    pub fn air_time(self, payload: usize) -> Duration {
        let pieces = payload.div_ceil(PIECE).max(1);
        let bytes = payload + FRAME_OVERHEAD + (pieces - 1) * PIECE_OVERHEAD;
        let bits = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(8);
        let micros = bits.saturating_mul(1_000) / u64::from(self.kilobits_per_second);
        Duration::from_micros(micros.saturating_add(self.preamble_micros.into()))
    }
}

/// What a neighbour says of the channel.
#[derive(Debug, Clone, Copy)]
struct Report {
    from: HashedId8,
    at: Instant,
    busy: u8,
}

/// How often this station may speak.
#[derive(Debug, Clone)]
pub struct CongestionControl {
    rate: AirRate,
    window: Instant,
    in_window: Duration,
    this: f64,
    last: f64,
    busy: f64,
    part: f64,
    /// The two largest reports, the larger first.
    reports: [Option<Report>; 2],
}

impl CongestionControl {
    /// Begins with an idle channel.
    #[must_use]
    pub const fn new(rate: AirRate) -> Self {
        Self {
            rate,
            window: Instant::BOOT,
            in_window: Duration::ZERO,
            this: 0.0,
            last: 0.0,
            busy: 0.0,
            part: PART_MAX,
            reports: [None; 2],
        }
    }

    /// The radio sends at another rate from now on.
    pub const fn set_rate(&mut self, rate: AirRate) {
        self.rate = rate;
    }

    /// A payload of so many bytes was on the air, ours or another's.
    pub fn on_air(&mut self, now: Instant, payload: usize) {
        self.busy_for(now, self.rate.air_time(payload));
    }

    /// The channel was busy for so long.
    pub fn busy_for(&mut self, now: Instant, time: Duration) {
        self.advance(now);
        self.in_window = self.in_window.saturating_add(time);
    }

    /// A neighbour, verified, reports how busy it hears the channel.
    pub fn reported(&mut self, now: Instant, from: HashedId8, load: ChannelLoad) {
        let new = Report {
            from,
            at: now,
            busy: load.local(),
        };
        let is_kept =
            |report: &Report| report.from != from && now.since(report.at) <= CHANNEL_REPORT_AGE_MAX;
        let mut largest = [None; 2];
        for report in self
            .reports
            .into_iter()
            .flatten()
            .filter(is_kept)
            .chain([new])
        {
            let busier = |other: Option<Report>| other.is_none_or(|it| report.busy > it.busy);
            if busier(largest[0]) {
                largest = [Some(report), largest[0]];
            } else if busier(largest[1]) {
                largest[1] = Some(report);
            }
        }
        self.reports = largest;
    }

    /// The busy ratio of the channel, 0 to 1, smoothed.
    #[must_use]
    pub const fn busy_ratio(&self) -> f64 {
        self.busy
    }

    /// What a packet of ours says of the channel.
    #[must_use]
    pub fn load(&self, now: Instant) -> ChannelLoad {
        ChannelLoad::new(byte(self.busy), byte(self.neighbours(now)))
    }

    /// T_GenCam_Dcc: the shortest time between two messages of so many bytes.
    #[must_use]
    pub fn shortest_interval(&self, payload: usize) -> Duration {
        let air_time = self.rate.air_time(payload).as_secs_f64();
        Duration::from_secs_f64(air_time / self.part).clamp(CAM_INTERVAL_MIN, CAM_INTERVAL_MAX)
    }

    /// Goes on to a moment.
    pub fn advance(&mut self, now: Instant) {
        let mut steps = 0;
        while now.since(self.window) >= CHANNEL_WINDOW {
            self.close_window();
            steps += 1;
            if steps >= WINDOWS_MAX {
                self.window = now;
            }
        }
    }

    fn close_window(&mut self) {
        self.window = self.window + CHANNEL_WINDOW;
        self.last = self.this;
        let ratio = self.in_window.as_secs_f64() / CHANNEL_WINDOW.as_secs_f64();
        self.this = ratio.min(1.0);
        self.in_window = Duration::ZERO;
        self.busy = 0.5 * self.busy + 0.25 * (self.this + self.last);
        let heard = self.busy.max(self.neighbours(self.window));
        let step = (BETA * (BUSY_TARGET - heard)).clamp(STEP_DOWN, STEP_UP);
        self.part = ((1.0 - ALPHA) * self.part + step).clamp(PART_MIN, PART_MAX);
    }

    /// The second largest busy ratio that neighbours report.
    fn neighbours(&self, now: Instant) -> f64 {
        self.reports[1]
            .filter(|report| now.since(report.at) <= CHANNEL_REPORT_AGE_MAX)
            .map_or(0.0, |report| f64::from(report.busy) / 255.0)
    }
}

/// A ratio in steps of 1/255.
fn byte(ratio: f64) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1 times 255"
    )]
    let steps = libm::round(ratio.clamp(0.0, 1.0) * 255.0) as u8;
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn air_time_is_that_of_the_table_of_esp_now() {
        // `esp-now.md`, section 6: body, and milliseconds of a broadcast at 1 Mbit/s.
        for (body, micros) in [(52, 952), (88, 1240), (150, 1736), (200, 2136), (250, 2536)] {
            let time = AirRate::MBPS_1.air_time(body);
            assert_eq!(time, Duration::from_micros(micros), "{body}");
        }
    }

    /// So many stations that all hear each other and send 180 bytes as often as they may.
    fn interval_among(stations: u32, seconds: u32) -> (Duration, f64) {
        let mut one = CongestionControl::new(AirRate::MBPS_1);
        let air_time = AirRate::MBPS_1.air_time(180);
        for window in 1..=seconds * 5 {
            let interval = one.shortest_interval(180);
            let sent = CHANNEL_WINDOW.as_secs_f64() / interval.as_secs_f64();
            let busy = air_time.mul_f64(sent * f64::from(stations));
            one.busy_for(Instant::BOOT + CHANNEL_WINDOW * (window - 1), busy);
        }
        (one.shortest_interval(180), one.busy_ratio())
    }

    #[test]
    fn few_stations_may_send_ten_times_a_second_and_sixty_share_the_channel() {
        assert_eq!(interval_among(5, 60).0, CAM_INTERVAL_MIN);
        let (interval, busy) = interval_among(60, 60);
        assert!(interval > Duration::from_millis(200), "{interval:?}");
        assert!(busy < BUSY_TARGET, "{busy}");
    }

    #[test]
    fn one_neighbour_alone_cannot_slow_us_down_and_two_can() {
        let full = ChannelLoad::new(255, 0);
        let mut control = CongestionControl::new(AirRate::MBPS_1);
        let mut slowed = Duration::ZERO;
        for (stations, step) in [(1_u8, 0), (2, 1)] {
            for second in 0..60 {
                let now = Instant::BOOT + Duration::from_secs(second + step * 60);
                for station in 0..stations {
                    control.reported(now, HashedId8([station; 8]), full);
                }
                control.advance(now);
            }
            let interval = control.shortest_interval(180);
            assert!(interval >= slowed);
            if stations == 1 {
                assert_eq!(interval, CAM_INTERVAL_MIN);
            }
            slowed = interval;
        }
        assert!(slowed > CAM_INTERVAL_MIN, "{slowed:?}");
    }

    #[test]
    fn channel_is_idle_again_after_a_long_silence() {
        let mut control = CongestionControl::new(AirRate::MBPS_1);
        for window in 0..100 {
            control.busy_for(Instant::BOOT + CHANNEL_WINDOW * window, CHANNEL_WINDOW);
        }
        assert!(control.busy_ratio() > 0.9);
        control.advance(Instant::BOOT + Duration::from_secs(100_000));
        assert!(control.busy_ratio() < 0.01);
    }
}
