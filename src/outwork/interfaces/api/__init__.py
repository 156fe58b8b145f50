"""The REST API: one POST route an act, made from its declaration, and reads of the same things.

Sign in with POST /api/session; send the token as `Authorization: Bearer ...`.
"""

from outwork.interfaces.api.routes import api
from outwork.interfaces.api.swift import Swift

__all__ = ["Swift", "api"]
