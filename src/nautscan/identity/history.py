"""Who held one address, in order of time, and never two at once."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace

from nautscan.identity.model import Binding


@dataclass(slots=True)
class _Tenure:
    """A binding, and whether its end was observed or only assumed."""

    binding: Binding
    assumed_end: bool = False

    def end(self, time_ns: int, *, assumed: bool) -> None:
        """End it. An end at its very beginning would leave nothing: a nanosecond is kept."""
        until_ns = max(time_ns, self.binding.since_ns + 1)
        self.binding = replace(self.binding, until_ns=until_ns)
        self.assumed_end = assumed

    def reopen(self) -> None:
        """The assumed end was none: it holds."""
        self.binding = replace(self.binding, until_ns=None)
        self.assumed_end = False


class AddressHistory:
    """The bindings of one address on one network (or of one published port of the host).

    Invariant: sorted by `since_ns`, and the intervals are disjoint and not empty. News can
    come late or twice (an event stream that was taken up again), so every operation is
    idempotent and keeps the invariant whatever the order.
    """

    def __init__(self) -> None:
        self._tenures: list[_Tenure] = []

    def __len__(self) -> int:
        return len(self._tenures)

    @property
    def bindings(self) -> tuple[Binding, ...]:
        """All bindings, oldest first."""
        return tuple(tenure.binding for tenure in self._tenures)

    def holder(self) -> Binding | None:
        """The binding that still holds, if any. Only the newest can."""
        last = self._tenures[-1].binding if self._tenures else None
        return last if last is not None and last.until_ns is None else None

    def acquire(self, claim: Binding) -> bool:
        """Let `claim` begin; whoever held the address until then loses it.

        Where two claim the same moment, the later information wins. Returns whether anything
        changed.
        """
        at = bisect_right(self._tenures, claim.since_ns, key=lambda held: held.binding.since_ns)
        before = self._tenures[at - 1] if at else None
        after = self._tenures[at] if at < len(self._tenures) else None
        if (
            before is not None
            and _same_owner(before, claim)
            and before.binding.covers(claim.since_ns)
        ):
            return self._continue(before, after, claim)
        if after is not None and _same_owner(after, claim):
            # The same owner, now known to have had the address for longer.
            after.binding = replace(after.binding, since_ns=claim.since_ns)
        else:
            fresh = _Tenure(claim)
            if after is not None:
                fresh.end(after.binding.since_ns, assumed=True)
            self._tenures.insert(at, fresh)
        self._cut(at - 1, claim.since_ns)
        return True

    def release(self, workload_id: str, time_ns: int, *, assumed: bool = False) -> bool:
        """End the workload's binding at `time_ns`. Returns whether anything changed.

        A binding that began after `time_ns` is untouched: the news is older than it is. An
        `assumed` end (the engine was out of sight) gives way to an observed one later.
        """
        for index in range(len(self._tenures) - 1, -1, -1):
            tenure = self._tenures[index]
            held = tenure.binding
            if held.workload_id != workload_id or held.since_ns > time_ns:
                continue
            if held.until_ns is not None and (assumed or not tenure.assumed_end):
                return False
            following = index + 1
            if following < len(self._tenures):
                time_ns = min(time_ns, self._tenures[following].binding.since_ns)
            tenure.end(time_ns, assumed=assumed)
            return True
        return False

    def drop_oldest(self) -> Binding:
        """Forget the oldest binding. Raises IndexError when there is none."""
        return self._tenures.pop(0).binding

    def forget(self, workload_id: str) -> int:
        """Forget everything about a workload. Returns how many bindings that were."""
        kept = [t for t in self._tenures if t.binding.workload_id != workload_id]
        forgotten = len(self._tenures) - len(kept)
        self._tenures = kept
        return forgotten

    def _continue(self, held: _Tenure, after: _Tenure | None, claim: Binding) -> bool:
        """The owner of `held` claims a moment that it already has."""
        ended = held.binding.until_ns
        if ended is None or after is not None:
            return False
        if held.assumed_end:
            held.reopen()
            return True
        # Its end was observed, and yet it holds the address: it came back.
        self._tenures.append(_Tenure(replace(claim, since_ns=ended)))
        return True

    def _cut(self, index: int, time_ns: int) -> None:
        """End the tenure at `index` at `time_ns`; remove it if nothing would be left."""
        if index < 0:
            return
        tenure = self._tenures[index]
        held = tenure.binding
        if held.since_ns >= time_ns:
            del self._tenures[index]
        elif held.until_ns is None or held.until_ns > time_ns:
            # It had ended by then at the latest. When exactly, an event may still tell.
            tenure.end(time_ns, assumed=True)


def _same_owner(tenure: _Tenure, claim: Binding) -> bool:
    return tenure.binding.workload_id == claim.workload_id
