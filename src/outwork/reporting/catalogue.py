"""The service catalogue as a card."""

from __future__ import annotations

from outwork.practices import Service
from outwork.vocabulary import Json


def service_card(service: Service) -> dict[str, Json]:
    """What a service asks, needs and reads, as JSON."""
    return {
        "key": service.key,
        "version": service.version,
        "name": service.name,
        "sector": service.sector,
        "shape": service.shape.value,
        "summary": service.summary,
        "drafter": service.drafter,
        "media_types": list(service.media_types),
        "skills": list(service.skills),
        "credentials": list(service.credentials),
        "samples": [s.name for s in service.samples()],
        "questions": [
            {
                "key": q.key,
                "kind": q.kind.value,
                "label": q.label,
                "clause": q.clause,
                "severity": q.severity.value,
                "options": list(q.options),
            }
            for q in service.questions
        ],
    }
