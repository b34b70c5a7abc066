"""Files are written whole or not at all, several together too."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

OUTPUT, ERRORS = 1, 2  #: the descriptors of standard output and standard error


def write(path: str | os.PathLike[str], data: str | bytes) -> None:
    """Write `data` to `path`: a reader finds the old file or the new one, never a part of one.

    Text is written as UTF-8. An existing file keeps its permissions, and its owner and group where the system lets
    them be given; one that may not be written stays; a link keeps pointing where it did. The file is replaced, so
    another hard link to the old one keeps what that held. Pipes, devices, and what is open as standard output or
    standard error are not replaced but written to.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/graph.txt", "q = x + y")
    ...     print(Path(f"{folder}/graph.txt").read_text())
    q = x + y
    """
    with writing(path, data):
        pass


@contextlib.contextmanager
def writing(path: str | os.PathLike[str], data: str | bytes) -> Iterator[None]:
    """As `write`, at the end of the block and only if that succeeds; what can fail is done at the start.

    Several of them, one inside the other, are written together, or none of them is.
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    if not os.path.basename(path):  # "folder/", which Path would take for the name of a file
        raise failure(errno.EISDIR, path)
    if (number := descriptor(path)) is not None:
        with naming(path):
            copy = os.dup(number)
        with open(copy, "wb") as stream:
            yield
            stream.write(content)
        return
    asked = Path(path)
    if asked.is_dir():
        raise failure(errno.EISDIR, path)
    if asked.exists() and not asked.is_file():  # a pipe or a device cannot be replaced, only written to
        yield
        asked.write_bytes(content)
        return
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise failure(errno.ELOOP, path)  # links that lead to each other
    if target.exists() and not os.access(target, os.W_OK):
        raise failure(errno.EACCES, path)
    temporary = target.with_name(f".{uuid4().hex}.tmp")  # the same folder, so that the replacement is one step
    try:
        with naming(path):
            fill(temporary, content)
            if target.exists():
                keep_status(target, temporary)
        yield
        with naming(path):
            os.replace(temporary, target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def descriptor(path: str | os.PathLike[str]) -> int | None:
    """The open descriptor that a path means, by its name as in /dev/fd/3, or as the file behind it is standard output.

    To replace such a file would take what is in it already, and leave the process with one that nobody can open.

    >>> descriptor("/dev/fd/7"), descriptor("graph.svg")
    (7, None)
    """
    if named := re.fullmatch(r"/(?:dev|proc/self)/fd/(\d+)", os.fspath(path)):
        return int(named[1])
    for number in (OUTPUT, ERRORS):
        with contextlib.suppress(OSError, ValueError):  # closed; no such path
            there = os.stat(path)
            if there.st_ino and os.path.samestat(there, os.fstat(number)):
                return number
    return None


def fill(temporary: Path, content: bytes) -> None:
    """Make a file and see to it that its content is on the disk."""
    try:
        file = temporary.open("xb")
    except PermissionError as error:
        raise PermissionError(error.errno, f"{error.strerror} in the folder {temporary.parent}") from None
    with file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def keep_status(old: Path, new: Path) -> None:
    """Give a file the owner, the group and the permissions of another, as far as this user may."""
    if hasattr(os, "chown"):  # not on Windows
        status = old.stat()
        for owner, group in ((-1, status.st_gid), (status.st_uid, -1)):
            with contextlib.suppress(OSError):
                os.chown(new, owner, group)
    shutil.copymode(old, new)


@contextlib.contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Errors within name the file that the caller asked for, not the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def failure(number: int, path: str | os.PathLike[str]) -> OSError:
    """The error that the system raises under this number."""
    return OSError(number, os.strerror(number), str(path))
