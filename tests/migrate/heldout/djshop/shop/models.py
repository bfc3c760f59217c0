from django.db import models
from django.utils import timezone


class Cart(models.Model):
    OPEN, CLOSED = "open", "closed"
    status = models.CharField(max_length=8, default=OPEN)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def open(self):
        self.status = self.OPEN
        self.save(update_fields=["status"])

    def close(self):
        self.status = self.CLOSED
        self.closed_at = timezone.now()
        self.save(update_fields=["status", "closed_at"])


class Campaign(models.Model):
    name = models.CharField(max_length=80)
    active = models.BooleanField(default=False)

    def start(self):
        self.active = True
        self.save()

    def stop(self):
        self.active = False
        self.save()


class ProductQuerySet(models.QuerySet):
    def visible(self):
        return self.filter(hidden=False)
