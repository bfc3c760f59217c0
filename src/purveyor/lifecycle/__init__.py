"""From a provider's registration to its end: the states, and the task that owns it."""
