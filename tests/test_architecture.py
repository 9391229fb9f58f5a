"""The rooms: imports go downwards only, and only some modules import torch when they are imported."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "attn_cli"
ROOMS = ("cli", "display", "training", "evaluation", "decoding", "network", "models", "text", "foundation")
TORCH = {f"training/{name}.py" for name in ("adam", "trainer", "loop", "validation", "checkpoint")} | {
    "decoding/torch_engine.py"
}
LONGEST, MOST_ENTRIES = 60, 12  # lines of a function, entries of a folder


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.glob("*/**/*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_on_import(tree: ast.Module) -> Iterator[str]:
    """What a module imports outside of functions and of `if TYPE_CHECKING`."""
    return (name for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom) for name in imported(node))


def test_imports_go_downwards_only():
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir()} - {"__pycache__"} == set(ROOMS)
    upwards = []
    for name, tree in modules():
        level = ROOMS.index(name.split("/")[0])
        rooms = [target.split(".")[1] for target in imported(tree) if target.startswith("attn_cli.")]
        upwards += [(name, room) for room in rooms if room in ROOMS and ROOMS.index(room) < level]
    assert upwards == []


def test_the_network_knows_the_settings_and_batches_only():
    for name, tree in modules():
        rooms = {target for target in imported(tree) if target.startswith("attn_cli.") and name.startswith("network/")}
        others = {target for target in rooms if target.split(".")[1] not in ("network", "foundation")}
        assert all(target.startswith("attn_cli.text.batches.") for target in others), name


def test_torch_is_imported_by_the_modules_that_compute_and_no_others():
    importing = {name for name, tree in modules() if any(t.split(".")[0] == "torch" for t in imported_on_import(tree))}
    assert {name for name in importing if not name.startswith("network/")} == TORCH - {"training/validation.py"}
    free = [name for name, _ in modules() if not name.startswith("network/") and name not in TORCH]
    names = ", ".join(
        f"attn_cli.{name.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}" for name in free
    )
    code = f"import sys, attn_cli, attn_cli.network.openmp, {names}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_only_storage_reads_the_environment_and_only_the_command_line_its_arguments():
    users: dict[str, set[str]] = {"environ": set(), "getenv": set(), "argv": set(), "exit": set()}
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in users and isinstance(node.value, ast.Name):
                users[node.attr].add(name)
    assert users["environ"] == {"foundation/storage.py", "network/openmp.py", "training/distributed.py"}
    assert users["getenv"] == users["argv"] == users["exit"] == set()


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_a_room_is_small_enough_to_be_walked_through(room):
    entries = [path for path in (PACKAGE / room).iterdir() if path.name not in ("__pycache__", "data")]
    assert len(entries) <= MOST_ENTRIES


def test_functions_are_short():
    sizes = {}
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno is not None
                sizes[f"{name}:{node.name}:{node.lineno}"] = node.end_lineno - node.lineno + 1
    assert {name: size for name, size in sizes.items() if size > LONGEST} == {}
    assert sorted(sizes.values())[len(sizes) // 2] <= 8


def test_the_public_names_are_there_and_cost_nothing_until_they_are_used():
    code = """
import sys
import attn_cli
before = {"torch", "rich", "numpy", "sentencepiece"} & set(sys.modules)
from attn_cli import Translation, Translator, load_model
print(sorted(before), "torch" in sys.modules, "rich" in sys.modules, *sorted(attn_cli.__all__))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[] False False Translation Translator load_model\n"
    assert (PACKAGE / "py.typed").exists()
    import attn_cli

    with pytest.raises(AttributeError, match="no attribute 'load_models'"):
        attn_cli.load_models  # noqa: B018
