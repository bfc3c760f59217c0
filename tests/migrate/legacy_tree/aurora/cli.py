"""``python -m aurora.cli QUESTION``"""

import asyncio
import sys

from aurora.app import Aurora


def main(arguments):
    print(asyncio.run(Aurora().answer(" ".join(arguments))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
