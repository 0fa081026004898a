"""Every key on every domain, to be looked at."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from dnssec.algorithms import label
from dnssec.models import DelegationSigner
from domains.desk import ConsoleAdmin, ConsoleInline, LookOnly


class KeyInline(LookOnly, ConsoleInline):
    """A domain's keys."""

    model = DelegationSigner
    fields = ("key_tag", "flags", "algorithm_name", "state", "state_since", "digest")
    readonly_fields = fields
    show_change_link = True

    @admin.display(description=_("algorithm"))
    def algorithm_name(self, signer: DelegationSigner) -> str:
        """Number and mnemonic."""
        return label(signer.algorithm)

    @admin.display(description=_("digest"))
    def digest(self, signer: DelegationSigner) -> str:
        """The DS digest that the key is known by: SHA-256, or the only one there is."""
        return signer.fingerprint.rpartition("-")[2]


@admin.register(DelegationSigner)
class DelegationSignerAdmin(LookOnly, ConsoleAdmin):
    """Every key on every domain."""

    list_display = ("key_tag", "domain", "algorithm_name", "flags", "state", "state_since", "created_at")
    list_filter = ("state", "algorithm", "flags", ("domain__tld", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("domain",)
    search_fields = ("key_tag__exact", "domain__name", "domain__unicode_name", "fingerprint")

    @admin.display(description=_("algorithm"), ordering="algorithm")
    def algorithm_name(self, signer: DelegationSigner) -> str:
        """Number and mnemonic."""
        return label(signer.algorithm)
