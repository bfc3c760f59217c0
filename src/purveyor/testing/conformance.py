"""`LifecycleConformance`: the tests that every provider should pass, for anyone's provider."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from purveyor.testing import scenarios
from purveyor.testing.stage import require, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from purveyor.manager import ProviderManager
    from purveyor.provider import Provider

__all__ = ["LifecycleConformance"]


class LifecycleConformance:
    """Puts a provider through what happens to it in a running system; to be subclassed in a test module.

    .. code-block:: python

        from purveyor import Provider, ProviderMetadata, ProviderType
        from purveyor.memory.inprocess import InProcessConfig, InProcessMemory
        from purveyor.testing import LifecycleConformance

        class TestInProcessMemory(LifecycleConformance):
            async def make(self):
                metadata = ProviderMetadata("notes", ProviderType.MEMORY, "Notes", "1", ["store"])
                return InProcessMemory(metadata, InProcessConfig())

            async def operate(self, provider):
                await provider.put("key", {"page": 3})

    Each test is a plain function that runs an event loop of its own, so it needs no asyncio plugin. What needs a
    fixture, such as ``tmp_path``, is put on ``self`` by a fixture of the subclass with ``autouse=True``.

    The steps of a lifecycle are cancelled at each of their awaits in turn. Afterwards there may be no task, no
    thread, no open file (looked at on Linux) and no warning that was not there before.
    """

    #: How long a step may take, and how long what was ended may take to be gone, in seconds of real time.
    patience: float = 5.0

    #: At how many awaits of a step it is cancelled, at most.
    most_awaits: int = 100

    # --- What a subclass says ---------------------------------------------------------------------------

    async def make(self) -> Provider[Any]:
        """Build a provider that is not registered. It is asked for many, always of the same name and config.

        If the provider needs others, see `register_needs`.
        """
        raise NotImplementedError(f"{type(self).__name__} has to write `async def make(self) -> Provider`")

    async def operate(self, provider: Any) -> None:
        """Call an operation, and check what it answers; it runs several times at the same time.

        Tests about operations are skipped where a subclass does not write it.

        Args:
            provider: One that was made, and is initialized.
        """

    def config_after_reload(self, config: Any) -> Any:
        """What the config is changed to in reloads; the same by default.

        Args:
            config: What it is.
        """
        return config

    async def register_needs(self, manager: ProviderManager) -> Mapping[str, str]:
        """Register what the provider needs, and say what serves in which role.

        Args:
            manager: The manager to register it with.

        Returns:
            Names of providers by role; nothing by default.
        """
        return {}

    # --- The tests --------------------------------------------------------------------------------------

    def test_its_metadata_is_valid(self) -> None:
        """Name, type, description, version, capabilities and labels are there, and of the right types."""
        run(self, scenarios.check_metadata)

    def test_it_registers_serves_and_unregisters(self) -> None:
        """The plain life, and nothing is left of it."""
        run(self, scenarios.live_plainly)

    def test_validate_acquires_nothing(self) -> None:
        """A provider that `validate` refuses gets no `cleanup`."""
        run(self, scenarios.validate_only)

    def test_an_initialize_that_is_cancelled_leaves_nothing(self) -> None:
        """Cancelled at each await of `initialize`: it ends, and `cleanup` releases what there is."""
        run(self, scenarios.cancel_initialize)

    def test_a_cleanup_that_is_cancelled_can_be_finished(self) -> None:
        """Cancelled at each await of `cleanup`: a second `cleanup` releases the rest."""
        run(self, scenarios.cancel_cleanup)

    def test_a_reload_that_is_cancelled_can_be_repeated(self) -> None:
        """Cancelled at each await of `reload`: another one brings the provider back."""
        run(self, scenarios.cancel_reload)

    def test_cleanup_is_harmless_at_any_time(self) -> None:
        """Before `initialize`, and twice after it."""
        run(self, scenarios.clean_up_too_often)

    def test_no_operation_fails_while_it_reloads_in_place(self) -> None:
        """Callers go on through several reloads, with references taken before and with new ones."""
        self._require_operate()
        run(self, partial(scenarios.reload_under_callers, "in_place"))

    def test_no_operation_fails_while_generations_swap(self) -> None:
        """The same, where the class says ``provider_reload = "swap"``."""
        self._require_operate()
        run(self, scenarios.require_swap)
        run(self, partial(scenarios.reload_under_callers, "swap"))

    def test_two_generations_are_open_at_once(self) -> None:
        """A swap opens the next one while the old one serves, then closes the old one."""
        run(self, scenarios.require_swap)
        run(self, scenarios.overlap)

    def test_check_answers_in_time_and_waits_for_no_operation(self) -> None:
        """Also while an operation stands still, at any of its awaits."""
        run(self, scenarios.check_beside_operations)

    def test_it_is_used_from_other_tasks(self) -> None:
        """Operations run in other tasks than `initialize`, and do not see its context variables."""
        self._require_operate()
        run(self, scenarios.use_from_other_tasks)

    def test_it_works_again_on_another_event_loop(self) -> None:
        """One object, registered with a second manager on a second event loop."""
        kept: list[Provider[Any]] = []
        for _ in range(2):
            run(self, partial(scenarios.use_again, kept))

    def test_it_shows_no_secret(self) -> None:
        """Nothing that the config holds as a secret is in a repr, a log, an error or on the standard streams."""
        run(self, scenarios.live_overheard)

    def _require_operate(self) -> None:
        known = type(self).operate is not LifecycleConformance.operate
        require(known, "no operation is known: write `async def operate(self, provider)`")
