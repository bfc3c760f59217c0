import requests

from ..core import Gateway, GatewayTimeout, PaymentError


class Cielo(Gateway):
    def _setup(self):
        host = "apisandbox" if self.sandbox else "api"
        self.base = f"https://{host}.cieloecommerce.cielo.com.br/1/sales"
        self.s = requests.Session()
        self.s.headers["MerchantKey"] = self.kwargs["merchant_key"]

    def _teardown(self):
        self.s.close()

    def capture(self, payment):
        try:
            r = self.s.put(f"{self.base}/{payment.ref}/capture", timeout=10)
        except requests.Timeout as e:
            raise GatewayTimeout from e
        if not r.ok:
            raise PaymentError(r.text)
        payment.close()

    def void(self, payment):
        self.s.put(f"{self.base}/{payment.ref}/void", timeout=10)
