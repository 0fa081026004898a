"""What people paste around the keys of tests/conftest.py: records, files, digests."""

import base64

from tests.conftest import KEY_13_OTHER, KEY_15

# An RSA key of 1280 bits: taken, with a warning.
KEY_8_WEAK = (
    "AwEAAclTseQx92BoiCyoZSoBuWAyrYl+NK7WPIJRE3a4D+d/BIXMkFgR2rG40BUGHtg7zlJ5+rKJaA6r+QCE4kocWJgnnZ9LG16Lw60eW5/L/PKX"
    "b/Wnmf5TCN7jP4RwNQRm3Fo0pPMTLssMn5SR7xhPjFyJtc4N9lNQ8Alv3561JEDCDngX7sPfTPIPrynevCfycYnwrJVkOsb5vhuqdkrStIk="
)

# The DNSKEY and DS records of KEY_13_OTHER, key tag 17179, on example.com.
RECORD = f"example.com. 3600 IN DNSKEY 257 3 13 {KEY_13_OTHER}"
DIGEST = "D08E564D5690B47FB5AD9D53E6FD6D56E2BF96832D1D34AB7DFF6CF712EA43AA"
LONGER_DIGEST = "E425428843DB4C701753BE74CF8798FF20334C48841BA903EC8790B0EFAB37829ACE9D71B31DD73FE15131C071F46C44"
DS_RECORD = f"example.com. IN DS 17179 13 2 {DIGEST}"

# KEY_13_OTHER as openssl writes it: RFC 5480's header for P-256, then the point with its first byte.
PEM = (
    "-----BEGIN PUBLIC KEY-----\n"
    + base64.encodebytes(
        bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + base64.b64decode(KEY_13_OTHER)
    ).decode()
    + "-----END PUBLIC KEY-----\n"
)

# Two keys that sign a zone, as dig shows them.
DIG = f"""\
;; ANSWER SECTION:
example.com.\t\t3600\tIN\tDNSKEY\t256 3 15 {KEY_15}
example.com.\t\t3600\tIN\tDNSKEY\t257 3 13 {KEY_13_OTHER[:56]} {KEY_13_OTHER[56:]}

;; Query time: 12 msec
"""

PRIVATE = "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ="
PRIVATE_KEY = f"Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: {PRIVATE}\n"
