#!/usr/bin/env python3
"""Run a provider."""

import argparse
import sys


def initialize_provider(name: str) -> dict:
    return {"provider": name}


def cleanup_provider(provider: dict) -> None:
    provider.clear()


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(prog="run-provider")
    parser.add_argument("provider", nargs="?", default="local")
    provider = initialize_provider(parser.parse_args(arguments).provider)
    try:
        print(provider["provider"])
    finally:
        cleanup_provider(provider)
    return 0


if __name__ == "__main__":
    sys.exit(main())
