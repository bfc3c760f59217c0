"""The embedded defaults: what runs where nothing is configured, and the file that ``purveyor init`` writes."""

from __future__ import annotations

__all__ = ["TEMPLATE"]

#: A commented configuration file. What it declares is what runs without any file, so that writing it
#: changes nothing until it is edited.
TEMPLATE = """\
#:schema ./purveyor.schema.json
# The providers of this application. `purveyor check` validates this file, `purveyor up` starts what it
# declares, `purveyor schema > purveyor.schema.json` gives completion and validation to your editor,
# `purveyor drivers` lists what `driver` can be.
#
# In any string, ${NAME} is an environment variable and ${NAME:-default} gives it a default; $${ is a plain ${.
# Relative paths start at the folder of this file.

version = 1

# A durable memory with text search, in one SQLite file.
[providers.notes]
driver = "memory.sqlite"
path = "${PURVEYOR_DATA:-.purveyor}/notes.db"

# Objects as plain files in a folder.
[providers.files]
driver = "storage.local"
root = "${PURVEYOR_DATA:-.purveyor}/files"

# Keys that every provider has; whatever else stands in its table is its driver's.
#
# [providers.summariser]
# driver = "myapp.providers:Summariser"         # a class of your own, found beside this file or installed
# description = "Summarises text with a model." # default: the first line of the class's docstring
# version = "2"
# type = "capability"                           # memory, storage, capability, custom; default: the class's
# capabilities = ["summarise"]                  # words it answers for; default: the class's
# labels = { team = "search" }
# needs = { memory = "notes" }                  # what its class declares that it needs, by role
# required = false                              # its failure leaves the rest running
# policy = { timeout = "30s", retries = 2 }     # deadline of an operation, and retries of idempotent ones
# api_key = { env = "MODEL_API_KEY" }           # a secret; or { file = "/run/secrets/model_api_key" }

# What `purveyor --profile dev` (or PURVEYOR_PROFILE=dev) lays over the tables above.
#
# [profiles.dev.providers.files]
# root = "/tmp/files"

# Where `purveyor up` serves /healthz, /readyz and /metrics. There is no authentication yet: loopback only.
#
# [server]
# host = "127.0.0.1"
# port = 8765
# watch = true                                  # take up changes of this file at once; default: false

# How providers are watched, and restarted when they are down.
#
# [supervision]
# check_interval = "10s"                        # how often each provider's check runs, and
# check_timeout = "5s"                          # how long it may take
# budget = 20                                   # restarts within the window; then the provider has failed
# window = "10m"
"""
