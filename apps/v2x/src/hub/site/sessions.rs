//! Sessions, receipts and months of stations, out of what they told.

use v2x_roles::hub::{DeviceId, DeviceKind, EpisodeKind};
use v2x_store::StoreError;
use v2x_store::hub::{EpisodeRow, HubStore, SessionsAsked};
use v2x_units::UtcTime;
use v2x_web::types::{MonthReport, Receipt, Session, SessionDetail, SessionsQuery};
use v2x_web::{Answer, Refusal};

use super::super::fleet::Known;
use super::receipts::{self, Receipts};
use super::{HubSite, charging, shown, span};
use crate::site::month::Month;

/// The most sessions of a month that are added up: three thousand a day.
const SESSIONS: usize = 100_000;
/// Sessions in one answer where nothing is said.
const PAGE: u32 = 100;

impl HubSite {
    pub(super) fn chosen_sessions(&self, asked: &SessionsQuery) -> Answer<Vec<Session>> {
        let station = asked.station.as_deref();
        let station = station.map(|id| self.known(id)).transpose()?;
        let to = asked
            .to
            .map(|to| UtcTime::from_millis(to.saturating_sub(1)));
        let wanted = SessionsAsked {
            device: station.map(|known| known.row.id),
            slot: asked.slot,
            from: asked.from.map(UtcTime::from_millis),
            to,
            before: asked.before.clone(),
            most: usize::try_from(asked.limit.unwrap_or(PAGE)).unwrap_or(usize::MAX),
        };
        let (found, receipts) = self.charged(&wanted)?;
        let shown = found.iter();
        Ok(shown
            .map(|row| charging::session(&self.0, row, &receipts))
            .collect())
    }

    pub(super) fn explained_session(&self, station: &str, id: &str) -> Answer<SessionDetail> {
        let (_, row, receipts) = self.one_session(station, id)?;
        Ok(charging::detail(&self.0, &row, &receipts))
    }

    pub(super) fn told_receipt(&self, station: &str, id: &str) -> Answer<Receipt> {
        let (station, row, receipts) = self.one_session(station, id)?;
        let told = receipts.of(&row).ok_or_else(|| {
            let what = "the station told of no receipt of this session; a bill without signatures \
                        is at its own dashboard";
            Refusal::NotFound(what.to_owned())
        })?;
        let session = charging::session(&self.0, &row, &receipts);
        Ok(receipts::shown(&station, &session, told))
    }

    /// The prices of a station, as it told them.
    pub(super) fn told_tariffs(&self, station: &str) -> Answer<String> {
        let station = self.known(station)?;
        if station.row.kind != DeviceKind::Station {
            return Err(Refusal::NotKnownHere("tariffs of what is no station"));
        }
        shown::text(&station.client, "tariffs").ok_or_else(|| {
            let what = "the station has not told its prices; a newer program does";
            Refusal::NotFound(what.to_owned())
        })
    }

    pub(super) fn month(&self, station: &str, month: Option<&str>) -> Answer<MonthReport> {
        let station = self.known(station)?;
        if station.row.kind != DeviceKind::Station {
            return Err(Refusal::NotKnownHere("a month of what is no station"));
        }
        // As the station says; one that has not said it is in UTC.
        let zone = shown::text(&station.client, "time_zone").unwrap_or_default();
        let month = Month::of(&zone, month, self.0.now().as_millis())?;
        let device = station.row.id;
        let (from, to) = span(month.period()?);
        let wanted = SessionsAsked {
            device: Some(device),
            from: Some(from),
            to: Some(to),
            // One more says that there are more.
            most: SESSIONS + 1,
            ..SessionsAsked::default()
        };
        let (mut found, receipts) = self.charged(&wanted)?;
        let is_cut = found.len() > SESSIONS;
        found.truncate(SESSIONS);
        let behind = self.0.fleet.behind(device).into_iter();
        let slots: Vec<Known> = behind.filter_map(|id| self.0.fleet.get(id)).collect();
        let ended = found.iter();
        let ended = ended.filter_map(|row| charging::ended(row, &receipts, &slots));
        Ok(MonthReport {
            is_cut,
            ..month.add_up(ended)
        })
    }

    /// Sessions of some choice, newest first, and what was told of their receipts.
    fn charged(&self, wanted: &SessionsAsked) -> Answer<(Vec<EpisodeRow>, Receipts)> {
        self.read(|store| {
            let sessions = store.sessions(wanted)?;
            let receipts = receipts_of(store, wanted.device, &sessions)?;
            Ok((sessions, receipts))
        })
    }

    fn one_session(&self, station: &str, id: &str) -> Answer<(Known, EpisodeRow, Receipts)> {
        let station = self.known(station)?;
        let device = station.row.id;
        let found = self.read(|store| {
            let Some(row) = store.episode(EpisodeKind::Session, device, id)? else {
                return Ok(None);
            };
            let receipts = receipts_of(store, Some(device), std::slice::from_ref(&row))?;
            Ok(Some((row, receipts)))
        })?;
        let (row, receipts) = found.ok_or_else(|| {
            let id: String = id.chars().take(60).collect();
            Refusal::NotFound(format!(
                "there is no session {id:?}; /api/v1/sessions lists them"
            ))
        })?;
        Ok((station, row, receipts))
    }
}

/// What was told of the receipts of some sessions: by their names, and around their times.
fn receipts_of(
    store: &HubStore,
    device: Option<DeviceId>,
    sessions: &[EpisodeRow],
) -> Result<Receipts, StoreError> {
    let mut told = store.receipts_of(sessions)?;
    // One that goes on has none.
    let over = sessions.iter().filter(|row| row.end.is_some());
    let from = over.clone().filter_map(|row| row.start).min();
    let to = over.filter_map(|row| row.end).max();
    if let Some((from, to)) = from.zip(to) {
        let around = (from, to + receipts::RECEIPT_WITHIN);
        let near = store.episodes(EpisodeKind::Receipt, device, around, SESSIONS)?;
        // Whose session is named is found by its name.
        let loose = near.into_iter();
        told.extend(loose.filter(|row| !row.detail.contains_key("transaction")));
    }
    Ok(Receipts::new(told))
}
