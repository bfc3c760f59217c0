"""``python -m purveyor.cli``, where the script is not installed."""

from purveyor.cli import main

main()
