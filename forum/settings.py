"""Every setting, read once from the environment at the door and passed on. Nothing else reads `os.environ`."""

import os
import re
import secrets
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import current_app
from pydantic import BeforeValidator, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "BANYAN_"

_UNITS = {
    "": 1,
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
}
# What receivers still verify (RFC 8301, section 3.2).
_SHORTEST_DKIM_KEY = 1024
_HOST_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def _octets(value: object) -> object:
    """Read `25 MB`, `512 KiB` or a plain number of octets."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", value)
    if match is None or match[2].lower() not in _UNITS:
        raise ValueError("write a size such as 25 MB or a number of octets")
    return int(float(match[1]) * _UNITS[match[2].lower()])


Octets = Annotated[int, BeforeValidator(_octets)]


class BadSettings(ValueError):
    """One or more settings are wrong; each argument is one sentence that names one of them."""


class Settings(BaseSettings):
    """The settings of CONTRACT, each named there as `BANYAN_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=None, frozen=True, env_ignore_empty=True)

    data_dir: Path = Path("./var")
    database_url: str = ""
    secret_key: str = ""
    domain: str = "lists.localhost"
    base_url: str = "http://127.0.0.1:8000"
    http_listen: str = "127.0.0.1:8000"
    lmtp_listen: str = "127.0.0.1:8024"
    smarthost: str = "capture"
    trusted_authserv_id: str = ""
    dkim_key: str = ""
    dkim_selector: str = ""
    search: Literal["", "whoosh", "postgres"] = ""
    max_message: Octets = Field(default=25 * 1000**2, ge=10_000)
    sender_limit: int = Field(default=60, ge=0)
    smarthost_connections: int = Field(default=4, ge=1, le=100)
    smarthost_user: str = ""
    smarthost_password: str = ""
    smarthost_tls: Literal["none", "opportunistic", "required"] = "opportunistic"
    metrics_listen: str = ""
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    raw_mail_days: int = Field(default=14, ge=1)
    delivery_days: int = Field(default=30, ge=1)
    invitations: Literal["moderators", "members"] = "moderators"
    taxonomy: Path | None = None
    test: bool = False
    clock_file: Path | None = None

    @field_validator("domain")
    @classmethod
    def _is_a_domain(cls, value: str) -> str:
        value = value.lower().rstrip(".")
        if len(value) > 180 or not all(_HOST_LABEL.fullmatch(label) for label in value.split(".")):
            raise ValueError(f"{value!r} is not a mail domain such as lists.example.org")
        return value

    @field_validator("base_url")
    @classmethod
    def _is_a_web_address(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
            raise ValueError("write an address such as https://forum.example.org")
        return value.rstrip("/")

    @field_validator("metrics_listen")
    @classmethod
    def _is_a_socket(cls, value: str) -> str:
        if value:
            split_host_port(value)
        return value

    @field_validator("http_listen")
    @classmethod
    def _is_a_socket_or_path(cls, value: str) -> str:
        if not value.startswith("/"):
            split_host_port(value)
        return value

    @field_validator("dkim_key")
    @classmethod
    def _is_a_signing_key(cls, value: str) -> str:
        if value:
            try:
                key = load_pem_private_key(Path(value).read_bytes(), password=None)
            except OSError as error:
                raise ValueError(f"{value} cannot be read ({error.strerror})") from None
            except (ValueError, TypeError, UnsupportedAlgorithm):
                raise ValueError(f"{value} is not a private key in PEM without a password") from None
            if not isinstance(key, RSAPrivateKey) or key.key_size < _SHORTEST_DKIM_KEY:
                raise ValueError(f"{value} is not an RSA key of at least {_SHORTEST_DKIM_KEY} bits; 2048 are usual")
        return value

    @field_validator("taxonomy")
    @classmethod
    def _is_a_list_of_names(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                tomllib.loads(value.read_text(encoding="utf-8"))
            except OSError as error:
                raise ValueError(f"{value} cannot be read ({error.strerror})") from None
            except ValueError as error:
                raise ValueError(f"{value} is not TOML in UTF-8: {error}") from None
        return value

    @field_validator("dkim_selector")
    @classmethod
    def _is_a_selector(cls, value: str) -> str:
        value = value.lower()
        if value and not all(_HOST_LABEL.fullmatch(label) for label in value.split(".")):
            raise ValueError(f"{value!r} is not a DKIM selector such as banyan1")
        return value

    @field_validator("lmtp_listen", "smarthost")
    @classmethod
    def _is_a_peer(cls, value: str) -> str:
        if value != "capture" and not value.startswith("/"):
            split_host_port(value)
        return value

    @field_validator("lmtp_listen")
    @classmethod
    def _listens_somewhere(cls, value: str) -> str:
        if value == "capture":
            raise ValueError("write host:port or the path of a unix socket")
        return value

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if bool(self.dkim_key) != bool(self.dkim_selector):
            raise ValueError("DKIM_KEY and DKIM_SELECTOR: give both, or leave both empty")
        if self.clock_file is not None and not self.test:
            raise ValueError("CLOCK_FILE: only works together with TEST=1")
        if self.smarthost_user and not self.smarthost_password:
            raise ValueError("SMARTHOST_PASSWORD: needed when SMARTHOST_USER is set")
        if self.on_postgresql and not self.secret_key:
            raise ValueError("SECRET_KEY: required on PostgreSQL, since several machines share it")
        if self.search == "postgres" and not self.on_postgresql:
            raise ValueError("SEARCH: 'postgres' needs a PostgreSQL DATABASE_URL")
        if self.database_url and not re.match(r"(sqlite|postgresql(\+psycopg)?):", self.database_url):
            raise ValueError("DATABASE_URL: begins with sqlite:/// or postgresql+psycopg://")
        return self

    @property
    def on_postgresql(self) -> bool:
        return self.database_url.startswith("postgres")

    @property
    def sqlalchemy_url(self) -> str:
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'banyan.db').resolve()}"
        url = self.database_url.replace("{DATA_DIR}", str(self.data_dir.resolve()))
        return re.sub(r"^postgresql:", "postgresql+psycopg:", url)

    @property
    def search_engine(self) -> Literal["whoosh", "postgres"]:
        return self.search or ("postgres" if self.on_postgresql else "whoosh")

    def secret_keys(self) -> tuple[bytes, ...]:
        """The signing key first, then retired keys that still verify (`SECRET_KEY=new,old`).

        On the embedded default a key is made once, in a file that only its owner reads.
        """
        if self.secret_key:
            return tuple(key.strip().encode() for key in self.secret_key.split(",") if key.strip())
        path = self.data_dir / "secret_key"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return tuple(key.encode() for key in path.read_text().split())
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return self.secret_keys()


def split_host_port(value: str) -> tuple[str, int]:
    """Split `host:port` or `[v6]:port`; ValueError in plain words."""
    host, colon, port = value.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError(f"{value!r} is not host:port")
    return host.strip("[]"), int(port)


def read_settings() -> Settings:
    """Read the environment; BadSettings with one sentence for every wrong value, all at once."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    wrong = [
        f"{name}: there is no such setting"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known and not name.startswith(f"{PREFIX}TEST_")
    ]
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors():
            sentence = fault["msg"].removeprefix("Value error, ")
            name = "".join(f"{PREFIX}{str(part).upper()}: " for part in fault["loc"]) or PREFIX
            wrong.append(name + sentence)
        raise BadSettings(*wrong) from None
    if wrong:
        raise BadSettings(*wrong)
    return settings


def current_settings() -> Settings:
    """The settings that `forum.app` bound to the running core."""
    settings = current_app.extensions["banyan_settings"]
    assert isinstance(settings, Settings)
    return settings
