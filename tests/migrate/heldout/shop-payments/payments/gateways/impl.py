from dataclasses import dataclass

import requests
import stripe

from .base import PaymentDeclined
from .base import PaymentGateway as _Base


@dataclass
class StripeConfig:
    api_key: str
    version: str = "2024-06-20"


@dataclass
class AdyenConfig:
    merchant: str
    user: str
    password: str


class Stripe(_Base[StripeConfig]):
    def _do_initialize(self):
        self.client = stripe.StripeClient(self.config.api_key)

    def charge(self, cents, token):
        intent = self.client.payment_intents.create({"amount": cents, "payment_method": token})
        if intent.status != "succeeded":
            raise PaymentDeclined(intent.status)
        return intent.id


class Adyen(_Base[AdyenConfig]):
    def _do_initialize(self):
        self.http = requests.Session()
        self.http.auth = (self.config.user, self.config.password)

    def _do_cleanup(self):
        self.http.close()

    def charge(self, cents, token):
        r = self.http.post("https://pal-live.adyen.example/authorise", json={"amount": cents, "token": token})
        if r.json()["resultCode"] != "Authorised":
            raise PaymentDeclined(r.json()["refusalReason"])
        return r.json()["pspReference"]


class CashOnDelivery(_Base[None]):
    def _do_initialize(self):
        """nothing to set up"""

    def charge(self, cents, token):
        return "cod"
