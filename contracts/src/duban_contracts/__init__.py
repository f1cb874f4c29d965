"""The published event contract of Duban (督办).

A county system's vendor installs this package to build, check and read Duban's events. It needs msgspec and
the standard library only. Start with :mod:`duban_contracts.cloudevents` (the envelope) and
:mod:`duban_contracts.events` (one small closed model per event type and version); check what you publish with
:mod:`duban_contracts.validation` or `python -m duban_contracts.conformance FILE`.
"""
