from services.chassis.process.service import run
from services.ledger.bootstrap import build
from services.ledger.settings import Settings

run("ledger", Settings, build)
