-- Which charging session of this station a receipt is of; empty on a vehicle, and where nobody knew.
ALTER TABLE v2g_receipt ADD COLUMN transaction_id BLOB CHECK (length(transaction_id) = 16);
CREATE INDEX v2g_receipt_of_session ON v2g_receipt (transaction_id);
