"""The commands of DESIGN's list; each translates words into calls and outcomes into words."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol

import typer

from outwork import conduct, documents, practices, reporting
from outwork.conduct import PersonNeeded
from outwork.interfaces.cli import acts, administration, anchoring, bulk, conforming, witnesses
from outwork.interfaces.cli.progress import shower
from outwork.interfaces.wording import explain
from outwork.kit.database import Database
from outwork.practices import Case, Draft
from outwork.vocabulary import Answer, BadInput, NotFound, OutworkError, Refusal

USAGE = 2
PERSON_NEEDED = 3

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON alone, on one line.")]


class Home(Protocol):
    """An open installation."""

    @property
    def folder(self) -> Path: ...
    @property
    def database(self) -> Database: ...


OpenHome = Callable[[], AbstractContextManager[Home]]
Serve = Callable[[int, bool, int], None]


def fail(error: OutworkError) -> NoReturn:
    """One clear line on standard error, its reasons below, and the exit code for it."""
    typer.echo(f"outwork: {explain(error.code, error.params)}", err=True)
    for reason in error.reasons:
        where = f"  [{reason.place}]" if reason.place else ""
        typer.echo(f"  - {explain(reason.code, reason.params)}{where}", err=True)
    raise typer.Exit(1 if isinstance(error, Refusal) else USAGE)


def build(
    open_home: OpenHome,
    serve: Serve,
    work: Callable[[], None] = lambda: None,
    serve_witness: witnesses.ServeWitness = lambda *_: None,
) -> typer.Typer:
    """The whole command line; its arguments come from the composition root."""
    app = typer.Typer(
        name="outwork",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Outsourced knowledge work, from brief to accepted deliverable.",
    )
    _running(app, open_home, serve)
    app.command("worker", help="Do machine work only: drafts, rows, places in the log.")(work)
    bulk.build(app, open_home, fail)
    _services(app)
    _checking(app)
    app.add_typer(administration.build(open_home), name="admin")
    app.add_typer(acts.build(open_home), name="do")
    app.add_typer(witnesses.build(serve_witness), name="witness")
    app.add_typer(conforming.build(), name="conformance")
    app.add_typer(anchoring.build(), name="chain")
    return app


def _running(app: typer.Typer, open_home: OpenHome, serve: Serve) -> None:
    @app.command()
    def up(
        port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8000,
        demo: Annotated[bool, typer.Option(help="With the sample engagement.")] = False,
        processes: Annotated[int, typer.Option(min=1, help="Processes that answer.")] = 1,
    ) -> None:
        """Serve web, API and worker on the embedded database."""
        serve(port, demo, processes)

    @app.command()
    def demo(
        service: Annotated[str, typer.Option(help="Service.")] = "contract-management",
        out: Annotated[Path, typer.Option(help="Where everything is left.")] = Path("demo"),
        as_json: AsJson = False,
    ) -> None:
        """Run the sample engagement through all seven stages, headless."""
        try:
            file = conduct.demo_folder(practices.service(service), out)
        except OutworkError as error:
            fail(error)
        _run(open_home, file, out / "inputs", out, as_json)

    @app.command()
    def run(
        file: Annotated[Path, typer.Argument(help="Engagement file (YAML).")],
        inputs: Annotated[Path, typer.Option("--input", help="Folder of inputs.")],
        out: Annotated[Path, typer.Option("--out", help="Folder for what comes out.")],
        as_json: AsJson = False,
    ) -> None:
        """Run an engagement file over a folder of inputs, headless; call again to go on."""
        _run(open_home, file, inputs, out, as_json)


def _run(open_home: OpenHome, file: Path, inputs: Path, out: Path, as_json: bool) -> None:
    try:
        read = conduct.read_engagement_file(file)
        conduct.check_inputs(inputs)
        with open_home() as home, shower(silent=as_json) as progress:
            outcome = conduct.run(
                home.database, read, inputs, out, base=file.parent, progress=progress
            )
    except OutworkError as error:
        fail(error)
    except PersonNeeded as needed:
        words = explain(needed.code, needed.params)
        typer.echo(f"outwork: {needed.who} {words}: {_address(needed.place)}", err=True)
        raise typer.Exit(PERSON_NEEDED) from None
    if as_json:
        typer.echo(json.dumps(asdict(outcome)))
        return
    for refused in outcome.refused:
        words = explain(refused["code"], {"file": refused["file"]})
        typer.echo(f"refused: {words}")
    figures = outcome.figures
    typer.echo(
        f"{outcome.items} items. Of {figures['lot']} {figures['unit']}s"
        f" {figures['inspected']} were inspected, {figures['defective']} defective: at least"
        f" {float(figures['conforming_at_least']):.2%} conform with"
        f" {float(figures['confidence']):.0%} confidence."
    )
    for name, own in sorted(figures.get("classes", {}).items()):
        typer.echo(
            f"With a {name} defect {own['defective']}: at least"
            f" {float(own['conforming_at_least']):.2%} have none with"
            f" {float(own['confidence']):.0%} confidence."
        )
    typer.echo(f"Left in {out}: deliverable, certificate.json, bundle.zip, policy.txt, report.json")
    typer.echo(f"Verify: outwork verify {out}/bundle.zip --policy {out}/policy.txt")


def _address(place: str) -> str:
    port = os.environ.get("OUTWORK_PORT", "8000")
    return f"http://127.0.0.1:{port}/{place}"


def _services(app: typer.Typer) -> None:
    @app.command()
    def services(as_json: AsJson = False) -> None:
        """The service catalogue."""
        cards = [reporting.service_card(s) for s in practices.catalogue().values()]
        if as_json:
            typer.echo(json.dumps(cards))
            return
        for card in cards:
            typer.echo(
                f"{card['key']}  {card['version']}  {card['sector']}"
                f"  {len(card['questions'])} questions\n  {card['summary']}"
            )

    @app.command()
    def draft(
        service: str,
        inputs: Annotated[list[Path], typer.Argument(help="Files or folders.")],
        candidates: Annotated[int, typer.Option(help="At most so many a question.")] = 5,
        as_json: AsJson = False,
    ) -> None:
        """Draft answers for files or folders, without a database."""
        try:
            found = practices.service(service)
            paths = _files(inputs)
        except OutworkError as error:
            fail(error)
        entries = [_drafted(found, path, name, candidates) for path, name in paths]
        if as_json:
            sys.stdout.write(json.dumps(entries, ensure_ascii=False) + "\n")
        else:
            _print_drafts(entries)
        if all("error" in e for e in entries):
            raise typer.Exit(USAGE)


def _files(inputs: list[Path]) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for given in inputs:
        if given.is_dir():
            found += [(p, p.relative_to(given).as_posix()) for p in conduct.input_files(given)]
        else:
            found.append((given, given.name))
    return found


def _drafted(service: practices.Service, path: Path, name: str, n: int) -> dict[str, Any]:
    try:
        source = documents.read(name, path.read_bytes())
        draft = service.draft(source, n)
    except BadInput as error:
        reason = explain(error.code, error.params)
        return _failed(name, error.code, reason)
    except OSError as error:
        return _failed(name, "file-unreadable", error.strerror or "")
    return {"input": name, **_plain(draft)}


def _failed(name: str, code: str, reason: str) -> dict[str, Any]:
    error = {"code": code, "reason": reason}
    return {"input": name, "error": error, "answers": [], "candidates": {}}


def _plain(draft: Draft) -> dict[str, Any]:
    return {
        "answers": [_plain_answer(a) for a in draft.answers],
        "candidates": {
            question: [
                {"start": c.start, "end": c.end, "quote": c.quote, "confidence": c.confidence}
                for c in found
            ]
            for question, found in draft.candidates.items()
        },
    }


def _plain_answer(answer: Answer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "value": answer.value,
        "evidence": [
            {"document": e.document, "start": e.start, "end": e.end, "quote": e.quote}
            for e in answer.evidence
            if e.type == "text-range"
        ],
        "confidence": answer.confidence,
    }


def _print_drafts(entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        typer.echo(f"== {entry['input']}")
        if "error" in entry:
            typer.echo(f"   {entry['error']['reason']}")
        for answer in entry["answers"]:
            if answer["evidence"]:
                quote = " ".join(answer["evidence"][0]["quote"].split())[:100]
                typer.echo(f"   {answer['question']}: {answer['value']}  ({quote})")


def _checking(app: typer.Typer) -> None:
    @app.command()
    def check(
        service: str,
        submission: Annotated[Path, typer.Argument(help="An entry as `draft --json` prints.")],
        inputs: Annotated[Path, typer.Option("--input", help="The input's folder.")] = Path(),
        as_json: AsJson = False,
    ) -> None:
        """Run a service's checks over a submission; exit 1 where they find a defect."""
        try:
            found = practices.service(service)
            case = _case(submission, inputs)
        except OutworkError as error:
            fail(error)
        defects = [asdict(d) for d in found.check(case)]
        if as_json:
            typer.echo(json.dumps(defects, default=str))
        else:
            for d in defects:
                typer.echo(f"{d['severity']}  {d['question']}  {d['code']}  clause {d['clause']}")
        if defects:
            raise typer.Exit(1)

    @app.command(
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
        add_help_option=False,
    )
    def verify(context: typer.Context) -> None:
        """Verify a bundle offline and recompute its figures."""
        from outwork_verify.__main__ import main  # the verifier stands on its own

        raise typer.Exit(main(context.args))

    @app.command()
    def bench(
        name: str,
        data: Annotated[Path, typer.Option(help="Folder of data.")] = Path("../shared/data"),
        seed: Annotated[int, typer.Option(help="Changes the work.")] = 1,
        as_json: AsJson = False,
    ) -> None:
        """Run a named benchmark; its figures are one JSON object on the last line."""
        from outwork.interfaces.cli.benches import run_bench

        try:
            figures = run_bench(name, data, seed)
        except OutworkError as error:
            fail(error)
        if not as_json:
            for key, value in figures.items():
                typer.echo(f"{key:32} {value}")
        typer.echo(json.dumps(figures))


def _case(path: Path, inputs: Path) -> Case:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        entry = plain[0] if isinstance(plain, list) else plain
        name = entry["input"]
        source = documents.read(name, (inputs / name).read_bytes())
        answers = tuple(conduct.answer_from_json(a, source) for a in entry["answers"])
    except OSError as error:
        raise BadInput(
            "file-unreadable", file=str(error.filename), problem=error.strerror or ""
        ) from None
    except (ValueError, KeyError, TypeError, IndexError) as error:
        if isinstance(error, NotFound):
            raise
        raise BadInput("file-unreadable", file=str(path), problem=str(error)) from None
    return Case(source, answers)
