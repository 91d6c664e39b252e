//! What was charged for: the bill of an ended session, its amounts as decimal texts.

use rusqlite::Transaction;
use v2x_charging::{Energy, TransactionId};

use crate::error::StoreError;
use crate::open::Store;

/// The bill of a session, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillRow {
    /// The energy charged for.
    pub energy: Energy,
    /// Currency and total, or why the session could not be billed.
    pub total: Result<Total, String>,
    /// The lines, which add up to the total.
    pub lines: Vec<BillLineRow>,
}

/// What is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The currency, an ISO 4217 code.
    pub currency: String,
    /// The amount as a decimal text.
    pub amount: String,
}

/// One line of a bill; numbers as decimal texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLineRow {
    /// What it is for.
    pub kind: String,
    /// The period of the week; `None` for the base price.
    pub period: Option<String>,
    /// How much.
    pub quantity: String,
    /// The price of one.
    pub price: String,
    /// The exact amount before rounding.
    pub exact: String,
    /// What is paid.
    pub amount: String,
}

impl Store {
    /// The bill of a session; `None` while it is open.
    ///
    /// # Errors
    /// The disk's.
    pub fn bill(&self, transaction: TransactionId) -> Result<Option<BillRow>, StoreError> {
        let lines = self.rows(
            "SELECT l.kind, l.period, l.quantity, l.price, l.exact, l.amount
             FROM bill_line l JOIN charging_session s ON s.number = l.session
             WHERE s.transaction_id = ?1 ORDER BY l.line",
            [transaction.bytes()],
            |row| {
                Ok(BillLineRow {
                    kind: row.get(0)?,
                    period: row.get(1)?,
                    quantity: row.get(2)?,
                    price: row.get(3)?,
                    exact: row.get(4)?,
                    amount: row.get(5)?,
                })
            },
        )?;
        let bills = self.rows(
            "SELECT b.energy_mwh, b.currency, b.total, b.unbilled
             FROM bill b JOIN charging_session s ON s.number = b.session
             WHERE s.transaction_id = ?1",
            [transaction.bytes()],
            |row| {
                let total = match row.get(3)? {
                    Some(why) => Err(why),
                    None => Ok(Total {
                        currency: row.get(1)?,
                        amount: row.get(2)?,
                    }),
                };
                Ok(BillRow {
                    energy: Energy::from_milliwatt_hours(row.get(0)?),
                    total,
                    lines: Vec::new(),
                })
            },
        )?;
        Ok(bills
            .into_iter()
            .next()
            .map(|bill| BillRow { lines, ..bill }))
    }
}

/// Writes a bill inside somebody else's transaction.
pub(super) fn insert(tx: &Transaction<'_>, session: i64, bill: &BillRow) -> rusqlite::Result<()> {
    let (currency, total, unbilled) = match &bill.total {
        Ok(total) => (Some(&total.currency), Some(&total.amount), None),
        Err(why) => (None, None, Some(why)),
    };
    tx.prepare_cached(
        "INSERT INTO bill (session, energy_mwh, currency, total, unbilled)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        session,
        bill.energy.milliwatt_hours(),
        currency,
        total,
        unbilled,
    ))?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO bill_line (session, line, kind, period, quantity, price, exact, amount)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (line, number) in bill.lines.iter().zip(1_i64..) {
        statement.execute((
            session,
            number,
            &line.kind,
            &line.period,
            &line.quantity,
            &line.price,
            &line.exact,
            &line.amount,
        ))?;
    }
    Ok(())
}
