"""`python -m deploy.kubernetes`: kafka --profile DIR INTO, profile DIR, alerting. `--check` only compares, and exits 1."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from deploy.kubernetes import alerting, manifests
from duban_contracts.profile import ProfileError

_ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = _ROOT / "deploy" / "profiles" / "jincheng"


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or compare them; 1 where one is stale or the profile can't be used."""
    chosen = _parser().parse_args(arguments)
    try:
        wanted = _wanted(chosen)
    except (ProfileError, manifests.TooLarge) as refused:
        print(refused, file=sys.stderr)  # noqa: T201
        return 1
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{'stale' if chosen.check else 'wrote'}: {path}")  # noqa: T201
        if not chosen.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if chosen.check and stale else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy.kubernetes", description=__doc__)
    parser.add_argument("--check", action="store_true")
    of = parser.add_subparsers(dest="what", required=True)
    kafka = of.add_parser("kafka", help="KafkaTopics and KafkaUsers of a city, for Strimzi")
    kafka.add_argument("--profile", type=Path, default=EXAMPLE)
    kafka.add_argument("into", type=Path, nargs="?", default=_ROOT / "k8s" / "cities" / "jincheng")
    profile = of.add_parser("profile", help="the component that mounts a profile, in its own directory")
    profile.add_argument("directory", type=Path, nargs="?", default=EXAMPLE)
    of.add_parser("alerting", help="Alertmanager's routes, as deploy/prometheus/alertmanager.yml has them")
    return parser


def _wanted(chosen: argparse.Namespace) -> dict[Path, str]:
    if chosen.what == "kafka":
        return {chosen.into / name: text for name, text in manifests.kafka(chosen.profile).items()}
    if chosen.what == "profile":
        return {chosen.directory / manifests.KUSTOMIZATION: manifests.profile_component(chosen.directory)}
    return {alerting.TARGET: alerting.render()}


if __name__ == "__main__":
    raise SystemExit(main())
