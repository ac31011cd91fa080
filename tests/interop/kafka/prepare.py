"""Makes each client ready to run: finds it, or fetches and builds it into the cache."""

import os
import subprocess
import typing

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM_PYTHON = "/usr/bin/python3"


class Unavailable(Exception):
    """Why a client cannot run here: a tool or a registry is missing. Not a fault."""


class Prepared(typing.NamedTuple):
    command: list
    environment: dict


def _folder(name):
    return os.path.join(HERE, "clients", name)


def _python(program, python, *paths):
    return Prepared([python, "-B", os.path.join(_folder(program), "client.py")],
                    {"PYTHONPATH": os.pathsep.join([HERE, *paths])})


def _from_debian(program, module, package):
    def prepare(_):
        if subprocess.run([SYSTEM_PYTHON, "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode != 0:
            raise Unavailable(f"the Debian package {package} is not installed")
        return _python(program, SYSTEM_PYTHON)
    return prepare


def _kcat(_):
    try:
        subprocess.run(["kcat", "-V"], stdout=subprocess.DEVNULL, check=True)
    except FileNotFoundError:
        raise Unavailable("the Debian package kcat is not installed") from None
    return _python("kcat", SYSTEM_PYTHON)


CLIENTS = {
    "kcat": _kcat,
    "debian-kafka-python": _from_debian("kafka_python", "kafka", "python3-kafka"),
    "debian-confluent-kafka": _from_debian("confluent_kafka", "confluent_kafka", "python3-confluent-kafka"),
}
