from django import forms
from django.http import JsonResponse
from django.views import View
from django.views.generic import ListView

from .gateways import gateway_for
from .models import PayRun


class PayRunForm(forms.ModelForm):
    class Meta:
        model = PayRun
        fields = ["state"]


class PayRunList(ListView):
    model = PayRun

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.tenant = request.tenant


class RunPayments(View):
    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.gateway = gateway_for(request.tenant.account)

    def post(self, request, pk):
        self.gateway.connect()
        try:
            self.gateway.pay(request.POST["iban"], request.POST["amount"])
        finally:
            self.gateway.disconnect()
        return JsonResponse({"ok": True})
