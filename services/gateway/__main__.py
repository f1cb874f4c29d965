from services.chassis.process.service import run
from services.gateway.bootstrap import NAME, build
from services.gateway.settings import Settings

if __name__ == "__main__":
    run(NAME, Settings, build)
