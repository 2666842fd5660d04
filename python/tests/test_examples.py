"""The examples of the documentation run."""

import doctest
import importlib
import pkgutil

import pytest

import massive_nlu as mn

MODULES = ["massive_nlu"] + [
    f"massive_nlu.{module.name}" for module in pkgutil.iter_modules(mn.__path__) if module.name not in ("__main__", "_native")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    assert module.__doc__
    assert doctest.testmod(module).failed == 0


def test_all_that_is_public_is_documented():
    for name in mn.__all__:
        value = getattr(mn, name)
        assert name == "__version__" or value.__doc__, name
