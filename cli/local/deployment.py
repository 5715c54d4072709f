"""The real template, built and packaged by SAM, brought up in the emulator by CloudFormation."""

import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.console import CommandFailure
from cli.local.boundaries import put_boundaries
from cli.local.emulator import last_lines
from cli.local.gateway_responses import put_gateway_responses
from cli.target import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY, REPOSITORY, AwsAccount, stack_outputs

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

STACK_NAME = "loyalty-local"
STAGE = "local"
DOMAIN = "loyalty.test"
"""The domain of the stack. No name server knows it: the front speaks to the emulator as if it came from there."""
ARTIFACTS_BUCKET = "loyalty-local-artifacts"
ARCHITECTURES = {"x86_64": ("x86_64", "x86_64"), "aarch64": ("arm64", "aarch64"), "arm64": ("arm64", "aarch64")}
TOOLS = Path(sys.executable).parent
DEPLOY_SECONDS = 300
"""A machine that is busy has needed the better part of a minute."""

POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Host:
    """The platform that functions run on here: runtime and architecture by Lambda's names, the platform by uv's
    name."""

    runtime: str
    architecture: str
    platform: str

    @classmethod
    def of(cls, *, system: str, machine: str, python: tuple[int, int]) -> "Host":
        """Raises `CommandFailure` for a machine for which there is no layer to build."""
        if machine not in ARCHITECTURES or system not in ("Linux", "Darwin"):
            raise CommandFailure(
                f"the local stack runs on Linux and macOS, x86-64 and ARM; this is {system} on {machine}"
            )
        architecture, processor = ARCHITECTURES[machine]
        suffix = "apple-darwin" if system == "Darwin" else "manylinux2014"
        return cls(f"python{python[0]}.{python[1]}", architecture, f"{processor}-{suffix}")

    @classmethod
    def here(cls) -> "Host":
        """This machine and this interpreter."""
        return cls.of(system=platform.system(), machine=platform.machine(), python=sys.version_info[:2])


@dataclass(frozen=True)
class Deployment:
    """One deployment of the template; what it makes lies in `directory`, what the tools say in `deploy.log` there."""

    host: Host
    account: AwsAccount
    directory: Path

    @property
    def log(self) -> Path:
        return self.directory / "deploy.log"

    def build(self) -> None:
        """Build functions and layer for this machine; needs no emulator yet."""
        for tool in ("sam", "uv", "make"):
            if not shutil.which(tool, path=self._environment()["PATH"]):
                raise CommandFailure(f"`{tool}` is missing: install it, or run `make run`, which installs all but make")
        self.log.unlink(missing_ok=True)
        self._sam(
            "build",
            *("--build-dir", str(self.directory / "build")),
            *("--parameter-overrides", *(f"{name}={value}" for name, value in self._parameters().items())),
        )

    def deploy(self) -> dict[str, str]:
        """Create the stack, or bring the one that was kept up to date; return its outputs."""
        packaged = self.directory / "packaged.json"
        s3 = self.account.client("s3")
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):  # of a state that was kept
            s3.create_bucket(
                Bucket=ARTIFACTS_BUCKET,
                CreateBucketConfiguration={"LocationConstraint": self.account.region},  # type: ignore[typeddict-item]
            )
        self._sam(
            "package",
            *("--template-file", str(self.directory / "build" / "template.yaml"), "--s3-bucket", ARTIFACTS_BUCKET),
            *("--use-json", "--output-template-file", str(packaged), "--no-progressbar"),
        )
        # By its address, as CloudFormation takes no template of this size within a request.
        template = with_defaults(json.loads(packaged.read_text()), self._parameters())
        s3.put_object(Bucket=ARTIFACTS_BUCKET, Key=packaged.name, Body=json.dumps(template).encode())
        self._bring_up(f"{self.account.aws_endpoint_url}/{ARTIFACTS_BUCKET}/{packaged.name}")
        outputs = stack_outputs(self.account, STACK_NAME)
        put_boundaries(self.account, STACK_NAME)
        put_gateway_responses(self.account, STACK_NAME, outputs["ApiId"], STAGE)
        return outputs

    def _bring_up(self, template_url: str) -> None:
        """Deploy as `sam deploy` does, without its waits of five seconds each."""
        from botocore.exceptions import ClientError

        client = self.account.client("cloudformation")
        parameters: list[ParameterTypeDef] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in self._parameters().items()
        ]
        capabilities: Sequence[Any] = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        existing = [stack["StackName"] for stack in client.describe_stacks()["Stacks"]]
        try:
            (client.update_stack if STACK_NAME in existing else client.create_stack)(
                StackName=STACK_NAME, TemplateURL=template_url, Parameters=parameters, Capabilities=capabilities
            )
        except ClientError as error:
            if "No updates are to be performed" in str(error):
                return
            raise CommandFailure(f"the emulator refuses the template: {error}") from error
        self._wait_until_up()

    def _wait_until_up(self) -> None:
        client = self.account.client("cloudformation")
        deadline = time.monotonic() + DEPLOY_SECONDS
        while time.monotonic() < deadline:
            status = client.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"]
            if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                return
            if not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(POLL_SECONDS)
        events = client.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
        reasons = [f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed]
        raise CommandFailure("\n".join([f"the stack did not come up ({status})", *reasons]))

    def _parameters(self) -> dict[str, str]:
        return {
            "Stage": STAGE,
            "DomainName": DOMAIN,
            "Credentials": "ApiKeyOrToken",
            "CertificateArn": f"arn:aws:acm:{self.account.region}:000000000000:certificate/local",
            "Runtime": self.host.runtime,
            "Architecture": self.host.architecture,
            "AwsEndpointUrl": self.account.aws_endpoint_url or "",
            "TableDeletionProtection": "false",
            "TableRetention": "Delete",
        }

    def _sam(self, command: str, *arguments: str) -> None:
        """Run a SAM command to its end; raises `CommandFailure` with the end of the log where it fails."""
        with self.log.open("a") as log:
            process = subprocess.Popen(  # noqa: S603 - our own tool, and arguments of ours
                [TOOLS / "sam", command, *arguments],
                cwd=REPOSITORY,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that an interruption reaches what SAM itself starts
            )
            try:
                status = process.wait()
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
        if status:
            raise CommandFailure(f"`sam {command}` failed; the end of {self.log}:\n{last_lines(self.log)}")

    def _environment(self) -> dict[str, str]:
        """Return the caller's environment, with the tools of this virtual environment first and no AWS account in
        it."""
        home = self.directory / "sam"
        home.mkdir(exist_ok=True)
        # SAM asks the network for a newer version of itself, unless it did within the week.
        (home / "metadata.json").write_text(json.dumps({"lastVersionCheck": time.time()}))
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))},
            "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}",
            "AWS_ACCESS_KEY_ID": LOCAL_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": LOCAL_SECRET_KEY,
            "AWS_DEFAULT_REGION": self.account.region or "",
            "AWS_ENDPOINT_URL": self.account.aws_endpoint_url or "",
            "RUNTIME_VERSION": self.host.runtime.removeprefix("python"),
            "RUNTIME_PLATFORM": self.host.platform,
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(home),
        }


def with_defaults(template: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """Return a template with these values as the defaults of its parameters: the emulator's SAM transform looks at
    nothing else, where that of AWS has the values of the deployment."""
    parameters = template["Parameters"]
    given = {name: {**parameters[name], "Default": value} for name, value in values.items()}
    return {**template, "Parameters": {**parameters, **given}}
