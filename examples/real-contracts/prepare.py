"""Prepares the 408 real contracts of CUAD for `outwork run`, with their experts' labels replayed.

    python examples/real-contracts/prepare.py DATA OUT

DATA is a folder with contracts.zip and master_clauses.csv.gz of CUAD v1 (The Atticus Project,
CC BY 4.0). OUT gets inputs/*.txt, judgments/*.csv and engagement.yaml.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "bench"))

from contracts_data import FOLDER, Contract, load  # noqa: E402
from outwork import conduct  # noqa: E402
from outwork.vocabulary import Answer, Json, TextRange  # noqa: E402
from outwork_practices.legal.contract_management import (  # noqa: E402
    SERVICE,
    dates,
    normalise,
    values,
)

PEOPLE = ("analyst-1", "analyst-2", "reviewer")
ALIAS_OPENS = 3  # characters before a party's alias that can hold its bracket and quotation mark


def places_of(contract: Contract, name: str, question: str) -> list[TextRange]:
    """One place for each different text that the experts marked, in order of the contract."""
    chosen: dict[str, tuple[int, int]] = {}
    for gold in contract.gold[question]:
        for start, end in gold.places:
            key = "".join(c for c in contract.text[start:end].lower() if c.isalnum())
            if key not in chosen or (
                question == "parties"
                and introduced(contract.text, start)
                and not introduced(contract.text, chosen[key][0])
            ):
                chosen[key] = (start, end)
    return [
        TextRange(name, start, end, contract.text[start:end])
        for start, end in sorted(set(chosen.values()))
    ]


def introduced(text: str, start: int) -> bool:
    """Whether a name stands in quotation marks, as an alias does where it is given."""
    return any(mark in text[max(0, start - ALIAS_OPENS) : start] for mark in '"“‘')


def stated(question: str, said: str) -> Json:
    """The service's value for what the experts wrote down themselves, where their spans give none.

    They wrote dates, terms and places in a form of their own.
    """
    if question in ("agreement-date", "effective-date"):
        return dates.normalise(said)
    if question == "expiration-date":
        return normalise.PERPETUAL if said.lower() == "perpetual" else dates.normalise(said)
    if question == "governing-law":
        return normalise.governing_law([f"the laws of {said}"])
    if question == "renewal-term":
        return normalise.renewal_term([f"renewal term of {said}"])
    if question == "notice-period-to-terminate-renewal":
        return normalise.notice_period([f"{said} notice"])
    return normalise.longest([said]) if question == "warranty-duration" else None


def answers_of(contract: Contract, name: str) -> list[Answer]:
    """The experts' answers to every question about a contract, in the service's value forms."""
    known: dict[str, Json] = {}
    answers = []
    for question in SERVICE.questions:
        places = places_of(contract, name, question.key)
        value, _ = values.value_of(question.key, places, contract.text, known)
        said = contract.answer[question.key]
        if question.options:  # a few spans are not found again in the text; they count all the same
            value = "yes" if places or said.lower() == "yes" else "no"
        elif value is None and said:
            value = stated(question.key, said)
        known[question.key] = value
        answers.append(Answer(question.key, value, tuple(places)))
    return answers


def overlooked(answers: Iterable[Answer], chance: random.Random) -> list[Answer]:
    """The same answers with one clause overlooked: present in the contract, reported absent."""
    kept = list(answers)
    present = [n for n, a in enumerate(kept) if a.value == "yes"]
    if present:
        n = chance.choice(present)
        kept[n] = replace(kept[n], value="no", evidence=())
    return kept


def write(contracts: list[Contract], out: Path, mistakes: float, seed: int) -> dict[str, float]:
    """Write inputs, judgments and engagement file; gives what was counted."""
    for folder in ("inputs", "judgments"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    right: dict[str, list[Answer]] = {}
    for contract in contracts:
        name = f"{contract.name}.txt"
        (out / "inputs" / name).write_bytes(contract.text.encode("utf-8"))
        right[name] = answers_of(contract, name)
    control = {s.name: s.answers for s in SERVICE.samples()}
    chance, wrong = random.Random(seed), 0  # noqa: S311  (who overlooks what, again and again)
    for person in PEOPLE:
        brought: Mapping[str, list[Answer]] = right
        if person != "reviewer":
            brought = {
                name: overlooked(answers, chance) if chance.random() < mistakes else answers
                for name, answers in right.items()
            }
            wrong += sum(brought[name] != right[name] for name in right)
        conduct.write_judgments(out / "judgments" / f"{person}.csv", {**control, **brought})
    text = (HERE / "engagement.yaml").read_text(encoding="utf-8")
    path = out / "engagement.yaml"
    path.write_text(text.replace("408", str(len(contracts))), encoding="utf-8")
    every = [a for answers in right.values() for a in answers]
    given = [a for a in every if a.value not in (None, "no")]
    return {
        "contracts": len(contracts),
        "answers": len(every),
        "present": len(given),
        "quotes": sum(len(a.evidence) for a in every),
        "present_without_quote": sum(not a.evidence for a in given),
        "quoted_without_value": sum(a.value is None and bool(a.evidence) for a in every),
        "mistakes": wrong,
    }


def main() -> int:
    """Read the arguments, write the folder, say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with contracts.zip, master_clauses.csv.gz")
    parser.add_argument("out", type=Path)
    parser.add_argument("--mistakes", type=float, default=0.01, help="share of contracts in which "
                        "an analyst overlooks a clause")  # fmt: skip
    parser.add_argument("--limit", type=int, default=0, help="only so many contracts, to try it")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    data = given.data.resolve()
    try:
        contracts = load(data if (data / FOLDER).is_dir() else data.parent)
    except OSError as error:
        sys.stderr.write(f"prepare.py: {error.filename}: {error.strerror}\n")
        return 2
    counted = write(contracts[: given.limit or None], given.out, given.mistakes, given.seed)
    sys.stdout.write(" ".join(f"{key}={value}" for key, value in counted.items()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
