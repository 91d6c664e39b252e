//! The protocols of the car and the station, sans-IO: bytes to values and back.
