"""The command line. Commands that need the database open the home folder; the others do not."""

from outwork.interfaces.cli.commands import Home, build, fail
from outwork.interfaces.cli.progress import shower

__all__ = ["Home", "build", "fail", "shower"]
