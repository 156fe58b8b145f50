"""Contract management: abstraction of commercial contracts along the 41 categories of CUAD."""

from outwork_practices.legal.contract_management.service import SERVICE

__all__ = ["SERVICE"]
