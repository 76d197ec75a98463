"""What the operator decides: consentry.toml, overridden by CONSENTRY__SECTION__KEY, secrets by file or environment.

Every mistake becomes one sentence that says which setting to correct.
"""

from __future__ import annotations

import base64
import tomllib
from datetime import timedelta
from email.utils import formataddr
from pathlib import Path
from typing import Annotated, Any, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import OperatorError
from bot.settings_audit import Audit, Retention
from bot.settings_regimes import Regimes
from storage.records import EventTag

MIN_SECRET = 32  # bytes: HMAC-SHA-256 and the sealing keys derive from it
FILES = ("secret_file", "password_file", "key_file", "tls_cert", "tls_key", "ca_file", "weights")
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$"  # of a recipient: it stands in tables and on the command line
Security = Literal["none", "starttls", "tls"]


def _address(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError(f"must be an e-mail address ({error})") from error


def _existing(value: Path) -> Path:
    if not value.is_file():
        raise ValueError(f"names the file {value}, which does not exist")
    return value


def _existing_folder(value: Path) -> Path:
    if not value.is_dir():
        raise ValueError(f"names the folder {value}, which does not exist")
    return value


Address = Annotated[str, AfterValidator(_address)]
ExistingFile = Annotated[Path, AfterValidator(_existing)]
ExistingFolder = Annotated[Path, AfterValidator(_existing_folder)]
Port = Annotated[int, Field(ge=0, le=65535)]
Probability = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A table of the file: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Controller(Section):
    """Who answers for the data, and to which authority."""

    name: str = Field(min_length=1)
    contact: str = Field(min_length=1)
    country: str = Field(default="FR", pattern=r"^[A-Z]{2}$")
    authority: str = "CNIL"
    authority_url: str = "https://www.cnil.fr/fr/plaintes"
    languages: list[str] = Field(default=["fr", "en"], min_length=1)


class Record(Section):
    """What every consent record and receipt says of the processing (ISO/IEC TS 27560; GDPR 13).

    `retention`: how long a consent's proof is kept, as an ISO 8601 duration.
    """

    address: str = ""
    url: str = ""
    privacy_url: str = ""
    storage_locations: list[str] = Field(default=["EU"], min_length=1)
    retention: str = Field(default="P3Y", pattern=r"^P\d+[YMD]$")
    recipients: list[str] = []


class Mail(Section):
    """Our addresses, and whose Authentication-Results we believe (RFC 8601)."""

    address: Address
    extra_addresses: list[Address] = []
    authserv_ids: list[str] = []
    from_name: str = ""


class Storage(Section):
    """The consent store, as an SQLAlchemy URL."""

    url: str = Field(default="sqlite:///consentry.sqlite3", pattern=r"^(sqlite|postgresql)")


class WithPassword(Section):
    """A login whose password is in the environment or in a file of its own."""

    user: str | None = None
    password: SecretStr | None = None
    password_file: ExistingFile | None = None

    @model_validator(mode="after")
    def _whole(self) -> WithPassword:
        if self.password is not None and self.password_file is not None:
            raise ValueError("has both password and password_file: keep one")
        if self.user and not self.secret:
            raise ValueError("has a user and no password: set password_file, or remove user")
        if self.secret and not self.user:
            raise ValueError("has a password and no user: set user, or remove the password")
        return self

    @property
    def secret(self) -> str | None:
        """The password, wherever it is kept."""
        if self.password_file is not None:
            return self.password_file.read_text("utf-8").strip()
        return self.password.get_secret_value() if self.password else None


class Lmtp(WithPassword):
    """The door for a mail server on this machine or network. `max_size` in bytes, `timeout` in seconds."""

    enabled: bool = False
    host: str = "127.0.0.1"
    port: Port = 2424
    protocol: Literal["lmtp", "smtp"] = "lmtp"
    max_size: int = Field(default=25 * 1024 * 1024, gt=0)
    tls_cert: ExistingFile | None = None
    tls_key: ExistingFile | None = None
    require_tls: bool = False
    max_connections: int = Field(default=100, gt=0)
    timeout: float = Field(default=300, gt=0)


class Imap(WithPassword):
    """A mailbox to read; what is in the store is flagged there, or moved to `processed_folder`."""

    name: str = Field(default="privacy", min_length=1)
    host: str = Field(min_length=1)
    port: Port = 993
    tls: Security = "tls"
    ca_file: ExistingFile | None = None
    folder: str = "INBOX"
    after: Literal["flag", "move"] = "flag"
    processed_folder: str = "Consentry"
    idle_seconds: float = Field(default=120, ge=1, le=1740)
    poll_seconds: float = Field(default=30, ge=1)
    max_size: int = Field(default=25 * 1024 * 1024, gt=0)


class Smtp(WithPassword):
    """The next hop for what we send."""

    host: str = "127.0.0.1"
    port: Port = 25
    tls: Security = "none"
    ca_file: ExistingFile | None = None


class Dkim(Section):
    """What we sign with (RFC 6376)."""

    domain: str = Field(min_length=1)
    selector: str = Field(min_length=1)
    key_file: ExistingFile


class Dns(Section):
    """Whether we check DKIM, SPF and DMARC ourselves, when no server in `mail.authserv_ids` has; seconds a question."""

    enabled: bool = False
    servers: list[str] = []
    timeout: float = Field(default=3.0, gt=0, le=30)


class Policy(Section):
    """Calibrated probabilities an automatic action needs, and how many answers one sender gets in a period."""

    stop_threshold: Probability = 0.6
    rights_threshold: Probability = 0.7
    grant_threshold: Probability = 0.9
    reply_budget: int = Field(default=4, ge=0)
    reply_period_hours: int = Field(default=24, gt=0)
    reply_token_days: int = Field(default=30, gt=0)
    answer_unclear: bool = False


class Understanding(Section):
    """Which model reads; without `weights`, the one that comes with the package."""

    weights: ExistingFolder | None = None


class SecondReader(Section):
    """A language model of the operator's own (OpenAI-compatible), asked about what is held. Off without `url`."""

    url: str | None = Field(default=None, pattern=r"^https?://")
    model: str = Field(default="", max_length=200)
    key: SecretStr | None = None
    key_file: ExistingFile | None = None
    timeout: float = Field(default=20.0, gt=0, le=300)

    @model_validator(mode="after")
    def _whole(self) -> SecondReader:
        if self.url and not self.model:
            raise ValueError("has a url and no model: name the model to ask")
        return self

    @property
    def secret(self) -> str | None:
        """The key, wherever it is kept."""
        if self.key_file is not None:
            return self.key_file.read_text("utf-8").strip()
        return self.key.get_secret_value() if self.key else None


class Workers(Section):
    """Embedded: `consentry run` does all. Distributed: it only receives, and `consentry worker` does the rest.

    `lease_seconds`: how long a message being sent belongs to a process that may have died.
    """

    mode: Literal["embedded", "distributed"] = "embedded"
    lease_seconds: int = Field(default=300, ge=10)


class Proof(Section):
    """When the ledger is signed by itself, and how long what proves an erased person's choices stays archived.

    `checkpoint_entries`: at the latest after so many entries; `checkpoint_hours`: after so long, when any is new.
    """

    checkpoint_entries: int = Field(default=10_000, gt=0)
    checkpoint_hours: float = Field(default=24, gt=0)
    archive_years: int = Field(default=5, ge=1, le=30)

    @property
    def checkpoint_period(self) -> timedelta:
        """How old the newest checkpoint may be."""
        return timedelta(hours=self.checkpoint_hours)


class Http(Section):
    """Where health, metrics and people's pages are served; port 0 takes a free one.

    `public_url`: how people reach /receipt/ from outside, through your reverse proxy; without it no link is sent.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Port = 8025
    public_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]+(/[^\s?#]*[^\s?#/])?$")


class ApiKey(Section):
    """Who may use the API, and for what; made by `consentry api-key new`. `sha256`: hex, of the token."""

    name: str = Field(pattern=NAME)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    scopes: list[Literal["permissions", "changes", "handles", "calls", "suppression"]] = Field(min_length=1)


class Webhook(Section):
    """A recipient that is told of each change (Standard Webhooks). `secret`: whsec_ and 24 to 64 bytes in base64.

    `events`: only these; empty: all. `handles`: tell also how the person is reached. `allow_private`: it may be on this
    machine (then without TLS too) or on a private network. `timeout`: seconds for one try.
    """

    name: str = Field(pattern=NAME)
    url: str = Field(pattern=r"^https?://[^/?#\s@]+(/[^\s#]*)?$", max_length=2000)
    secret: SecretStr | None = None
    secret_file: ExistingFile | None = None
    events: list[EventTag] = []
    handles: bool = False
    allow_private: bool = False
    timeout: float = Field(default=10.0, gt=0, le=60)

    @model_validator(mode="after")
    def _whole(self) -> Webhook:
        if self.url.startswith("http://") and not self.allow_private:
            raise ValueError("has a url without TLS: use https, or allow_private = true for this machine")
        if not 24 <= len(self.key) <= 64:
            raise ValueError("has no good secret: give whsec_ and 24 to 64 random bytes in base64, in secret_file")
        return self

    @property
    def key(self) -> bytes:
        """The bytes that sign; b"" when they are not well-formed."""
        if self.secret_file is not None:
            given = self.secret_file.read_text("utf-8").strip()
        else:
            given = self.secret.get_secret_value() if self.secret else ""
        try:
            return base64.b64decode(given.removeprefix("whsec_"), validate=True)
        except ValueError:
            return b""


class Settings(BaseSettings):
    """Everything the operator decides."""

    model_config = SettingsConfigDict(env_prefix="CONSENTRY__", env_nested_delimiter="__", extra="forbid", frozen=True)

    controller: Controller
    mail: Mail
    storage: Storage = Storage()
    secret: SecretStr | None = None
    secret_file: ExistingFile | None = None
    purposes: dict[str, list[str]] = {}
    lmtp: Lmtp = Lmtp()
    imap: list[Imap] = []
    smtp: Smtp = Smtp()
    dkim: Dkim | None = None
    dns: Dns = Dns()
    policy: Policy = Policy()
    http: Http = Http()
    record: Record = Record()
    proof: Proof = Proof()
    workers: Workers = Workers()
    understanding: Understanding = Understanding()
    second_reader: SecondReader = SecondReader()
    regimes: Regimes = Regimes()
    audit: Audit = Audit()
    retention: Retention = Retention()
    api_keys: list[ApiKey] = []
    webhooks: list[Webhook] = []

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource, dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return env_settings, init_settings

    @model_validator(mode="after")
    def _each_has_a_name(self) -> Settings:
        tables = (("mailboxes", "imap", [box.name for box in self.imap]),
                  ("keys", "api_keys", [key.name for key in self.api_keys]),
                  ("webhooks", "webhooks", [hook.name for hook in self.webhooks]))
        for what, table, names in tables:
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise ValueError(f"two {what} are called {twice}: give each [[{table}]] a name of its own")
        return self

    @model_validator(mode="after")
    def _long_secret(self) -> Settings:
        if self.secret is None and self.secret_file is None:
            raise ValueError("secret_file is missing: run `consentry init`, or name a file of at least 32 random bytes")
        if len(self.key) < MIN_SECRET:
            raise ValueError(f"the secret has {len(self.key)} bytes: give it at least {MIN_SECRET} random ones")
        return self

    @property
    def key(self) -> bytes:
        """The root secret."""
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        return self.secret_file.read_bytes().strip() if self.secret_file else b""

    @property
    def sender(self) -> str:
        """The From field of our answers."""
        return formataddr((self.mail.from_name or self.controller.name, self.mail.address))

    @property
    def lease(self) -> timedelta:
        """How long what is being sent belongs to who took it."""
        return timedelta(seconds=self.workers.lease_seconds)

    @property
    def reply_period(self) -> timedelta:
        """The period of the reply budget."""
        return timedelta(hours=self.policy.reply_period_hours)

    @property
    def reply_token_life(self) -> timedelta:
        """How long an answer to one of our mails proves who wrote it."""
        return timedelta(days=self.policy.reply_token_days)


def load(path: Path) -> Settings:
    """Read and check the file; OperatorError says in one sentence what to correct."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise OperatorError(f"There is no {path}: run `consentry init` or give --config.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} cannot be read ({type(error).__name__}): check its permissions and that it is "
                            "UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise OperatorError(f"{path} is not valid TOML: {error}; correct that line.") from error
    return build(_beside(data, path.parent), str(path))


def build(data: dict[str, Any], origin: str = "the settings") -> Settings:
    """Check values from anywhere."""
    try:
        return Settings(**data)
    except ValidationError as error:
        raise OperatorError(f"In {origin}, {sentences(error)}.") from None


def sentences(error: ValidationError) -> str:
    """Every mistake in words, without the values."""
    return "; ".join(_sentence(detail) for detail in error.errors())


def _sentence(detail: ErrorDetails) -> str:
    """One mistake in words; the value is not repeated, it may be a secret."""
    where = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{where} is not a setting: remove it or correct its spelling"
    if detail["type"] == "missing":
        return f"{where} is missing: add it"
    reason = detail["msg"].removeprefix("Value error, ").rstrip(".")
    if not where:
        return reason
    reason = reason[0].lower() + reason[1:]
    return f"correct {where}: {'it ' if detail['type'] == 'value_error' else ''}{reason}"


def _beside(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Relative files are beside the settings file, wherever the command is run."""
    return {key: _placed(key, value, folder) for key, value in data.items()}


def _placed(key: str, value: object, folder: Path) -> object:
    if isinstance(value, dict):
        return _beside(value, folder)
    if isinstance(value, list):
        return [_placed("", item, folder) for item in value]
    return str(folder / value) if key in FILES and isinstance(value, str) else value
