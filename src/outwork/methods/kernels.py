"""Loops over judgments and agreement tables, compiled by numba on first use and kept on disk.

Import this module inside functions only: it costs half a second. `len(prior)` of a tuple is known
to the compiler, so that loops over classes unroll into vector instructions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numba.cpython.unsafe.tuple import tuple_setitem

_F, _U = np.float32, np.uint64
_FLOOR = np.float32(1e-10)
_RARE = 0.1
_LOST = np.float32(1e-30)  # below this a product of single precision is formed anew, in logarithms


def _compiled(loop: Callable[..., Any]) -> Callable[..., Any]:
    settings = {"fastmath": True, "error_model": "numpy", "nogil": True}
    try:
        made: Callable[..., Any] = njit(cache=True, **settings)(loop)
    except RuntimeError:  # no folder to keep it in: compile in each process
        made = njit(**settings)(loop)
    return made


@_compiled
def pack(items, workers, labels, n_labels, first, said):
    """Sort by item: ``said[first[i]:first[i + 1]]`` holds worker * n_labels + label."""
    for item in items:
        first[item + 1] += _U(1)
    for i in range(1, len(first)):
        first[i] += first[i - 1]
    for j in range(len(items) - 1, -1, -1):
        place = items[j] + 1
        first[place] -= 1
        said[first[place]] = workers[j] * n_labels + labels[j]
    for i in range(1, len(first) - 1):
        first[i] = first[i + 1]
    first[len(first) - 1] = len(items)


@_compiled
def votes(first, said, prior, known, table, given):
    """Counts of the tables from shares of votes, and how often each worker gave each label."""
    size = _U(len(prior))
    shares = np.zeros(len(prior), dtype=_F)
    total = np.zeros(len(prior))
    for i in range(len(first) - 1):
        a, b = _U(first[i]), _U(first[i + 1])
        if a == b:
            continue
        shares[:] = 0
        for j in range(a, b):
            shares[said[j] % size] += _F(1)
            given[said[j]] += 1
        if len(known) and known[i] >= 0:
            shares[:] = 0
            shares[known[i]] = b - a
        for k in range(len(prior)):
            shares[k] /= _F(b - a)
            total[k] += shares[k]
        for j in range(a, b):
            row = (_U(2) * _U(said[j]) + _U(1)) * size
            for k in range(len(prior)):
                table[row + _U(k)] += shares[k]
    return total


@_compiled
def sweep(  # noqa: C901
    first, said, table, prior, known, everything, sure, awake, settled, posterior
):  # fmt: skip
    """Expectation over the items that are awake, or over everything.

    A table's row is the chances of one worker's label by class, scaled so that the largest is 1,
    and then the counts to which posteriors are added. When everything is swept, an item whose
    posterior reaches ``sure`` goes to sleep: its part of the counts goes to ``settled`` and stays
    until the next sweep of everything. Gives the log-likelihood up to the rows' scale, the sums
    of posteriors of those awake and of those asleep.
    """
    size = _U(len(prior))
    total, asleep = np.zeros(len(prior)), np.zeros(len(prior))
    log_sum, product = 0.0, 1.0
    for i in range(len(first) - 1):
        a, b = _U(first[i]), _U(first[i + 1])
        if a == b or not (everything or awake[i]):
            continue
        q = prior
        for j in range(a, b):
            row = _U(2) * _U(said[j]) * size
            for k in range(len(prior)):
                q = tuple_setitem(q, k, q[k] * table[row + _U(k)])
        mass = _F(0)
        for k in range(len(prior)):
            mass += q[k]
        if mass < _LOST:
            top = -np.inf
            logs = np.zeros(len(prior))
            for k in range(len(prior)):
                logs[k] = np.log(prior[k])
                for j in range(a, b):
                    logs[k] += np.log(table[_U(2) * _U(said[j]) * size + _U(k)])
                top = max(top, logs[k])
            mass = _F(0)
            for k in range(len(prior)):
                q = tuple_setitem(q, k, _F(np.exp(logs[k] - top)))
                mass += q[k]
            log_sum += top
        product *= mass
        if product < 1e-200:
            log_sum += np.log(product)
            product = 1.0
        scale = _F(1) / mass
        most = _F(0)
        for k in range(len(prior)):
            q = tuple_setitem(q, k, q[k] * scale)
            most = max(most, q[k])
        if len(known) and known[i] >= 0:
            for k in range(len(prior)):
                q = tuple_setitem(q, k, _F(k == known[i]))
        if everything:
            awake[i] = most < sure
            out = _U(i) * size
            for k in range(len(prior)):
                posterior[out + _U(k)] = q[k]
        if awake[i]:
            for k in range(len(prior)):
                total[k] += q[k]
            for j in range(a, b):
                row = (_U(2) * _U(said[j]) + _U(1)) * size
                for k in range(len(prior)):
                    table[row + _U(k)] += q[k]
        else:
            for k in range(len(prior)):
                asleep[k] += q[k]
            for j in range(a, b):
                row = _U(said[j]) * size
                for k in range(len(prior)):
                    settled[row + _U(k)] += q[k]
    return log_sum + np.log(product), total, asleep


@_compiled
def maximise(table, settled, given, smooth, used, before, beyond, momentum):
    """New chances from counts, and counts to zero; gives the sum of counts times log scale.

    In logarithms the step goes on by ``beyond`` of itself, and ``momentum`` times the last step
    is added. used, before: logarithms of the counts that the last chances came from, and of those
    without momentum; both are replaced. A negative momentum starts anew.
    """
    size = len(smooth)
    totals = np.empty(size)
    scale_sum = 0.0
    for worker in range(len(used) // (size * size)):
        totals[:] = 1e-20
        for label in range(size):
            for k in range(size):
                cell = (worker * size + label) * size + k
                count = (worker * size + label) * 2 * size + size + k
                now = np.log(max(table[count] + settled[cell] + smooth[label, k], _F(1e-12)))
                step = now
                if momentum >= 0:
                    step += beyond * min(max(now - used[cell], _F(-4)), _F(4))
                    used[cell] = step + momentum * min(max(step - before[cell], _F(-4)), _F(4))
                else:
                    used[cell] = step
                before[cell] = step
                table[count] = 0
                totals[k] += np.exp(used[cell])
        for k in range(size):
            totals[k] = np.log(totals[k])
        for label in range(size):
            most = _FLOOR
            for k in range(size):
                cell = (worker * size + label) * size + k
                chance = max(_F(np.exp(used[cell] - totals[k])), _FLOOR)
                table[(worker * size + label) * 2 * size + k] = chance
                most = max(most, chance)
            for k in range(size):
                table[(worker * size + label) * 2 * size + k] /= most
            scale_sum += np.log(most) * given[worker * size + label]
    return scale_sum


@_compiled
def _unload(even, odd, often):
    """Add counts kept four to a word, those of even and of odd values apart."""
    for v in range(len(often)):
        word = odd if v % 2 else even
        often[v] += np.int64((word >> _U(16 * (v // 2))) & _U(65535))


@_compiled
def counted(units, values, low, often):
    """Nominal differences of judgments in the order of units, and how often each value was given.

    Gives the sum of `differences` and how many units have at least two values, of which alone
    ``often`` counts; -1 units where the order is not that of units.
    """
    whole, pairable = 0.0, 0
    here = np.zeros(len(often), dtype=np.int64)
    at, end = 0, len(units)
    while at < end:
        unit, first = units[at], at
        while at < end and units[at] == unit:
            here[_U(values[at] - low)] += 1
            at += 1
        if at < end and units[at] < unit:
            return whole, -1
        size, alike, kept = at - first, 0, at - first > 1
        for v in range(len(often)):
            alike += here[v] * here[v]
            often[v] += here[v] * kept
            here[v] = 0
        if kept:
            pairable += 1
            whole += (size * size - alike) / (size - 1)
    return whole, pairable


@_compiled
def counted_in_lanes(units, values, low, often):
    """As `counted`, of at most eight values: a unit's counts are the bytes of one word.

    -2 units where a unit has more judgments than a byte can count; ``often`` is then not whole.
    """
    whole, pairable = 0.0, 0
    even, odd, pending = _U(0), _U(0), 0
    at, end = 0, len(units)
    while at < end:
        unit, first = units[at], at
        here, alike = _U(0), _U(0)
        while at < end and units[at] == unit:
            lane = _U(values[at] - low) << _U(3)
            alike += _U(2) * ((here >> lane) & _U(255)) + _U(1)
            here += _U(1) << lane
            at += 1
        size = at - first
        if size > 255:
            return whole, -2
        if at < end and units[at] < unit:
            return whole, -1
        if size > 1:
            pairable += 1
            whole += (size * size - float(alike)) / (size - 1)
            if pending + size > 65535:
                _unload(even, odd, often)
                even, odd, pending = _U(0), _U(0), 0
            even += here & _U(0x00FF00FF00FF00FF)
            odd += (here >> _U(8)) & _U(0x00FF00FF00FF00FF)
            pending += size
    _unload(even, odd, often)
    return whole, pairable


@_compiled
def spread(units, values, low, place):
    """Squared distances between the places of values, of judgments in the order of units.

    Gives the sum of `differences`, how many units have at least two values (-1 where the order is
    not that of units), and of the values of those: their number, sum and sum of squares.
    """
    whole, pairable, number = 0.0, 0, 0
    all_one, all_two = 0.0, 0.0
    at, end = 0, len(units)
    while at < end:
        unit, first = units[at], at
        one, two = 0.0, 0.0
        while at < end and units[at] == unit:
            where = place[_U(values[at] - low)]
            one += where
            two += where * where
            at += 1
        if at < end and units[at] < unit:
            return whole, -1, number, all_one, all_two
        size = at - first
        if size > 1:
            pairable += 1
            number += size
            all_one += one
            all_two += two
            whole += 2 * (size * two - one * one) / (size - 1)
    return whole, pairable, number, all_one, all_two


@_compiled
def tally(units, values, low, table):
    """Count values, from ``low`` on, by unit."""
    for j in range(len(units)):
        table[_U(units[j]), _U(values[j] - low)] += 1


@_compiled
def totals(table, out):
    """How often each value was given in units that have at least two."""
    pairable = 0
    for unit in range(table.shape[0]):
        size = 0
        for v in range(table.shape[1]):
            size += table[unit, v]
        if size > 1:
            pairable += 1
            for v in range(table.shape[1]):
                out[v] += table[unit, v]
    return pairable


@_compiled
def differences(table, place, nominal):
    """Sum over units of the differences within, each unit's divided by its size less one.

    place: where a value lies; its difference to another is the squared distance.
    """
    whole = 0.0
    for unit in range(table.shape[0]):
        size, one, two = 0.0, 0.0, 0.0
        for v in range(table.shape[1]):
            count = float(table[unit, v])
            size += count
            if nominal:
                two += count * count
            else:
                one += count * place[v]
                two += count * place[v] * place[v]
        if size > 1:
            apart = size * size - two if nominal else 2 * (size * two - one * one)
            whole += apart / (size - 1)
    return whole


@_compiled
def _turn(item, said, after_item, last_item, posterior, counts, chances, frequencies, fresh):
    """An item's posterior anew, and its part in its workers' counts; gives how far it moved."""
    size = posterior.shape[1]
    for k in range(size):
        fresh[k] = frequencies[k]
    j = last_item[item]
    while j >= 0:
        mass = 0.0
        for k in range(size):
            fresh[k] *= chances[said[j], k]
            mass += fresh[k]
        for k in range(size):
            fresh[k] /= mass
        j = after_item[j]
    most = 0.0
    for k in range(size):
        fresh[k] -= posterior[item, k]
        most = max(most, abs(fresh[k]))
    if most < 1e-7:
        return most
    for k in range(size):
        posterior[item, k] += fresh[k]
    j = last_item[item]
    while j >= 0:
        for k in range(size):
            counts[said[j], k] += fresh[k]
        j = after_item[j]
    return most


@_compiled
def _renew(worker, counts, chances, pseudo, total):
    """A worker's chances from counts; gives the largest step, relative but for rare labels."""
    size = counts.shape[1]
    total[:] = 0
    for label in range(size):
        for k in range(size):
            total[k] += counts[worker * size + label, k] + pseudo[label, k]
    most = 0.0
    for label in range(size):
        for k in range(size):
            row = worker * size + label
            now = (counts[row, k] + pseudo[label, k]) / total[k]
            most = max(most, abs(now - chances[row, k]) / max(now, chances[row, k], _RARE))
            chances[row, k] = now
    return most


@_compiled
def add_judgment(
    item, worker, label, number, items, said, after_item, after_worker, last_item, last_worker,
    posterior, counts, chances, frequencies, pseudo, stale, tolerance,
):  # fmt: skip
    """One judgment more, and what follows from it.

    The item's posterior and its workers' tables are renewed; a worker whose table has since moved
    by more than ``tolerance``, in logarithms, has the posteriors of all their items renewed.
    """
    size = posterior.shape[1]
    items[number], said[number] = item, worker * size + label
    after_item[number], after_worker[number] = last_item[item], last_worker[worker]
    last_item[item] = last_worker[worker] = number
    total = np.empty(size)
    fresh = np.empty(size)
    for k in range(size):  # before it was said, the judgment weighs nothing
        counts[said[number], k] += posterior[item, k]
    _turn(item, said, after_item, last_item, posterior, counts, chances, frequencies, fresh)
    j = last_item[item]
    moved = 0
    while j >= 0:
        who = said[j] // size
        step = _renew(who, counts, chances, pseudo, total)
        stale[who] += step
        moved += stale[who] > tolerance
        j = after_item[j]
    if moved == 0:
        return 0
    visited = 0
    j = last_item[item]
    while j >= 0:
        who = said[j] // size
        if stale[who] > tolerance:
            stale[who] = 0
            i = last_worker[who]
            while i >= 0:
                other = items[i]
                if other != item:
                    _turn(
                        other, said, after_item, last_item, posterior, counts, chances,
                        frequencies, fresh,
                    )  # fmt: skip
                    visited += 1
                i = after_worker[i]
            _renew(who, counts, chances, pseudo, total)
        j = after_item[j]
    return visited


@_compiled
def settle(
    said, after_item, last_item, posterior, counts, chances, frequencies, pseudo
):  # fmt: skip
    """Every item once, then every worker; gives how far the posterior moved that moved most."""
    fresh, total = np.empty(posterior.shape[1]), np.empty(posterior.shape[1])
    most = 0.0
    for item in range(len(last_item)):
        if last_item[item] >= 0:
            moved = _turn(
                item, said, after_item, last_item, posterior, counts, chances, frequencies, fresh
            )
            most = max(most, moved)
    for worker in range(len(counts) // posterior.shape[1]):
        _renew(worker, counts, chances, pseudo, total)
    return most


@_compiled
def recount(items, said, number, posterior, counts):
    """The counts that go with the posteriors."""
    counts[:] = 0
    for j in range(number):
        for k in range(posterior.shape[1]):
            counts[said[j], k] += posterior[items[j], k]
