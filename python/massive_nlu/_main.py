"""The console script ``massive``: the commands of the binary."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Runs the command line of this process."""
    # ONNX Runtime tells nobody what runs.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    # An interrupt ends the process, as it ends the binary.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from . import _native

    sys.exit(_native.main(["massive", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
