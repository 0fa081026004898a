"""How the console ends a request for each scripted fault of the mock registry.

tests/dnssec/test_every_fault.py observes it; docs/faults.md is made from it.
"""

# What was observed when a key was added and the fault met the first command that it can meet: each command with its
# result code, or `-` where no clean answer came; then the outcome.
NOT_DONE = "info 1000, update -, info 1000, update 1000: SUCCESSFUL"  # Looked, and sent once more.
DONE = "info 1000, update -, info 1000: SUCCESSFUL"  # Looked, and found it done.
STEPS = {
    "late": DONE,
    "late-commit": NOT_DONE,
    "slow-octets": DONE,
    "dropped-before-commit": NOT_DONE,
    "dropped-after-commit": DONE,
    "silent-before-commit": NOT_DONE,
    "silent-after-commit": DONE,
    "garbled-before-commit": NOT_DONE,
    "garbled-after-commit": DONE,
    "half-frame-before-commit": NOT_DONE,
    "half-frame-after-commit": DONE,
    "absurd-length-before-commit": NOT_DONE,
    "absurd-length-after-commit": DONE,
    "wrong-cltrid-before-commit": NOT_DONE,
    "wrong-cltrid-after-commit": DONE,
    "missing-cltrid-before-commit": NOT_DONE,
    "missing-cltrid-after-commit": DONE,
    "2400-before-commit": NOT_DONE.replace("-", "2400"),
    "2400-after-commit": DONE.replace("-", "2400"),
    "2500-before-commit": NOT_DONE.replace("-", "2500"),
    "2500-after-commit": DONE.replace("-", "2500"),
    "2502": "info 1000, update 1000: SUCCESSFUL",
    "refuse": "info 1000, update 2306: FAILED",
    "maintenance": "info 2400, info 1000, update 1000: SUCCESSFUL",
    "no-greeting": "info 1000, update 1000: SUCCESSFUL",
    "greeting-without-secdns": "info 1000: FAILED",
    "handshake-cut": "info 1000, update 1000: SUCCESSFUL",
}

# The same in words, by the steps.
MEANINGS = {
    "late": "the answer came after the time limit; the record showed that it was done",
    "late-commit": "the record did not show it yet, so it was sent again; the late commit changed nothing any more",
    "2502": "the login was turned away; tried again after a moment",
    "refuse": "the mail gives the registry's words and what they mean",
    "maintenance": "nothing was sent; tried again after a moment",
    "no-greeting": "nothing was sent; tried again after a moment",
    "greeting-without-secdns": "the registry offers no DNSSEC: nothing was sent, staff are told",
    "handshake-cut": "nothing was sent; tried again after a moment",
    NOT_DONE: "nobody knew; the record showed that it was not done, so it was sent again",
    DONE: "nobody knew; the record showed that it was done",
}
