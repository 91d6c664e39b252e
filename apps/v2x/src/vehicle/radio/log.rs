//! What V2G and V2V tell, as lines of the daemon's log.

use tracing::{debug, info, warn};

use super::{ToldByV2g, ToldByV2v};

/// Tells a person what happened between the car and a station.
pub(super) fn v2g(told: &ToldByV2g) {
    match told {
        ToldByV2g::Session(Some((session, station))) => {
            info!(?session, station, "charging session over the radio");
        }
        ToldByV2g::Session(None) => info!("the charging session is over"),
        ToldByV2g::Receipt(..) => info!("receipt countersigned"),
        ToldByV2g::Status(..) => {}
        ToldByV2g::Event(kind, detail) => match *kind {
            "v2g_station_proven" => info!(%detail, "station proven"),
            "v2g_receipt_disputed" => {
                warn!(%detail, "the receipt is not ours or not genuine: not signed");
            }
            kind => info!(kind, %detail, "V2G"),
        },
    }
}

/// Tells a person what happened among cars.
pub(super) fn v2v(told: &ToldByV2v) {
    let ToldByV2v::Event { kind, detail, .. } = told else {
        return;
    };
    match *kind {
        "v2v_warning" => warn!(%detail, "V2V: warning"),
        "v2v_neighbour_appeared" => info!(%detail, "V2V: a neighbour is in sight"),
        "v2v_charging_station" => info!(%detail, "a charging station announces itself"),
        "v2v_own_event" => info!(%detail, "V2V: the car reports itself"),
        "v2v_silent" => info!(%detail, "V2V: silent"),
        "v2v_speaking" => info!("V2V: speaking"),
        kind => debug!(kind, %detail, "V2V"),
    }
}
