from services.chassis.process.service import run
from services.statistics.bootstrap import build
from services.statistics.settings import Settings

if __name__ == "__main__":
    run("statistics", Settings, build)
