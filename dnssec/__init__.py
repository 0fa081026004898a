"""The keys of a domain: what a person pastes, what it means, and what the registry does about it."""
