//! A DBC becomes decoder tables; a CAN frame becomes signals with their validity.
