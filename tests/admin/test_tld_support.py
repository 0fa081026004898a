"""A TLD whose DNSSEC support is changed by support: its domains say so at once, and only those it concerns."""

import pytest

from domains.models import Domain


@pytest.mark.django_db
def test_domains_without_keys_follow_their_tld_and_others_stay(sign_in, sam, make_domain, make_key):
    bare, keyed = make_domain("bare.com"), make_domain("keyed.com")
    elsewhere = make_domain("bare.net")
    make_key(keyed)
    client, tld = sign_in(sam), bare.tld

    def save(**changes):
        fields = {"name": tld.name, "registry": tld.registry_id, "max_keys": 13, "algorithms": "", "source": ""}
        assert client.post(f"/admin/domains/tld/{tld.pk}/change/", fields | changes).status_code == 302
        return list(Domain.objects.order_by("name").values_list("name", "dnssec_status"))

    assert save() == [("bare.com", "NOT_SUPPORTED"), (elsewhere.name, "NOT_CONFIGURED"), ("keyed.com", "CONFIGURED")]
    assert save(dnssec="on") == [
        ("bare.com", "NOT_CONFIGURED"),
        (elsewhere.name, "NOT_CONFIGURED"),
        ("keyed.com", "CONFIGURED"),
    ]
