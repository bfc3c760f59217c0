"""``python -m purveyor``, where the script is not on the path."""

from purveyor.cli import main

main()
