"""All settings, typed and read from the environment; every mistake is listed at once.

Everything defaults to the embedded one-machine case, except the secrets in production.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gongzhi.interfaces.exercises import MARK, Exercise, exercise_in, secret_in
from gongzhi.messages.configured import Channels, Gateway, Mail, Robot, read_given

ROOT = Path(__file__).resolve().parent.parent.parent


class Config(BaseSettings):
    """What a city sets; names in the environment are GONGZHI_ and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix="GONGZHI_", extra="ignore")

    mode: Literal["embedded", "production"] = "embedded"
    var: Path = ROOT / "var"
    database_url: str = ""
    secret_key: str = ""
    ledger_key: str = ""
    ledger_origin: str = "gongzhi.example/ledger"
    allowed_hosts: str = "127.0.0.1,localhost,[::1]"
    trusted_origins: str = ""
    round_seconds: float = Field(default=3.0, gt=0, le=600)
    removed_rooms: str = ""
    exercise: Path | None = None
    debug: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    mail: str = ""
    sms: str = ""
    robots: str = ""
    address: str = Field(default="", pattern=r"^(https?://[^\s/]+)?$")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in ("sqlite", "postgresql", "postgres"):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return value

    @field_validator("ledger_key")
    @classmethod
    def _key_length(cls, value: str) -> str:
        if value and len(bytes.fromhex(value)) != 32:
            raise ValueError("must be 64 hex digits (an Ed25519 private key)")
        return value

    @field_validator("mail", "sms", "robots")
    @classmethod
    def _understood(cls, value: str, info: ValidationInfo) -> str:
        kinds: dict[str, Any] = {"mail": Mail, "sms": Gateway, "robots": dict[str, Robot]}
        if value:
            read_given(kinds[str(info.field_name)], value)
        return value

    def channels(self) -> Channels:
        """The ways by which messages may leave; nothing leaves by a way that is not set."""
        return Channels(
            mail=read_given(Mail, self.mail) if self.mail else None,
            sms=read_given(Gateway, self.sms) if self.sms else None,
            robots=read_given(dict[str, Robot], self.robots) if self.robots else {},
            address=self.address,
        )

    @field_validator("ledger_origin")
    @classmethod
    def _no_exercise(cls, value: str) -> str:
        if MARK in value:
            raise ValueError(f"must not hold {MARK}: that is how the ledger of an exercise is told")
        return value

    @model_validator(mode="after")
    def _secrets_in_production(self) -> Config:
        if problems := missing_in_production(dict(self)):
            raise ValueError("; ".join(problems))
        return self

    def secret(self, name: str, length: int) -> str:
        """A secret of this machine, made once; only where none is given (embedded mode)."""
        return secret_in(self.var, name, length)


def missing_in_production(given: Mapping[str, Any]) -> list[str]:
    """What a city's own installation may not leave to the defaults, each as a sentence."""
    if given.get("mode") != "production":
        return []
    url = str(given.get("database_url") or "")
    checks = {
        "GONGZHI_SECRET_KEY must have at least 50 characters.": len(
            str(given.get("secret_key") or "")
        )
        >= 50,
        "GONGZHI_LEDGER_KEY must be set (64 hex digits).": bool(given.get("ledger_key")),
        "GONGZHI_DATABASE_URL must name a PostgreSQL database.": url.startswith("postgres"),
        "GONGZHI_DEBUG must be off.": str(given.get("debug")).lower() not in ("true", "1", "on"),
    }
    return [sentence for sentence, holds in checks.items() if not holds]


def _load() -> Config:
    try:
        return Config()
    except ValidationError as error:
        wrong = {str(e["loc"][0]): e["msg"] for e in error.errors() if e["loc"]}
        lines = [
            f"GONGZHI_{name.upper()}: {said.removeprefix('Value error, ')}."
            for name, said in wrong.items()
        ]
        lines += missing_in_production(
            {k[8:].lower(): v for k, v in os.environ.items() if k.startswith("GONGZHI_")}
        )
        told = "\n".join(f"  {line}" for line in lines)
        raise ImproperlyConfigured(f"The configuration is wrong:\n{told}") from None


def database(url: str, var: Path) -> dict[str, Any]:
    """Django's database settings from a URL; SQLite in WAL with full durability by default."""
    if not url or url.startswith("sqlite"):
        name = url.removeprefix("sqlite:///") if url else str(var / "gongzhi.sqlite3")
        if name != ":memory:":
            Path(name).parent.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                    " PRAGMA cache_size=-64000"
                ),
            },
            "CONN_MAX_AGE": None,
        }
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": query,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


def _exercise(folder: Path | None) -> Exercise | None:
    """The exercise that this process holds; None in the house itself."""
    if folder is None:
        return None
    try:
        return exercise_in(folder)
    except ValueError as error:
        raise ImproperlyConfigured(f"GONGZHI_EXERCISE: {error}") from None


CONFIG = _load()
EXERCISE = _exercise(CONFIG.exercise)
"""What this process knows of the exercise it holds; None in the house itself.

Nothing leaves an exercise: whatever sends a message asks here first.
"""
EXERCISE_MARK = MARK
PRODUCTION = CONFIG.mode == "production"
DEBUG = CONFIG.debug
SECRET_KEY = CONFIG.secret_key or CONFIG.secret("secret-key", 32)
LEDGER_KEY = CONFIG.ledger_key or CONFIG.secret("ledger-key", 32)
LEDGER_ORIGIN = CONFIG.ledger_origin
if EXERCISE is not None:  # an exercise signs as itself: nothing it signs passes for the house's
    SECRET_KEY = secret_in(EXERCISE.folder, "secret-key", 32)
    LEDGER_KEY = secret_in(EXERCISE.folder, "ledger-key", 32)
    LEDGER_ORIGIN = EXERCISE.origin
ROUND_SECONDS = CONFIG.round_seconds
CHANNELS = Channels() if EXERCISE else CONFIG.channels()  # nothing leaves an exercise
ALLOWED_HOSTS = [h.strip() for h in CONFIG.allowed_hosts.split(",") if h.strip()]
CSRF_TRUSTED_ORIGINS = [o.strip() for o in CONFIG.trusted_origins.split(",") if o.strip()]

RIVER = (
    "ledger", "actors", "exchange", "sensing", "assessment", "decision", "command", "supply",
    "fieldwork", "passes", "evaluation", "messages",
)  # fmt: skip
REMOVED = {r.strip() for r in CONFIG.removed_rooms.split(",") if r.strip()}
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "gongzhi.site.apps.FlashMessages",
    "django.contrib.staticfiles",
    "csp",
    *(f"gongzhi.{room}" for room in RIVER if room not in REMOVED),
    "gongzhi.interfaces.console",
    "gongzhi.interfaces.pocket",
]
MIDDLEWARE = [
    "gongzhi.site.requests.Requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "gongzhi.interfaces.own_database.OwnDatabase",
    "gongzhi.site.policy.Policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "gongzhi.interfaces.api.problems.Everywhere",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "gongzhi.site.urls"
WSGI_APPLICATION = "gongzhi.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gongzhi.interfaces.exercise_frame.exercise",
            ]
        },
    }
]
DATABASE_URL = CONFIG.database_url
if EXERCISE is not None:
    DATABASE_URL = EXERCISE.url_beside(CONFIG.database_url)
DATABASES = {"default": database(DATABASE_URL, CONFIG.var)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "actors.Person"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "gongzhi" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = CONFIG.var / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION

if EXERCISE is not None:  # the two consoles stand side by side in one browser
    SESSION_COOKIE_NAME = f"exercise-{EXERCISE.number}-session"
    CSRF_COOKIE_NAME = f"exercise-{EXERCISE.number}-csrf"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 27 * 1024 * 1024
"""A file of 20 million bytes in base64, and some room for what is said about it."""

LOGGED_KEYS = {
    "event", "level", "timestamp", "room", "verb", "subject", "person", "unit", "status",
    "milliseconds", "method", "route", "count", "error", "seconds", "refusal", "pid", "port",
    "where",
}  # fmt: skip
"""The only keys that may stand in a log line: none of them can hold personal data."""
LOG_LEVEL = CONFIG.log_level
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"bare": {"()": "gongzhi.site.logs.Bare"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", **({} if DEBUG else {"formatter": "bare"})}
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
