from django.utils.module_loading import import_string


class PaymentBackend:
    label = ""

    def charge(self, order, amount):
        raise NotImplementedError

    def refund(self, ref):
        raise NotImplementedError


class InvoiceBackend(PaymentBackend):
    label = "Invoice"

    def charge(self, order, amount):
        return "INV-%06d" % order.pk

    def refund(self, ref):
        return True


class CashOnDelivery(PaymentBackend):
    label = "Cash"

    def charge(self, order, amount):
        return None


def backend(path):
    return import_string(path)()
