"""What a person chooses about the console: its language and the time zone that times are shown in."""

import zoneinfo
from functools import cache
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from domains.middleware import PersonRequest
from domains.models import Person


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # It takes none when it runs.
    """Name, language, time zone."""

    class Meta:
        model = Person
        fields = ("name", "language", "time_zone")
        labels = {"name": _("Name"), "language": _("Language"), "time_zone": _("Time zone")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        languages = [("", gettext("As the browser asks for")), *settings.LANGUAGES]
        self.fields["language"] = forms.ChoiceField(
            choices=languages,
            required=False,
            label=_("Language"),
            help_text=_(
                "Of the pages, and of the mails about your domains; left to the browser, mails are in English."
            ),
        )
        self.fields["time_zone"] = forms.ChoiceField(
            choices=zones(), label=_("Time zone"), help_text=_("Of the times on the pages. Mails tell times in UTC.")
        )
        self.fields["name"].widget.attrs |= {"class": "input", "autocomplete": "name"}
        for name in ("language", "time_zone"):
            self.fields[name].widget.attrs["class"] = "select"


@cache
def zones() -> list[tuple[str, Any]]:
    """The time zones to choose from, those of a region together."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
    regions = [
        (region, [(name, name.partition("/")[2].replace("_", " ")) for name in group])
        for region, group in groupby(names, key=lambda name: name.partition("/")[0])
    ]
    return [("UTC", "UTC"), *regions]


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: PersonRequest) -> HttpResponse:
    """The page of who is signed in; a POST stores what was chosen."""
    form = PreferencesForm(request.POST or None, instance=Person.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(form.instance.language or translation.get_language_from_request(request)):
            messages.success(request, gettext("Your settings are saved."))
        return redirect("account")
    return render(request, "account/account.html", {"form": form})
