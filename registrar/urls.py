"""Which address leads to which room."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from domains.accounts import RedirectToSignIn
from registrar.components import components
from registrar.health import healthz
from registrar.metrics import metrics

admin.site.site_header = admin.site.site_title = "Registrar console"
admin.site.index_title = "Support"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="domains:list"), name="home"),
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("components/", components, name="components"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("accounts/", include("domains.accounts_urls")),
    path("admin/login/", RedirectToSignIn.as_view()),
    path("admin/", admin.site.urls),
    path("", include("domains.urls")),
    path("", include("dnssec.urls")),
]

handler500 = "registrar.trouble.server_error"
