"""`python -m app.rehearsal`: simulated viewers and a demo host on the service that the environment names. Started by `ocop demo`."""

from app.infra.startup import StartupError
from app.rehearsal import simulation
from app.settings import load_settings

if __name__ == "__main__":
    try:
        simulation.run(load_settings())
    except StartupError as error:
        raise SystemExit(f"ocop: {error}") from error
