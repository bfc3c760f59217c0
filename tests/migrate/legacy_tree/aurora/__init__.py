"""Aurora answers questions, keeps notes and reads them aloud."""

__version__ = "0.9.1"
