"""States in files: arrays as safetensors, the rest as JSON inside of it; written whole or not at all, never unpickled.

A state is what `json` knows, with arrays in it: dicts, lists and tuples, texts, numbers, truths, None.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import DTypeError, short_repr
from nn.foreign import Foreign, Own, foreign, is_foreign
from nn.state import Stateful

Array = NDArray[Any]

#: The name under which our part of the metadata stands, and its version.
FORMAT, VERSION = "stepgrad", "1"


def save(path: str | os.PathLike[str], state: Any) -> None:
    """Write the state of a model, or any dict of arrays, to a safetensors file: whole, or not at all.

    ``state`` is a Module, of which the `state_dict` is written, or a dict with texts as keys and arrays, numbers,
    texts, lists and such dicts as values. A file that is there is replaced at once, when the new one is complete. Other
    programs read the arrays of the file by their names. Needs the package safetensors.

    >>> import tempfile, pathlib
    >>> from nn import MLP, load
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> model, twin = MLP([2, 3, 1], rng=0), MLP([2, 3, 1], rng=1)
    >>> save(path, model)
    >>> twin.load_state_dict(load(path))
    Misfit(missing=[], unexpected=[])

    Raises `TypeError` or `ValueError` for what no such file holds, by its place, `OSError` where it cannot be written:
    what was there is then as it was.
    """
    write(Path(path), state)


def write(path: Path, state: Any) -> str:
    """Do so, and give the checksum that the file has."""
    from safetensors.numpy import save as as_bytes

    given = state.state_dict() if isinstance(state, Stateful) else state
    if not isinstance(given, Mapping):
        raise DTypeError(f"save: state: expected a Module or a dict of arrays, got {short_repr(state)}")
    arrays: dict[str, Array] = {}
    text = json.dumps(taken_apart(dict(given), "", arrays))
    metadata = {FORMAT: VERSION, "state": text, "checksum": checksum(arrays, text)}
    content = as_bytes(arrays, metadata)
    try:
        write_whole(path, content)
    except OSError as error:
        raise OSError(error.errno, f"save: {path} cannot be written: {error.strerror or error}") from error
    return metadata["checksum"]


def checksum_in(path: Path) -> str | None:
    """The checksum that stands in a file; None where there is no file, "" where it is no file of ours."""
    from safetensors import SafetensorError, safe_open

    if not path.exists():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            return str((file.metadata() or {}).get("checksum", ""))
    except (SafetensorError, OSError):
        return ""


class Checkpoint:
    """A file that one training writes again and again: it does not write over what another program put there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        #: What it has read or written last; None where there was no file.
        self.checksum: str | None = None

    def read(self) -> dict[str, Any]:
        """The state in the file. Raises as `load`."""
        self.checksum = checksum_in(self.path)
        return read(self.path)

    def write(self, state: Any) -> None:
        """Write it, and remember that.

        Raises `FileExistsError` where the file is no longer that which it was, `OSError` as `save`.
        """
        if checksum_in(self.path) not in (self.checksum, None):
            raise FileExistsError(
                f"fit: checkpoint: {self.path} was written by another program meanwhile, it may be a second training: "
                "give each its own file"
            )
        self.checksum = write(self.path, state)


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The state that `save` wrote; of a safetensors file of another program, its arrays by their names.

    Those of another program are for `load_torch_state_dict`, if that is PyTorch, which has the weights of its layers
    transposed. ``model.load_state_dict`` refuses them, as it cannot know their layout; ``np.asarray`` of each says that
    it is the one of this library. Numbers of bfloat16, which NumPy has not, are float32, which holds all of them.

    Nothing is unpickled, and no code of the file is run. Needs the package safetensors.

    Raises `FileNotFoundError` where there is no such file, `ValueError` for one that is no safetensors file, was cut
    off or changed, or was written by a later version.
    """
    return own(read(path))


def read(path: str | os.PathLike[str]) -> dict[str, Any]:
    """As `load`, in plain dicts."""
    from safetensors import SafetensorError, deserialize, safe_open

    where = Path(path)
    if not where.is_file():
        raise FileNotFoundError(f"load: there is no file {where}")
    try:
        with safe_open(where, framework="numpy") as file:
            metadata = file.metadata() or {}
            kinds = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 - it is no dict
            arrays = {name: file.get_tensor(name) for name, kind in kinds.items() if kind != "BF16"}
        if len(arrays) < len(kinds):
            parts = deserialize(where.read_bytes())  # type: ignore[no-untyped-call]
            arrays |= {name: widened(part) for name, part in parts if name not in arrays}
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"load: {where} is no whole safetensors file ({error}): it was cut off, or another program wrote it"
        ) from error
    if FORMAT not in metadata:
        return {name: foreign(array) for name, array in arrays.items()}
    if metadata[FORMAT] != VERSION:
        raise ValueError(
            f"load: {where} was written by another version ({FORMAT} {metadata[FORMAT]}, expected {VERSION}): read it "
            "with that version"
        )
    text = metadata.get("state", "")
    if metadata.get("checksum") != checksum(arrays, text):
        raise ValueError(f"load: {where} was changed after it was written: its checksum is another")
    state: dict[str, Any] = put_together(json.loads(text), arrays)
    return state


def widened(part: Mapping[str, Any]) -> Array:
    """What a file has in bfloat16: the upper halves of numbers of single precision."""
    halves = np.frombuffer(part["data"], "<u2").astype(np.uint32)
    return (halves << 16).view(np.float32).reshape(part["shape"])


def taken_apart(part: Any, place: str, arrays: dict[str, Array]) -> Any:
    """A state as JSON has it, its arrays put under the name of their place.

    What JSON has not is a dict with one key that begins with $: arrays, tuples, and dicts whose keys are no texts.
    """
    if isinstance(part, np.ndarray):
        if isinstance(part, np.ma.MaskedArray):
            raise DTypeError(f"save: state{place}: expected plain numbers, got a masked array: fill it, by x.filled(0)")
        if part.dtype.kind not in "biuf" or part.dtype.itemsize > 8:
            raise DTypeError(f"save: state{place}: expected numbers of 64 bits at most, got {part.dtype}: convert them")
        name = place.removeprefix(".") or "state"
        if name in arrays:
            raise ValueError(f"save: state: two arrays would have the name {name!r}: call one of them otherwise")
        if name == "__metadata__" or name.encode(errors="replace").decode() != name:
            raise ValueError(f"save: state: no file holds an array of the name {name!r}: call it otherwise")
        arrays[name] = np.array(part, order="C", dtype=part.dtype.newbyteorder("="))
        return {"$array": name, "foreign": True} if is_foreign(part) else {"$array": name}
    if isinstance(part, Mapping):
        entries = {key: taken_apart(x, f"{place}.{key}", arrays) for key, x in part.items()}
        is_plain = all(isinstance(key, str) and not key.startswith("$") for key in entries)
        if not is_plain and not all(isinstance(key, str | int) for key in entries):
            raise DTypeError(f"save: state{place}: expected texts or ints as keys, got {short_repr(list(entries))}")
        return entries if is_plain else {"$dict": [list(entry) for entry in entries.items()]}
    if isinstance(part, list | tuple):
        items = [taken_apart(x, f"{place}.{k}", arrays) for k, x in enumerate(part)]
        return items if isinstance(part, list) else {"$tuple": items}
    if isinstance(part, np.generic) and part.dtype.kind in "biuf" and part.dtype.itemsize <= 8:
        return part.item()
    if part is None or isinstance(part, str | bool | int | float):
        return part
    raise DTypeError(
        f"save: state{place}: expected arrays, numbers, texts, lists and dicts, got {short_repr(part)}, which no such "
        "file holds"
    )


def is_same(one: Any, other: Any) -> bool:
    """Whether two states would be the same in a file.

    >>> is_same({"a": np.zeros(2)}, {"a": np.zeros(2)}), is_same([np.zeros(2)], [np.zeros(3)])
    (True, False)
    """
    arrays: tuple[dict[str, Array], dict[str, Array]] = {}, {}
    try:
        texts = [json.dumps(taken_apart(part, "", held)) for part, held in zip((one, other), arrays, strict=True)]
    except (DTypeError, ValueError):
        return False
    return len(set(texts)) == 1 and checksum(arrays[0], "") == checksum(arrays[1], "")


def put_together(part: Any, arrays: Mapping[str, Array]) -> Any:
    """What `taken_apart` took apart."""
    if isinstance(part, list):
        return [put_together(x, arrays) for x in part]
    if not isinstance(part, dict):
        return part
    if "$array" in part:
        array = arrays[part["$array"]]
        return foreign(array) if part.get("foreign") else array
    if "$tuple" in part:
        return tuple(put_together(part["$tuple"], arrays))
    if "$dict" in part:
        return {name: put_together(x, arrays) for name, x in part["$dict"]}
    return {name: put_together(x, arrays) for name, x in part.items()}


def own(state: dict[str, Any]) -> dict[str, Any]:
    """The same, where dicts of arrays say that they are of this library, if none of these is another program's."""
    told = {name: own(x) if isinstance(x, dict) else x for name, x in state.items()}
    kinds = {type(x) for x in told.values()}
    return Own(told) if np.ndarray in kinds and Foreign not in kinds else told


def checksum(arrays: Mapping[str, Array], text: str) -> str:
    """A fingerprint of all that a file holds."""
    found = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        found.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        found.update(arrays[name].tobytes())
    return found.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside it, and put it in its place when it is on the disk: whoever reads sees the old or the new."""
    path = path.resolve()  # a link stays one
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder, give the name of a file")
    if path.exists() and not path.is_file():  # a device would be replaced by a file
        raise OSError(errno.EINVAL, "it is there and is no plain file")
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}")
    name = unfinished(path, secrets.token_hex(4))
    try:
        with open(name, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def unfinished(path: Path, which: str) -> Path:
    """Where a file is while it is written."""
    return path.with_name(f".{path.name}.{which}.part")


def remove_unfinished(path: Path) -> None:
    """Remove what a process that was killed has left."""
    path = path.resolve()
    left_by_it = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{8}}\.part")
    for left in path.parent.iterdir():
        if left_by_it.fullmatch(left.name):
            with contextlib.suppress(OSError):
                left.unlink()
