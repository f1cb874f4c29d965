"""Checkpoints put together: their routes, and the job that signs them where the installation has a key."""

from __future__ import annotations

from functools import partial
from typing import Any

import structlog

from services.chassis.assembly import Part, Platform
from services.ledger.checkpoints.handlers.keys import keys_of
from services.ledger.checkpoints.handlers.signing import Signing
from services.ledger.checkpoints.http import Deps, router
from services.ledger.checkpoints.jobs import last_signed, make_checkpoint, noting

_log = structlog.get_logger(__name__)


def wire(platform: Platform[Any]) -> Part:
    """Return the checkpoints' part of the ledger; raises UnusableKey for a file of keys that can't be used."""
    settings = platform.settings
    if settings.checkpoint_key is None:
        _log.warning("no checkpoints are signed: DUBAN_CHECKPOINT_KEY names no file")
        return Part(routers=[router(Deps(platform.database, None))])
    keys = keys_of(settings.checkpoint_key, platform.city.code, settings.checkpoint_origin)
    _log.info("checkpoints are signed", verifier_keys=keys.verifier_keys())
    signing = partial(make_checkpoint, platform.database, signing=Signing.on(platform, keys))
    known = partial(last_signed, platform.database, clock=platform.clock)
    work = noting(signing, known=known, clock=platform.clock)
    return Part(
        routers=[router(Deps(platform.database, keys))],
        jobs=[platform.every(settings.checkpoint_seconds, work, name="checkpoint")],
    )
