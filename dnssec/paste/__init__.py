"""What a person pasted as a public key: recognised, repaired where that is safe, else named, with a way on (pure)."""

from dnssec.paste.understanding import Circumstances, Known, Understanding, understand

__all__ = ["Circumstances", "Known", "Understanding", "understand"]
