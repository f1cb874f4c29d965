"""Alertmanager's configuration with a city's receivers: `python -m deploy.prometheus.alerting receivers.yml`.

Routes and inhibitions are the committed ones; a receiver that the city leaves out stays a name and delivers nothing, but for
`letters`: whoever has none of their own gets them as `operators` does.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.local.trouble import Trouble

HERE: Final = Path(__file__).resolve().parent
ROUTES: Final = HERE / "alertmanager.yml"
TEMPLATES: Final = HERE / "templates"
_REMEDY: Final = f"Name the receivers as {ROUTES.name} does; receivers.example.yml shows how."


def with_receivers(receivers: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the configuration as YAML text. Raises `Trouble` for a receiver that no route names."""
    configured: dict[str, Any] = yaml.safe_load(ROUTES.read_text(encoding="utf-8"))
    names = [each["name"] for each in configured["receivers"]]
    if unknown := sorted(receivers.keys() - set(names)):
        raise Trouble(f"No route leads to {', '.join(unknown)}.", _REMEDY)
    given = {"letters": receivers.get("operators", {}), **receivers}
    configured["receivers"] = [{"name": name, **given.get(name, {})} for name in names]
    return yaml.safe_dump(configured, allow_unicode=True, sort_keys=False, width=120)


def by_mail(host: str, port: int, to: str) -> dict[str, Any]:
    """Return a receiver that writes to `to` through a mail server that wants neither TLS nor a password."""
    return {
        "email_configs": [
            {
                "to": to,
                "from": "duban-alerts@city.example",
                "smarthost": f"{host}:{port}",
                "require_tls": False,
                "send_resolved": True,
                "headers": {"Subject": '{{ template "duban.subject" . }}'},
                "html": "",
                "text": '{{ template "duban.text" . }}',
            }
        ]
    }


def main(arguments: list[str]) -> int:
    """Print the configuration with the receivers of the file named; 1 with one sentence when that can't be done."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)  # noqa: T201
        return 2
    try:
        print(with_receivers(yaml.safe_load(Path(arguments[0]).read_text(encoding="utf-8")) or {}), end="")  # noqa: T201
    except Trouble as trouble:
        print(trouble, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
