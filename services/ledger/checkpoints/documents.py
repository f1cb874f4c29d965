"""What HTTP says of checkpoints. Checkpoints and proofs themselves are texts of C2SP, see `model/note.py`."""

from __future__ import annotations

from services.chassis.web.documents import Document


class CheckpointKeys(Document, frozen=True, kw_only=True):
    """Under which name checkpoints are signed, and the keys that verify them, the newest first.

    A key that is learnt from here alone shows nothing: compare it with what was handed over on paper.
    """

    origin: str
    keys: list[str]
