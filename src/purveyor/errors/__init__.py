"""Every exception that Purveyor raises.

An error is a class that holds data. What a person reads is made from three answers, each a property:
`what` was wrong, `where` it was, and what to do about it (`hint`). They are put together in one place,
`PurveyorError.__str__`; the command line styles the same three parts.

Errors keep the built-in bases that the founding contract promises (`ValueError` for an unknown or a
duplicate name) and those that Python users expect (`TimeoutError`, `ImportError`).
"""

from purveyor.errors.base import PurveyorError, near_misses
from purveyor.errors.config import (
    ConfigError,
    ConfigProblem,
    DriverLoadError,
    DriverNotFoundError,
    NotStartedError,
    StartFailedError,
)
from purveyor.errors.data import (
    ChecksumError,
    ConflictError,
    DataError,
    InvalidInputError,
    ObjectNotFoundError,
    PartialDeleteError,
    PathObstructedError,
    StoreBusyError,
    StoreClosedError,
    StoreCorruptError,
    StoreError,
    StoreFullError,
    StorePermissionError,
)
from purveyor.errors.doors import (
    FileInTheWayError,
    ItemNotFoundError,
    ListenError,
    NotRunningError,
    RemoteError,
    RuntimeFolderError,
)
from purveyor.errors.lifecycle import (
    InvalidNeedError,
    LifecycleError,
    ManagerClosingError,
    NeedFailedError,
    NeedProblem,
    NeedsError,
    NoEventLoopError,
    ProviderInUseError,
    ProviderNotReadyError,
    ProviderTimeoutError,
    ProviderUnhealthyError,
    ReentrantLifecycleError,
    RegistrationAbortedError,
    StrayCancellationError,
    WrongEventLoopError,
)
from purveyor.errors.migration import MigrationError
from purveyor.errors.moving import (
    DestinationChangedError,
    JournalError,
    MoveCollisionError,
    MoveError,
    MoveProblem,
    MoveRefusedError,
    MoveVerificationError,
    SourceChangedError,
    UnknownFormatError,
)
from purveyor.errors.operations import (
    BreakerOpenError,
    InvalidMetricError,
    MissingExtraError,
    OperationTimeoutError,
    OverloadedError,
    UnsupportedError,
)
from purveyor.errors.registry import (
    InvalidMetadataError,
    ProviderExistsError,
    ProviderNotFoundError,
    ProviderTypeError,
)
from purveyor.errors.testing import (
    FakeClockError,
)

__all__ = [
    "BreakerOpenError",
    "ChecksumError",
    "ConfigError",
    "ConfigProblem",
    "ConflictError",
    "DataError",
    "DestinationChangedError",
    "DriverLoadError",
    "DriverNotFoundError",
    "FakeClockError",
    "FileInTheWayError",
    "InvalidInputError",
    "InvalidMetadataError",
    "InvalidMetricError",
    "InvalidNeedError",
    "ItemNotFoundError",
    "JournalError",
    "LifecycleError",
    "ListenError",
    "ManagerClosingError",
    "MigrationError",
    "MissingExtraError",
    "MoveCollisionError",
    "MoveError",
    "MoveProblem",
    "MoveRefusedError",
    "MoveVerificationError",
    "NeedFailedError",
    "NeedProblem",
    "NeedsError",
    "NoEventLoopError",
    "NotRunningError",
    "NotStartedError",
    "ObjectNotFoundError",
    "OperationTimeoutError",
    "OverloadedError",
    "PartialDeleteError",
    "PathObstructedError",
    "ProviderExistsError",
    "ProviderInUseError",
    "ProviderNotFoundError",
    "ProviderNotReadyError",
    "ProviderTimeoutError",
    "ProviderTypeError",
    "ProviderUnhealthyError",
    "PurveyorError",
    "ReentrantLifecycleError",
    "RegistrationAbortedError",
    "RemoteError",
    "RuntimeFolderError",
    "SourceChangedError",
    "StartFailedError",
    "StoreBusyError",
    "StoreClosedError",
    "StoreCorruptError",
    "StoreError",
    "StoreFullError",
    "StorePermissionError",
    "StrayCancellationError",
    "UnknownFormatError",
    "UnsupportedError",
    "WrongEventLoopError",
    "near_misses",
]
