"""What was seen of the servers: whether a change has arrived at the parent's, and since when they show which record."""

from typing import Any, ClassVar

from django.contrib import admin

from dnssec.models import Publication, Sighting
from domains.desk import ConsoleAdmin, LookOnly


@admin.register(Publication)
class PublicationAdmin(LookOnly, ConsoleAdmin):
    """How successful changes arrive at the servers of the parent."""

    list_display = ("operation", "began_at", "arrived", "servers", "seen_at", "look_at", "looks")
    list_filter = ("began_at", "seen_at")
    list_select_related = ("operation",)
    search_fields = ("operation__domain__name", "operation__reference")
    ordering = ("-pk",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("operation", "began_at", "look_at", "looked_at", "looks", "arrived", "servers", "seen_at")}),
        ("TTL", {"fields": ("ds_ttl", "negative_ttl", "key_ttl")}),
    )


@admin.register(Sighting)
class SightingAdmin(LookOnly, ConsoleAdmin):
    """Since when all servers show a record."""

    list_display = ("domain", "kind", "record", "since")
    list_filter = ("kind", "since")
    list_select_related = ("domain",)
    search_fields = ("domain__name",)
    ordering = ("-pk",)
