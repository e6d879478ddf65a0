"""Every error a user can meet, in one tree.

    BubblenetError
    |-- SettingsError(ValueError)          a configuration file or --set is wrong
    |-- InputError(ValueError)             nothing to read at the given path
    |-- StorageError(RuntimeError)         the storage of an input fails; nothing is recorded about its bytes
    |-- QueryError(ValueError)             an SQL query cannot be run
    |-- ModelError(ValueError)             weights missing, unsafe or different from what was promised
    |   `-- EndpointError                  an engine outside this process is down, or an engine cannot do what is asked
    |-- EnvironmentProblem(RuntimeError)   Java, a jar or a library is missing
    |-- WarehouseError(RuntimeError)       the tables cannot be used
    |   |-- AddressError                     the address is none that tables can have
    |   |-- SchemaVersionError             the tables were made by another version
    |   `-- ConcurrentRunError             another driver is writing the same stage
    |-- StaleSnapshotError(RuntimeError)   a snapshot was made under another recipe than is to be published
    |-- TrainingError(RuntimeError)        a process of a training failed
    |-- StepError(RuntimeError)            a step of the loop, an application of its own, failed
    |-- UndeclaredSignalError(ValueError)  a scoring mode gives a signal that it does not declare
    `-- AccountingError(RuntimeError)      seen != kept + filtered + quarantined + pending: rows were lost

Each message says what was wanted, what was got, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib.util import find_spec


class BubblenetError(Exception):
    """Base of all errors raised on purpose; the command line prints it without a trace.

    wanted, got and todo are short phrases; together they are the whole message.
    """

    def __init__(self, wanted: str, got: str, todo: str) -> None:
        self.wanted, self.got, self.todo = wanted, got, todo
        super().__init__(f"wanted {wanted}; got {got}. {todo}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        """Travel from a worker to the driver with all three parts."""
        return type(self), (self.wanted, self.got, self.todo)


class SettingsError(BubblenetError, ValueError):
    """A configuration file is missing, or holds an unknown key or a value of the wrong type."""


class InputError(BubblenetError, ValueError):
    """An input path is missing, or holds no file of a known format."""


class StorageError(BubblenetError, RuntimeError):
    """Storage refused or failed to give an input file, several times. It says nothing of the file, so it never becomes a verdict."""


class QueryError(BubblenetError, ValueError):
    """An SQL query names an unknown table or column, cannot be parsed, or fails while it runs."""


class ModelError(BubblenetError, ValueError):
    """A model has no weights, has weights in an unsafe format, or differs from the declared digest."""


class EndpointError(ModelError):
    """A model server cannot be reached, serves another model than was promised, or cannot do what is asked of it."""


class EnvironmentProblem(BubblenetError, RuntimeError):
    """Something outside the project is missing: Java, the Delta jar, an optional library."""


class WarehouseError(BubblenetError, RuntimeError):
    """The warehouse folder or catalog cannot be used as asked."""


class AddressError(WarehouseError):
    """An address that Spark, delta-rs and Arrow cannot all open."""


class SchemaVersionError(WarehouseError):
    """A table differs from its declaration in more than columns that can be added: another release made it."""


class ConcurrentRunError(WarehouseError):
    """Another driver kept committing to the same lane while this one tried to."""


class StaleSnapshotError(BubblenetError, RuntimeError):
    """A snapshot was not brought up to the recipe under which pairs are to be published."""


class TrainingError(BubblenetError, RuntimeError):
    """A process of a training failed; the training goes on from its last checkpoint when it is started again."""


class StepError(BubblenetError, RuntimeError):
    """A step of the loop that was an application of its own failed; the loop goes on from it when it is started again."""


class UndeclaredSignalError(BubblenetError, ValueError):
    """A scoring mode gave a signal that it does not declare, or a signal is asked for that no mode declares."""


class AccountingError(BubblenetError, RuntimeError):
    """The counts of a stage do not add up; the run must not be trusted."""


def check_installed(extra: str, *packages: str) -> None:
    """Raise EnvironmentProblem unless the packages of one of our extras can be imported."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise EnvironmentProblem(
            f"the libraries of bubblenet[{extra}]", f"no {' and no '.join(missing)}", f"pip install 'bubblenet[{extra}]'"
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most similar to a mistyped one, for an error's advice."""
    return difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
