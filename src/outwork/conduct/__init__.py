"""Drives an engagement file through the stages' front doors, without a browser.

Each step looks at what is already there, so that a run that stopped goes on where it stopped.
Where a person must decide and the file brings no decision, `PersonNeeded` says who, what, where.
"""

from outwork.conduct.actions import Outcome, PersonNeeded, run
from outwork.conduct.demo import demo_file, demo_folder, unfinished, write_judgments
from outwork.conduct.intake import check_inputs, input_files
from outwork.conduct.judgments import Judgment, Judgments, answer_from_json, read_judgments
from outwork.conduct.model import EngagementFile, read_engagement_file
from outwork.conduct.state import hand_over

__all__ = [
    "EngagementFile",
    "Judgment",
    "Judgments",
    "Outcome",
    "PersonNeeded",
    "answer_from_json",
    "check_inputs",
    "demo_file",
    "demo_folder",
    "hand_over",
    "input_files",
    "read_engagement_file",
    "read_judgments",
    "run",
    "unfinished",
    "write_judgments",
]
