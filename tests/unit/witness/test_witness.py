"""A witness remembers what it cosigned, on a real disk too, and refuses whatever contradicts it."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from bench import powerloss
from tests.support.disk import Cut, LossyDisk

from outwork.kit import files
from outwork.ledger import checkpoint, tree
from outwork.witness import Damaged, Store, Witness, write_request

LOG = checkpoint.generate_signer("log.example/1")
NOW = 1_800_000_000


def note(grown: tree.Tree, size: int | None = None) -> bytes:
    size = grown.size if size is None else size
    head = checkpoint.Checkpoint(LOG.name, size, grown.root(size))
    return checkpoint.sign_checkpoint(head, LOG)


def ask(grown: tree.Tree, old: int, size: int) -> bytes:
    proof = tree.consistency_proof(old, size, grown.node)
    return write_request(old, proof, note(grown, size))


def grown(count: int, name: str = "leaf") -> tree.Tree:
    made = tree.Tree()
    for number in range(count):
        made.append(f"{name} {number}".encode())
    return made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    signer = checkpoint.generate_signer("witness.example", checkpoint.COSIGNATURE_V1)
    made = Store.create(tmp_path / "witness", signer)
    made.trust(LOG.verifier, NOW)
    return made


def test_what_was_cosigned_is_there_after_a_restart(store: Store) -> None:
    log = grown(9)
    answer = Witness(store, lambda: NOW).add_checkpoint(ask(log, 0, 5))
    assert answer.status == 200
    again = Witness(Store(store.folder), lambda: NOW)
    assert again.head(LOG.name).size == 5
    assert again.add_checkpoint(ask(log, 0, 9)).body == "5\n"
    assert again.add_checkpoint(ask(log, 5, 9)).status == 200
    head, kept, _ = Store(store.folder).latest(LOG.name)
    assert (head.size, head.root) == (9, log.root())
    # What is kept is a checkpoint that anybody can check: the log's line, and the witness's own.
    opened, times = checkpoint.open_checkpoint(kept, LOG.verifier, [store.verifier], closed=True)
    assert (opened.size, times) == (9, {"witness.example": NOW})


def test_time_does_not_go_back(store: Store) -> None:
    log, now = grown(9), [NOW]
    witness = Witness(store, lambda: now[0])
    witness.add_checkpoint(ask(log, 0, 5))
    now[0] -= 1000
    assert witness.add_checkpoint(ask(log, 5, 9)).status == 200
    assert store.latest(LOG.name)[2] == NOW


@pytest.mark.parametrize("damage", ["lost", "emptied", "flipped", "another's"])
def test_a_damaged_memory_is_no_fresh_start(store: Store, damage: str) -> None:
    log = grown(9)
    witness = Witness(store, lambda: NOW)
    witness.add_checkpoint(ask(log, 0, 5))
    other = checkpoint.generate_signer("log.example/2").verifier
    store.trust(other, NOW)
    path, another = store._path(LOG.name), store._path(other.name)
    content = path.read_bytes()
    if damage == "lost":
        path.unlink()
    elif damage == "another's":
        path.write_bytes(another.read_bytes())
    else:
        path.write_bytes(b"" if damage == "emptied" else content.replace(b"\n5\n", b"\n0\n"))
    for body in (ask(log, 0, 9), ask(log, 5, 9), ask(grown(9, "fork"), 0, 9)):
        with pytest.raises(Damaged, match="heads"):
            Witness(Store(store.folder)).add_checkpoint(body)


def test_of_many_at_once_one_is_cosigned(store: Store) -> None:
    log, witness = grown(40), Witness(store, lambda: NOW)
    witness.add_checkpoint(ask(log, 0, 5))
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda n=n: statuses.append(witness.add_checkpoint(ask(log, 5, n)).status)
        )
        for n in range(6, 30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, *[409] * 23]


def test_two_processes_do_not_share_a_folder(store: Store) -> None:
    draft = store.folder / "heads" / "x.new"
    draft.write_bytes(b"left by a crash")
    with store.alone():
        assert not draft.exists()
        with pytest.raises(BlockingIOError), Store(store.folder).alone():
            pass
    with Store(store.folder).alone():
        pass


def test_a_key_is_never_made_anew(store: Store) -> None:
    other = checkpoint.generate_signer("witness.example", checkpoint.COSIGNATURE_V1)
    with pytest.raises(FileExistsError):
        Store.create(store.folder, other)
    assert Store(store.folder).verifier == store.verifier
    assert (store.folder / "key").stat().st_mode & 0o077 == 0


def test_a_log_may_have_two_keys_while_one_follows_the_other(store: Store) -> None:
    second, log = checkpoint.generate_signer(LOG.name), grown(9)
    head = checkpoint.Checkpoint(LOG.name, 9, log.root())
    proof = tree.consistency_proof(5, 9, log.node)
    body = write_request(5, proof, checkpoint.sign_checkpoint(head, second))
    witness = Witness(store, lambda: NOW)
    witness.add_checkpoint(ask(log, 0, 5))
    assert witness.add_checkpoint(body).status == 403
    store.trust(second.verifier, NOW)
    assert witness.add_checkpoint(body).status == 200
    assert len(Store(store.folder).keys(LOG.name)) == 2


# --- power loss -------------------------------------------------------------------------------


def lost(runs: int, *, durable: bool = True) -> int:
    return sum(powerloss.outage(random.Random(n), durable=durable)[1] for n in range(runs))


def test_nothing_acknowledged_is_lost_when_the_power_goes() -> None:
    found = [powerloss.outage(random.Random(n)) for n in range(60)]
    assert sum(told for told, _, _ in found) > 60
    assert [(n, x) for n, x in enumerate(found) if x[1:] != (0, 0)] == []


def test_the_same_test_fails_on_a_disk_that_does_not_flush() -> None:
    assert lost(10, durable=False) > 0


def test_and_where_names_are_not_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "settle", lambda *_: None)
    assert lost(30) > 0


def test_and_where_contents_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = LossyDisk.fsync

    def only_folders(disk: LossyDisk, fd: int) -> None:
        if hasattr(disk._open[fd], "kept") and isinstance(disk._open[fd].kept, dict):
            whole(disk, fd)

    monkeypatch.setattr(LossyDisk, "fsync", only_folders)
    assert lost(30) > 0


def test_a_full_disk_leaves_the_file_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    disk, path = LossyDisk(random.Random(1)), Path("/folder/file")
    files.folder(path.parent, disk)
    files.put(path, b"first", disk)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "write", full)
    with pytest.raises(OSError, match="No space"):
        files.put(path, b"second", disk)
    assert (disk.read(path), disk.names(path.parent)) == (b"first", ["file"])


def test_the_power_may_go_at_every_call(tmp_path: Path) -> None:
    for left in range(12):
        disk, path = LossyDisk(random.Random(left)), Path("/folder/file")
        files.folder(path.parent, disk)
        files.put(path, b"first", disk)
        disk.left, done = left, False
        try:
            files.put(path, b"second", disk)
            done = True
        except Cut:
            pass
        found = disk.cut().read(path)
        assert found == b"second" if done else found in (b"first", b"second")
