"""EPP on the wire (RFC 5730-5734, 5910): values, XML, frames and a client. No Django, no settings."""
