"""What importing the package costs beside importing pluggy alone, in fresh interpreters."""

import statistics
import subprocess
import sys

from stage import report

RUNS = 15
SCRIPT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def seconds(module: str) -> float:
    """Return what one import took in an interpreter of its own."""
    command = [sys.executable, "-c", SCRIPT.format(module)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> int:
    """Compare pair by pair, and print the median ratio."""
    seconds("pluggy"), seconds("ireserve_integrations")  # caches of the disk
    pairs = [(seconds("ireserve_integrations"), seconds("pluggy")) for _ in range(RUNS)]
    ratio = statistics.median(ours / alone for ours, alone in pairs)
    print(
        f"median of {RUNS} pairs: {statistics.median(a for a, _ in pairs) * 1000:.1f} ms for "
        f"ireserve_integrations, {statistics.median(b for _, b in pairs) * 1000:.1f} ms for pluggy"
    )
    return 0 if report("import ireserve_integrations / import pluggy", ratio, 2.5) else 1


if __name__ == "__main__":
    sys.exit(main())
