from decimal import Decimal

from django.db import models


class TimeStamped(models.Model):
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class PayRun(TimeStamped):
    OPEN, CLOSED = "open", "closed"
    state = models.CharField(max_length=10, default=OPEN)
    total = models.DecimalField(max_digits=12, decimal_places=2, default=Decimal("0"))

    def start(self):
        self.state = self.OPEN
        self.save(update_fields=["state"])

    def close(self):
        self.state = self.CLOSED
        self.save(update_fields=["state"])


class ProviderAccount(TimeStamped):
    """Which bank gateway a company pays through."""

    provider = models.CharField(max_length=40)
    credentials = models.JSONField()

    def connect(self):
        from payroll.gateways import gateway_for

        return gateway_for(self)

    def disconnect(self):
        self.credentials = {}
        self.save()
