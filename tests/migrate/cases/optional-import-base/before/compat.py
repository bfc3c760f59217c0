try:
    from fast_foundation import Base
except ImportError:
    from foundation import Base
