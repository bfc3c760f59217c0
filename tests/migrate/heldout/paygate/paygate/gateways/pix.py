import ssl

import paygate.core as core


class _Signer:
    def __init__(self, pem):
        self.pem = pem

    def sign(self, body):
        import hashlib
        import hmac
        return hmac.new(self.pem, body, hashlib.sha256).hexdigest()


class Pix(core.Gateway):
    def _setup(self):
        import http.client
        self.ctx = ssl.create_default_context()
        self.conn = http.client.HTTPSConnection(self.kwargs["host"], context=self.ctx)
        self.signer = _Signer(self.kwargs["pem"])

    def _teardown(self):
        self.conn.close()

    def capture(self, payment):
        self.count("capture")
        body = payment.ref.encode()
        self.conn.request("POST", "/pix", body, {"X-Sig": self.signer.sign(body)})
        if self.conn.getresponse().status != 201:
            raise core.PaymentError(payment.ref)
        payment.close()

    def void(self, payment):
        raise core.PaymentError("pix cannot be voided")


class PixWebhookHandler:
    def setup(self, app):
        app.add_route("/pix/hook", self)

    def on_post(self, req, resp):
        resp.media = {"ok": True}

    def teardown(self, app):
        pass
