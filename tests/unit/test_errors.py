"""What went wrong is said alike on both sides of a process or a queue, which pickle it."""

import pickle
from typing import Any

import pytest

from outwork.vocabulary import BadInput, NotFound, Reason, Refusal
from outwork_verify.container import Failure

ERRORS = [
    BadInput("line-malformed", most=3),
    NotFound("assignment", "asg_1"),
    Refusal("not-allowed", reasons=[Reason("too-early", {"hours": 2})], stage="setup"),
    Failure("entries.jsonl", 7, "is not an event"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_the_same_after_it_was_pickled(error: Any) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert again.args == error.args
