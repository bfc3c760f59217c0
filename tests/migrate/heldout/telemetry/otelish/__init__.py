from .export.base import Exporter
from .export.file import FileExporter
