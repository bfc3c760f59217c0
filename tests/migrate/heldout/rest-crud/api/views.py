from django_filters import rest_framework as filters
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.response import Response

from api.search import SearchIndex, Products


class ProductSerializer(serializers.ModelSerializer):
    class Meta:
        model = "shop.Product"
        fields = "__all__"


class IsOwner(BasePermission):
    def has_object_permission(self, request, view, obj):
        return obj.owner == request.user


class ProductFilter(filters.FilterSet):
    name = filters.CharFilter(lookup_expr="icontains")


class ProductViewSet(viewsets.ModelViewSet):
    serializer_class = ProductSerializer
    permission_classes = [IsOwner]
    filterset_class = ProductFilter

    def initialize_request(self, request, *args, **kwargs):
        request = super().initialize_request(request, *args, **kwargs)
        return request

    @action(detail=True, methods=["post"])
    def open(self, request, pk=None):
        return Response({"open": pk})

    @action(detail=True, methods=["post"])
    def close(self, request, pk=None):
        return Response({"closed": pk})
