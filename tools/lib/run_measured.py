#!/usr/bin/env python3
"""run_measured.py RESULT COMMAND...: runs the command, writes `seconds=S peak_kib=K` to RESULT, exits as it did."""

import resource
import subprocess
import sys
import time


def main() -> int:
    result, command = sys.argv[1], sys.argv[2:]
    start = time.monotonic()
    status = subprocess.run(command, check=False).returncode
    seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with open(result, "w", encoding="ascii") as file:
        file.write(f"seconds={seconds:.3f} peak_kib={peak}\n")
    return status


sys.exit(main())
