"""`outwork up` with the benchmark's small service in the catalogue: PORT PROCESSES."""

from __future__ import annotations

import sys

from tests.support.service import KEY, tiny_service

from outwork import practices
from outwork.main import serve

if __name__ == "__main__":
    practices.catalogue()[KEY] = tiny_service()
    serve(int(sys.argv[1]), demo=False, processes=int(sys.argv[2]))
