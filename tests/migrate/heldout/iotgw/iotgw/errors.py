class GatewayError(Exception):
    pass


class DriverError(GatewayError):
    pass
