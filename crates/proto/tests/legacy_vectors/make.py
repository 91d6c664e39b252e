#!/usr/bin/env python3
"""Writes vectors.txt: every struct of the prototype's radio, laid out as a C compiler would.

The structs are declared as the prototype declares them, with the field order of the reference
page on its wire formats; ctypes decides where the fields lie. No code of this project takes part.
The page's own vectors stand in the test itself. Run: python3 make.py > vectors.txt
"""

import ctypes
from ctypes import c_bool, c_char, c_float, c_uint16, c_uint32, c_uint8

MAC = c_uint8 * 6
CAR = MAC(0xEC, 0x64, 0xC9, 0x91, 0xB2, 0x90)
STATION = MAC(0x4C, 0x11, 0xAE, 0xB3, 0x84, 0x30)


def struct(name, fields):
    return type(name, (ctypes.LittleEndianStructure,), {"_fields_": fields})


VALUE = [("value", c_uint32), ("mac", MAC)]
ROAD = [("soc", c_uint16), ("speed", c_float), ("odometer", c_float), ("display", c_float)]
BATTERY = [("voltage", c_float), ("current", c_float), ("energy", c_float), ("status", c_uint8)]
DRIVE = [("speed", c_float), ("pedal", c_float), ("gear", c_char * 4), ("brake", c_uint8)]
PLACE = [("latitude", c_float), ("longitude", c_float), ("altitude", c_float)]
WISH = [("charging", c_bool), ("desired", c_float), ("ready", c_bool)]
OWN = [("mac", MAC), ("timestamp", c_uint32)]
EVCS = [
    ("cost", c_float),
    ("per_kwh", c_float),
    ("max_power", c_float),
    ("session", c_uint32),
    ("available", c_bool),
]
HEAD = [("soc", c_uint16)]
VALID = [("valid", c_uint8)]

OFFER = [
    ("voltage", c_float),
    ("max_current", c_float),
    ("max_power", c_float),
    ("per_kwh", c_float),
    ("energy", c_float),
    ("cost", c_float),
    ("available", c_bool),
]
SESSION = [("session", c_uint32), ("timestamp", c_uint32)]
ASK = [
    ("soc", c_uint16),
    ("voltage", c_float),
    ("current", c_float),
    ("capacity", c_float),
    ("desired", c_float),
    ("ready", c_bool),
    ("stop", c_bool),
]

STRUCTS = {
    "item_v0": VALUE,
    "item_v1": ROAD + [("mac", MAC)],
    "item_v2": ROAD + BATTERY + [("mac", MAC)],
    "item_v3": HEAD + BATTERY + DRIVE + PLACE + WISH + OWN,
    "item_v4": HEAD + BATTERY + DRIVE + PLACE + VALID + WISH + OWN,
    "item_v5": HEAD + BATTERY + DRIVE + PLACE + VALID + WISH + OWN + EVCS,
    "evcs_to_vehicle_v1": [("mac", MAC)] + OFFER + SESSION,
    "evcs_to_vehicle_v1b": [("mac", MAC)] + OFFER + SESSION + [("active", c_bool)],
    "evcs_to_vehicle_v2g": [("mac", MAC)] + OFFER + SESSION + [("type", c_uint8)],
    "evcs_to_vehicle_v2": [("mac", MAC)] + PLACE + OFFER + SESSION,
    "vehicle_to_evcs_v1": [("mac", MAC)] + ASK + SESSION,
    "vehicle_to_evcs_v2g": [("mac", MAC)] + ASK + SESSION + [("type", c_uint8)],
    "vehicle_to_evcs_v2": [("mac", MAC)] + PLACE + VALID + ASK + SESSION,
    "vehicle_v2v_data": [
        ("mac", MAC),
        ("latitude", c_float),
        ("longitude", c_float),
        ("speed", c_float),
        ("acceleration", c_float),
        ("brake", c_uint8),
        ("gear", c_uint8),
        ("heading", c_float),
        ("timestamp", c_uint32),
        ("type", c_uint8),
    ],
}

PLACE_OF_CAR = {"latitude": 10.25, "longitude": -20.5, "altitude": 143.25}
CAR_VALUES = {
    "value": 4711,
    "soc": 72,
    "speed": 35.5,
    "odometer": 12345.5,
    "display": 37.25,
    "voltage": 57.5,
    "current": 32.25,
    "energy": 4.25,
    "status": 0x2A,
    "pedal": 12.5,
    "gear": b"Dri",
    "brake": 1,
    **PLACE_OF_CAR,
    "valid": 15,
    "charging": True,
    "desired": 100.0,
    "ready": True,
    "mac": CAR,
    "timestamp": 123456,
    "capacity": 6.125,
    "stop": True,
    "session": 58,
    "acceleration": -1.25,
    "heading": 271.5,
    "type": 1,
}
STATION_VALUES = {
    "mac": STATION,
    **PLACE_OF_CAR,
    "voltage": 225.5,
    "max_current": 13.0,
    "max_power": 3000.0,
    "per_kwh": 1.5,
    "energy": 0.125,
    "cost": 0.1875,
    "available": True,
    "session": 58,
    "timestamp": 810752,
    "active": False,
    "type": 1,
}

for name, fields in STRUCTS.items():
    values = STATION_VALUES if name.startswith("evcs") else dict(CAR_VALUES)
    if name == "vehicle_v2v_data":
        values.update(type=2, gear=3)
    kind = struct(name, fields)
    # The cost and the other fields of a station are 0 in a car's Item.
    own = {} if not name.startswith("item") else {field: 0 for field, _ in EVCS}
    whole = kind(**{field: {**values, **own}[field] for field, _ in fields})
    print(name, bytes(whole).hex())
