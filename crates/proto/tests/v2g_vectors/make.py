#!/usr/bin/env python3
"""Writes vectors.txt: a handshake, credentials and the first messages of a V2G session.

Made from docs/protocol/v2g.md with `noiseprotocol` 0.3 and `cryptography`, without any code of
this project. All keys are invented. Run: python3 make.py > vectors.txt
"""

import hashlib
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from noise.connection import Keypair, NoiseConnection

BEGINNING = 1767225600


def secret(label):
    """32 bytes that everybody can make again."""
    return hashlib.sha256(b"twizy-v2x vector " + label.encode()).digest()


def p256(label):
    return ec.derive_private_key(int.from_bytes(secret(label), "big"), ec.SECP256R1())


def point(key):
    encoding = serialization.Encoding.X962
    return key.public_key().public_bytes(encoding, serialization.PublicFormat.CompressedPoint)


def sign(key, message):
    """RFC 6979, as r and s of 32 bytes."""
    signature = key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    r, s = utils.decode_dss_signature(signature)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def x25519_public(label):
    key = x25519.X25519PrivateKey.from_private_bytes(secret(label))
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    return key.public_key().public_bytes(*raw)


def text(value):
    return bytes([len(value)]) + value.encode()


def authority_id():
    return hashlib.sha256(point(p256("authority"))).digest()[-8:]


def credential(role, permissions, serial, label, name):
    fields = bytes([1, role, permissions]) + authority_id() + struct.pack("<Q", serial)
    fields += struct.pack("<II", BEGINNING - 86400, BEGINNING + 86400)
    fields += x25519_public(label + " x25519") + point(p256(label + " p256")) + text(name)
    return fields + sign(p256("authority"), b"twizy-v2x credential 1\0" + fields)


def revocations(number, serials):
    fields = b"\x01" + authority_id()
    fields += struct.pack("<IIIH", number, BEGINNING, BEGINNING + 86400, len(serials))
    fields += b"".join(struct.pack("<Q", serial) for serial in serials)
    return fields + sign(p256("authority"), b"twizy-v2x revocations 1\0" + fields)


def side(initiator, label):
    noise = NoiseConnection.from_name(b"Noise_XX_25519_ChaChaPoly_SHA256")
    noise.set_prologue(b"twizy-v2x v2g 1")
    noise.set_keypair_from_private_bytes(Keypair.STATIC, secret(label + " x25519"))
    noise.set_keypair_from_private_bytes(Keypair.EPHEMERAL, secret(label + " ephemeral"))
    (noise.set_as_initiator if initiator else noise.set_as_responder)()
    noise.start_handshake()
    return noise


CHANNEL = struct.pack("<I", 0x0A0B0C0D)
counters = {}


def seal(key, number, kind, body):
    counter = counters.get(key, 0)
    counters[key] = counter + 1
    plaintext = struct.pack("<HB", number, kind) + body + b"\x80"
    plaintext += b"\0" * (len(plaintext) % 2)
    header = b"\xa7" + CHANNEL + struct.pack("<Q", counter)
    nonce = bytes(4) + struct.pack("<Q", counter)
    return header + ChaCha20Poly1305(key).encrypt(nonce, plaintext, header)


def show(name, value):
    print(f"{name} {value.hex()}")


car, station = side(True, "car"), side(False, "station")
car_credential = credential(2, 1, 0x1122334455667788, "car", "twizy-1")
station_credential = credential(1, 0, 7, "station", "MA*HEL*E0001*1")
for owner in ("authority", "car", "station"):
    show(owner + "_p256", secret(owner if owner == "authority" else owner + " p256"))
for owner in ("car", "station"):
    show(owner + "_x25519", secret(owner + " x25519"))
    show(owner + "_ephemeral", secret(owner + " ephemeral"))
show("car_credential", car_credential)
show("station_credential", station_credential)
show("revocations", revocations(5, [3, 9]))

messages = [bytes(car.write_message())]
station.read_message(messages[0])
messages.append(bytes(station.write_message()))
car.read_message(messages[1])
messages.append(bytes(car.write_message()))
station.read_message(messages[2])
for number, (kind, message) in enumerate(zip((0xA1, 0xA3, 0xA5), messages), 1):
    show(f"handshake_{number}", bytes([kind]) + CHANNEL + message)

from_car = car.noise_protocol.cipher_state_encrypt.k
from_station = car.noise_protocol.cipher_state_decrypt.k
session = bytes(range(1, 9))
show("station_shows_credential", seal(from_station, 0, 0x01, station_credential))
show("car_shows_credential", seal(from_car, 1, 0x01, car_credential))
show("verdict", seal(from_station, 1, 0x82, b"\0"))
show("session_setup_req", seal(from_car, 2, 0x10, bytes(8)))
show("session_setup_res", seal(from_station, 2, 0x90, b"\0" + session))
show("authorization_req", seal(from_car, 3, 0x11, b""))
show("authorization_res", seal(from_station, 3, 0x91, b""))

receipt = session + struct.pack("<III", BEGINNING, BEGINNING + 900, 501) + b"\0"
receipt += struct.pack("<qB", 7515, 4) + b"MAD" + text("day-2026")
receipt += text("MA*HEL*E0001*1") + text("twizy-1")
signature = sign(p256("station p256"), b"twizy-v2x receipt 1\0" + receipt)
show("receipt", receipt)
show("receipt_signature", signature)
context = b"twizy-v2x countersignature 1\0"
show("receipt_countersignature", sign(p256("car p256"), context + receipt + signature))

money = struct.pack("<qB", 15000, 4) + b"MAD"
offer = struct.pack("<iiHHII", 100_000_000, 200_000_000, 2300, 130, 3000, 0xFFFFFFFF)
show("charge_parameter_discovery_res", offer + money + text("day-2026"))
battery = struct.pack("<HHiIHB", 7250, 575, 32250, 4300, 10000, 1)
show("charge_parameter_discovery_req",
     struct.pack("<HIHIH", 7250, 6100, 10000, BEGINNING + 7200, 100)
     + struct.pack("<qB", 45, 0) + b"MAD")
show("power_delivery_req", b"\x03")
show("charging_status_req", battery)
show("charging_status_res", b"\x01" + struct.pack("<HIIHI", 2294, 8910, 20000, 98, 501)
     + struct.pack("<qB", 7515, 4) + b"MAD")
show("battery_data_req", battery + struct.pack("<Hii", 123, 100_000_000, -200_000_000))
show("plug_check_req", struct.pack("<BIBI", 2, 12_345, 2, 0xFFFFFFFF))
show("plug_check_res", b"\x01")
show("refusal", bytes([0x13, 6]))
