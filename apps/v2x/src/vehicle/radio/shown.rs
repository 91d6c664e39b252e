//! The traffic around as the dashboard shows it.

use std::collections::BTreeMap;

use v2x_proto::v2v::{LocalDynamicMap, Neighbour as InSight, V2vCounters};
use v2x_roles::vehicle::radio::GivenWarning;
use v2x_roles::vehicle::radio::traffic::station_of;
use v2x_units::{Degrees, Instant, Meters, Position, UtcTime};
use v2x_web::Said;
use v2x_web::types::{
    LinkAtDistance, Neighbour, NeighbourKind, Position as Place, V2x, Warning as WarningShown,
};

use crate::vehicle::site::snake;

/// Metres per second in kilometres per hour.
const KMH: f64 = 3.6;

/// Everything that V2V knows of the traffic.
pub(super) fn traffic(
    now: Instant,
    own: Option<(Position, Option<Degrees>)>,
    map: &LocalDynamicMap,
    counters: &V2vCounters,
    warnings: &[GivenWarning],
) -> V2x {
    let place = own.map(|(place, _)| place);
    let cars = map.neighbours().iter().map(|it| neighbour(now, place, it));
    let stations = map.charging_stations().iter().map(|it| Neighbour {
        station_id: it.station.raw().to_string(),
        kind: NeighbourKind::Station,
        latitude: Some(it.position.latitude().get()),
        longitude: Some(it.position.longitude().get()),
        speed_kmh: None,
        heading: None,
        age_ms: age_ms(now, it.heard),
        confidence: None,
        verified: true,
        legacy: false,
        rssi_dbm: it.rssi_dbm.map(f64::from),
        delivery_ratio: None,
        age_of_information_ms: None,
        distance_m: place.map(|place| it.distance(place).get()),
    });
    V2x {
        own: own.map(|(place, heading)| Place {
            latitude: place.latitude().get(),
            longitude: place.longitude().get(),
            heading: heading.map(Degrees::get),
        }),
        neighbours: cars.chain(stations).collect(),
        heard: None,
        warnings: warnings.iter().map(|it| warning(it, None)).collect(),
        link_by_distance: by_distance(now, place, map),
        counters: counted(counters),
    }
}

fn neighbour(now: Instant, own: Option<Position>, it: &InSight) -> Neighbour {
    let position = it.position(now);
    Neighbour {
        station_id: it.station.raw().to_string(),
        kind: NeighbourKind::Car,
        latitude: Some(position.latitude().get()),
        longitude: Some(position.longitude().get()),
        speed_kmh: it.claim.speed.map(|speed| speed.get() * KMH),
        heading: it.claim.heading.map(Degrees::get),
        age_ms: age_ms(now, it.last_heard),
        confidence: Some(f64::from(it.confidence(now).get()) / 100.0),
        verified: true,
        legacy: false,
        rssi_dbm: it.quality.last_rssi_dbm.map(f64::from),
        delivery_ratio: it.quality.delivery_ratio(),
        age_of_information_ms: it.quality.peak_age().map(|age| age.as_secs_f64() * 1000.0),
        distance_m: own.map(|own| it.distance(now, own).get()),
    }
}

pub(super) fn age_ms(now: Instant, heard: Instant) -> u64 {
    u64::try_from(now.since(heard).as_millis()).unwrap_or(u64::MAX)
}

/// How well others are heard now, by how far away they are; the messages are those of all time.
fn by_distance(now: Instant, own: Option<Position>, map: &LocalDynamicMap) -> Vec<LinkAtDistance> {
    let mean = |values: Vec<f64>| {
        let count = f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX));
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / count)
    };
    let mut begin = 0.0;
    let mut bins = Vec::new();
    for (end, bin) in map.rssi_by_distance().bins() {
        let is_here = |distance: Meters| {
            distance.get() >= begin && end.is_none_or(|end| distance.get() < end)
        };
        let near = map.neighbours().iter();
        let near: Vec<_> = near
            .filter(|it| own.is_some_and(|own| is_here(it.distance(now, own))))
            .collect();
        let ratios = near.iter().filter_map(|it| it.quality.delivery_ratio());
        let ages = near.iter().filter_map(|it| it.quality.peak_age());
        bins.push(LinkAtDistance {
            from_m: begin,
            to_m: end,
            delivery_ratio: mean(ratios.collect()),
            age_of_information_ms: mean(ages.map(|age| age.as_secs_f64() * 1000.0).collect()),
            messages: bin.messages.into(),
        });
        begin = end.unwrap_or(begin);
    }
    bins
}

/// What became of messages, in few words; all reasons of refusal under their own names beside.
fn counted(counters: &V2vCounters) -> BTreeMap<String, u64> {
    let verified = counters.cams + counters.denms + counters.vehicle_data + counters.announcements;
    let sum = |reasons: &[&str]| reasons.iter().map(|it| counters.refused_for(it)).sum();
    let mut counted: BTreeMap<String, u64> = counters
        .refused()
        .map(|(reason, count)| (format!("refused_{reason}"), count))
        .collect();
    for (name, count) in [
        ("verified", verified),
        (
            "forged",
            sum(&[
                "signature",
                "certificate_signature",
                "bad_key",
                "not_signed",
            ]),
        ),
        ("replayed", sum(&["replay"])),
        ("expired", sum(&["certificate_expired", "not_fresh"])),
        ("revoked", sum(&["revoked"])),
        (
            "unknown_signer",
            sum(&["unknown_signer", "unknown_issuer", "untrusted_root"]),
        ),
        ("heard", counters.heard),
        ("sent", counters.sent_cams + counters.sent_denms),
        ("pseudonym_changes", counters.pseudonym_changes),
    ] {
        counted.insert(name.to_owned(), count);
    }
    counted
}

/// A warning as it is shown; `ended` when it is over.
pub(super) fn warning(named: &GivenWarning, ended: Option<UtcTime>) -> WarningShown {
    let warning = &named.warning;
    let reason = warning.to_string();
    WarningShown {
        id: named.name.clone(),
        ts: named.since.as_millis(),
        kind: snake(&format!("{:?}", warning.kind)),
        said: Said::of(&reason),
        reason: Some(reason),
        confidence: Some(f64::from(warning.confidence.get()) / 100.0),
        station_id: Some(station_of(warning.subject)),
        distance_m: Some(warning.distance.get()),
        ended: ended.map(UtcTime::as_millis),
    }
}
