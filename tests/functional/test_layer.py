"""The layer as it ships: built by its own makefile, and all that a function sees beside what the runtime brings."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from cli.local.deployment import Host
from cli.trusted_roots import TRUSTED
from tests.functional.conftest import ROOT
from tests.template import environment_of

FUNCTIONS = sorted(path.parent for path in (ROOT / "functions").glob("*/app.py"))
RUNTIME_PACKAGES = ("botocore", "dateutil", "jmespath", "six", "urllib3")


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer, for the interpreter at hand instead of Lambda's."""
    built, host = tmp_path_factory.mktemp("layer"), Host.here()
    environment = os.environ | {
        "ARTIFACTS_DIR": str(built),
        "RUNTIME_VERSION": host.runtime.removeprefix("python"),
        "RUNTIME_PLATFORM": host.platform,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run(["make", "--silent", "build-CommonLayer"], cwd=ROOT / "layers/common", env=environment, check=True)
    return built


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the packages that Lambda's Python runtime brings, and nothing else of this virtual environment."""
    folder = tmp_path_factory.mktemp("runtime")
    for package in RUNTIME_PACKAGES:
        spec = find_spec(package)
        assert spec
        assert spec.origin
        source = Path(spec.origin)
        source = source.parent if source.name == "__init__.py" else source
        (folder / source.name).symlink_to(source)
    return folder


def test_everything_lies_where_lambda_looks_for_it(layer: Path) -> None:
    """The emulator looks into the layer's root as well, so it would not tell."""
    assert [path.name for path in layer.iterdir()] == ["python"]
    assert (layer / "python" / "loyalty" / "domain" / "pricing" / "pricing.pyc").exists()
    assert (layer / "python" / TRUSTED.relative_to(ROOT / "layers/common")).read_text() == TRUSTED.read_text()


def test_the_layer_is_compiled(layer: Path) -> None:
    compiled = {path.relative_to(layer / "python").parts[0] for path in layer.rglob("*.pyc")}

    assert compiled >= {"loyalty", "pydantic", "aws_lambda_powertools", "msgspec", "jwt"}
    assert not list(layer.rglob("*.py"))


def test_a_traceback_names_the_line_in_the_file_that_lambda_has(layer: Path, runtime: Path) -> None:
    """The layer has no sources that it could be read from."""
    named = "(code := app.log_faults.__wrapped__.__code__).co_filename, code.co_firstlineno > 1"

    assert seen(named, ROOT / "functions" / "authorizer", layer, runtime) == "/opt/python/loyalty/api/faults.py True"


def test_a_client_is_made_of_the_excerpts_that_the_layer_has(layer: Path, runtime: Path) -> None:
    said_for_people = "app.table.client.meta.service_model.operation_model('GetItem').documentation"

    assert seen(said_for_people, ROOT / "functions" / "authorizer", layer, runtime) == ""


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda path: path.name)
def test_a_function_needs_nothing_but_the_layer_and_the_runtime(layer: Path, runtime: Path, function: Path) -> None:
    assert seen("callable(app.handler)", function, layer, runtime) == "True"


def test_the_authorizer_does_without_pydantic(layer: Path, runtime: Path) -> None:
    """Its cold start is what the first call of a key waits for."""
    assert seen("'pydantic' in sys.modules", ROOT / "functions" / "authorizer", layer, runtime) == "False"


def test_a_purchase_that_nothing_is_logged_of_does_without_the_logger(layer: Path, runtime: Path) -> None:
    function = ROOT / "functions" / "create_purchase"

    assert seen("'aws_lambda_powertools' in sys.modules", function, layer, runtime) == "False"


def seen(expression: str, function: Path, layer: Path, runtime: Path) -> str:
    """Return what an expression comes to, once a function was imported as Lambda does."""
    path = [str(function), str(layer / "python"), str(runtime)]
    code = f"import sys; sys.path[:0] = {path!r}; import app; print({expression})"
    environment = dict.fromkeys(environment_of(function.name), "given")
    environment |= {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "", "AWS_LAMBDA_FUNCTION_NAME": "given"}
    environment |= {"POWERTOOLS_LOG_LEVEL": "INFO", "MAX_RECEIVES": "1", "CLASSIC_ERRORS": "STATUS"}

    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()
