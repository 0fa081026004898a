"""The console's addresses, and one for each page that shows what goes wrong."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from registrar.urls import urlpatterns as of_the_console


@login_not_required
def trouble(request: HttpRequest, name: str) -> HttpResponse:
    """The page of this name, which begins with its status."""
    return render(request, f"{name}.html", status=int(name[:3]))


urlpatterns = [path("trouble/<slug:name>/", trouble), *of_the_console]
