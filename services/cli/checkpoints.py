"""`duban checkpoints`: the keys that the ledger signs its history's checkpoints with. They need no database."""

from __future__ import annotations

import os
from pathlib import Path

from services.cli.output import Commands, end, text
from services.cli.surroundings import city, told

commands = Commands(help="历史检查点：签名密钥与核验公钥", no_args_is_help=True)


@commands.command("new-key")
def new_key() -> None:
    """输出一把新的签名密钥（PEM）。轮换时追加到密钥文件末尾：两把同时签名，待各县换用新公钥后再删去旧的一段。"""
    # Imported here: the other commands work while the ledger's code does not.
    from services.ledger.bootstrap import fresh_key  # noqa: PLC0415

    text("key", fresh_key().decode())


@commands.command("keys")
def verifier_keys() -> None:
    """输出密钥文件（DUBAN_CHECKPOINT_KEY）对应的核验公钥，一行一把；应以书面等其他途径交给各县。"""
    from services.ledger.bootstrap import UnusableKey, keys_of  # noqa: PLC0415

    keys = keys_of(Path(told("DUBAN_CHECKPOINT_KEY")), city().code, os.environ.get("DUBAN_CHECKPOINT_ORIGIN", ""))
    try:
        lines = keys.verifier_keys()
    except UnusableKey as error:
        end(str(error))
    text("keys", "".join(f"{line}\n" for line in lines))
