"""Files are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path
from uuid import uuid4


def write(path: str | os.PathLike[str], data: str | bytes) -> None:
    """Write `data` to `path`: a reader finds the old file or the new one, never a part of one.

    Text is written as UTF-8. An existing file keeps its permissions, and one that may not be written stays; a link
    keeps pointing where it did.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(f"{folder}/graph.txt", "q = x + y")
    ...     print(Path(f"{folder}/graph.txt").read_text())
    q = x + y
    """
    content = data.encode("utf-8") if isinstance(data, str) else data
    asked = Path(path)
    if asked.exists() and not asked.is_file():  # a pipe or a device cannot be replaced, only written to
        asked.write_bytes(content)
        return
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise failure(errno.ELOOP, path)  # links that lead to each other
    if target.exists() and not os.access(target, os.W_OK):
        raise failure(errno.EACCES, path)
    temporary = target.with_name(f".{uuid4().hex}.tmp")  # the same folder, so that the replacement is one step
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    except OSError as error:  # name the file that the caller asked for, not the temporary one
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def failure(number: int, path: str | os.PathLike[str]) -> OSError:
    """The error that the system raises under this number."""
    return OSError(number, os.strerror(number), str(path))
