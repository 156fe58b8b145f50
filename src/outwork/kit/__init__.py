"""Machinery without opinions: database, ids, paging, keyring. Knows nothing of the domain."""
