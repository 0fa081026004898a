"""How support's pages behave: their lists, what nobody edits, and actions that ask for a reason before they act."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from domains.errors import RegistrarError
from domains.middleware import PersonRequest

LIST_AND_PAGE = (admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM)


class LookOnly:
    """For what the console writes: nobody adds, changes or deletes it by hand, administrators included."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


# The admin's classes take their type parameters in the stubs only, not at run time: hence the ignores here, once each.
class ConsoleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The lists of the console: pages of 50, and no second count of the whole table beside each search."""

    list_per_page = 50
    show_full_result_count = False


class ConsoleInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows that belong to what a page is about."""

    extra = 0


class ReasonForm(forms.Form):
    """Why support does something: kept in the admin's log, and where the question says so elsewhere too."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        error_messages={"required": _("Say why: the reason is kept.")},
    )


@dataclass(frozen=True)
class Question:
    """What is asked before something is done: a title, what will happen, where the reason goes, the button's word.

    `about` is what it is done to: address and text of each.
    """

    title: str
    text: str
    kept: str
    button: str
    about: list[tuple[str, str]]
    back: str

    def page(
        self, request: HttpRequest, form: ReasonForm, *, hidden: list[tuple[str, Any]] | None = None
    ) -> TemplateResponse:
        """The page that asks; it sends what is `hidden` to the same address once more, now with a reason."""
        context = admin.site.each_context(request)
        context |= {"title": self.title, "question": self, "form": form, "hidden": hidden or []}
        return TemplateResponse(request, "admin/reason.html", context)


class RunsActions(ConsoleAdmin):
    """Rows with actions on list and page, each of which asks for a reason first."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Run the action outside the transaction that the admin would open: actions are durable ones of their own."""
        if request.method != "POST" or object_id is None or not self.is_action(request):
            return super().changeform_view(request, object_id, form_url, extra_context)
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        response = self.response_action(
            request, self.get_queryset(request).filter(pk=row.pk), action_location=admin.ActionLocation.CHANGE_FORM
        )
        return response or redirect(request.get_full_path())

    def is_action(self, request: HttpRequest) -> bool:
        """Whether what was posted on a row's page is an action and not the row's form."""
        saves = {"_save", "_continue", "_addanother"} & set(request.POST)
        return "CHANGE_FORM-action" in request.POST and not saves

    def with_reason(
        self,
        request: PersonRequest,
        rows: list[Any],
        question: Question,
        act: Callable[[Any, str], str],
    ) -> HttpResponseBase | None:
        """
        Do it to each row, once a reason is given; until then, the page that asks for one.

        `act` gets row and reason, and returns the sentence about what was done. It raises RegistrarError with the one
        about why not; then nothing is logged.
        """
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            name = next(name for name in ("CHANGE_FORM-action", "action") if name in request.POST)
            index = int(request.POST.get("index") or 0) if (request.POST.get("index") or "0").isdecimal() else 0
            chosen = request.POST.getlist(name)
            hidden = [(name, chosen[min(index, len(chosen) - 1)]), *((ACTION_CHECKBOX_NAME, row.pk) for row in rows)]
            return question.page(request, form, hidden=hidden)
        for row in rows:
            try:
                sentence, level = act(row, form.cleaned_data["reason"]), messages.SUCCESS
            except RegistrarError as error:
                sentence, level = error.sentence, messages.ERROR
            # The admin begins a message with a capital letter, which no name of a domain may get.
            self.message_user(request, f"{self.called(row)}: {sentence}", level)
        return None

    def called(self, row: Any) -> str:
        """What a row is called in a message."""
        return f"{self.opts.verbose_name} {row}"


class ActsOnly(LookOnly, RunsActions):
    """Rows that are never saved from a form, so that whatever is posted on a page of theirs is an action."""

    def is_action(self, request: HttpRequest) -> bool:
        """Always."""
        return True
