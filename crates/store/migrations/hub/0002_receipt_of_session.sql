-- Which receipt is of a session: its station tells it.
CREATE INDEX episode_transaction ON episode (device, json_extract(body, '$.transaction'))
    WHERE kind = 'receipt';
