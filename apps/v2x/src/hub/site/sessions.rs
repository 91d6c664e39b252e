//! Sessions, receipts and months of stations, out of what they told.

use serde_json::Value as Json;
use v2x_roles::hub::{DeviceId, DeviceKind, EpisodeKind};
use v2x_store::hub::EpisodeRow;
use v2x_units::UtcTime;
use v2x_web::types::{MonthReport, Receipt, Session, SessionDetail, SessionsQuery};
use v2x_web::{Answer, Refusal};

use super::super::fleet::Known;
use super::{ALL, HubSite, charging, shown, span};
use crate::site::month::Month;

/// The most sessions that are gone through for one answer: years of a station with fifty a day.
const SESSIONS: usize = 100_000;

impl HubSite {
    pub(super) fn chosen_sessions(&self, asked: &SessionsQuery) -> Answer<Vec<Session>> {
        let station = asked.station.as_deref();
        let station = station.map(|id| self.known(id)).transpose()?;
        let device = station.map(|known| known.row.id);
        let from = UtcTime::from_millis(asked.from.unwrap_or(0));
        let to = asked
            .to
            .map_or(ALL.1, |to| UtcTime::from_millis(to.saturating_sub(1)));
        // All of the stretch: the page is cut out of it below.
        let (found, receipts) = self.charged(device, (from, to))?;
        let of_slot = found.iter().filter(|row| {
            let slot = row.detail.get("slot").and_then(Json::as_u64);
            asked.slot.is_none_or(|wanted| slot == Some(wanted.into()))
        });
        let all: Vec<_> = of_slot.collect();
        let begin = match &asked.before {
            None => 0,
            Some(before) => {
                let place = all.iter().position(|row| row.id == *before);
                place.map_or(all.len(), |place| place + 1)
            }
        };
        let limit = usize::try_from(asked.limit.unwrap_or(100)).unwrap_or(usize::MAX);
        let page = all.into_iter().skip(begin).take(limit);
        Ok(page
            .map(|row| charging::session(&self.0, row, &receipts))
            .collect())
    }

    pub(super) fn explained_session(&self, station: &str, id: &str) -> Answer<SessionDetail> {
        let (_, row, receipts) = self.one_session(station, id)?;
        Ok(charging::detail(&self.0, &row, &receipts))
    }

    pub(super) fn told_receipt(&self, station: &str, id: &str) -> Answer<Receipt> {
        let (station, row, receipts) = self.one_session(station, id)?;
        let told = charging::receipt_of(&row, &receipts).ok_or_else(|| {
            let what = "the station told of no receipt of this session; a bill without signatures \
                        is at its own dashboard";
            Refusal::NotFound(what.to_owned())
        })?;
        let session = charging::session(&self.0, &row, &receipts);
        Ok(charging::receipt(&station, &session, told))
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
        let (found, receipts) = self.charged(Some(device), span(month.period()?))?;
        let behind = self.0.fleet.behind(device).into_iter();
        let slots: Vec<Known> = behind.filter_map(|id| self.0.fleet.get(id)).collect();
        let ended = found.iter();
        Ok(month.add_up(ended.filter_map(|row| charging::ended(row, &receipts, &slots))))
    }

    /// Sessions that began in a stretch of time, newest first, and what was told of receipts since.
    fn charged(
        &self,
        device: Option<DeviceId>,
        (from, to): (UtcTime, UtcTime),
    ) -> Answer<(Vec<EpisodeRow>, Vec<EpisodeRow>)> {
        self.read(|store| {
            let (session, receipt) = (EpisodeKind::Session, EpisodeKind::Receipt);
            let sessions = store.episodes(session, device, (from, to), SESSIONS)?;
            let over = sessions.iter().filter_map(|row| row.end).max();
            let told = (from, over.unwrap_or(to) + charging::RECEIPT_WITHIN);
            let receipts = store.episodes(receipt, device, told, SESSIONS)?;
            Ok((sessions, receipts))
        })
    }

    fn one_session(&self, station: &str, id: &str) -> Answer<(Known, EpisodeRow, Vec<EpisodeRow>)> {
        let station = self.known(station)?;
        let device = station.row.id;
        let found = self.read(|store| {
            let Some(row) = store.episode(EpisodeKind::Session, device, id)? else {
                return Ok(None);
            };
            // One that goes on has none.
            let told = row.start.zip(row.end);
            let receipts = told.map_or(Ok(Vec::new()), |(start, end)| {
                let told = (start, end + charging::RECEIPT_WITHIN);
                store.episodes(EpisodeKind::Receipt, Some(device), told, SESSIONS)
            })?;
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
