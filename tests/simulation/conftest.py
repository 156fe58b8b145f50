"""Simulations run over the same worlds as the tests of the stages."""

from __future__ import annotations

from tests.stages.conftest import common, tiny, world

__all__ = ["common", "tiny", "world"]
