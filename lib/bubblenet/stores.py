"""Where tables and the files beside them are stored: how Spark, delta-rs and Arrow spell and open a location.

Credentials are those of the environment: delta-rs reads the variables itself (AWS_*, AZURE_*, GOOGLE_*), opens logs and small files alike,
and Spark is told what Hadoop does not read from there. docs/storage.md has the table.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bubblenet.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyarrow import fs
    from pyspark.sql import SparkSession

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<rest>//.*)")
_LOCAL = re.compile(r"file:/{0,2}(?=/)", re.IGNORECASE)
_DATABRICKS = re.compile(r"dbfs:/+", re.IGNORECASE)
_AZURE = re.compile(r"//(?P<container>[^/@]+)@(?P<account>[^/.]+)\.dfs\.")

_SPELLINGS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(("s3", "s3a", "s3n"), ("s3a", "s3")),
    "gs": ("gs", "gs"),
    "abfss": ("abfss", "abfss"),
    "abfs": ("abfs", "abfss"),
    "hdfs": ("hdfs", "hdfs"),
}
"""Scheme -> the same for Spark, for delta-rs."""

_INSTEAD: Final[Mapping[str, str]] = {
    "wasb": "Azure has given wasb up: abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH.",
    "wasbs": "Azure has given wasb up: abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH.",
    "adl": "Azure has closed Data Lake Gen1: abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH.",
    "viewfs": "Give the address behind it: hdfs://NAMENODE:PORT/PATH.",
}
_CONNECTORS: Final[Mapping[str, str]] = {"s3a": "hadoop-aws", "abfs": "hadoop-azure", "abfss": "hadoop-azure"}
_KNOWN = "Known are local paths, file:, hdfs://, s3://, gs://, abfss:// and dbfs:/."


@dataclass(frozen=True, slots=True)
class Store:
    """One location of tables or files. spark: a path or URL for Spark, without a slash at its end; delta: a URL for delta-rs."""

    spark: str
    delta: str

    @classmethod
    def of(cls, location: str) -> Store:
        """What a path or URL names. Raises AddressError for one that is not supported."""
        if _DATABRICKS.match(location):
            inside = _DATABRICKS.sub("/", location).rstrip("/")
            return cls(f"dbfs:{inside}", Path(f"/dbfs{inside}").as_uri())
        url = None if _LOCAL.match(location) else _URL.fullmatch(location)
        if url is None:
            path = Path(_LOCAL.sub("", location)).resolve()
            return cls(str(path), path.as_uri())
        spark, delta = _spelling(url["scheme"].lower(), url["rest"], location)
        return cls(f"{spark}:{url['rest']}".rstrip("/"), f"{delta}:{url['rest']}".rstrip("/"))

    @property
    def is_local(self) -> bool:
        """Whether it is a path of this machine's file system."""
        return "://" not in self.spark and not self.spark.startswith("dbfs:")

    def files(self) -> fs.FileSystem:
        """The files below this location, by their path from here."""
        from pyarrow import fs

        if self.is_local:
            return fs.SubTreeFileSystem(self.spark, fs.LocalFileSystem())
        from bubblenet.remote_files import RemoteFiles

        return fs.PyFileSystem(RemoteFiles(self.delta))

    def connector(self) -> str | None:
        """The artefact of Hadoop that lets Spark open this location; None if every Spark can."""
        return _CONNECTORS.get(self.spark.partition(":")[0])

    def hadoop(self, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Keys of Hadoop for this location that Spark does not take from the environment."""
        if self.spark.startswith("s3a://"):
            return _given(environment, _S3) | ({"fs.s3a.path.style.access": "true"} if _given(environment, _S3_ENDPOINT) else {})
        if azure := _AZURE.search(self.spark):
            return _given(environment, {f"fs.azure.account.key.{azure['account']}.dfs.core.windows.net": _AZURE_KEY})
        return {}


def tell_hadoop(spark: SparkSession, location: str) -> None:
    """Set what Hadoop does not take from the environment, unless the session has its own. An address that is no Store's is left alone."""
    with suppress(AddressError):
        for key, value in Store.of(location).hadoop().items():
            if spark.conf.get(f"spark.hadoop.{key}", None) is None:
                spark.conf.set(key, value)


_S3_ENDPOINT: Final[Mapping[str, tuple[str, ...]]] = {"fs.s3a.endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")}
_S3: Final[Mapping[str, tuple[str, ...]]] = {**_S3_ENDPOINT, "fs.s3a.endpoint.region": ("AWS_REGION", "AWS_DEFAULT_REGION")}
_AZURE_KEY = ("AZURE_STORAGE_ACCOUNT_KEY",)


def _given(environment: Mapping[str, str], keys: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The keys for which one of the variables is set, with its value."""
    values = ((key, next((environment[name] for name in names if environment.get(name)), None)) for key, names in keys.items())
    return {key: value for key, value in values if value}


def _spelling(scheme: str, rest: str, location: str) -> tuple[str, str]:
    if scheme not in _SPELLINGS:
        raise AddressError("an address that tables can have", location, _INSTEAD.get(scheme, _KNOWN))
    if scheme.startswith("abfs") and not _AZURE.match(rest):
        raise AddressError("an account and a container", location, "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH.")
    if not rest.strip("/") or rest.startswith("///"):
        raise AddressError(f"a {'namenode' if scheme == 'hdfs' else 'bucket'} in the address", location, f"{scheme}://NAME/PATH.")
    return _SPELLINGS[scheme]


def reason_of(error: BaseException) -> str:
    """What a storage library says, in a line and without colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).replace("\u21b3", " ")
    return " ".join(plain.split())[:500]
