"""`detectors` exports every method, imports each when it is asked for, and `help()` shows how to use it."""

import inspect
import pkgutil
import subprocess
import sys
import typing
from importlib import import_module
from pathlib import Path

import pytest

import detectors
from detectors import Detector
from sim.config.detector import load_detector
from sim.config.yaml_files import available

METHODS = [
    (module.name, name)
    for module in pkgutil.iter_modules(detectors.__path__)
    if not module.ispkg and module.name != "base"
    for name, found in vars(import_module(f"detectors.{module.name}")).items()
    if inspect.isclass(found) and issubclass(found, Detector) and found.__module__ == f"detectors.{module.name}"
    if not name.startswith("_")
]
SLOW = {"numba", "pandas", "scipy", "scipy.stats", "sklearn"}  # to import


def loaded(code: str) -> set[str]:
    """Return which of the slow packages a fresh process has loaded; its `sim` is the bare folder, without a model."""
    bare = (
        "import sys, types\n"
        f"sim = types.ModuleType('sim'); sim.__path__ = [{str(Path(detectors.__path__[0]).parent / 'sim')!r}]\n"
        "sys.modules['sim'] = sim\n"
    )
    report = f"\nprint(*(name for name in {sorted(SLOW)} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", bare + code + report], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


@pytest.mark.parametrize(("module", "name"), METHODS)
def test_every_method_is_exported(module: str, name: str) -> None:
    assert name in detectors.__all__
    assert getattr(detectors, name) is getattr(import_module(f"detectors.{module}"), name)


def test_every_configured_detector_is_exported() -> None:
    assert {type(load_detector(name)).__name__ for name in available("detector")} <= set(detectors.__all__)


def test_all_that_is_exported_exists_and_is_listed() -> None:
    assert sorted(detectors.__all__) == sorted(set(detectors.__all__))
    for name in detectors.__all__:
        assert getattr(detectors, name) is not None
    assert set(detectors.__all__) <= set(dir(detectors))
    with pytest.raises(AttributeError, match="module 'detectors' has no attribute 'CoRetweet'"):
        _ = detectors.CoRetweet


def test_the_types_that_an_editor_sees_are_those_that_are_exported() -> None:
    source = Path(typing.cast(str, detectors.__file__)).read_text()
    block = source.split("if TYPE_CHECKING:\n")[1].split("\n__all__")[0]
    imported = [line.strip().removeprefix("from ") for line in block.splitlines() if line.strip()]
    seen = {name: where for where, names in (line.split(" import ") for line in imported) for name in names.split(", ")}
    assert seen == detectors._MODULE_OF
    assert sorted(seen) == sorted(detectors.__all__)


def test_importing_detectors_imports_no_slow_package() -> None:
    assert loaded("import detectors") == set()


def test_no_method_imports_statistics_learning_or_tables_before_it_uses_them() -> None:
    imports = "".join(f"import detectors.{module}\n" for module, _ in METHODS)
    assert loaded(imports) <= {"numba", "scipy"}


@pytest.mark.parametrize("name", [name for _, name in METHODS])
def test_help_shows_the_method_its_parameters_its_cost_and_an_example(name: str) -> None:
    method = getattr(detectors, name)
    text = typing.cast(str, method.__doc__)
    assert "Examples\n" in text
    assert f"from detectors import {name}" in text or ", " + name in text
    assert ">>> " in text.split("Examples\n")[1]
    assert "Cost:" in text or "costs" in text
    for parameter in list(inspect.signature(method).parameters):
        assert f"\n    {parameter} : " in text, parameter
