"""Serving an app whose requests stand in its trail."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI

from services.chassis.process.clock import Clock
from services.chassis.process.periodic import every
from services.chassis.process.settings import ServiceSettings
from services.chassis.trail.recorder import FLUSH_SECONDS, Recorder
from services.chassis.web.server import serve


async def serve_told(app: FastAPI, settings: ServiceSettings, clock: Clock, stopping: asyncio.Event) -> None:
    """Serve `app` until `stopping`, and write what its recorder gathers, to the last request's."""
    recorder: Recorder = app.state.trail
    async with asyncio.TaskGroup() as group:
        group.create_task(
            serve(
                app,
                host=settings.http_host,
                port=settings.http_port,
                stopping=stopping,
                trusted_proxies=settings.trusted_proxies,
            )
        )
        group.create_task(every(FLUSH_SECONDS, recorder.keep_up, clock=clock, stopping=stopping, name="trail"))
    await recorder.finish()
