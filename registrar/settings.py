"""Every setting of the console.

Each knob comes from the environment through env.py and is listed in docs/configuration.md.
"""

import os
import sys
from pathlib import Path

from django.utils.csp import CSP

from registrar import env

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    STATE_DIR = Path(env.text(os.environ, "STATE_DIR", str(BASE_DIR / "var"))).resolve()
    SECRET_KEY = env.secret_key(os.environ, STATE_DIR)
    SECRET_KEY_FALLBACKS = env.names(os.environ, "SECRET_KEY_FALLBACKS", [])
    DEBUG = env.flag(os.environ, "DEBUG", False)
    ALLOWED_HOSTS = env.names(os.environ, "ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
    CSRF_TRUSTED_ORIGINS = env.names(os.environ, "CSRF_TRUSTED_ORIGINS", [])
    HTTPS = env.flag(os.environ, "HTTPS", False)
    PUBLIC_URL = env.text(os.environ, "PUBLIC_URL", f"http://127.0.0.1:{env.text(os.environ, 'PORT', '8000')}").rstrip(
        "/"
    )
    ALLAUTH_TRUSTED_PROXY_COUNT = env.number(os.environ, "TRUSTED_PROXIES", 0, low=0, high=10)
    DATABASES = {"default": env.database(os.environ, STATE_DIR)}
    BROKER_URL, CACHE_URL = env.redis(os.environ, STATE_DIR)
    MAILERS = {"default": env.mailer(os.environ, STATE_DIR)}
    DEFAULT_FROM_EMAIL = env.text(os.environ, "DEFAULT_FROM_EMAIL", "Registrar console <noreply@registrar.example>")
    SUPPORT_EMAIL = env.address(os.environ, "SUPPORT_EMAIL")
    EPP_PORT = env.number(os.environ, "EPP_PORT", 7700, low=1, high=65535)
    EPP_TIMEOUT = env.seconds(os.environ, "EPP_TIMEOUT", 30, low=0.1, high=600)
    EPP_POLL_INTERVAL = env.seconds(os.environ, "EPP_POLL_INTERVAL", 30, low=0.2, high=3600)
    OPERATION_LEASE = env.seconds(os.environ, "OPERATION_LEASE", 60, low=0.2, high=3600)
    WORKER_CONCURRENCY = env.number(os.environ, "WORKER_CONCURRENCY", 2, low=1, high=64)
    KEEP_DAYS = env.number(os.environ, "KEEP_DAYS", 400, low=1, high=36500)
    METRICS_TOKEN = env.text(os.environ, "METRICS_TOKEN", "")
    DNS_ROOT_HINTS = env.text(os.environ, "DNS_ROOT_HINTS", "")
    DNS_TRUST_ANCHOR = env.text(os.environ, "DNS_TRUST_ANCHOR", "")
    DNS_PORT = env.number(os.environ, "DNS_PORT", 53, low=1, high=65535)
    DNS_ALLOW_PRIVATE = env.flag(os.environ, "DNS_ALLOW_PRIVATE", False)
    if OPERATION_LEASE < 2 * EPP_TIMEOUT:
        raise env.MalformedSetting(
            "OPERATION_LEASE must be at least twice EPP_TIMEOUT, so that a slow answer loses no claim."
        )
    if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
        raise env.MalformedSetting("METRICS_TOKEN must have at least 16 characters.")
except env.MalformedSetting as error:
    sys.exit(f"The console cannot start: {error}")

# An operation that could not be sent, or not be cleared up, is given up after a day (docs/architecture.md).
OPERATION_PATIENCE = 24 * 3600
# What support is told about when a registry still decides after a day.
PENDING_IS_LONG = 24 * 3600

# The demo's registry: what a Registry row without a host of its own speaks to.
MOCK_REGISTRY_DIR = STATE_DIR / "registry"

INSTALLED_APPS = [
    "registrar",
    "domains",
    "dnssec",
    "registrar.apps.SupportConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "allauth",
    "allauth.account",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # docs/decisions/pages-are-compressed.md
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "domains.viewing.ViewingMiddleware",
    "domains.middleware.PersonMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "registrar.urls"
WSGI_APPLICATION = "registrar.wsgi.application"
ASGI_APPLICATION = "registrar.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.csp",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "domains.context.console",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_PREFIX": "console",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}

# People.
AUTH_USER_MODEL = "domains.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "domains:list"
ACCOUNT_ADAPTER = "domains.accounts.ConsoleAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "login": "domains.accounts.SignInForm",
    "reset_password": "domains.accounts.ResetPasswordForm",
    "reset_password_from_key": "domains.accounts.NewPasswordForm",
    "change_password": "domains.accounts.ChangePasswordForm",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "60/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
}
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "console_session", "console_csrf"

# What a browser may do with our pages: nothing but what they themselves serve.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "registrar" / "locale"]
LANGUAGE_COOKIE_NAME, LANGUAGE_COOKIE_AGE = "console_language", 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE, LANGUAGE_COOKIE_SECURE = True, "Lax", HTTPS
FORMAT_MODULE_PATH = ["registrar.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = STATE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "registrar.staticfiles.HashedFilesStorage"},
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    # The health check's 503 is no failed request: whoever asked has the answer.
    "filters": {
        "unexpected": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(getattr(record, "request", None), "path", "") != "/healthz",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["unexpected"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"level": "WARNING"},
        # A line for every tick of the clock would bury what happens to the requests.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.request": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
