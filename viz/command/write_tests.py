"""``stepgrad write-tests``: a file of gradient tests for a module of functions, to be kept and edited.

What the parameters of its functions are is guessed from its text. Each draft is tried before it is written: what does
not run is written as a comment, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import keyword
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from viz.command.arguments import STDOUT, Parser, UsageError
from viz.command.tried import Trial, tried
from viz.files import write

DESCRIPTION = """\
Writes a file of gradient tests for the functions of a Python module, to be
kept and edited: each test draws inputs, and checks the gradient on them. What
the inputs are is guessed from the text of the function.

This imports the module and runs its functions on a few inputs, with your
rights, in a process of its own: a test that does not run as it was drafted is
written as a comment, with the reason.
"""

#: What an annotation says that a parameter is, by any of the words in it.
SCALARS = {"float", "Value", "Real", "Number", "floating"}
ARRAYS = {"ndarray", "NDArray", "Tensor", "ArrayLike", "Array", "Any", "object"}
WHOLE = {"int": "st.integers(1, 3)", "bool": "st.booleans()"}

#: Parameters that are an axis, and those that any array with one has.
AXES, AXIS = {"axis", "dim"}, "st.sampled_from((0, -1))"

#: Functions of positive numbers.
POSITIVE = {"log", "log2", "log10", "sqrt"}

HEAD = '''\
"""Gradient tests of {module}, written by `stepgrad write-tests`: keep this file, and edit it.

Each test draws inputs, runs the function on them, and compares every step of its gradient with a certified one.
Run it with pytest. What to look at in each:

- the shapes: tensors((3,)) is a vector of three, tensors((2, 3)) a matrix; values() draws single numbers as
  Values, for functions that branch by them or compute with nothing else;
- the domain: tensors((3,), domain=(0, np.inf)) draws positive numbers; edges=True goes to its ends;
- what the test returns: with order=2 in check_gradients, second derivatives are checked too.

The functions compute with Tensors and Values here: NumPy's functions take them, those of `math` do not.
"""

import numpy as np
from hypothesis import strategies as st

from autograd.check import check_gradients
from autograd.check.strategies import tensors, values

import {module}
'''

TEST = """

# EDIT: are these the shapes and the domains of {name}({parameters})?
@check_gradients(given={{{given}}})
def test_{name}({parameters}):
    return {module}.{name}({call})
"""


#: Of drafts that nothing is known of.
NOT_TRIED = Trial()


@dataclass(frozen=True)
class Function:
    """A function of a module: how its test calls it, and the strategy of each argument; or why it has no test."""

    name: str
    strategies: dict[str, str]
    named: frozenset[str] = frozenset()  #: the parameters that are given by name
    reason: str = ""


def write_tests(argv: Sequence[str]) -> str:
    """Write the file that the arguments ask for; gives what is to be printed.

    Raises `UsageError` for a module that is not found or has no such functions, and for a file that is there already.
    """
    arguments = parser().parse_args(argv)
    if arguments.help:
        return parser().format_help()
    if arguments.module is None:
        raise UsageError("write-tests: expected a module, as in stepgrad write-tests losses.py")
    module, path = found(arguments.module)
    target = arguments.file or f"test_{module.replace('.', '_')}_gradients.py"
    if target != STDOUT and os.path.exists(target) and not arguments.overwrite:
        raise UsageError(f"write-tests: {target} is there already: give another name, or --overwrite")
    functions = list(functions_of(source(path)))
    folder = Path() if target == STDOUT else Path(target).parent
    root = path.resolve().parents[module.count(".") + (path.name == "__init__.py")]
    trial = tried(file_of_tests(module, functions), folder, root)
    content = file_of_tests(module, functions, trial)
    if target == STDOUT:
        return content
    try:
        write(target, content)
    except OSError as error:
        raise UsageError(f"write-tests: cannot write {target!r}: {error.strerror}") from None
    return "".join(f"{line}\n" for line in written(target, module, root, trial))


def parser() -> Parser:
    made = Parser(
        "stepgrad write-tests",
        usage="stepgrad write-tests [--overwrite] MODULE [FILE]",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,
    )
    made.add_argument("module", nargs="?", metavar="MODULE", help="its name, or its file")
    made.add_argument("file", nargs="?", metavar="FILE", help="what is written (test_MODULE_gradients.py); - prints it")
    made.add_argument("--overwrite", action="store_true", help="write it also where it is there already")
    made.add_argument("-h", "--help", action="store_true", help="print this")
    return made


def written(target: str, module: str, root: Path, trial: Trial) -> Iterator[str]:
    """What there is to say of a file of tests."""
    yield f"Wrote {target}: look through what is marked EDIT, then run pytest {target}"
    if trial.broken:
        yield f"The drafts could not be tried: {trial.broken}"
    if trial.stopped:
        count = len(trial.stopped)
        yield f"{count} draft{'s do' if count > 1 else ' does'} not run, and {'are' if count > 1 else 'is'} marked TODO"
    if trial.is_elsewhere:
        yield f"{module} is not found from there: give pytest its folder, as in pytest -o pythonpath={root}"


def found(asked: str) -> tuple[str, Path]:
    """The name of a module, and its file, from either of them."""
    if asked.endswith(".py") or os.sep in asked:
        path = Path(asked)
        if not path.is_file():
            raise UsageError(f"write-tests: there is no file {asked}")
        parts = [path.stem]
        folder = path.resolve().parent
        while (folder / "__init__.py").exists():
            parts.insert(0, folder.name)
            folder = folder.parent
        return importable(".".join(parts[:-1] if parts[-1] == "__init__" else parts)), path
    before, name = list(sys.path), importable(asked)
    try:
        sys.path.insert(0, os.getcwd())
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    finally:
        sys.path[:] = before
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        raise UsageError(f"write-tests: there is no module {asked} written in Python: give its name, or its file")
    return asked, Path(spec.origin)


def importable(module: str) -> str:
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in module.split(".")):
        raise UsageError(f"write-tests: expected a module that can be imported, got {module}")
    return module


def source(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f"write-tests: cannot read {path}: {error}") from None


def file_of_tests(module: str, functions: Sequence[Function], trial: Trial = NOT_TRIED) -> str:
    """The file of tests for some functions of a module; what a trial stopped is a comment.

    >>> functions = list(functions_of(ast.parse("def f(W, x: float): return W @ W * x")))
    >>> text = file_of_tests("mine", functions, Trial({"test_f": "ValueError: no"}))
    >>> print(text.partition("import mine")[2].strip())
    # TODO: this does not run as drafted: ValueError: no
    # EDIT: are these the shapes and the domains of f(W, x)?
    # @check_gradients(given={"W": tensors((3, 3)), "x": tensors(())})
    # def test_f(W, x):
    #     return mine.f(W, x)
    """
    tested = [function for function in functions if not function.reason]
    if not tested:
        why = "; ".join(f"{function.name}: {function.reason}" for function in functions[:3])
        raise UsageError(f"write-tests: {module} has no function of numbers or arrays{f' ({why})' if why else ''}")
    parts = [HEAD.format(module=module)]
    if trial.broken:
        parts.append(f"\n# TODO: these drafts could not be tried: {trial.broken}\n")
    for function in tested:
        draft = draft_of(module, function)
        if reason := trial.stopped.get(f"test_{function.name}"):
            draft = f"\n\n# TODO: this does not run as drafted: {reason}\n" + as_comment(draft.lstrip("\n"))
        parts.append(draft)
    left = [f"#   {function.name}: {function.reason}\n" for function in functions if function.reason]
    if left:
        parts.append("\n\n# Left out:\n" + "".join(left))
    return without_unused("".join(parts))


def draft_of(module: str, function: Function) -> str:
    names = list(function.strategies)
    return TEST.format(
        module=module,
        name=function.name,
        parameters=", ".join(names),
        given=", ".join(f'"{name}": {strategy}' for name, strategy in function.strategies.items()),
        call=", ".join(f"{name}={name}" if name in function.named else name for name in names),
    )


def as_comment(text: str) -> str:
    return "".join(line if line.startswith("#") else f"# {line}" for line in text.splitlines(keepends=True))


def without_unused(content: str) -> str:
    """The file without the imports that no test needs."""
    body = content.partition("\nimport numpy")[2]
    for name, line in (
        ("np.", "import numpy as np\n"),
        ("st.", "from hypothesis import strategies as st\n"),
    ):
        if body.count(name) == 0:
            content = content.replace(line, "")
    used = [name for name in ("tensors", "values") if f"{name}(" in body]
    content = content.replace("import tensors, values\n", f"import {', '.join(used)}\n" if used else "import tensors\n")
    return content.replace('"""\n\n\nfrom', '"""\n\nfrom')


def functions_of(text: ast.Module) -> Iterator[Function]:
    """The public functions of a module, in order."""
    for node in text.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith(("_", "test_")):
            yield function_of(node)


def function_of(node: ast.FunctionDef) -> Function:
    """What is known of a function by its text."""
    arguments = node.args
    ordered = [*arguments.posonlyargs, *arguments.args]
    required = ordered[: len(ordered) - len(arguments.defaults)]
    named = [x for x, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None]

    def left_out(reason: str) -> Function:
        return Function(node.name, {}, reason=reason)

    if not any(isinstance(x, ast.Return) and x.value is not None for x in ast.walk(node)):
        return left_out("it returns nothing")
    if any(isinstance(x, ast.Yield | ast.YieldFrom) for x in ast.walk(node)):
        return left_out("it is a generator")
    if arguments.vararg is not None:
        return left_out(f"*{arguments.vararg.arg} may be any number of arguments")
    strategies = {}
    for x in (*required, *named):
        strategy = strategy_of(x, node)
        if not strategy:
            assert x.annotation is not None
            return left_out(f"{x.arg}: {ast.unparse(x.annotation)} is no number and no array")
        strategies[x.arg] = strategy
    if not any(strategy.startswith(("tensors", "values")) for strategy in strategies.values()):
        return left_out("it has no parameter that is a number or an array and has to be given")
    if any(strategy.startswith("tensors") for strategy in strategies.values()):  # beside which numbers are Tensors too
        strategies = {name: beside_tensors(strategy) for name, strategy in strategies.items()}
    return Function(node.name, strategies, frozenset(x.arg for x in named))


def beside_tensors(strategy: str) -> str:
    """A number as a Tensor without axes.

    >>> beside_tensors("values()"), beside_tensors("values((0, np.inf))")
    ('tensors(())', 'tensors((), domain=(0, np.inf))')
    """
    if not strategy.startswith("values("):
        return strategy
    domain = strategy[len("values(") : -1]
    return f"tensors((){f', domain={domain}' if domain else ''})"


def strategy_of(parameter: ast.arg, function: ast.FunctionDef) -> str:
    """The strategy of a parameter; empty for one that is no number and no array."""
    words = words_of(parameter.annotation)
    if parameter.arg in AXES and not words & (SCALARS | ARRAYS):
        return AXIS
    if words and not words & (SCALARS | ARRAYS):
        return next((WHOLE[word] for word in WHOLE if word in words), "")
    uses = list(ast.walk(function))
    domain = "(0, np.inf)" if any(takes_positive(x, parameter.arg) for x in uses) else ""
    if words & SCALARS and not words & ARRAYS:
        return f"values({domain})"
    if not words and any(asks(x, parameter.arg) for x in uses):
        return f"values({domain})"
    shape = "(3, 3)" if any(multiplies(x, parameter.arg) for x in uses) else "(3,)"
    return f"tensors({shape}{f', domain={domain}' if domain else ''})"


def words_of(annotation: ast.expr | None) -> set[str]:
    """The names in an annotation, also in one that is text."""
    if annotation is None:
        return set()
    found = {x.id for x in ast.walk(annotation) if isinstance(x, ast.Name)}
    found |= {x.attr for x in ast.walk(annotation) if isinstance(x, ast.Attribute)}
    for x in ast.walk(annotation):
        if isinstance(x, ast.Constant) and isinstance(x.value, str):
            try:
                found |= words_of(ast.parse(x.value, mode="eval").body)
            except SyntaxError:
                continue
    return found or {"?"}


def is_name(x: ast.AST, name: str) -> bool:
    return isinstance(x, ast.Name) and x.id == name


def takes_positive(x: ast.AST, name: str) -> bool:
    """Whether it is the logarithm or the root of this very parameter."""
    if not isinstance(x, ast.Call) or not any(is_name(argument, name) for argument in x.args):
        return False
    called = x.func.attr if isinstance(x.func, ast.Attribute) else x.func.id if isinstance(x.func, ast.Name) else ""
    return called in POSITIVE


def asks(x: ast.AST, name: str) -> bool:
    """Whether it is a branch by this parameter, as only a single number has."""
    return isinstance(x, ast.If | ast.IfExp | ast.While) and any(is_name(part, name) for part in ast.walk(x.test))


def multiplies(x: ast.AST, name: str) -> bool:
    """Whether it is a matrix product with this parameter on its left."""
    return isinstance(x, ast.BinOp) and isinstance(x.op, ast.MatMult) and is_name(x.left, name)
