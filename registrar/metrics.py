"""/metrics: the numbers an operator watches, read from the database when they are asked for, in Prometheus' text form.

Every web process gives the same answer, since none counts anything itself.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, nan

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, F, Min, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from domains.models import Attempt, Operation, OutgoingEmail, PollMessage, Registry

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
QUANTILES = (0.5, 0.9, 0.99)
LATEST = 10_000  # An hour of more than these is told by the latest of them.
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TLD = F("domain__tld__name")


@dataclass(frozen=True)
class Metric:
    """One name with its samples: labels, and the value. All are gauges: states, and counts over the time just past."""

    name: str
    meaning: str
    samples: list[tuple[dict[str, object], float]] = field(default_factory=list)

    def add(self, value: float, **labels: object) -> None:
        """Take one more sample."""
        self.samples.append((labels, value))


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, for who sends METRICS_TOKEN as a bearer token (RFC 6750 section 2.1): else 401. 404 without one."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    now = timezone.now()
    parts: tuple[Callable[[datetime], Iterable[Metric]], ...] = (_open, _closed, _durations, _commands, _mails)
    parts += (_messages, _registries)
    return HttpResponse("".join(_text(metric) for part in parts for metric in part(now)), content_type=CONTENT_TYPE)


def _open(now: datetime) -> Iterator[Metric]:
    """What has no outcome yet."""
    count = Metric("console_operations_open", "Requests without an outcome.")
    retried = Metric(
        "console_operations_retried", "Of these, tried more than once and not with the registry to decide."
    )
    oldest = Metric(
        "console_operations_oldest_seconds", "Age of the oldest request without an outcome, by who is next."
    )
    ours = Q(pending_since__isnull=True)
    rows = Operation.objects.open().values("status", tld=TLD).order_by("status", "tld")
    console: list[datetime] = []
    registry: list[datetime] = []
    for row in rows.annotate(
        count=Count("pk"),
        retried=Count("pk", filter=ours & Q(attempts_made__gt=1)),
        console=Min("submitted_at", filter=ours),
        registry=Min("submitted_at", filter=~ours),
    ):
        count.add(row["count"], status=row["status"], tld=row["tld"])
        retried.add(row["retried"], status=row["status"], tld=row["tld"])
        console += filter(None, [row["console"]])
        registry += filter(None, [row["registry"]])
    oldest.add(_age(now, min(console, default=None)), waits_for="console")
    oldest.add(_age(now, min(registry, default=None)), waits_for="registry")
    return iter((count, retried, oldest))


def _closed(now: datetime) -> Iterator[Metric]:
    """What has ended within a day."""
    count = Metric("console_operations_closed_last_day", "Requests that got their outcome in the last 24 hours.")
    rows = Operation.objects.filter(finished_at__gte=now - DAY).values("status", tld=TLD).order_by("status", "tld")
    for row in rows.annotate(count=Count("pk")):
        count.add(row["count"], status=row["status"], tld=row["tld"])
    yield count


def _durations(now: datetime) -> Iterator[Metric]:
    """How long requests took that have ended within the hour, and how often they were tried again."""
    seconds = Metric(
        "console_operation_seconds_last_hour", "From submission to outcome, by whether the registry put it off."
    )
    retries = Metric(
        "console_operation_retries_last_hour", "Further tries that the requests closed in the last hour took."
    )
    rows = Operation.objects.filter(finished_at__gte=now - HOUR).order_by("-finished_at")
    at_once: list[float] = []
    put_off: list[float] = []
    again = 0
    for took, pending, tries in rows.annotate(took=F("finished_at") - F("submitted_at")).values_list(
        "took", "pending_since", "attempts_made"
    )[:LATEST]:
        (at_once if pending is None else put_off).append(took.total_seconds())
        again += max(tries - 1, 0) if pending is None else 0
    _add_quantiles(seconds, at_once, put_off="no")
    _add_quantiles(seconds, put_off, put_off="yes")
    retries.add(again)
    return iter((seconds, retries))


def _commands(now: datetime) -> Iterator[Metric]:
    """The commands of the last hour and how long their answers took."""
    count = Metric(
        "console_commands_last_hour", "Commands sent for requests; answer is none while or when there is none."
    )
    seconds = Metric("console_command_seconds_last_hour", "From command to answer.")
    # Commands are numbered as they are sent: the primary key finds the hour.
    earlier = Attempt.objects.filter(sent_at__lt=now - HOUR).order_by("-pk").values("pk")[:1]
    rows = Attempt.objects.filter(pk__gt=Coalesce(Subquery(earlier), 0)).order_by("-pk")
    counts: Counter[tuple[str, str, str]] = Counter()
    taken: dict[tuple[str, str], list[float]] = {}
    for registry, command, code, milliseconds in rows.values_list(
        "operation__domain__tld__registry__name", "command", "code", "duration_ms"
    )[:LATEST]:
        counts[registry or "", command, "none" if code is None else f"{code // 1000}xxx"] += 1
        if milliseconds is not None:
            taken.setdefault((registry or "", command), []).append(milliseconds / 1000)
    for (registry, command, answer), number in sorted(counts.items()):
        count.add(number, registry=registry, command=command, answer=answer)
    for (registry, command), values in sorted(taken.items()):
        _add_quantiles(seconds, values, registry=registry, command=command)
    return iter((count, seconds))


def _mails(now: datetime) -> Iterator[Metric]:
    """The mails that are promised and not sent."""
    waiting = Metric("console_mails_waiting", "Mails that have not been sent yet.")
    oldest = Metric("console_mails_oldest_seconds", "Age of the oldest of these.")
    found = OutgoingEmail.objects.filter(status=OutgoingEmail.Status.WAITING).aggregate(
        count=Count("pk"), since=Min("created_at")
    )
    waiting.add(found["count"])
    oldest.add(_age(now, found["since"]))
    return iter((waiting, oldest))


def _messages(now: datetime) -> Iterator[Metric]:
    """The registries' messages that nobody has acted on."""
    unhandled = Metric("console_poll_messages_unhandled", "Messages of registries that have not been acted upon.")
    unhandled.add(PollMessage.objects.filter(handled_at__isnull=True).count())
    yield unhandled


def _registries(now: datetime) -> Iterator[Metric]:
    """How registries answer, as workers last saw it."""
    failing = Metric(
        "console_registry_failing_seconds", "Time since the last answer of a registry that fails; 0 when well."
    )
    answered = Metric("console_registry_last_answer_seconds", "Time since the last answer; NaN before the first.")
    staff = Metric("console_registry_needs_staff", "1 when a registry waits for a person, for instance for a password.")
    for registry in Registry.objects.filter(tlds__isnull=False).distinct().order_by("name"):
        last, failure = registry.last_answer_at, registry.last_failure_at
        fails = failure is not None and (last is None or failure > last)
        failing.add(_age(now, last or failure) if fails else 0, registry=registry.name)
        answered.add(_age(now, last) if last else nan, registry=registry.name)
        staff.add(bool(registry.needs_staff), registry=registry.name)
    return iter((failing, answered, staff))


def _age(now: datetime, since: datetime | None) -> float:
    """Seconds since then; none when there is no then, or when another machine's clock is ahead."""
    return max((now - since).total_seconds(), 0) if since else 0


def _add_quantiles(metric: Metric, values: list[float], **labels: object) -> None:
    """Add the quantiles by nearest rank; nothing where there are no values."""
    values = sorted(values)
    for quantile in QUANTILES if values else ():
        metric.add(values[ceil(quantile * len(values)) - 1], **labels, quantile=quantile)


def _text(metric: Metric) -> str:
    """A metric in the text form, version 0.0.4: help, type, a line for each sample."""
    lines = [f"# HELP {metric.name} {metric.meaning}", f"# TYPE {metric.name} gauge"]
    for labels, value in metric.samples:
        told = ",".join(f'{name}="{_escaped(str(label))}"' for name, label in labels.items())
        lines.append(f"{metric.name}{{{told}}} {float(value)!r}" if told else f"{metric.name} {float(value)!r}")
    return "\n".join(lines) + "\n"


def _escaped(label: str) -> str:
    """A label's value as it stands between quotation marks."""
    return label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
