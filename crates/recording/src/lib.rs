//! The files people keep of a drive: candump logs and the prototype's CSV tables, read and written.
