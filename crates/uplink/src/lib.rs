//! ThingsBoard and plain MQTT: topics, payloads and pacing.
