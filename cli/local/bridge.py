"""Where containers reach this machine: Docker's bridge."""

import socket
import subprocess
from ipaddress import ip_network

from cli.console import CommandFailure

IP_VERSION = 4


def bridge_address() -> str:
    """Return the address at which containers reach this machine.

    Raises:
        Failure: there is no Docker here, or it runs on a machine of its own.
    """
    command = ["docker", "network", "inspect", "bridge", "--format", "{{range .IPAM.Config}}{{.Subnet}} {{end}}"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - all of it is ours
    except FileNotFoundError:
        raise CommandFailure("`docker` is missing: install Docker, or `make run` without DOCKER=1") from None
    if found.returncode:
        raise CommandFailure(
            f"Docker does not answer ({found.stderr.strip()}): start it, or `make run` without DOCKER=1"
        )
    networks = [ip_network(subnet) for subnet in found.stdout.split()]
    # Docker's own end of a bridge has its network's first address; not every Docker tells it as the gateway.
    address = next(str(network[1]) for network in networks if network.version == IP_VERSION)
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError as error:
            raise CommandFailure(
                f"Docker's bridge {address} is not on this machine, as with Docker Desktop: `make run` without "
                "DOCKER=1, and write host.docker.internal for 127.0.0.1 in .local/env.json"
            ) from error
    return address
