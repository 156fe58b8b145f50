"""The policy: which logs a reader trusts, and who must have cosigned (after C2SP tlog-policy).

One rule a line, `#` begins a comment:

    log <verifier key>
    witness <name> <cosigner's verifier key>
    group <name> <number, any or all> <witness or group>...
    quorum <witness, group or none>
    authority <base64 of a certificate>   of whom timestamps must lead to (DER)
    anchor <contract's address> <block's hash>    which the anchor must be in
    signer <verifier key>               a person's, named <engagement>/<pseudonym>
    logs <verifier key of a log of logs> [witness or group that must have cosigned it]
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from cryptography import x509

from outwork_verify import anchor, note


class PolicyError(ValueError):
    """A policy cannot be understood; the message names the line."""


@dataclass
class Policy:
    """`logs` are trusted to sign. `groups` maps a name to (how many must hold, member names);
    a name that is no group is a witness. `quorum` is the name that must hold, or None. `signers`
    maps a person's name in a log to the keys, in hexadecimal, by which the reader knows them.
    One of `authorities`, if there are any, must have stamped the log.
    `covering` is the log of logs that must know a bundle's log, `covering_quorum` what must hold
    of it."""

    logs: list[note.Key] = field(default_factory=list)
    witnesses: dict[str, note.Key] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str | None = None
    signers: dict[str, set[str]] = field(default_factory=dict)
    authorities: list[x509.Certificate] = field(default_factory=list)
    covering: note.Key | None = None
    covering_quorum: str | None = None
    anchors: list[anchor.Trusted] = field(default_factory=list)

    def satisfied(self, signers: Collection[note.Key]) -> bool:
        """Whether the quorum holds when these keys have signed."""
        return self.quorum is None or self.holds(self.quorum, signers)

    def holds(self, name: str, signers: Collection[note.Key]) -> bool:
        """Whether a witness has signed, or enough of a group have."""
        if name in self.witnesses:
            return self.witnesses[name] in signers
        threshold, members = self.groups[name]
        return sum(self.holds(member, signers) for member in members) >= threshold


def read_policy(text: str) -> Policy:
    """Reads a policy; raises PolicyError for a line that is not understood.

    A rule that is passed over would be believed to hold, so none is. Groups are made of names
    defined above them, each in one group only.
    """
    policy, used, settled = Policy(), set[str](), False
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        try:
            match words:
                case []:
                    continue
                case ["log", key]:
                    policy.logs.append(_key(key, note.NOTE))
                case ["authority", encoded]:
                    policy.authorities.append(
                        x509.load_der_x509_certificate(note.unbase64(encoded))
                    )
                case ["anchor", contract, block]:
                    policy.anchors.append(anchor.trusted(contract, block))
                case ["signer", key]:
                    known = _key(key, note.NOTE)
                    policy.signers.setdefault(known.name, set()).add(known.public.hex())
                case ["witness", name, key]:
                    _add_witness(policy, name, _key(key, note.COSIGNATURE))
                case ["group", name, threshold, *members] if members:
                    _add_group(policy, name, threshold, members, used)
                case ["quorum", name] if not settled:
                    settled = True
                    policy.quorum = None if name == "none" else _known(policy, name)
                case ["logs", key, *names] if policy.covering is None and len(names) < 2:
                    policy.covering = _key(key, note.NOTE)
                    policy.covering_quorum = _known(policy, names[0]) if names else None
                case _:
                    raise PolicyError("not a rule")
        except ValueError as error:
            raise PolicyError(f"line {number}: {error}") from error
    if not policy.logs:
        raise PolicyError("the policy names no log")
    if policy.witnesses and not settled:
        raise PolicyError("the policy names witnesses but no quorum")
    return policy


def _key(text: str, kind: int) -> note.Key:
    key = note.read_key(text)
    if key.kind != kind:
        raise PolicyError("not a key for this use")
    return key


def _new(policy: Policy, name: str) -> None:
    if name == "none" or name in policy.witnesses or name in policy.groups:
        raise PolicyError(f"the name {name} is taken")


def _known(policy: Policy, name: str) -> str:
    if name not in policy.witnesses and name not in policy.groups:
        raise PolicyError(f"nothing is named {name}")
    return name


def _add_witness(policy: Policy, name: str, key: note.Key) -> None:
    _new(policy, name)
    if any(key.public == other.public for other in policy.witnesses.values()):
        raise PolicyError("this key is another witness's")
    policy.witnesses[name] = key


def _add_group(
    policy: Policy, name: str, threshold: str, members: list[str], used: set[str]
) -> None:
    _new(policy, name)
    for member in members:
        _known(policy, member)
        if member in used:
            raise PolicyError(f"{member} is in a group already")
        used.add(member)
    spelled = {"any": 1, "all": len(members)}
    count = spelled[threshold] if threshold in spelled else int(threshold)
    if not 1 <= count <= len(members):
        raise PolicyError("more must hold than there are, or none")
    policy.groups[name] = (count, members)
