//! Sessions out of the store: lists, the explained bill, the receipt.

use v2x_charging::{Authorisation, EndReason, TransactionId};
use v2x_store::{Chosen, Store, StoreError, StoredSession, V2gReceipt};
use v2x_units::UtcTime;
use v2x_web::types::{Receipt, Session, SessionDetail, SessionsQuery, SignedBytes, Slot};
use v2x_web::{Answer, Refusal, Sentence};

use super::ID;
use crate::commands::session::{self as told, Found};
use crate::keys::hex;
use crate::site::{Readers, bill, ms};

/// Sessions in one answer where nothing is said.
const SESSIONS: u32 = 100;

/// Sessions of some choice, newest first.
pub(super) fn chosen(
    readers: &Readers,
    slots: &[Slot],
    asked: &SessionsQuery,
) -> Answer<Vec<Session>> {
    if asked
        .station
        .as_deref()
        .is_some_and(|station| station != ID)
    {
        return Ok(Vec::new());
    }
    let Ok(slot) = asked.slot.map(u8::try_from).transpose() else {
        return Ok(Vec::new());
    };
    let before = asked.before.as_deref().map(transaction).transpose()?;
    let chosen = Chosen {
        slot,
        from: asked.from.map(UtcTime::from_millis),
        to: asked.to.map(UtcTime::from_millis),
        before,
        limit: usize::try_from(asked.limit.unwrap_or(SESSIONS)).unwrap_or(usize::MAX),
    };
    readers.ask(|store| {
        let sessions = store.chosen_sessions(&chosen)?;
        let sessions = sessions.iter().map(|it| session(store, slots, it));
        sessions.collect()
    })
}

/// One session with what explains its bill.
pub(super) fn detail(readers: &Readers, slots: &[Slot], id: &str) -> Answer<SessionDetail> {
    let found = find(readers, id)?;
    let session = readers.ask(|store| session(store, slots, &found.session))?;
    let times = || found.values.iter().filter_map(|value| value.utc);
    let head = &found.session.head;
    Ok(SessionDetail {
        session,
        lines: found
            .bill
            .as_ref()
            .map(|bill| {
                let total = bill.total.as_ref().ok();
                bill::shown(&bill.lines, total.map(|total| total.currency.as_str()))
            })
            .unwrap_or_default(),
        samples_from: times().min().map(ms),
        samples_to: times().max().map(ms),
        tariff: Some(format!(
            "{}, version {}",
            head.tariff_id, head.tariff_version
        )),
        explanation: told::sentences(&found)
            .into_iter()
            .map(Sentence::of)
            .collect(),
    })
}

/// The receipt of an ended session.
pub(super) fn receipt(readers: &Readers, id: &str) -> Answer<Receipt> {
    let found = find(readers, id)?;
    let text = told::receipt_text(&found).map_err(Refusal::NotFound)?;
    let signed = readers.ask(|store| store.v2g_receipt_of(found.session.head.transaction))?;
    Ok(Receipt {
        text,
        signed_by: signed.as_ref().map(|receipt| receipt.evse.clone()),
        countersigned: (signed.as_ref()).is_some_and(|receipt| receipt.countersignature.is_some()),
        not_certified_meter: true,
        signed: signed.map(|receipt| SignedBytes {
            receipt: hex::of(&receipt.receipt),
            signature: hex::of(&receipt.signature),
            countersignature: receipt.countersignature.as_deref().map(hex::of),
        }),
    })
}

fn transaction(id: &str) -> Answer<TransactionId> {
    id.parse().map_err(|_| no_session(id))
}

fn no_session(id: &str) -> Refusal {
    let id: String = id.chars().take(60).collect();
    Refusal::NotFound(format!(
        "there is no session {id:?}; /api/v1/sessions lists them"
    ))
}

fn find(readers: &Readers, id: &str) -> Answer<Found> {
    let transaction = transaction(id)?;
    let found = readers.ask(|store| match store.session(transaction)? {
        Some(session) => Found::of(store, session).map(Some),
        None => Ok(None),
    })?;
    found.ok_or_else(|| no_session(id))
}

fn session(store: &Store, slots: &[Slot], it: &StoredSession) -> Result<Session, StoreError> {
    let (head, newest) = (&it.head, &it.newest);
    let id = head.transaction.to_string();
    let bill = store.bill(head.transaction)?;
    let total = bill.as_ref().and_then(|bill| bill.total.as_ref().ok());
    let mut cost = total.map(|total| (total.amount.clone(), total.currency.clone()));
    let open = slots.iter().filter_map(|slot| slot.session.as_ref());
    let open = open
        .filter(|_| newest.ended.is_none())
        .find(|open| open.id == id);
    let mut energy_wh = Some(newest.energy.plausible.kilowatt_hours() * 1000.0);
    if let Some(open) = open {
        cost = open.cost.clone().zip(open.currency.clone());
        energy_wh = open.energy_wh;
    }
    let (cost, currency) = cost.unzip();
    // By the clock that cannot jump, as the bill.
    let end = newest
        .ended
        .and(newest.started)
        .map(|started| started + newest.elapsed);
    Ok(Session {
        id,
        station: ID.to_owned(),
        slot: head.slot.into(),
        vehicle: vehicle(it, store.v2g_receipt_of(head.transaction)?),
        start: newest.started.map(ms),
        end: end.map(ms),
        energy_wh,
        doubtful_energy_wh: Some(newest.energy.doubtful.kilowatt_hours() * 1000.0),
        cost,
        currency,
        state: match newest.ended {
            Some(_) => "ended".to_owned(),
            None => newest.state.to_string(),
        },
        end_reason: newest
            .ended
            .map(|reason| EndReason::ocpp(reason).to_owned()),
        receipt: total.is_some() && newest.started.is_some() && newest.ended.is_some(),
    })
}

/// The car, as its receipt names it, or else by the digest that released the slot.
pub(super) fn vehicle(it: &StoredSession, receipt: Option<V2gReceipt>) -> Option<String> {
    if let Some(receipt) = receipt {
        return Some(receipt.evcc);
    }
    match it.newest.authorisation {
        Authorisation::Car(digest) => {
            Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
        }
        Authorisation::None | Authorisation::Operator => None,
    }
}
