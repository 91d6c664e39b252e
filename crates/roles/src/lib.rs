//! What the vehicle and the station decide, fed with inputs and the time.
