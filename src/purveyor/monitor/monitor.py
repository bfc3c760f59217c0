"""`ProviderMonitor`, by which code that is no operation of a provider records what it did."""

from __future__ import annotations

import logging

from purveyor.monitor.metrics import MetricsManager

__all__ = ["ProviderMonitor"]


class ProviderMonitor:
    """Records operations by hand, for code that cannot use the `operation` decorator.

    Recording is never the reason that the recorded work fails: what cannot be recorded is logged.
    """

    def __init__(self) -> None:
        self._metrics = MetricsManager.get_instance()
        self._logger = logging.getLogger(__name__)

    async def record_operation(
        self, operation: str, provider_type: str, success: bool = True, duration: float = 0.0, **labels: str
    ) -> None:
        """Count one operation, and if it succeeded observe its duration.

        Args:
            operation: What was done: ``"search"``.
            provider_type: The family of provider it was done with: ``"memory"``.
            success: Whether it succeeded.
            duration: How long it took, in seconds.
            labels: Further labels, such as ``name``; calls may differ in them.
        """
        try:
            self._metrics.counter(
                "provider_operations",
                1,
                operation=operation,
                type=provider_type,
                success=str(success).lower(),
                **labels,
            )
            if success:
                self._metrics.histogram(
                    "provider_duration", duration, operation=operation, type=provider_type, **labels
                )
        except Exception as error:
            self._logger.error(  # noqa: TRY400 - the stack of a bookkeeping error helps nobody
                "Failed to record provider operation",
                extra={
                    "provider_operation": operation,
                    "provider_type": provider_type,
                    "provider_success": success,
                    "provider_duration": duration,
                    "provider_labels": labels,
                    "provider_error": str(error),
                },
            )
