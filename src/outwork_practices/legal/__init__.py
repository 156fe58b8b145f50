"""Services for legal work."""
