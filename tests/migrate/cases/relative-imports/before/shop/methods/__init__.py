from ..base import Payment
