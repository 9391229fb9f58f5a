"""How threads share the cores with other programs. Imports no torch, which reads these settings when it is loaded."""

import os
import platform

# Target tokens per second on 2 cores (embedding 512, 800 tokens per update), one training alone, and each of two that
# run at once:
#
#     no setting              7.8 k    0.16 k
#     GOMP_SPINCOUNT=10000    7.8 k    1.6 k
#     GOMP_SPINCOUNT=1000     7.3 k    3.7 k
#     OMP_WAIT_POLICY=passive 5.5 k    4.4 k
SPIN_COUNT = 1000


def share_cores() -> None:
    """Set how the threads of torch and NumPy wait and how many NumPy has, unless the user has set it.

    By default OpenMP's threads spin while they wait for each other, so that a training beside any other busy program
    all but stops. GOMP_SPINCOUNT limits that; GNU's OpenMP library reads it (torch's own on Linux; others ignore it).
    NumPy's OpenBLAS gets one thread: for a few sentences that is as fast, and takes half the CPU time. Not on Arm,
    where torch's own products may use OpenBLAS. Both have an effect only before NumPy and torch are loaded.

    Only foundation/storage.py reads the environment for the program's own settings. This function is the exception: it
    writes variables for libraries that have no other way to be configured.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPIN_COUNT))
    if platform.machine() in ("x86_64", "AMD64"):
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
