"""How OpenMP's threads wait for each other. Imports no torch, which reads these settings when it is loaded."""

import os

# Target tokens per second on 2 cores (embedding 512, 800 tokens per update), one training alone, and each of two that
# run at once:
#
#     no setting              7.8 k    0.16 k
#     GOMP_SPINCOUNT=10000    7.8 k    1.6 k
#     GOMP_SPINCOUNT=1000     7.3 k    3.7 k
#     OMP_WAIT_POLICY=passive 5.5 k    4.4 k
SPIN_COUNT = 1000


def limit_spinning() -> None:
    """Let OpenMP's threads wait only briefly in a busy loop before they sleep.

    By default they spin while they wait for each other, so that a training beside any other busy program all but stops.
    Sets GOMP_SPINCOUNT, which GNU's OpenMP library reads (torch's own on Linux; others ignore it), unless the user has
    set GOMP_SPINCOUNT or OMP_WAIT_POLICY. Has an effect only before torch is loaded.

    Other modules leave the environment to foundation/storage.py and to typer. This one is the exception, because the
    library has no other way to be configured.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPIN_COUNT))
