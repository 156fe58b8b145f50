"""Who exists, who may do what in which engagement, and until when.

Actors are persons, agents and jobs alike. A membership gives an actor roles in one engagement for a
period; it also carries the pseudonym under which the engagement's log names the actor.
"""

from outwork.access.actions import (
    add_actor,
    add_party,
    enrol,
    first_administrator,
    open_session,
    set_password,
    set_period,
    sign_in,
    sign_out,
    tick,
)
from outwork.access.model import (
    FITTING,
    INSTALLATION,
    Actor,
    ActorKind,
    AtAnyStage,
    InEngagement,
    Membership,
    Party,
    Rule,
    Session,
)
from outwork.access.queries import (
    actor,
    actor_by_login,
    actors,
    actors_of,
    enter,
    members,
    membership,
    memberships_of,
    parties,
    party,
    pseudonyms,
    session_actor,
    visible_to,
)
from outwork.access.store import ENTER

__all__ = [
    "ENTER",
    "FITTING",
    "INSTALLATION",
    "Actor",
    "ActorKind",
    "AtAnyStage",
    "InEngagement",
    "Membership",
    "Party",
    "Rule",
    "Session",
    "actor",
    "actor_by_login",
    "actors",
    "actors_of",
    "add_actor",
    "add_party",
    "enrol",
    "enter",
    "first_administrator",
    "members",
    "membership",
    "memberships_of",
    "open_session",
    "parties",
    "party",
    "pseudonyms",
    "session_actor",
    "set_password",
    "set_period",
    "sign_in",
    "sign_out",
    "tick",
    "visible_to",
]
