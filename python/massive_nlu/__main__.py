"""``python -m massive_nlu``: the commands of the binary."""

from ._main import main

main()
