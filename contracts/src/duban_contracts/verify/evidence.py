"""What a county has at hand, held against itself: signatures, one root a size, proofs of records, proofs of growth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from duban_contracts.cloudevents import CloudEvent
from duban_contracts.verify.copy import Records, events_of, is_record, leaf_of, note_in, version_of
from duban_contracts.verify.findings import Finding, NotVerified
from duban_contracts.verify.notes import OLD, PROOF, Checkpoint, Key, Proof, opened, proof_of
from duban_contracts.verify.tree import has_grown, is_included


@dataclass
class Evidence:
    """Files one after the other, then `findings`. Nothing that is not signed by one of `keys` counts."""

    keys: Sequence[Key]
    _checkpoints: list[tuple[str, Checkpoint]] = field(default_factory=list)
    _records: Records = field(default_factory=Records)
    _inclusions: list[tuple[str, Proof]] = field(default_factory=list)
    _growths: list[tuple[str, Proof]] = field(default_factory=list)
    _led_on: set[tuple[str, int]] = field(default_factory=set)
    _found: list[Finding] = field(default_factory=list)

    def add(self, name: str, raw: bytes) -> None:
        """Take one file; raises NotVerified for one that is none of what can be checked."""
        text = raw.decode("utf-8", "replace")
        if text.startswith(PROOF):
            self._inclusions.append((name, proof_of(text)))
            self._open(name, self._inclusions[-1][1].note)
        elif text.startswith(OLD):
            self._growths.append((name, proof_of(text)))
            self._open(name, self._growths[-1][1].note)
        elif "\n\n\u2014 " in text:
            self._open(name, text)
        else:
            self._copy(name, events_of(raw))

    def findings(self) -> list[Finding]:
        """Return what holds and what does not."""
        found = [*self._found, *self._one_root_a_size(), *self._included(), *self._grown()]
        return [*found, *self._not_linked()]

    def _copy(self, name: str, events: Sequence[CloudEvent]) -> None:
        # A topic may bring an event twice; a second one of the same size is another event.
        once = {(event.id, event.data): event for event in events}.values()
        notes = [note for event in once if (note := note_in(event)) is not None]
        before = len(self._checkpoints)
        for note in notes:
            self._open(name, note, quiet=True)
        self._found += _shrinking(name, [checkpoint for _, checkpoint in self._checkpoints[before:]])
        records = [event for event in events if is_record(event)]
        count = len({event.id for event in records})
        zh = f"{name}：{count} 条历史记录，{len(notes)} 个检查点"
        self._found.append(Finding(holds=None, zh=zh, en=f"{name}: {count} records, {len(notes)} checkpoints"))
        self._found += [finding for event in records for finding in self._records.take(name, event)]

    def _open(self, name: str, note: str, *, quiet: bool = False) -> None:
        try:
            checkpoint = opened(note, self.keys)
        except NotVerified as error:
            wrong = error.finding
            self._found.append(Finding(holds=False, zh=f"{name}：{wrong.zh}", en=f"{name}: {wrong.en}"))
            return
        self._checkpoints.append((name, checkpoint))
        if not quiet:
            signed = ", ".join(checkpoint.keys)
            zh = f"{name}：检查点 {checkpoint.size} 的签名有效（{signed}）"
            self._found.append(
                Finding(holds=True, zh=zh, en=f"{name}: checkpoint {checkpoint.size}, signed by {signed}")
            )

    def _one_root_a_size(self) -> Iterator[Finding]:
        """Two roots of one size are two histories: the log signed both, and nothing explains that but a rewriting."""
        roots: dict[tuple[str, int], tuple[str, bytes]] = {}
        for name, each in self._checkpoints:
            first, root = roots.setdefault((each.origin, each.size), (name, each.root))
            if root != each.root:
                zh = f"{name}：记录数同为 {each.size}，与 {first} 的根散列不同——历史已被改写"
                en = f"{name}: another root than {first} for the same {each.size} records: history was rewritten"
                yield Finding(holds=False, zh=zh, en=en)

    def _included(self) -> Iterator[Finding]:
        for name, proof in self._inclusions:
            event = self._records.of_id(proof.extra.decode("utf-8", "replace"))
            checkpoint = self._signed(proof)
            if checkpoint is None:
                continue
            if event is None:
                yield Finding(
                    holds=False,
                    zh=f"{name}：所给文件中没有它证明的事件",
                    en=f"{name}: the event that it is about isn't among the files",
                )
                continue
            what = f"{event.subject} v{version_of(event)}"
            holds = is_included(leaf_of(event), proof.number, checkpoint.size, proof.hashes, checkpoint.root)
            yield Finding(
                holds=holds,
                zh=f"{name}：{what} {'在' if holds else '不在'}检查点 {checkpoint.size} 之内",
                en=f"{name}: {what} is {'' if holds else 'not '}under checkpoint {checkpoint.size}",
            )

    def _grown(self) -> Iterator[Finding]:
        for name, proof in self._growths:
            newer = self._signed(proof)
            if newer is None:
                continue
            older = [each for _, each in self._checkpoints if (each.origin, each.size) == (newer.origin, proof.number)]
            if not older:
                yield Finding(
                    holds=False,
                    zh=f"{name}：所给文件中没有记录数为 {proof.number} 的检查点",
                    en=f"{name}: no checkpoint of {proof.number} records is among the files",
                )
            for each in older:
                holds = has_grown(each.size, each.root, newer.size, newer.root, proof.hashes)
                if holds and each.size < newer.size:
                    self._led_on.add((each.origin, each.size))
                verdict = ("包含", "has grown from") if holds else ("不包含", "has not grown from")
                yield Finding(
                    holds=holds,
                    zh=f"{name}：检查点 {newer.size} {verdict[0]}检查点 {each.size} 的全部历史",
                    en=f"{name}: checkpoint {newer.size} {verdict[1]} checkpoint {each.size}",
                )

    def _not_linked(self) -> Iterator[Finding]:
        """Yield how many steps from checkpoint to checkpoint nothing shows: of those only the signatures are checked.

        Where all but one lead on to a larger one, the last holds what each of them holds, and so each what those before it
        hold. Every further one that leads nowhere may be another history.
        """
        sizes = {(each.origin, each.size) for _, each in self._checkpoints}
        steps = len(sizes - self._led_on) - len({origin for origin, _ in sizes})
        if steps > 0:
            yield Finding(
                holds=None,
                zh=f"{len(sizes)} 个检查点之间还有 {steps} 处没有一致性证明，只核对了签名",
                en=f"{steps} steps between {len(sizes)} checkpoints have no proof of consistency among the files",
            )

    def _signed(self, proof: Proof) -> Checkpoint | None:
        """Return the checkpoint of a proof, None where it is signed by nobody: that was found before."""
        try:
            return opened(proof.note, self.keys)
        except NotVerified:
            return None


def _shrinking(name: str, told: Sequence[Checkpoint]) -> Iterator[Finding]:
    """Yield where a county was told, later on, of fewer records than before: something was taken away at the end."""
    largest: dict[str, int] = {}
    for each in told:
        if each.size < (before := largest.get(each.origin, 0)):
            zh = f"{name}：检查点 {each.size} 在检查点 {before} 之后签发，记录却变少——历史已被改写"
            en = f"{name}: checkpoint {each.size} came after checkpoint {before} and holds less: history was rewritten"
            yield Finding(holds=False, zh=zh, en=en)
        largest[each.origin] = max(before, each.size)
