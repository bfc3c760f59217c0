class PartBase:
    """Once called BasePart."""
