"""The published event contract of Duban (督办).

A county system's vendor installs this package to build, check and read Duban's events. It needs msgspec and
the standard library only. Start with :mod:`duban_contracts.cloudevents` (the envelope) and
:mod:`duban_contracts.events` (one small closed model per event type and version).
"""
