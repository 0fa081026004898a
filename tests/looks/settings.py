"""The console's settings, with the pages that show what goes wrong."""

from registrar.settings import *  # noqa: F403

ROOT_URLCONF = "tests.looks.urls"
ACCOUNT_RATE_LIMITS = False  # The same mistake is looked at again and again.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
