"""Loops over judgments and agreement tables, compiled by numba on first use and kept on disk.

Import this module inside functions only: it costs half a second. `len(prior)` of a tuple is known
to the compiler, so that loops over classes unroll into vector instructions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import intrinsic

_F, _U, _I = np.float32, np.uint64, np.int32
_FLOOR = np.float32(1e-10)
_RARE = 0.1
_LOG2 = tuple(  # of 1 + t and of 2^t, t from 0 to 1: Chebyshev fits that are exact at both ends
    _F(c) for c in (0, 1.44250168, -0.71766813, 0.45574293, -0.27483232, 0.11938141, -0.02512557)
)
_EXP2 = tuple(_F(c) for c in (1, 0.69315359, 0.24014419, 0.05585857, 0.00894844, 0.00189521))
TURNS, _TOGETHER = 4, 512
_AHEAD, _ITEMS_AHEAD = 60, 5  # how far rows are fetched before they are needed
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


@intrinsic
def _fetch(_context, array, _place):
    """Ask for a place of an array ahead of its use, so that rows from all over come in time."""

    def made(target, builder, signature, given):
        data = target.make_array(signature.args[0])(target, builder, given[0]).data
        byte, whole = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        at = builder.bitcast(builder.gep(data, [given[1]]), byte)
        builder.call(ask, [at, whole(0), whole(3), whole(1)])  # to read, near, data
        return target.get_dummy_value()

    return types.void(array, types.uint64), made


@_compiled
def _lost(said, a, b, chance, prior):
    """Class probabilities of an item, up to their sum, formed in logarithms; the largest, 1, is 0.

    Gives them and the logarithm of what they were divided by.
    """
    size = _U(len(prior))
    logs = np.zeros(len(prior))
    top = -np.inf
    for k in range(len(prior)):
        logs[k] = np.log(prior[k])
        for j in range(a, b):
            logs[k] += np.log(chance[_U(said[j]) * size + _U(k)])
        top = max(top, logs[k])
    return np.exp(logs - top), top


@njit(inline="always")  # a call costs a third more
def _joint(said, a, b, chance, prior):
    """Chances of an item's judgments together with each class, and their sum.

    What they were divided by comes third, as its logarithm: 0 as long as they are not too small.
    """
    size, last = _U(len(prior)), _U(len(said) - 1)
    q, top = prior, 0.0
    for j in range(a, b):
        _fetch(chance, _U(said[min(j + _U(_AHEAD), last)]) * size)
        row = _U(said[j]) * size
        for k in range(len(prior)):
            q = tuple_setitem(q, k, q[k] * chance[row + _U(k)])
    mass = _F(0)
    for k in range(len(prior)):
        mass += q[k]
    if mass < _LOST:
        logs, top = _lost(said, a, b, chance, prior)
        mass = _F(0)
        for k in range(len(prior)):
            q = tuple_setitem(q, k, _F(logs[k]))
            mass += q[k]
    return q, mass, top


@_compiled
def votes(first, said, prior, known, posterior, count):
    """Shares of the votes for posteriors, and their counts; gives the sum of the posteriors."""
    size = _U(len(prior))
    total = np.zeros(len(prior))
    for i in range(len(first) - 1):
        a, b = _U(first[i]), _U(first[i + 1])
        here = _U(i) * size
        sure = len(known) and known[i] >= 0
        for j in range(a, b):
            posterior[here + (_U(known[i]) if sure else said[j] % size)] += _F(1) / _F(b - a)
        for k in range(len(prior)):
            total[k] += posterior[here + _U(k)]
        for j in range(a, b):
            row = _U(said[j]) * size
            for k in range(len(prior)):
                count[row + _U(k)] += posterior[here + _U(k)]
    return total


@_compiled
def sweep(
    first, said, chance, prior, known, start, stop, still, turn, posterior, count
):  # fmt: skip
    """Expectation over items from ``start`` to ``stop``; what moved goes into the counts.

    ``posterior`` holds what of each item is in ``count``. An item whose posterior is further than
    ``still`` from that, and every item whose ``turn`` it is, one in TURNS, has the difference
    added to the rows of its judgments: some hundred items together, so that nothing waits for what
    is found of one. Gives the log-likelihood up to the rows' scale, and how the sum of the
    posteriors in the counts has changed.
    """
    size = _U(len(prior))
    change = np.zeros(len(prior))
    log_sum, product = 0.0, 1.0
    found = np.empty(_TOGETHER * len(prior), dtype=_F)
    moved = np.zeros(_TOGETHER + _ITEMS_AHEAD, dtype=np.uint32)
    for begin in range(start, stop, _TOGETHER):
        many = _U(0)
        for i in range(begin, min(begin + _TOGETHER, stop)):
            a, b = _U(first[i]), _U(first[i + 1])
            if a == b:
                continue
            q, mass, top = _joint(said, a, b, chance, prior)
            log_sum += top
            product *= mass
            if product < 1e-200:
                log_sum += np.log(product)
                product = 1.0
            scale = _F(1) / mass
            if len(known) and known[i] >= 0:
                scale = _F(1)
                for k in range(len(prior)):
                    q = tuple_setitem(q, k, _F(k == known[i]))
            here, there, most = _U(i) * size, many * size, _F(0)
            for k in range(len(prior)):
                step = q[k] * scale - posterior[here + _U(k)]
                most = max(most, abs(step))
                found[there + _U(k)] = step
            moved[many] = i
            many += _U(most > still or _U(i) % _U(TURNS) == turn)
        for m in range(many):
            i = _U(moved[m + _ITEMS_AHEAD])
            for j in range(_U(first[i]), _U(first[i + _U(1)])):
                _fetch(count, _U(said[j]) * size)
            i = _U(moved[m])
            here, there = i * size, _U(m) * size
            q = prior
            for k in range(len(prior)):
                q = tuple_setitem(q, k, found[there + _U(k)])
                posterior[here + _U(k)] += q[k]
                change[k] += q[k]
            for j in range(_U(first[i]), _U(first[i + _U(1)])):
                row = _U(said[j]) * size
                for k in range(len(prior)):
                    count[row + _U(k)] += q[k]
    return log_sum + np.log(product), change


@_compiled
def conclude(first, said, chance, prior, known, posterior, answers):
    """Every item's posterior and its likeliest class, the first of equals, -1 where nobody said.

    Gives the log-likelihood up to the rows' scale.
    """
    size = _U(len(prior))
    log_sum, product = 0.0, 1.0
    for i in range(len(first) - 1):
        a, b = _U(first[i]), _U(first[i + 1])
        q, mass, top = _joint(said, a, b, chance, prior)
        log_sum += top
        if a < b:
            product *= mass
            if product < 1e-200:
                log_sum += np.log(product)
                product = 1.0
        scale = _F(1) / mass
        sure = len(known) and known[i] >= 0
        if sure:
            scale = _F(1)
            for k in range(len(prior)):
                q = tuple_setitem(q, k, _F(k == known[i]))
        most, answer = _F(-1), 0
        for k in range(len(prior)):
            posterior[_U(i) * size + _U(k)] = q[k] * scale
            if q[k] > most:
                most, answer = q[k], k
        answers[i] = answer if a < b or sure else -1
    return log_sum + np.log(product)


@intrinsic
def _bits(_context, _x):
    """The bits of a number of single precision, as a whole number."""

    def made(_target, builder, _signature, given):
        return builder.bitcast(given[0], ir.IntType(32))

    return types.int32(types.float32), made


@intrinsic
def _number(_context, _x):
    """The number of single precision of such bits."""

    def made(_target, builder, _signature, given):
        return builder.bitcast(given[0], ir.FloatType())

    return types.float32(types.int32), made


@_compiled
def _log2(x):
    """Logarithm of a positive number, to 4e-6."""
    whole = _I((_bits(x) >> _I(23)) - _I(127))
    t = _number((_bits(x) & _I(0x7FFFFF)) | _I(0x3F800000)) - _F(1)
    series = _LOG2[6]
    for power in range(5, -1, -1):
        series = series * t + _LOG2[power]
    return _F(whole) + series


@_compiled
def _exp2(x):
    """Two to a power from -126 to 127, to 1e-6 of itself."""
    whole = np.floor(x)
    t = x - whole
    series = _EXP2[5]
    for power in range(4, -1, -1):
        series = series * t + _EXP2[power]
    return series * _number((_I(whole) + _I(127)) << _I(23))


@_compiled
def maximise(count, smooth, given, used, before, beyond, momentum, chance):
    """New chances from counts; gives the logarithm of what the rows were divided by, all together.

    In logarithms (of base two) the step goes on by ``beyond`` of itself, and ``momentum`` times the
    last step is added. used, before: logarithms of the counts that the last chances came from, and
    of those without momentum; both are replaced. A negative momentum starts anew. Each row is
    divided by the power of two above its largest chance. given: how often each worker gave each
    label.
    """
    size = len(smooth)
    cells = size * size
    flat = smooth.reshape(-1)
    fresh = np.empty(cells, dtype=_F)
    totals = np.empty(size, dtype=_F)
    scale_sum = 0
    for worker in range(len(chance) // cells):
        at = worker * cells
        if momentum >= 0:
            for cell in range(cells):
                now = _log2(max(_F(count[at + cell]) + flat[cell], _F(1e-12)))
                step = now + beyond * min(max(now - used[at + cell], _F(-6)), _F(6))
                last = min(max(step - before[at + cell], _F(-6)), _F(6))
                used[at + cell] = min(max(step + momentum * last, _F(-60)), _F(60))
                before[at + cell] = step
                fresh[cell] = _exp2(used[at + cell])
        else:
            for cell in range(cells):
                fresh[cell] = max(_F(count[at + cell]) + flat[cell], _F(1e-12))
                used[at + cell] = before[at + cell] = _log2(fresh[cell])
        totals[:] = 0
        for label in range(size):
            for k in range(size):
                totals[k] += fresh[label * size + k]
        for label in range(size):
            largest = _FLOOR
            for k in range(size):
                fresh[label * size + k] = max(fresh[label * size + k] / totals[k], _FLOOR)
                largest = max(largest, fresh[label * size + k])
            exponent = (_bits(largest) >> _I(23)) - _I(126)
            up = _number((_I(127) - exponent) << _I(23))
            scale_sum += np.int64(exponent) * np.int64(given[worker * size + label])
            for k in range(size):
                chance[at + label * size + k] = fresh[label * size + k] * up
    return scale_sum * np.log(2.0)


@intrinsic
def _eight(_context, array, _place):
    """Eight bytes of an array of bytes as one word, the first lowest."""

    def made(target, builder, signature, given):
        data = target.make_array(signature.args[0])(target, builder, given[0]).data
        at = builder.bitcast(builder.gep(data, [given[1]]), ir.IntType(64).as_pointer())
        word = builder.load(at)
        word.align = 1
        return word

    return types.uint64(array, types.uint64), made


@intrinsic
def _alike(_context, array, _place):
    """How many of eight numbers, from a place of an array on, equal the first without a gap."""

    def made(target, builder, signature, given):
        data = target.make_array(signature.args[0])(target, builder, given[0]).data
        start, eight = builder.gep(data, [given[1]]), ir.VectorType(data.type.pointee, 8)
        numbers = builder.load(builder.bitcast(start, eight.as_pointer()))
        numbers.align = 1
        lanes = ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8)
        first = builder.shuffle_vector(numbers, numbers, lanes)
        other = builder.icmp_unsigned("!=", numbers, first)
        bits = builder.zext(builder.bitcast(other, ir.IntType(8)), ir.IntType(64))
        return builder.cttz(builder.or_(bits, ir.IntType(64)(256)), ir.IntType(1)(1))

    return types.uint64(array, types.uint64), made


@_compiled
def coded(units, values, width, bits, often):
    """How often each count of values occurs among units whose judgments lie in order.

    A unit's code is the sum of 1 << (bits * value) over its judgments; often[code] is raised.
    values: bytes below ``width``, and like units contiguous. Gives whether all was counted: the
    order must be that of units, and none may have more judgments than eight or 2^bits - 1.
    """
    one, eight, end = _U(1), _U(8), _U(len(units))
    pair = np.empty(256 * width, dtype=_U)  # two neighbours' share of the code
    for a in range(width):
        for b in range(width):
            pair[a + 256 * b] = (one << _U(bits * a)) + (one << _U(bits * b))
    most = min(eight, (one << _U(bits)) - one)
    at, size, mask = _U(0), one, _U(255)
    last = end - min(end, eight)
    while at < last:
        stop = at + size
        if _alike(units, at) != size:  # guessed from the last, so that units need not be in turn
            stop = at + one
            while stop < end and units[stop] == units[at]:
                stop += one
            size = stop - at
            if size > most:
                return False
            mask = ~_U(0) >> ((eight - size) << _U(3))
        if units[stop] <= units[at]:  # not in order, or more than eight
            return False
        word = _eight(values, at) & mask  # the bytes past the unit's look like the value 0
        code = pair[word & _U(0xFFFF)] + pair[(word >> _U(16)) & _U(0xFFFF)] - (eight - size)
        code += pair[(word >> _U(32)) & _U(0xFFFF)] + pair[word >> _U(48)]
        often[code] += 1
        at = stop
    while at < end:
        first, code = at, _U(0)
        while at < end and units[at] == units[first]:
            code += one << (_U(bits) * _U(values[at]))
            at += one
        if at - first > most or (at < end and units[at] < units[first]):
            return False
        often[code] += 1
    return True


@_compiled
def of_codes(codes, bits, place, nominal, often):
    """As `counted` or, where not ``nominal``, `spread` by ``place``, from what `coded` counted."""
    whole, pairable = 0.0, 0
    most = (1 << bits) - 1
    for code in range(len(codes)):
        if codes[code] == 0:
            continue
        size, alike, one, two = 0, 0, 0.0, 0.0
        for v in range(len(often)):
            here = (code >> (bits * v)) & most
            size += here
            alike += here * here
            one += here * place[v]
            two += here * place[v] * place[v]
        if size > 1:
            pairable += codes[code]
            apart = float(size * size - alike) if nominal else 2 * (size * two - one * one)
            whole += codes[code] * apart / (size - 1)
            for v in range(len(often)):
                often[v] += codes[code] * ((code >> (bits * v)) & most)
    return whole, pairable


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
