"""`duban`: what operations needs at three in the morning: one screen, and a command for whatever it names.

It is told where things are by the environment: `DUBAN_KAFKA_BOOTSTRAP` and its kin, `DUBAN_TOPIC_PREFIX`,
`DUBAN_PROFILE`, and for each service `DUBAN_<SERVICE>_DSN` and `DUBAN_<SERVICE>_URL`; by files, too (in `DUBAN_SECRETS`, or `…_FILE`).
"""

from __future__ import annotations

from services.cli import (
    audits,
    backup,
    bundle,
    checkpoints,
    consumers,
    counties,
    criteria,
    dead_letters,
    deliveries,
    drill,
    duties,
    health,
    kafka,
    keys,
    lag,
    parked,
    restore,
    status,
    tasks,
    topics,
    trail,
    vault,
    waiting,
)
from services.cli.output import EXIT_CODES, Commands

_ENDINGS = "；".join(f"{code} {zh}" for code, (_, zh) in EXIT_CODES.items())

app = Commands(help="督办平台运维命令", epilog=f"退出码：{_ENDINGS}", no_args_is_help=True, add_completion=False)
app.command()(status.status)
app.command()(health.health)
app.command()(lag.lag)
app.command()(parked.parked)
app.command()(waiting.waiting)
app.command()(counties.county)
app.command()(consumers.pause)
app.command()(consumers.resume)
app.command()(consumers.drain)
app.command()(audits.audit)
app.command()(audits.verify)
app.command()(bundle.bundle)
app.command()(restore.restore)
app.command()(drill.drill)
app.add_typer(dead_letters.commands, name="dead-letters")
app.add_typer(deliveries.commands, name="deliveries")
app.add_typer(keys.commands, name="keys")
app.add_typer(backup.commands, name="backup")
app.add_typer(checkpoints.commands, name="checkpoints")
app.add_typer(counties.commands, name="counties")
app.add_typer(criteria.commands, name="criteria")
app.add_typer(duties.commands, name="duties")
app.add_typer(tasks.commands, name="tasks")
app.add_typer(kafka.commands, name="kafka")
app.add_typer(topics.commands, name="topics")
app.add_typer(vault.commands, name="vault")
app.add_typer(trail.commands, name="trail")


if __name__ == "__main__":
    app()
